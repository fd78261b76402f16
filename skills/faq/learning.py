"""Learning at night: the language model writes how customers might ask, and what it wrote is tested.

A written question is kept only if the second reading finds its own entry again. The kept ones become
further vectors of their entries if that helps with questions they have not seen: each half of them is
tried on the other half, or all of them on a table of real questions.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import BadInputError, InhouseError, Stopped, UsageError
from models.llm import LanguageModel, Turn
from models.texts import Catalogue, Language, language_of
from skills.contract import Context, relay
from skills.events import Answer, Assumption, Event, Metric, Progress, Table
from skills.faq.desk import WEAK_READERS
from skills.faq.entries import Entry
from skills.faq.evaluate import cases_of
from skills.faq.index import Base
from skills.faq.operations import LearnRequest
from skills.faq.run import chosen_base, left_out, opened
from skills.faq.second import CANDIDATES, SecondReader
from skills.faq.sources import Written, keep_written
from skills.measures import interval
from skills.readers.tables import read_table

TEXTS = Catalogue(__package__)
_TOKENS_A_QUESTION = 40
_LONGEST_ANSWER = 600
_SHOWN = 8
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Gain:
    """How often the right entry comes first, without and with the written questions; a value a case."""

    without: Floats
    with_: Floats

    @property
    def wins(self) -> bool:
        """Say whether it is worth having."""
        return bool(self.with_.mean() > self.without.mean())


class Learn:
    """Write, test and keep questions."""

    def run(self, request: LearnRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        knowledge, evidence = chosen_base(request.file, request.base, context)
        base = yield from opened(knowledge, "", context)
        evidence += left_out(base, context)
        model = context.runtimes.llm()
        if model.name.startswith(WEAK_READERS):
            raise UsageError(TEXTS("weak_writer", name=model.name))
        language: Language = language_of(" ".join(entry.text for entry in base.entries()[:30]))
        writer = _Writer(base, model, language, context)
        note = context.say(TEXTS("writing", name=base.name))
        work = writer.write(request.each)
        written = yield from relay(work, lambda counts: Progress(*counts, note=note))
        kept = [Written(entry.key, q) for entry, questions in written for q in questions]
        if not kept:
            raise BadInputError(TEXTS("nothing_learned", name=base.name))
        if request.questions:
            cases, skipped = cases_of(read_table(request.questions), base, context)
            evidence += skipped
            real = [(case.question, case.entry) for case in cases if case.entry is not None]
            gain = _gain(base, kept, [q for q, _ in real], [e.key for _, e in real])
            how = TEXTS("tried_on", n=len(real), name=request.questions.name)
        else:
            gain = _gain_by_halves(base, kept)
            how = TEXTS("tried_by_halves", n=len(kept))
        keep_written(knowledge.folder(context.home), kept if gain.wins else [])
        if gain.wins:
            yield from opened(knowledge, "", context)  # index them now, not at the next question
        yield _examples(written, context)
        evidence = [*_metrics(gain, context), Assumption(context.say(how)), *evidence]
        share = len(kept) / max(1, writer.asked)
        said = "learned" if gain.wins else "learned_nothing"
        text = TEXTS(said, name=base.name, n=len(kept), of=writer.asked, share=f"{share:.0%}")
        data = {"written": writer.asked, "kept": len(kept), "used": gain.wins}
        yield Answer(context.say(text), evidence=tuple(evidence), data=data)


class _Writer:
    """Writes questions for the entries of a base; finished entries are in the ledger of a job."""

    def __init__(
        self, base: Base, model: LanguageModel, language: Language, context: Context
    ) -> None:
        self._base, self._model, self._language = base, model, language
        self._context = context
        self._reader = SecondReader(base, context.runtimes.likelihood(), context)
        self.asked = 0

    def write(self, each: int) -> Generator[tuple[int, int], None, list[tuple[Entry, list[str]]]]:
        """Yield how many of how many entries are done; return the questions that stood the test."""
        entries = self._base.entries()
        found = []
        for number, entry in enumerate(entries):
            yield number, len(entries)
            key = ("faq learn", self._model.name, each, entry.key)
            kept = self._context.ledger.get(*key)
            if kept is None:
                written = self._written(entry, each)
                kept = [len(written), [q for q in written if self._finds(q, entry)]]
                self._context.ledger.put(kept, *key)
            self.asked += kept[0]
            if kept[1]:
                found.append((entry, list(kept[1])))
        return found

    def _written(self, entry: Entry, each: int) -> list[str]:
        """Let the model write; a reply that did not become a list counts as none."""
        answer = entry.answer[:_LONGEST_ANSWER]
        system = TEXTS("write_system", n=each).to(self._language)
        user = TEXTS("write_user", question=entry.question, answer=answer).to(self._language)
        turns = [Turn(role="system", content=system), Turn(role="user", content=user)]
        item = {"type": "string", "minLength": 6, "maxLength": 120}
        schema = {"type": "array", "items": item, "minItems": each, "maxItems": each}
        try:
            replies = self._model.fill(
                turns, schema, max_tokens=_TOKENS_A_QUESTION * each,
                should_stop=self._context.should_stop,
            )  # fmt: skip
        except Stopped:
            raise
        except InhouseError:
            return []
        lines = [" ".join(str(reply).split()) for reply in replies]
        return [line for line in dict.fromkeys(lines) if line and line != entry.question]

    def _finds(self, question: str, entry: Entry) -> bool:
        """Say whether the second reading puts the entry first that a question was written for."""
        hits = self._base.search(question)
        best = self._reader.ranked(question, hits[:CANDIDATES], self._language)
        return bool(best) and best[0].entry.key == entry.key


def _gain_by_halves(base: Base, kept: Sequence[Written]) -> _Gain:
    """Try each half of the written questions on the other half."""
    halves = kept[::2], kept[1::2]
    parts = [
        _gain(base, learned, [w.question for w in asked], [w.entry for w in asked])
        for learned, asked in (halves, halves[::-1])
    ]
    return _Gain(
        np.concatenate([part.without for part in parts]),
        np.concatenate([part.with_ for part in parts]),
    )


def _gain(
    base: Base, learned: Sequence[Written], questions: Sequence[str], right: Sequence[str]
) -> _Gain:
    """Ask questions of the first reading with and without the vectors of what was learned."""
    encode = base.embedder.encode
    vectors = encode([w.question for w in learned], kind="passage")
    numbers = np.array([base.numbers[w.entry] for w in learned], np.int64)
    plain = base.entry_scores(list(questions))
    more = plain.copy()
    words = base.word_scores(list(questions))
    cosines = encode(list(questions)) @ vectors.T
    for row in range(len(questions)):
        best = np.full(base.size, -1.0)
        np.maximum.at(best, numbers, cosines[row])
        more[row] = np.maximum(plain[row], best + words[row])
    own = np.array([base.numbers[key] for key in right], np.int64)
    return _Gain(
        (plain.argmax(axis=1) == own).astype(float), (more.argmax(axis=1) == own).astype(float)
    )


def _metrics(gain: _Gain, context: Context) -> list[Metric]:
    """Return how often the right entry came first, and the paired difference."""
    low, high = interval(gain.with_ - gain.without)
    name = context.say(TEXTS("without_written"))
    n = len(gain.with_)
    return [
        Metric(
            context.say(TEXTS("metric_recall_1")), float(gain.with_.mean()), n,
            float(gain.without.mean()), name,
        ),
        Metric(
            context.say(TEXTS("metric_gain")), float((gain.with_ - gain.without).mean()), n,
            low=low, high=high,
        ),
    ]  # fmt: skip


def _examples(written: Sequence[tuple[Entry, list[str]]], context: Context) -> Table:
    columns = (context.say(TEXTS("column_entry")), context.say(TEXTS("column_written")))
    rows = tuple(
        (entry.question or entry.answer, questions[0]) for entry, questions in written[:_SHOWN]
    )
    return Table("", columns, rows, len(written))
