"""Read the table, take the rows that are meant, and say what they come to."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from models.errors import UsageError
from models.texts import Catalogue, Message
from skills.contract import Context
from skills.events import Answer, Assumption, Event, Evidence, Progress, Table
from skills.figures import compared, ranked, reasons, say
from skills.figures.asked import Asked, read_asked
from skills.figures.face import FiguresRequest
from skills.figures.linked import Linked, link
from skills.figures.shown import MOST_SHOWN, group_events, value_of, written
from skills.figures.tally import Basis, aggregate, grouped, rows_within
from skills.readers.messages import named

TEXTS = Catalogue(__package__)
_SKIPPED_SHOWN = 50


class Figures:
    """The skill."""

    def __init__(self, today: date | None = None) -> None:
        self._today = today or date.today()

    def run(self, request: FiguresRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        yield Progress(0, None, note=context.say(TEXTS("reading")))
        linked = Linked()
        if request.unheard:
            linked = yield from link(request.unheard, request.file, context)
            request = request.model_copy(update={"only": request.only | linked.only})
        asked = read_asked(request, context, self._today)
        context.check()
        events, text, data = _answered(asked)
        yield from events
        text = "\n".join([text, *map(context.say, _of_words(linked))])
        basis = asked.basis
        evidence: list[Evidence] = [Assumption(context.say(said)) for said in basis.assumed]
        evidence += named(basis.skipped[:_SKIPPED_SHOWN], request.file, context)
        yield Answer(text, evidence=tuple(evidence), data={"rows": len(asked.rows), **data})


def _of_words(linked: Linked) -> list[Message]:
    """Say what words were taken for, and which were not understood: in the answer, where it is seen."""
    left = [TEXTS("unheard", words=", ".join(linked.left))] if linked.left else []
    return [*linked.said, *left]


def _answered(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Return the events, the sentence and the numbers of an answer."""
    request = asked.request
    if request.why:
        return reasons.answered(asked)
    if request.against:
        return compared.answered(asked)
    if request.by:
        return ranked.answered(asked)
    if request.measure == "rows":
        return _listed(asked)
    if request.measure in {"max", "min"}:
        return _extreme(asked)
    return _single(asked)


def _single(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Say what all rows that are meant come to; where nothing else was asked, also over time."""
    context, basis, measure = asked.context, asked.basis, asked.measure
    if asked.request.per and measure == "mean":
        return _mean_per(asked)
    value = aggregate(basis, asked.rows, measure)
    whole = aggregate(basis, rows_within(basis, asked.span), measure)
    n = len(asked.rows)
    shared = say.shared(value, whole) if asked.is_part and measure in {"sum", "count"} else ""
    key = "answer_count" if measure == "count" else "answer_one"
    said = TEXTS(
        key, what=asked.what, scope=asked.scope, value=say.amount(value), share=shared, n=n
    )
    text = context.say(said)
    if measure == "mean":
        middle = aggregate(basis, asked.rows, "median")
        text += context.say(TEXTS("and_median", value=say.amount(middle)))
    data: dict[str, object] = {
        "measure": measure, "column": basis.value, "value": value, "whole": whole,
    }  # fmt: skip
    if measure == "count" and not asked.is_part:
        basis.assumed.append(TEXTS("assumed_every_row"))
    unit = _unit(basis)
    if measure not in {"sum", "count"} or asked.is_part or asked.span or not unit:
        return [], text, data
    over_time = replace(asked, request=asked.request.model_copy(update={"by": unit}))
    return (
        group_events(over_time, grouped(basis, asked.rows, unit, measure), value or 0.0),
        text,
        data,
    )


def _mean_per(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Say what a day, a week, a month brings in the mean; those that the table cuts do not count."""
    context, basis, per = asked.context, asked.basis, asked.request.per
    every = grouped(basis, asked.rows, per, "sum")
    groups = [group for group in every if not group.partial] or every
    values = [value_of(group) for group in groups]
    if not values:
        raise UsageError(TEXTS("no_amounts", path=basis.table.path))
    value, middle = statistics.fmean(values), statistics.median(values)
    text = context.say(
        TEXTS("answer_per", what=asked.what, scope=asked.scope, unit=say.unit_label(per), n=len(values),
              value=say.amount(value), middle=say.amount(middle))
    )  # fmt: skip
    data: dict[str, object] = {
        "measure": "mean", "column": basis.value, "per": per, "value": value, "units": len(values),
    }  # fmt: skip
    return [], text, data


def _unit(basis: Basis) -> str:
    """Return the unit in which a table is looked over: days of a short one, years of a very long one."""
    days = basis.known_days
    if len(days) < 2:
        return ""
    length = (days[-1] - days[0]).days
    return "day" if length < 40 else "month" if length < 1200 else "year"


def _listed(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Show the rows that are meant; of many the first, and all in a file."""
    context, table = asked.context, asked.basis.table
    most = asked.request.first or MOST_SHOWN
    columns = (context.say(TEXTS("row")), *table.columns)
    rows = [(str(table.numbers[at]), *table.rows[at]) for at in asked.rows]
    events: list[Event] = [
        Table(
            asked.scope.strip() or table.path.name,
            columns,
            tuple(rows[:most]),
            total_rows=len(rows),
        )
    ]
    if len(rows) > most or context.out:
        events.append(written(asked, columns, rows))
    text = context.say(TEXTS("answer_rows", n=len(rows), of=len(table.rows), scope=asked.scope))
    return events, text, {"row_numbers": [table.numbers[at] for at in asked.rows]}


def _extreme(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Say the highest or lowest amount, with its row."""
    context, basis = asked.context, asked.basis
    known = [(n, at) for at in asked.rows if (n := basis.amounts[at]) is not None]
    if not known:
        raise UsageError(TEXTS("no_amounts", path=basis.table.path))
    sign = 1 if asked.measure == "max" else -1
    known.sort(key=lambda one: (-sign * one[0], one[1]))
    most = asked.request.first or 3
    top, at = known[0]
    cells = " · ".join(cell for cell in basis.table.rows[at] if cell.strip())
    text = context.say(
        TEXTS("answer_extreme", what=asked.what, scope=asked.scope, value=say.amount(top),
              row=basis.table.numbers[at], cells=cells[:200])
    )  # fmt: skip
    rows = tuple((str(basis.table.numbers[i]), *basis.table.rows[i]) for _, i in known[:most])
    columns = (context.say(TEXTS("row")), *basis.table.columns)
    data = {
        "measure": asked.measure,
        "column": basis.value,
        "value": top,
        "row": basis.table.numbers[at],
    }
    return [Table(asked.what + asked.scope, columns, rows, total_rows=len(known))], text, data
