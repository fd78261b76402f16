"""What messages and entries are about, as vectors of the language model.

It is asked to say in one word what a customer wants to know, and the state from which it would say the
word is the vector (PromptEOL: Jiang et al. 2023, "Scaling Sentence Embeddings with Large Language
Models"). An encoder knows which words go together; this knows that who has no gear wants to hire some.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.arrays import read_arrays, write_arrays
from models.llm import Turn
from models.odds import Frame, Odds
from models.scoring import LabelScorer
from models.texts import Catalogue, Language
from skills.contract import Context
from skills.faq.entries import Entry
from skills.faq.index import Base
from skills.faq.vectors import unit

TEXTS = Catalogue(__package__)
Floats = npt.NDArray[np.float64]
_Vector = npt.NDArray[np.float32]


class Gists:
    """The vectors of a knowledge base's entries: made when they are first needed, kept in its folder.

    Those of entries that are gone leave with the next ones that are made.
    """

    def __init__(self, odds: Odds, context: Context, base: Base, language: Language) -> None:
        self._odds, self._context = odds, context
        self._path = base.knowledge.folder(context.home) / f"gists-{language}.npz"
        self._frame = _frame(odds, language)
        kept = _read(self._path, odds.model.name)
        self._kept = {key: vector for key, vector in kept.items() if key in base.numbers}

    def nearness(
        self, message: str, entries: Sequence[Entry]
    ) -> Generator[tuple[int, int], None, Floats]:
        """Yield how many of how many entries are read; return how near each is to a message, shape (n,).

        In standard deviations over these entries, whose mean is 0.

        Raises:
            Stopped: The person stopped the work; what was read is kept.
        """
        yield from self._make(entries)
        vectors = np.stack([self._kept[entry.key] for entry in entries]).astype(np.float64)
        centre = vectors.mean(axis=0)
        cosines = unit(vectors - centre) @ unit(self._vector(message) - centre)
        spread = cosines.std()
        return (cosines - cosines.mean()) / spread if spread else np.zeros(len(entries))

    def _make(self, entries: Sequence[Entry]) -> Generator[tuple[int, int], None, None]:
        """Read the entries that were never read."""
        missing = [entry for entry in entries if entry.key not in self._kept]
        if not missing:
            return
        try:
            for number, entry in enumerate(missing):
                yield number, len(missing)
                self._kept[entry.key] = self._vector(entry.text)
        finally:
            self._keep()

    def _vector(self, text: str) -> _Vector:
        self._context.check()
        return self._odds.hidden(self._frame, text, self._context.should_stop)

    def _keep(self) -> None:
        write_arrays(self._path, {
            "keys": np.array(list(self._kept)),
            "vectors": np.array(list(self._kept.values()), np.float16),
            "model": np.array(self._odds.model.name),
        })  # fmt: skip


def _frame(odds: Odds, language: Language) -> Frame:
    turns = [
        Turn(role="system", content=TEXTS("gist_system").to(language)),
        Turn(role="user", content=LabelScorer.slot()),
    ]
    return odds.frame(turns, TEXTS("gist_opening").to(language))


def _read(path: Path, model: str) -> dict[str, _Vector]:
    """Return what a file holds of that model; nothing if it is of another, damaged or not there."""
    kept = read_arrays(path)
    if kept is None or str(kept.get("model")) != model:
        return {}
    return dict(zip(kept["keys"].tolist(), kept["vectors"].astype(np.float32), strict=True))
