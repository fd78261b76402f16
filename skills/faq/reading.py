"""Who reads a second time: the language model, or a small cross-encoder that learned from it.

Both say how much better an entry answers a question than a cosine knows, in spreads of the base's cosines.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from models.embedder import Embedder
from models.errors import InhouseError
from models.files import atomic_write
from models.home import private_dir
from models.likelihood import Choice, Likelihood
from models.texts import Catalogue, Language
from skills.contract import Context
from skills.faq.entries import Entry

TEXTS = Catalogue(__package__)
WEIGHT = 0.16
WEIGHT_YES = 0.8
_ASKS: dict[Language, Choice] = {
    "en": Choice(
        "\nDoes the entry answer this message? Answer yes or no: ",
        (" yes", "yes", " Yes", "Yes"), (" no", "no", " No", "No"),
    ),
    "zh": Choice("\n这条内容能回答这条提问吗？回答“能”或“不能”：", ("能",), ("不能", "不")),
}  # fmt: skip
_FOLDER = "reader"
_KNOWN = 0.9  # of a base's entries, that a small reader must have learned about


class Reader(Protocol):
    """Reads entries."""

    name: str
    """What a person is told who read."""
    key: str
    """What tells its judgements from those of others."""

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """Return what reading adds to the score of each entry, in spreads.

        Raises:
            Stopped: The person stopped the work.
        """
        ...


class ModelReader:
    """The language model: how much likelier an entry makes the question, and whether it says yes."""

    def __init__(self, likelihood: Likelihood, context: Context) -> None:
        self._likelihood, self._context = likelihood, context
        self.name = likelihood.model.name
        self.key = f"{self.name} {WEIGHT} {WEIGHT_YES}"

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """See `Reader`."""
        if not entries:
            return []
        alone, _ = self._judged(TEXTS("read_alone").to(language), question, None)
        gains = []
        for entry in entries:
            text = TEXTS("read_after", question=entry.question, answer=entry.answer).to(language)
            likely, odds = self._judged(text, question, _ASKS[language])
            gains.append(WEIGHT * (likely - alone) + WEIGHT_YES * odds)
        return gains

    def _judged(self, prefix: str, question: str, asks: Choice | None) -> tuple[float, float]:
        self._context.check()
        return self._likelihood.judged(prefix + "\n", question, asks, self._context.should_stop)


class Head(msgspec.Struct, frozen=True):
    """What a small reader has on top of its encoder.

    `entries` are the keys of those it learned about; `key` tells it from others.
    """

    weights: list[float]
    bias: float
    entries: list[str]
    key: str


_decoder = msgspec.json.Decoder(Head)


class SmallReader:
    """A cross-encoder, which reads question and entry together in milliseconds."""

    def __init__(self, embedder: Embedder, head: Head, context: Context) -> None:
        self._embedder, self._head, self._context = embedder, head, context
        self.name = context.say(TEXTS("small_reader"))
        self.key = head.key

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

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """See `Reader`."""
        if not entries:
            return []
        pairs = [(question, entry.text) for entry in entries]
        vectors = self._embedder.encode_pairs(pairs, self._context.should_stop)
        scores = vectors @ np.array(self._head.weights, np.float32) + self._head.bias
        return [float(score) for score in scores]


def put_reader(made: Path, head: Head, folder: Path) -> None:
    """Put an encoder's folder and its head in a base's folder, in the place of an older reader."""
    atomic_write(made / "head.json", msgspec.json.encode(head), mode=0o600)
    drop_reader(folder)
    shutil.copytree(made, private_dir(folder) / _FOLDER)


def drop_reader(folder: Path) -> None:
    """Delete the small reader of a base."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)
