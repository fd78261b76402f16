"""The language model as a reader: it says yes or no, and never writes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.llm import Turn
from models.odds import Choice, Frame, Judged, Odds
from models.scoring import LabelScorer
from models.texts import Catalogue, Language, Message
from skills.contract import Context
from skills.faq.entries import Entry
from skills.faq.reading import Verdict
from skills.instructions import for_the_shop, says_enough

TEXTS = Catalogue(__package__)
WEIGHT = 5.0  # spreads for odds that are e times as high
WEIGHT_USUAL = 0.5
WEIGHT_TAUGHT = 1.7  # spreads
_LENIENT = 1.0  # log-odds below even from which on an entry answers: chosen on `lessons.HELD`
_OTHER_WORDS = 1.5  # log-odds lacking where the same is asked in a customer's own words
_MOST_ANSWER_TOKENS = 300
_MOST_QUESTION_TOKENS = 150
CHOICES: dict[Language, Choice] = {
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
_PLAIN_TAUGHT = -1.5  # log-odds that none of 108 honest questions exceeded with the taught one
_GREETED = -2.0  # log-odds for a greeting; of 224 honest entries none had more than -2.8
_ORDER_WEIGHT = 2.0
_ORDER = re.compile(
    r"(?:(?<!\n)\n+|[.?!。？！]\s*)(?:yes|no|是|否|能|不能)\W*$"
    r"|(?:\b(?:ignore|disregard|forget)\b.{0,40}\b)?(?:answer|say|reply|respond|output)\W+"
    r"(?:(?:with|only|just)\W+)*(?:yes|no)\b(?!\W+or\b).*$"
    r"|(?:(?:忽略|无视).{0,12})?(?:请|只|必须|一律|都)*(?:回答|输出|回复)\W{0,2}(?:是|能)\W*$",
    re.IGNORECASE | re.DOTALL,
)


class _Judge:
    """Talks in which the language model judges whether an entry answers a message."""

    def __init__(self, odds: Odds, context: Context) -> None:
        self._odds, self._context = odds, context
        self.name = odds.model.name

    def bare(self, message: str, language: Language) -> str:
        """Return what is read of a message: all but what tells its reader to say yes or no."""
        return bare_message(message, language)

    def frame(self, entry: Entry, language: Language) -> Frame:
        """Return the talk in which a message to an entry is judged."""
        bare, _ = for_the_shop(entry.answer, _replies(language))
        answer = self._odds.model.cut(bare, _MOST_ANSWER_TOKENS)
        asked = self._odds.model.cut(entry.question, _MOST_QUESTION_TOKENS)
        slot = LabelScorer.slot()
        user = TEXTS("reader_user", question=asked, answer=answer, message=slot)
        return self._framed(TEXTS("reader_system"), user, language)

    def _framed(self, system: Message, user: Message, language: Language) -> Frame:
        return self._odds.frame([
            Turn(role="system", content=system.to(language)),
            Turn(role="user", content=user.to(language)),
        ])  # fmt: skip

    def _all(
        self, question: str, entries: Sequence[Entry], language: Language
    ) -> tuple[list[Judged], float]:
        """Return what a question makes of all entries, and what to take off because it urges the model.

        That is how much more it makes the model say yes of what answers nothing than honest ones do.
        """
        asked = [*entries, _NO_ANSWER[language]]
        frames = [self.frame(entry, language) for entry in asked]
        *judged, nothing = self._judged(frames, bare_message(question, language), language)
        return judged, _ORDER_WEIGHT * max(0.0, nothing.odds - self._honest(language))

    def _honest(self, language: Language) -> float:
        """Return the log-odds of what answers nothing that an honest question may reach."""
        raise NotImplementedError

    def _asked(self, frame: Frame, message: str, language: Language) -> float:
        return self._judged([frame], message, language)[0].odds

    def _judged(self, frames: Sequence[Frame], message: str, language: Language) -> list[Judged]:
        self._context.check()
        return self._odds.judge(frames, message, CHOICES[language], self._context.should_stop)


class ModelReader(_Judge):
    """The language model: whether it says that an entry answers a message.

    The log-odds of yes against no, less half of what the entry gets for messages that say nothing
    (contextual calibration, Zhao et al. 2021, "Calibrate before use"): some entries please it always.
    A message may please it always, too, because there is an order in it. Such a one makes it say yes of
    an entry that answers nothing, and loses by how much more it does so than plain questions.

    A long answer touches much that it does not tell. So the model compares the questions alone, too: whether
    an answer to the entry's would fully answer the message.

    `key` tells its judgements from those of another model, or with other weights.
    """

    decides = False

    def __init__(self, odds: Odds, context: Context) -> None:
        super().__init__(odds, context)
        self.key = f"{self.name} asked, likely {WEIGHT} {WEIGHT_USUAL} {_ORDER_WEIGHT}"

    def prepare(self, entry: Entry, language: Language) -> None:
        """See `Reader`."""
        self._usual(self.frame(entry, language), language)

    def read(self, question: str, entries: Sequence[Entry], language: Language) -> list[Verdict]:
        """See `Reader`."""
        judged, loss = self._all(question, entries, language)
        usual = [self._usual(self.frame(entry, language), language) for entry in entries]
        return [
            Verdict(WEIGHT * (one.odds - WEIGHT_USUAL * less - loss), one.likelihood)
            for one, less in zip(judged, usual, strict=True)
        ]

    def agreement(self, question: str, entry: Entry, language: Language) -> float:
        """See `Reader`."""
        if not entry.asks:
            return 0.0
        known = self._odds.model.cut(entry.question, _MOST_QUESTION_TOKENS)
        user = TEXTS("same_user", question=known, message=LabelScorer.slot())
        frame = self._framed(TEXTS("same_system"), user, language)
        read = bare_message(question, language)
        found = WEIGHT * (self._asked(frame, read, language) + _OTHER_WORDS)
        # an order makes the model say yes here, too
        return min(found, 0.0) if self._urging(question, language) else found

    def _urging(self, question: str, language: Language) -> float:
        """Return by how much a message makes the model say yes of what answers nothing; 0 if it is plain."""
        return self._all(question, (), language)[1]  # which reading has found out

    def _honest(self, language: Language) -> float:
        frame = self.frame(_NO_ANSWER[language], language)
        plain = max(self._asked(frame, asked, language) for asked in _PLAINLY_ASKED[language])
        return plain + _BEYOND_PLAIN

    def _usual(self, frame: Frame, language: Language) -> float:
        """Return the log-odds of an entry for messages that say nothing."""
        empty = _SAYING_NOTHING[language]
        return sum(self._asked(frame, message, language) for message in empty) / len(empty)


class TaughtReader(_Judge):
    """The language model, taught by shops to say whether an entry answers a message.

    `benchmarks/teach_reader.py` says how. Its odds are even where it can't tell whether the entry answers
    or none does; a little less is still an answer. What makes it say yes of an entry that answers nothing is
    taken off, as it is for one that was not taught; none of 108 honest questions did so. So is what makes it
    say yes of an entry to a greeting, which asks for nothing: there is an order in such an entry.
    """

    decides = True

    def __init__(self, odds: Odds, context: Context) -> None:
        super().__init__(odds, context)
        self.key = f"{self.name} taught {WEIGHT_TAUGHT} {_LENIENT} {_GREETED}"

    def prepare(self, entry: Entry, language: Language) -> None:
        """See `Reader`."""
        self._context.check()
        self._odds.begin(self.frame(entry, language), self._context.should_stop)

    def read(self, question: str, entries: Sequence[Entry], language: Language) -> list[Verdict]:
        """See `Reader`."""
        judged, loss = self._all(question, entries, language)
        gains = [one.odds + _LENIENT - loss for one in judged]
        gains = [
            gain - self._pleasing(entry, language) if gain > 0 else gain
            for gain, entry in zip(gains, entries, strict=True)
        ]
        return [
            Verdict(WEIGHT_TAUGHT * gain, one.likelihood)
            for gain, one in zip(gains, judged, strict=True)
        ]

    def _pleasing(self, entry: Entry, language: Language) -> float:
        """Return what to take off because an entry makes the model say yes to whatever comes."""
        greeted = self._asked(self.frame(entry, language), _SAYING_NOTHING[language][0], language)
        return _ORDER_WEIGHT * max(0.0, greeted - _GREETED)

    def agreement(self, question: str, entry: Entry, language: Language) -> float:
        """See `Reader`: it has learned about entries as a whole only."""
        return 0.0

    def _honest(self, language: Language) -> float:
        return _PLAIN_TAUGHT


def model_reader(context: Context) -> ModelReader | TaughtReader:
    """Return the language model as a reader."""
    odds = context.runtimes.odds()
    return TaughtReader(odds, context) if odds.taught else ModelReader(odds, context)


def bare_message(question: str, language: Language) -> str:
    """Return a question without what tells its reader to say yes or no; all of it if that is all."""
    bare, _ = for_the_shop(_ORDER.sub("", question).strip(), _replies(language))
    return bare if says_enough(bare) else question


def _replies(language: Language) -> list[str]:
    choice = CHOICES[language]
    return [*choice.yes, *choice.no]
