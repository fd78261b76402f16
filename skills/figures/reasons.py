"""Why a time was better or worse, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from models.errors import UsageError
from models.texts import Catalogue, Message
from skills.events import Event, Table
from skills.figures import say
from skills.figures.asked import Asked
from skills.figures.compared import change
from skills.figures.why import Reasons, explain
from skills.readers.spans import Span, unit_span

TEXTS = Catalogue(__package__)
_AS_USUAL = 0.03  # of what is usual: no difference that asks for reasons
_SHORT = 70  # days: a table that is looked over by weeks
_WEEKLY, _MONTHLY, _QUARTERLY = 14, 45, 150  # days between rows, from which on they come less often
_DAYS_NAMED = 3
_SEASON = 0.5  # of the difference, from which on it is told that the season makes it
_WORTH = 0.15  # of the difference, from which on a part of it is worth a sentence


def answered(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Say what makes a time differ from what is usual, as far as the table tells."""
    context, basis = asked.context, asked.basis
    span = asked.span or _latest(asked)
    found = explain(basis, asked.meant, span, asked.measure)
    if found is None:
        days = basis.known_days
        label = say.span_label(span, context)
        raise UsageError(TEXTS("no_other", span=label, first=days[0], last=days[-1]))
    said = [_headline(asked, found)]
    if abs(found.difference) > _AS_USUAL * abs(found.usual):
        said += [
            *_of_season(found),
            *_of_days(found, context.say(TEXTS("and"))),
            *_of_groups(found),
        ]
        said.append(TEXTS("why_no_more"))
    else:
        said.append(TEXTS("why_usual"))
    text = (
        " ".join(context.say(one) for one in said)
        if context.language == "en"
        else "".join(map(context.say, said))
    )
    data: dict[str, object] = {
        "measure": asked.measure, "column": basis.value, "value": found.now, "usual": found.usual,
        "times": found.times, "year_before": found.year_before, "by_days": found.by_days,
        "by_amount": found.by_amount, "closed": [str(day) for day in found.closed],
        "changes": [[c.column, c.name, c.now, c.usual] for c in found.changes],
    }  # fmt: skip
    return _tables(asked, found), text, data


def _latest(asked: Asked) -> Span:
    """Return the last whole month of the table, which is said, or of a short one the last whole week."""
    days = asked.basis.known_days
    apart = asked.basis.days_apart
    unit = "week" if (days[-1] - days[0]).days < _SHORT else "month"
    if apart > _MONTHLY:
        unit = "year" if apart > _QUARTERLY else "quarter"
    if apart > _WEEKLY:  # a row a month, or less often: the last is whole
        span = unit_span(unit, days[-1])
    else:
        span = unit_span(unit, days[-1] + timedelta(days=1), back=1)
    if not any(day in span for day in days):
        span = unit_span(unit, days[-1])
    asked.basis.assumed.append(TEXTS("assumed_span", span=say.span_label(span, asked.context)))
    return span


def _headline(asked: Asked, found: Reasons) -> Message:
    label = say.span_label(found.span, asked.context)
    year = (
        TEXTS("why_year", value=say.amount(found.year_before))
        if found.year_before is not None
        else ""
    )
    return TEXTS(
        "why_headline", what=asked.what, scope=say.scope(asked.request, None, asked.context), span=label,
        value=say.amount(found.now), change=change(found.now, found.usual), times=found.times,
        usual=say.amount(found.usual), year=year,
    )  # fmt: skip


def _of_season(found: Reasons) -> list[Message]:
    """Say so where the same time of other years differs from what is usual as much, or half as much."""
    if found.season is None or not _matters(
        found.season[0] - found.usual, found.difference, _SEASON
    ):
        return []
    value, years = found.season
    return [TEXTS("why_season", value=say.amount(value), years=years)]


def _of_days(found: Reasons, joined: str) -> list[Message]:
    """Say what part of the difference comes of days without rows, and what of each day."""
    said: list[Message] = []
    open_days, usually = found.open_days
    if _matters(found.by_days, found.difference):
        key = "why_fewer_days" if found.by_days < 0 else "why_more_days"
        named = (
            TEXTS("why_closed", days=_runs(found.closed, joined))
            if found.closed and found.by_days < 0
            else ""
        )
        said.append(
            TEXTS(
                key,
                days=open_days,
                usual=f"{usually:.0f}",
                value=say.amount(abs(found.by_days)),
                closed=named,
            )
        )
    if open_days and usually and _matters(found.by_amount, found.difference):
        now, usual = found.now / open_days, found.usual / usually
        key = "why_less_a_day" if found.by_amount < 0 else "why_more_a_day"
        said.append(
            TEXTS(
                key,
                now=say.amount(now),
                usual=say.amount(usual),
                value=say.amount(abs(found.by_amount)),
            )
        )
    return said


def _of_groups(found: Reasons) -> list[Message]:
    """Say which groups of each column differ most."""
    said = []
    for column in dict.fromkeys(one.column for one in found.changes):
        parts = ", ".join(
            f"{one.name} {one.difference:+,.0f}"
            if abs(one.difference) >= 10
            else f"{one.name} {one.difference:+,.2g}"
            for one in found.changes
            if one.column == column
        )
        said.append(TEXTS("why_groups", column=column, parts=parts))
    even = [
        column for column in found.columns if column not in {one.column for one in found.changes}
    ]
    if even:
        said.append(TEXTS("why_even", columns=", ".join(even)))
    return said


def _matters(part: float, whole: float, least: float = _WORTH) -> bool:
    """Say whether a part of a difference goes the way of the whole, and is worth telling."""
    return part * whole > 0 and abs(part) >= least * abs(whole)


def _runs(days: Sequence[date], joined: str) -> str:
    """Return days as runs: `2025-03-03 to 2025-03-11`; of many runs the longest few."""
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][-1]).days <= 2:
            runs[-1].append(day)
        else:
            runs.append([day])
    longest = sorted(sorted(runs, key=len, reverse=True)[:_DAYS_NAMED])
    named = [str(run[0]) if len(run) == 1 else f"{run[0]} – {run[-1]}" for run in longest]
    return joined.join(named) + (" …" if len(runs) > len(longest) else "")


def _tables(asked: Asked, found: Reasons) -> list[Event]:
    """Return the groups and the days that differ most as tables."""
    context = asked.context
    label = say.span_label(found.span, context)
    usual, difference = context.say(TEXTS("usual")), context.say(TEXTS("difference"))
    events: list[Event] = []
    if found.changes:
        rows = [
            (
                one.column,
                one.name,
                say.amount(one.now),
                say.amount(one.usual),
                f"{one.difference:+,.2f}",
            )
            for one in found.changes
        ]
        columns = (
            context.say(TEXTS("column")),
            context.say(TEXTS("group")),
            label,
            usual,
            difference,
        )
        events.append(Table(context.say(TEXTS("title_changes")), columns, tuple(rows)))
    if found.days:
        names = context.say(TEXTS("weekdays")).split()
        rows_ = [
            (
                f"{day} {names[day.weekday()]}",
                say.amount(value),
                say.amount(known),
                f"{value - known:+,.2f}",
            )
            for day, value, known in found.days
        ]
        columns_ = (
            context.say(TEXTS("unit_day")),
            asked.what,
            context.say(TEXTS("usual_weekday")),
            difference,
        )
        events.append(Table(context.say(TEXTS("title_days")), columns_, tuple(rows_)))
    return events
