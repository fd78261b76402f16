"""Amounts, times and conditions in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from models.texts import Catalogue, Message
from skills.contract import Context
from skills.figures.face import FiguresRequest
from skills.figures.tally import TIMES, TURNS
from skills.figures.turns import WEEKDAYS, turns_of
from skills.readers.rows import BETWEEN, values_said
from skills.readers.spans import Span, unit_span

TEXTS = Catalogue(__package__)


def amount(value: float | None) -> str:
    """Return an amount as a person reads it: two decimals at most, none where it is whole."""
    if value is None:
        return "–"
    if abs(value) >= 1 or value == 0:
        return f"{value:,.2f}".removesuffix(".00")
    return f"{value:.3g}"


def share(part: float | None, whole: float | None) -> str:
    """Return a part of a whole in percent; empty where there is no such part."""
    if part is None or not whole or (part < 0) != (whole < 0):
        return ""
    return f"{part / whole:.1%}" if abs(part) < abs(whole) / 10 else f"{part / whole:.0%}"


def shared(part: float | None, whole: float | None) -> Message | str:
    """Return which part of the whole something is, to stand behind it; empty where there is no such part."""
    said = share(part, whole)
    return TEXTS("share", share=said, whole=amount(whole)) if said else ""


def span_label(span: Span, context: Context) -> str:
    """Return a span by its name where it is a day, a week, a month, a quarter or a year."""
    for unit in ("day", "week", "month", "quarter", "year"):
        if unit_span(unit, span.start) == span:
            return time_label(unit, span.start, context)
    return context.say(TEXTS("span", first=span.start, last=span.end))


def time_label(unit: str, day: date, context: Context) -> str:
    """Return the name of the unit of time that begins on a day."""
    match unit:
        case "month":
            name = month_name(day.month, context)
            return context.say(TEXTS("month", name=name, year=day.year))
        case "quarter":
            return context.say(TEXTS("quarter", n=(day.month + 2) // 3, year=day.year))
        case "year":
            return str(day.year)
        case "week":
            return context.say(TEXTS("week", day=day))
        case _:
            return day.isoformat()


def month_name(month: int, context: Context) -> str:
    """Return the name of a month, as it stands in the name of a month of a year."""
    return context.say(TEXTS("months")).split()[month - 1]


def key_label(key: str | date | int, by: str, context: Context) -> str:
    """Return the name of a group."""
    if isinstance(key, date):
        return time_label(by, key, context)
    if by == "weekday":
        return context.say(TEXTS("weekdays")).split()[int(key)]
    if by == "hour":
        return f"{key}:00"
    return str(key) or context.say(TEXTS("empty"))


def unit_label(by: str) -> Message | str:
    """Return what is grouped by, in words: a unit of time, or the column as it is called."""
    return TEXTS(f"unit_{by}") if by in (*TIMES, *TURNS) else by


def _turns_said(only: Mapping[str, str], context: Context) -> dict[str, str]:
    """Return the rows that are meant with days of the week and hours in words."""
    said = dict(only)
    weekdays, hours = turns_of(only)
    if weekdays:
        names = dict(zip(WEEKDAYS, context.say(TEXTS("weekdays")).split(), strict=True))
        days = [name.strip().casefold() for name in weekdays.split(BETWEEN)]
        said["weekday"] = BETWEEN.join(names.get(day, day) for day in days)
    if hours:
        first, _, last = hours.partition("-")
        said["hour"] = context.say(TEXTS("hours_said", first=first, last=last or first))
    return said


def scope(request: FiguresRequest, span: Span | None, context: Context) -> str:
    """Return which rows are meant, to stand behind what is measured; empty for all."""
    parts = []
    if request.only:
        parts.append(TEXTS("where", said=values_said(_turns_said(request.only, context))))
    if request.without:
        parts.append(TEXTS("where_not", said=values_said(request.without)))
    if request.above is not None:
        parts.append(TEXTS("above", amount=amount(request.above)))
    if request.below is not None:
        parts.append(TEXTS("below", amount=amount(request.below)))
    if span:
        parts.append(TEXTS("within", span=span_label(span, context)))
    return "".join(map(context.say, parts))
