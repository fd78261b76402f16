"""Learning at night: the language model writes how customers might ask, and what it wrote is tested.

A written question is kept only if the second reading finds its own entry again. The kept ones become
further vectors of their entries, and what the language model found while reading teaches a small reader
(`distilling`); each of the two is kept if it helps with questions that it has not seen: each half of
them is tried on the other half, or all of them on a table of real questions.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import BadInputError, InhouseError, Stopped, UsageError
from models.llm import LanguageModel, Turn
from models.runtimes import is_weak
from models.texts import Catalogue, Language, language_of
from skills.contract import Context, relay
from skills.events import Answer, Assumption, Event, Evidence, Metric, Progress, Table
from skills.faq.distilling import Distiller, Lesson
from skills.faq.entries import Entry
from skills.faq.evaluate import cases_of
from skills.faq.index import Base
from skills.faq.judging import model_reader
from skills.faq.operations import LearnRequest
from skills.faq.reading import SmallReader, drop_reader
from skills.faq.run import chosen_base, left_out, opened
from skills.faq.second import most_read, read_at_once
from skills.faq.sources import Written, keep_written, written_questions
from skills.measures import interval
from skills.readers.tables import read_table

TEXTS = Catalogue(__package__)
_TOKENS_A_QUESTION = 40
_TEMPERATURE = 0.8  # without it most lines are the same
_MOST_COPIED = 0.6  # of a line, from the answer
_LONGEST_ANSWER = 600
_SHOWN = 8
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Gain:
    """Whether the right entry comes first, without and with what was learned; a value a case."""

    without: Floats
    with_: Floats

    @property
    def wins(self) -> bool:
        """Say whether it is worth having."""
        return bool(self.with_.mean() > self.without.mean())

    @property
    def certain(self) -> bool:
        """Say whether it is worth having beyond chance: a reader that errs puts the wrong answer first."""
        return interval(self.with_ - self.without)[0] > 0


class Learn:
    """Write, test and keep questions."""

    def run(self, request: LearnRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        knowledge, evidence = chosen_base(request.file, request.base, context)
        base = yield from opened(knowledge, "", context)
        evidence += left_out(base, context)
        model = context.runtimes.llm()
        if is_weak(model.name):
            raise UsageError(TEXTS("weak_writer", name=model.name))
        language: Language = language_of(" ".join(entry.text for entry in base.entries()[:30]))
        note = context.say(TEXTS("writing", name=base.name))
        with context.runtimes.keeping(model):
            work = Writer(base, model, language, context).write(request.each)
            written = yield from relay(work, lambda counts: Progress(*counts, note=note))
        right = [one for one in written if one.right]
        if not right:
            raise BadInputError(TEXTS("nothing_learned", name=base.name))
        real, skipped = self._real(request, base, context)
        evidence += skipped
        evidence += yield from self._vectors(base, right, real, context)
        evidence += yield from self._small(base, written, real, context)
        yield _examples(right, context)
        share = len(right) / max(1, len(written))
        used = bool(written_questions(knowledge.folder(context.home)))
        said = "learned" if used else "learned_nothing"
        text = TEXTS(said, name=base.name, n=len(right), of=len(written), share=f"{share:.0%}")
        reader = SmallReader.of(knowledge.folder(context.home), base.entries(), context)
        data = {"written": len(written), "kept": len(right), "used": used, "reader": bool(reader)}
        yield Answer(context.say(text), evidence=tuple(evidence), data=data)

    def _real(
        self, request: LearnRequest, base: Base, context: Context
    ) -> tuple[list[_Asked], list[Evidence]]:
        """Return the questions of a table with their entries, and the rows that were left out."""
        if not request.questions:
            return [], []
        cases, skipped = cases_of(read_table(request.questions), base, context)
        return [(c.question, c.entry.key) for c in cases if c.entry is not None], skipped

    def _vectors(
        self, base: Base, right: Sequence[_Tested], real: Sequence[_Asked], context: Context
    ) -> Generator[Event, None, list[Evidence]]:
        """Keep the written questions as vectors if that helps."""
        parts = [_gain(base, learned, asked) for learned, asked in _trials(right, real)]
        gain = _joined(parts)
        questions = [Written(one.entry.key, one.question) for one in right] if gain.wins else []
        keep_written(base.knowledge.folder(context.home), questions)
        if gain.wins:
            yield from opened(
                base.knowledge, "", context
            )  # index them now, not at the next question
        how = TEXTS("tried_on" if real else "tried_by_halves", n=len(gain.with_))
        return [*_metrics(gain, "written", context), Assumption(context.say(how))]

    def _small(
        self, base: Base, written: Sequence[_Tested], real: Sequence[_Asked], context: Context
    ) -> Generator[Event, None, list[Evidence]]:
        """Teach a small reader, and keep it if it helps."""
        distiller = Distiller(base, context)
        note = context.say(TEXTS("distilling"))
        parts = []
        folder = base.knowledge.folder(context.home)
        with tempfile.TemporaryDirectory() as scratch:
            for learned, asked in _trials(written, real):
                work = distiller.made([one.lesson for one in learned], Path(scratch))
                yield from relay(work, lambda counts: Progress(*counts, note=note))
                parts.append(_Gain(*distiller.right_first(Path(scratch), asked)))
        gain = _joined(parts)
        if gain.certain:
            work = distiller.made([one.lesson for one in written], folder)
            yield from relay(work, lambda counts: Progress(*counts, note=note))
        else:
            drop_reader(folder)
        said = TEXTS("small_kept" if gain.certain else "small_dropped")
        return [*_metrics(gain, "small", context), Assumption(context.say(said))]


@dataclass(frozen=True, slots=True)
class _Tested:
    """A written question: the entry it is for, and what reading the nearest entries added to each.

    `right` says that the reading put its own entry first.
    """

    entry: Entry
    question: str
    lesson: Lesson
    right: bool


_Asked = tuple[str, str]
"""A question and the key of its entry."""


class Writer:
    """Writes questions for the entries of a base; finished entries are in the ledger of a job."""

    def __init__(
        self, base: Base, model: LanguageModel, language: Language, context: Context
    ) -> None:
        self._base, self._model, self._language = base, model, language
        self._context = context
        self._reader = model_reader(context)

    def write(self, each: int) -> Generator[tuple[int, int], None, list[_Tested]]:
        """Yield how many of how many entries are done; return the written questions, tested."""
        entries = self._base.entries()
        by_key = {entry.key: entry for entry in entries}
        found = []
        for number, entry in enumerate(entries):
            yield number, len(entries)
            key = ("faq learn", self._reader.key, each, entry.key, self._base.state)
            kept = self._context.ledger.get(*key)
            if kept is None:
                kept = [self._tested(question) for question in self._written(entry, each)]
                self._context.ledger.put(kept, *key)
            for question, near, gains, first in kept:
                lesson = Lesson(question, [by_key[k] for k in near], gains)
                found.append(_Tested(entry, question, lesson, first == entry.key))
        return found

    def _tested(self, question: str) -> tuple[str, list[str], list[float], str]:
        """Return a question, the entries nearest to it, what reading adds to each, and who is first."""
        near = self._base.search_unwritten(question)[: most_read(self._base, self._reader)]
        read, gains = read_at_once(question, near, self._base, self._reader, self._language)
        return question, [hit.entry.key for hit in near], gains, read[0].entry.key

    def _written(self, entry: Entry, each: int) -> list[str]:
        """Let the model write; a reply that did not become a list counts as none."""
        answer = entry.answer[:_LONGEST_ANSWER]
        system = TEXTS("write_system", n=each).to(self._language)
        user = TEXTS("write_user", question=entry.question, answer=answer).to(self._language)
        example = TEXTS("write_example").to(self._language).splitlines()
        shown = TEXTS("write_example_entry").to(self._language)
        turns = [
            Turn(role="system", content=system),
            Turn(role="user", content=shown),
            Turn(role="assistant", content=json.dumps(example[:each], ensure_ascii=False)),
            Turn(role="user", content=user),
        ]
        item = {"type": "string", "minLength": 6, "maxLength": 120}
        schema = {"type": "array", "items": item, "minItems": each, "maxItems": each}
        try:
            replies = self._model.fill(
                turns, schema, max_tokens=_TOKENS_A_QUESTION * each, temperature=_TEMPERATURE,
                should_stop=self._context.should_stop,
            )  # fmt: skip
        except Stopped:
            raise
        except InhouseError:
            return []
        lines = dict.fromkeys(" ".join(str(reply).split()) for reply in replies)
        return [line for line in lines if line not in example and not copied(line, entry)]


def copied(line: str, entry: Entry) -> bool:
    """Say whether a written question repeats its entry: such a one teaches nothing about customers."""
    if not line or line.casefold() == entry.question.casefold():
        return True
    own, answer = line.casefold(), entry.answer.casefold()
    same = SequenceMatcher(None, own, answer, autojunk=False).find_longest_match()
    return same.size > _MOST_COPIED * len(own)


def _trials(
    written: Sequence[_Tested], real: Sequence[_Asked]
) -> list[tuple[Sequence[_Tested], Sequence[_Asked]]]:
    """Return what to learn from and what to ask then: real questions, or each half with the other's."""
    if real:
        return [(written, real)]
    halves = written[::2], written[1::2]
    return [
        (learned, [(one.question, one.entry.key) for one in other if one.right])
        for learned, other in (halves, halves[::-1])
    ]


def _joined(parts: Sequence[_Gain]) -> _Gain:
    return _Gain(
        np.concatenate([part.without for part in parts]),
        np.concatenate([part.with_ for part in parts]),
    )


def _gain(base: Base, learned: Sequence[_Tested], asked: Sequence[_Asked]) -> _Gain:
    """Ask questions of the first reading with and without the vectors of what was learned."""
    questions = [question for question, _ in asked]
    encode = base.embedder.encode
    vectors = encode([one.question for one in learned], kind="passage")
    numbers = np.array([base.numbers[one.entry.key] for one in learned], np.int64)
    plain = base.entry_scores(questions)
    more = plain.copy()
    words = base.word_scores(questions)
    cosines = encode(questions) @ vectors.T
    for row in range(len(questions)):
        best = np.full(base.size, -1.0)
        np.maximum.at(best, numbers, cosines[row])
        more[row] = np.maximum(plain[row], best + words[row])
    own = np.array([base.numbers[key] for _, key in asked], np.int64)
    return _Gain(
        (plain.argmax(axis=1) == own).astype(float), (more.argmax(axis=1) == own).astype(float)
    )


def _metrics(gain: _Gain, what: str, context: Context) -> list[Metric]:
    """Return how often the right entry came first with something, and the paired difference."""
    low, high = interval(gain.with_ - gain.without)
    n = len(gain.with_)
    return [
        Metric(
            context.say(TEXTS(f"with_{what}")), float(gain.with_.mean()), n,
            float(gain.without.mean()), context.say(TEXTS("without_it")),
        ),
        Metric(
            context.say(TEXTS("metric_gain")), float((gain.with_ - gain.without).mean()), n,
            low=low, high=high,
        ),
    ]  # fmt: skip


def _examples(right: Sequence[_Tested], context: Context) -> Table:
    """Show one written question an entry."""
    columns = (context.say(TEXTS("column_entry")), context.say(TEXTS("column_written")))
    by_entry = {one.entry.key: one for one in reversed(right)}
    rows = tuple(
        (one.entry.question or one.entry.answer, one.question) for one in by_entry.values()
    )
    return Table("", columns, rows[::-1][:_SHOWN], len(rows))
