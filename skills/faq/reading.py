"""Who reads a second time: the language model (`judging`), or a small cross-encoder that learned from it.

Both say how much better an entry answers a question than a cosine knows, in spreads of the base's cosines.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from models.embedder import Embedder
from models.errors import InhouseError
from models.files import atomic_write
from models.home import private_dir
from models.texts import Catalogue, Language
from skills.contract import Context
from skills.faq.entries import Entry

TEXTS = Catalogue(__package__)
_FOLDER = "reader"
_KNOWN = 0.9  # of a base's entries, that a small reader must have learned about


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader makes of an entry and a question.

    `gain` is what reading adds to the entry's score, in spreads. `likelihood` is the log-probability of the
    question after the entry, in nats (Sachan et al. 2022); the same for all where a reader has no say in it.
    """

    gain: float
    likelihood: float = 0.0


class Reader(Protocol):
    """Reads entries."""

    name: str
    """What a person is told who read."""

    decides: bool
    """Whether an entry answers if and only if its gain is above 0."""

    def prepare(self, entry: Entry, language: Language) -> None:
        """Do what must be done once for an entry, which may take seconds; reading does it, too.

        Raises:
            Stopped: The person stopped the work.
        """
        ...

    def read(self, question: str, entries: Sequence[Entry], language: Language) -> list[Verdict]:
        """Return what a question makes of each entry.

        Raises:
            Stopped: The person stopped the work.
        """
        ...

    def agreement(self, question: str, entry: Entry, language: Language) -> float:
        """Return what comparing both questions adds to the score of the first entry, in spreads.

        0 if there is nothing to compare, or the reader has no say in that.

        Raises:
            Stopped: The person stopped the work.
        """
        ...


class Head(msgspec.Struct, frozen=True):
    """What a small reader has on top of its encoder.

    `entries` are the keys of those it learned about.
    """

    weights: list[float]
    bias: float
    entries: list[str]


_decoder = msgspec.json.Decoder(Head)


class SmallReader:
    """A cross-encoder, which reads question and entry together in milliseconds."""

    decides = False

    def __init__(self, embedder: Embedder, head: Head, context: Context) -> None:
        self._embedder, self._head, self._context = embedder, head, context
        self.name = context.say(TEXTS("small_reader"))

    @classmethod
    def of(cls, folder: Path, entries: Sequence[Entry], context: Context) -> SmallReader | None:
        """Return the reader in a base's folder; None if there is none that knows these entries."""
        try:
            head = _decoder.decode((folder / _FOLDER / "head.json").read_bytes())
            known = set(head.entries)
            if sum(entry.key in known for entry in entries) < _KNOWN * len(entries):
                return None
            return cls(context.runtimes.own_embedder(folder / _FOLDER), head, context)
        except (OSError, msgspec.DecodeError, InhouseError):
            return None

    def prepare(self, entry: Entry, language: Language) -> None:
        """See `Reader`."""

    def read(self, question: str, entries: Sequence[Entry], language: Language) -> list[Verdict]:
        """See `Reader`."""
        if not entries:
            return []
        pairs = [(question, entry.text) for entry in entries]
        vectors = self._embedder.encode_pairs(pairs, self._context.should_stop)
        scores = vectors @ np.array(self._head.weights, np.float32) + self._head.bias
        return [Verdict(float(score)) for score in scores]

    def agreement(self, question: str, entry: Entry, language: Language) -> float:
        """See `Reader`: it has learned about entries as a whole only."""
        return 0.0


def put_reader(made: Path, head: Head, folder: Path) -> None:
    """Put an encoder's folder and its head in a base's folder, in the place of an older reader."""
    atomic_write(made / "head.json", msgspec.json.encode(head), mode=0o600)
    drop_reader(folder)
    shutil.copytree(made, private_dir(folder) / _FOLDER)


def drop_reader(folder: Path) -> None:
    """Delete the small reader of a base."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)
