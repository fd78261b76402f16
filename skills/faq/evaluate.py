"""Hold a knowledge base against questions whose right entries are known.

Recall@k is the share of questions whose right entry is among the first k; the mean reciprocal rank is
that of the right entry within the first five. A near miss is an answerable question with its own entry
taken out: the nearest that an unanswerable one can come.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import BadInputError
from models.steps import result_of
from models.texts import Catalogue, Message
from skills.contract import Context
from skills.events import Answer, Artifact, Event, Evidence, Metric, Progress, Skipped, Table
from skills.faq.desk import Desk, Found, twins
from skills.faq.entries import Entry
from skills.faq.index import Base
from skills.faq.operations import EvaluateRequest
from skills.faq.run import chosen_base, left_out, opened
from skills.measures import auroc, interval
from skills.readers.columns import hinted
from skills.readers.messages import told
from skills.readers.tables import TableData, read_table
from skills.writers import suffix_of, write_table

TEXTS = Catalogue(__package__)
_QUESTION = r"question|^q$|ask|text|message|问题|提问|^问"
_EXPECTED = r"entry|expected|answer|right|gold|条目|应|正确|答案|回答|答复"
_TOP = 5
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Case:
    """A question; `entry` is the right one, None where the base has no answer."""

    question: str
    entry: Entry | None
    row: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the desk made of a case. `near` is the same question with its entry taken out.

    `choices`: the entries among which it asked back; none where it did not.
    """

    case: Case
    found: Found
    near: Found | None
    choices: tuple[Entry, ...] = ()

    @property
    def rank(self) -> int:
        """The place of the right entry, 1 the best; 0 if it is not among the first five."""
        entries = [hit.entry for hit in self.found.hits[:_TOP]]
        right = self.case.entry
        return entries.index(right) + 1 if right in entries else 0

    @property
    def margin(self) -> float:
        """How far the best score lies above the threshold."""
        return margin(self.found)


def margin(found: Found) -> float:
    """Return how far the best score lies above the threshold."""
    return found.hits[0].score - found.threshold if found.hits else -1.0


class Evaluate:
    """Evaluate the desk."""

    def run(self, request: EvaluateRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        table = read_table(request.questions)
        knowledge, evidence = chosen_base(request.file, request.base, context)
        base = yield from opened(knowledge, " ".join(_columns(table)[0][:50]), context)
        cases, skipped = cases_of(table, base, context)
        evidence += [*left_out(base, context), *skipped]
        first = yield from outcomes(cases, Desk(base, context, second=False), context)
        desk = Desk(base, context, second=not request.text_only)
        both = yield from outcomes(cases, desk, context)
        metrics = report(both, first, context)
        path = context.result_path(table.path, suffix_of(table), "-evaluated")
        _write(table, both, path)
        yield _worst(both, context)
        yield Artifact(str(path), context.say(TEXTS("evaluated_file")))
        able = sum(o.case.entry is not None for o in both)
        right = sum(_right(o) for o in both)
        text = TEXTS("evaluated", name=base.name, right=right, n=able, rest=len(both) - able)
        data = {m.name: [m.value, m.low, m.high] for m in metrics}
        yield Answer(context.say(text), evidence=(*metrics, *evidence), data=data)


def outcomes(
    cases: Sequence[Case], desk: Desk, context: Context
) -> Generator[Event, None, list[Outcome]]:
    """Ask every question, and every answerable one once more without its entry."""
    found: list[Outcome] = []
    note, unit = context.say(TEXTS("evaluating")), context.say(TEXTS("questions_unit"))
    for number, case in enumerate(cases):
        yield Progress(number, len(cases), unit, note)
        context.check()
        whole = result_of(desk.ask(case.question))
        near = None
        if case.entry is not None:
            near = result_of(desk.ask(case.question, without=[case.entry]))
        several = tuple(hit.entry for hit in twins(whole, desk.base))
        found.append(Outcome(case, whole, near, several if len(several) > 1 else ()))
    return found


def report(both: Sequence[Outcome], first: Sequence[Outcome], context: Context) -> list[Metric]:
    """Return the figures of both readings, each beside that of the first alone."""
    name = context.say(TEXTS("first_reading"))
    metrics = []
    for key, measure in _MEANS.items():
        ours, theirs = measure(both), measure(first)
        if not ours:
            continue
        low, high = interval(ours)
        metrics.append(
            Metric(
                context.say(TEXTS(f"metric_{key}")), float(np.mean(ours)), len(ours),
                float(np.mean(theirs)), name, low=low, high=high,
            )
        )  # fmt: skip
    for key, score in _AREAS.items():
        value, beside = score(both), score(first)
        if not np.isnan(value):
            label = context.say(TEXTS(f"metric_{key}"))
            metrics.append(Metric(label, value, len(both), beside, name))
    return metrics


def _able(some: Sequence[Outcome]) -> list[Outcome]:
    return [o for o in some if o.case.entry is not None]


def _unable(some: Sequence[Outcome]) -> list[Outcome]:
    return [o for o in some if o.case.entry is None]


def _right(o: Outcome) -> bool:
    return o.case.entry is not None and o.rank == 1 and o.found.answered and not o.choices


def _asked(o: Outcome) -> bool:
    return o.case.entry in o.choices


def _wrong(o: Outcome) -> bool:
    return o.case.entry is not None and o.found.answered and not _right(o) and not _asked(o)


_MEANS: dict[str, Callable[[Sequence[Outcome]], list[float]]] = {
    "recall_1": lambda some: [float(o.rank == 1) for o in _able(some)],
    "recall_5": lambda some: [float(o.rank > 0) for o in _able(some)],
    "mrr": lambda some: [1 / o.rank if o.rank else 0.0 for o in _able(some)],
    "answered": lambda some: [float(_right(o)) for o in _able(some)],
    "asked": lambda some: [float(_asked(o)) for o in _able(some)],
    "wrongly": lambda some: [float(_wrong(o)) for o in _able(some)],
    "refused": lambda some: [float(not o.found.answered) for o in _unable(some)],
    "refused_near": lambda some: [float(not o.near.answered) for o in some if o.near],
}
_AREAS: dict[str, Callable[[Sequence[Outcome]], float]] = {
    "auroc": lambda some: auroc([o.margin for o in _able(some)], [o.margin for o in _unable(some)]),
    "auroc_near": lambda some: auroc(
        [o.margin for o in _able(some)], [margin(o.near) for o in some if o.near]
    ),
    "refused_90": lambda some: _refused_at(0.9, some),
}


def _refused_at(share: float, some: Sequence[Outcome]) -> float:
    """Return what share of the unanswerable is refused where so many answerable are answered."""
    able, unable = [o.margin for o in _able(some)], [o.margin for o in _unable(some)]
    if not able or not unable:
        return float("nan")
    return float(np.mean(np.array(unable) < np.quantile(able, 1 - share)))


def _columns(table: TableData) -> tuple[list[str], list[str]]:
    """Return the questions, and what names the right entry of each; a lone column has no entries."""
    asked = hinted(table.columns, _QUESTION) or table.columns[:1]
    expected = [name for name in hinted(table.columns, _EXPECTED) if name != asked[0]]
    questions = [" ".join(cell.split()) for cell in table.column(asked[0])]
    if expected:
        return questions, table.column(expected[0])
    if len(table.columns) > 1:
        raise BadInputError(TEXTS("no_expected", path=table.path))
    return questions, [""] * len(questions)


def cases_of(table: TableData, base: Base, context: Context) -> tuple[list[Case], list[Evidence]]:
    """Match the right entries with those of the base; rows that name none are left out and named.

    Raises:
        BadInputError: Nothing says which entry is right, or no row names one of the base.
    """
    questions, expected = _columns(table)
    by_name: dict[str, Entry] = {}
    for entry in base.entries():
        by_name.setdefault(_plain(entry.answer), entry)
    by_name |= {_plain(entry.question): entry for entry in base.entries() if entry.question}
    cases: list[Case] = []
    skipped: list[Evidence] = told(table, None, context)

    def leave_out(row: int, why: Message) -> None:
        skipped.append(Skipped(str(table.path), context.say(why), row))

    for row, question, name in zip(table.numbers, questions, expected, strict=True):
        if not question:
            leave_out(row, TEXTS("no_question"))
        elif _plain(name) and _plain(name) not in by_name:
            leave_out(row, TEXTS("no_such_entry", entry=name[:60]))
        else:
            cases.append(Case(question, by_name.get(_plain(name)), row))
    if not cases:
        raise BadInputError(TEXTS("no_cases", path=table.path))
    return cases, skipped


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" ?？.。")


def _verdict(o: Outcome) -> str:
    if not o.found.answered:
        return "refused"
    if o.choices:
        return "asks"
    return "right" if _right(o) else "wrong"


def _write(table: TableData, both: Sequence[Outcome], path: Path) -> None:
    by_row = {o.case.row: o for o in both}
    cells: dict[str, list[str]] = {"found": [], "score": [], "outcome": []}
    for row in table.numbers:
        o = by_row.get(row)
        best = o.found.hits[0] if o and o.found.hits else None
        cells["found"].append(best.entry.question or best.entry.answer if best else "")
        cells["score"].append(f"{best.score:.3f}" if best else "")
        cells["outcome"].append(_verdict(o) if o else "left out")
    write_table(table, cells, path)


def _worst(both: Sequence[Outcome], context: Context) -> Table:
    """Return the questions that went wrong, those answered wrongly first."""
    columns = tuple(
        context.say(TEXTS(f"column_{key}")) for key in ("question", "expected", "got", "outcome")
    )
    bad = [o for o in both if not _right(o) and not (o.case.entry is None and not o.found.answered)]
    bad.sort(key=lambda o: (not o.found.answered, -abs(o.margin)))
    rows = tuple(
        (
            o.case.question,
            (o.case.entry.question or o.case.entry.answer) if o.case.entry else "-",
            (o.found.hits[0].entry.question or o.found.hits[0].entry.answer)
            if o.found.hits
            else "-",
            _verdict(o),
        )
        for o in bad[:_SHOWN]
    )
    return Table(context.say(TEXTS("went_wrong")), columns, rows, len(bad))
