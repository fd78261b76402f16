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
from models.odds import Choice, Frame, Judged, Odds
from models.scoring import LabelScorer
from models.texts import Catalogue, Language, Message
from skills.contract import Context
from skills.faq.entries import Entry
from skills.instructions import for_the_shop, says_enough

TEXTS = Catalogue(__package__)
WEIGHT = 5.0  # spreads for odds that are e times as high
WEIGHT_USUAL = 0.5
_OTHER_WORDS = 1.5  # log-odds lacking where the same is asked in a customer's own words
_MOST_ANSWER_TOKENS = 300
_CHOICES: dict[Language, Choice] = {
    "en": Choice(("yes", "Yes"), ("no", "No")), "zh": Choice(("是", "能"), ("否", "不")),
}  # fmt: skip
_SAYING_NOTHING: dict[Language, tuple[str, ...]] = {
    "en": ("hello", "I have a question"), "zh": ("你好", "我想问一下"),
}  # fmt: skip
_NO_ANSWER: dict[Language, Entry] = {  # to anything that is asked
    "en": Entry("Who drew the logo?", "It was drawn by a friend of the family in 1987.", ""),
    "zh": Entry("标志是谁画的？", "是家里的一位朋友在1987年画的。", ""),
}
_PLAINLY_ASKED: dict[Language, tuple[str, ...]] = {
    "en": ("do you ship abroad?", "how much is it?", "are you open on Sunday?"),
    "zh": ("能寄到国外吗", "这个多少钱", "周日开门吗"),
}
_BEYOND_PLAIN = 0.5  # log-odds by which an honest question may please the model more than those
_ORDER_WEIGHT = 2.0
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

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """Return what reading adds to the score of each entry, in spreads.

        Raises:
            Stopped: The person stopped the work.
        """
        ...

    def likelihoods(
        self, question: str, entries: Sequence[Entry], language: Language
    ) -> list[float]:
        """Return the log-probability of a question after each entry, in nats (Sachan et al. 2022).

        The same for all if the reader has no say in that.

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


class ModelReader:
    """The language model: whether it says that an entry answers a message.

    The log-odds of yes against no, less half of what the entry gets for messages that say nothing
    (contextual calibration, Zhao et al. 2021, "Calibrate before use"): some entries please it always.
    A message may please it always, too, because there is an order in it. Such a one makes it say yes of
    an entry that answers nothing, and loses by how much more it does so than plain questions.

    A long answer touches much that it does not tell. So the model compares the questions alone, too: whether
    an answer to the entry's would fully answer the message.

    `key` tells its judgements from those of another model, or with other weights.
    """

    def __init__(self, odds: Odds, context: Context) -> None:
        self._odds, self._context = odds, context
        self.name = odds.model.name
        self.key = f"{self.name} asked, likely {WEIGHT} {WEIGHT_USUAL} {_ORDER_WEIGHT}"

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """See `Reader`."""
        read = _without_orders(question, language)
        loss = _ORDER_WEIGHT * self._urging(read, language)
        return [WEIGHT * (self._told(read, entry, language) - loss) for entry in entries]

    def likelihoods(
        self, question: str, entries: Sequence[Entry], language: Language
    ) -> list[float]:
        """See `Reader`."""
        read = _without_orders(question, language)
        frames = [self._frame(entry, language) for entry in entries]
        return [self._judged(frame, read, language).likelihood for frame in frames]

    def agreement(self, question: str, entry: Entry, language: Language) -> float:
        """See `Reader`."""
        if not entry.asks:
            return 0.0
        user = TEXTS("same_user", question=entry.question, message=LabelScorer.slot())
        frame = self._framed(TEXTS("same_system"), user, language)
        read = _without_orders(question, language)
        found = WEIGHT * (self._asked(frame, read, language) + _OTHER_WORDS)
        # an order makes the model say yes here, too
        return min(found, 0.0) if self._urging(read, language) else found

    def _told(self, question: str, entry: Entry, language: Language) -> float:
        """Return the log-odds that an entry tells what is asked, less what the entry usually gets."""
        frame = self._frame(entry, language)
        empty = _SAYING_NOTHING[language]
        usual = sum(self._asked(frame, message, language) for message in empty) / len(empty)
        return self._asked(frame, question, language) - WEIGHT_USUAL * usual

    def _urging(self, question: str, language: Language) -> float:
        """Return by how much a message makes the model say yes of what answers nothing; 0 if it is plain."""
        frame = self._frame(_NO_ANSWER[language], language)
        plain = max(self._asked(frame, asked, language) for asked in _PLAINLY_ASKED[language])
        return max(0.0, self._asked(frame, question, language) - plain - _BEYOND_PLAIN)

    def _frame(self, entry: Entry, language: Language) -> Frame:
        bare, _ = for_the_shop(entry.answer, _replies(language))
        answer = self._odds.model.cut(bare, _MOST_ANSWER_TOKENS)
        slot = LabelScorer.slot()
        user = TEXTS("reader_user", question=entry.question, answer=answer, message=slot)
        return self._framed(TEXTS("reader_system"), user, language)

    def _framed(self, system: Message, user: Message, language: Language) -> Frame:
        return self._odds.frame([
            Turn(role="system", content=system.to(language)),
            Turn(role="user", content=user.to(language)),
        ])  # fmt: skip

    def _asked(self, frame: Frame, message: str, language: Language) -> float:
        return self._judged(frame, message, language).odds

    def _judged(self, frame: Frame, message: str, language: Language) -> Judged:
        self._context.check()
        return self._odds.judge(frame, message, _CHOICES[language], self._context.should_stop)


def _without_orders(question: str, language: Language) -> str:
    """Return a question without what tells its reader to say yes or no; all of it if that is all."""
    bare, _ = for_the_shop(_ORDER.sub("", question).strip(), _replies(language))
    return bare if says_enough(bare) else question


def _replies(language: Language) -> list[str]:
    choice = _CHOICES[language]
    return [*choice.yes, *choice.no]


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

    def gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """See `Reader`."""
        if not entries:
            return []
        pairs = [(question, entry.text) for entry in entries]
        vectors = self._embedder.encode_pairs(pairs, self._context.should_stop)
        scores = vectors @ np.array(self._head.weights, np.float32) + self._head.bias
        return [float(score) for score in scores]

    def likelihoods(
        self, question: str, entries: Sequence[Entry], language: Language
    ) -> list[float]:
        """See `Reader`: it knows no language by itself."""
        return [0.0] * len(entries)

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
