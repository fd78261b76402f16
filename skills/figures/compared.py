"""One time beside another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from models.texts import Catalogue, Message
from skills.events import Event, Table
from skills.figures import say
from skills.figures.asked import Asked, days_of, nothing_in
from skills.figures.shown import MOST_SHOWN, heading, value_of
from skills.figures.tally import TIMES, TURNS, Group, aggregate, grouped
from skills.readers.spans import Span, a_year_before, before, feast_before

TEXTS = Catalogue(__package__)
_LEVEL = 0.005  # of what it was: about the same
_LONG = 60  # days, from which on times are shown month by month


def answered(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Say what a time comes to beside another, group by group if asked."""
    context, basis = asked.context, asked.basis
    now, other = _as_far(asked, *_spans(asked))
    inside, earlier = asked.rows_of(now), asked.rows_of(other)
    for rows, span in ((inside, now), (earlier, other)):
        if not rows:
            raise nothing_in(basis, span, context)
    value = aggregate(basis, inside, asked.measure) or 0.0
    past = aggregate(basis, earlier, asked.measure) or 0.0
    text = context.say(
        TEXTS("answer_compared", what=asked.what, scope=say.scope(asked.request, None, context),
              first=say.span_label(now, context), value=say.amount(value),
              second=say.span_label(other, context), other=say.amount(past),
              change=change(value, past))
    )  # fmt: skip
    data: dict[str, object] = {
        "measure": asked.measure, "column": basis.value, "value": value, "against": past,
        "spans": [[str(now.start), str(now.end)], [str(other.start), str(other.end)]],
    }  # fmt: skip
    by = asked.request.by or ("month" if now.days >= _LONG else "")
    table = [_table(asked, by, (now, inside), (other, earlier))] if by else []
    return list(table), text, data


def change(value: float, past: float) -> Message:
    """Say how much more or less a value is than another."""
    difference = value - past
    if not past or abs(difference) <= _LEVEL * abs(past):
        return TEXTS("change_none") if not difference or past else TEXTS("change_new")
    key = "change_up" if difference > 0 else "change_down"
    by = say.amount(abs(difference))
    return TEXTS(key, share=f"{abs(difference / past):.0%}", difference=by)


def _spans(asked: Asked) -> tuple[Span, Span]:
    """Return the two times, the later one first."""
    last = asked.basis.known_days[-1]
    now = asked.span or days_of("this year", last, asked.today)
    against = asked.request.against
    if against == "year":
        return now, feast_before(asked.request.period, now) or a_year_before(now)
    this, _, unit = asked.request.period.partition(" ")
    if against == "before" or (this == "this" and against == f"last {unit}"):
        return now, before(now)
    other = days_of(against, last, asked.today)
    return (now, other) if now.start >= other.start else (other, now)


def _as_far(asked: Asked, now: Span, other: Span) -> tuple[Span, Span]:
    """Cut both times where the table ends within the later one, so that like is set beside like."""
    last = asked.basis.known_days[-1] + timedelta(days=max(0, asked.basis.days_apart - 1))
    alike = abs(now.days - other.days) <= 3  # as months and years are
    if not alike or not now.start <= last < now.end:
        return now, other
    short = Span(now.start, last)
    year = a_year_before(short)
    end = year.end if year.start == other.start else other.start + (last - now.start)
    asked.basis.assumed.append(TEXTS("assumed_as_far", last=last))
    return short, Span(other.start, min(end, other.end))


def _table(
    asked: Asked, by: str, now: tuple[Span, list[int]], other: tuple[Span, list[int]]
) -> Table:
    """Set the groups of two times side by side; those of time by how far they are from the beginning."""
    context = asked.context
    sides = [
        {
            _place(group.key, by, span): group
            for group in grouped(asked.basis, rows, by, asked.measure)
        }
        for span, rows in (now, other)
    ]
    places = list(dict.fromkeys([*sides[0], *sides[1]]))
    if by in TIMES or by in TURNS:
        places.sort(key=lambda place: (isinstance(place, str), place))
    rows = [
        (
            _label([side.get(place) for side in sides], by, asked),
            *_cells([side.get(place) for side in sides]),
        )
        for place in places
    ]
    labels = [say.span_label(span, context) for span, _ in (now, other)]
    columns = (heading(by, context), *labels, context.say(TEXTS("difference")))
    return Table(asked.what, columns, tuple(rows[:MOST_SHOWN]), total_rows=len(rows))


def _cells(groups: Sequence[Group | None]) -> tuple[str, str, str]:
    now, past = (value_of(group) if group else 0.0 for group in groups)
    part = f" ({now / past - 1:+.0%})" if past else ""
    sign = "+" if now >= past else "-"
    return say.amount(now), say.amount(past), f"{sign}{say.amount(abs(now - past))}{part}"


def _label(groups: Sequence[Group | None], by: str, asked: Asked) -> str:
    keys = [group.key for group in groups if group]
    months = {key.month for key in keys if isinstance(key, date)}
    if by == "month" and len(months) == 1:
        return asked.context.say(
            TEXTS("month_alone", name=say.month_name(months.pop(), asked.context))
        )
    names = [say.key_label(key, by, asked.context) for key in keys]
    return " / ".join(dict.fromkeys(names)) if by in TIMES else names[0]


def _place(key: str | date | int, by: str, span: Span) -> str | int:
    """Return how many units of time from the beginning of a span a group is; another group's key."""
    if not isinstance(key, date):
        return key if isinstance(key, int) else key.casefold()
    months = (key.year - span.start.year) * 12 + key.month - span.start.month
    per = {"month": 1, "quarter": 3, "year": 12}
    if by in per:
        return months // per[by]
    return (key - span.start) // timedelta(days=7 if by == "week" else 1)
