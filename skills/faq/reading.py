"""Who reads a second time: the language model, or a small cross-encoder that learned from it.

Both say how much better an entry answers a question than a cosine knows, in spreads of the base's cosines.
"""

from __future__ import annotations

import re
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
from models.llm import Turn
from models.odds import Choice, Frame, Odds
from models.scoring import LabelScorer
from models.texts import Catalogue, Language
from skills.contract import Context
from skills.faq.entries import Entry
from skills.instructions import for_the_shop, says_enough

TEXTS = Catalogue(__package__)
WEIGHT = 5.0  # spreads for odds that are e times as high
WEIGHT_USUAL = 0.5
_MOST_ANSWER_TOKENS = 300
_CHOICES: dict[Language, Choice] = {
    "en": Choice(("yes", "Yes"), ("no", "No")), "zh": Choice(("是", "能"), ("否", "不")),
}  # fmt: skip
_SAYING_NOTHING: dict[Language, tuple[str, ...]] = {
    "en": ("hello", "I have a question"), "zh": ("你好", "我想问一下"),
}  # fmt: skip
_ORDER = re.compile(
    r"(?:\n+|[.?!。？！]\s*)(?:yes|no|是|否|能|不能)\W*$"
    r"|(?:\b(?:ignore|disregard|forget)\b.{0,40}\b)?(?:answer|say|reply|respond|output)\W+"
    r"(?:(?:with|only|just)\W+)*(?:yes|no)\b(?!\W+or\b).*$"
    r"|(?:(?:忽略|无视).{0,12})?(?:请|只|必须|一律|都)*(?:回答|输出|回复)\W{0,2}(?:是|能)\W*$",
    re.IGNORECASE | re.DOTALL,
)
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
    """The language model: whether it says that an entry answers a message.

    The log-odds of yes against no, less half of what the entry gets for messages that say nothing
    (contextual calibration, Zhao et al. 2021, "Calibrate before use"): some entries please it always.
    """

    def __init__(self, odds: Odds, context: Context) -> None:
        self._odds, self._context = odds, context
        self.name = odds.model.name
        self.key = f"{self.name} asked {WEIGHT} {WEIGHT_USUAL}"

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """See `Reader`."""
        read = _without_orders(question, language)
        return [self._gain(read, entry, language) for entry in entries]

    def _gain(self, question: str, entry: Entry, language: Language) -> float:
        frame = self._frame(entry, language)
        empty = _SAYING_NOTHING[language]
        usual = sum(self._asked(frame, message, language) for message in empty) / len(empty)
        return WEIGHT * (self._asked(frame, question, language) - WEIGHT_USUAL * usual)

    def _frame(self, entry: Entry, language: Language) -> Frame:
        answer = self._odds.model.cut(entry.answer, _MOST_ANSWER_TOKENS)
        slot = LabelScorer.slot()
        user = TEXTS("reader_user", question=entry.question, answer=answer, message=slot)
        return self._odds.frame([
            Turn(role="system", content=TEXTS("reader_system").to(language)),
            Turn(role="user", content=user.to(language)),
        ])  # fmt: skip

    def _asked(self, frame: Frame, message: str, language: Language) -> float:
        self._context.check()
        return self._odds(frame, message, _CHOICES[language], self._context.should_stop)


def _without_orders(question: str, language: Language) -> str:
    """Return a question without what tells its reader to say yes or no; all of it if that is all."""
    choice = _CHOICES[language]
    bare, _ = for_the_shop(_ORDER.sub("", question).strip(), [*choice.yes, *choice.no])
    return bare if says_enough(bare) else question


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
