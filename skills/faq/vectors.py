"""The vectors of a knowledge base by their names.

An entry has one for its question (or passage), one for question with answer, and one for each question that
was written for it. A name says which entry a vector is of: `KIND-KEY`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skills.faq.entries import Entry
from skills.faq.sources import Contents

NAMES_AT_ONCE = 5000
Floats = npt.NDArray[np.float32]


def unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return vectors, along the last axis, with length 1; one of length 0 stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: npt.NDArray[np.float64] = vectors / lengths.clip(1e-9)
    return found


def names_of(entry: Entry, written: int) -> list[str]:
    """Return the names of an entry's vectors: its question, question with answer, written questions."""
    names = [f"q-{entry.key}"]
    if entry.question:
        names.append(f"b-{entry.key}")
    return names + [f"w{number}-{entry.key}" for number in range(written)]


def entry_of(name: str) -> str:
    """Return the key of the entry that a vector is of."""
    return name.partition("-")[2]


def texts_of(contents: Contents) -> dict[str, str]:
    """Return the texts to index by the names of their vectors."""
    texts: dict[str, str] = {}
    for entry in contents.entries:
        written = contents.written.get(entry.key, [])
        both = [entry.text] if entry.question else []
        named = zip(
            names_of(entry, len(written)),
            [entry.question or entry.answer, *both, *written],
            strict=True,
        )
        texts.update(named)
    return texts


def count_of(contents: Contents) -> int:
    """Return how many vectors a base has."""
    return sum(
        len(names_of(entry, len(contents.written.get(entry.key, ())))) for entry in contents.entries
    )


def vectors_of(collection: Any, entries: Sequence[Entry]) -> tuple[Floats, Floats]:
    """Return the vectors of the entries' questions and of question with answer, each (entries, d)."""
    own = vectors_named(collection, [names_of(entry, 0)[0] for entry in entries])
    return own, vectors_named(collection, [names_of(entry, 0)[-1] for entry in entries])


def vectors_named(collection: Any, names: list[str]) -> Floats:
    """Return vectors in the order of their names, shape (names, dimension)."""
    found: dict[str, Any] = {}
    for start in range(0, len(names), NAMES_AT_ONCE):
        part = collection.get(ids=names[start : start + NAMES_AT_ONCE], include=["embeddings"])
        found.update(zip(part["ids"], part["embeddings"], strict=True))
    return np.asarray([found[name] for name in names], np.float32)
