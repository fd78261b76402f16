"""Spans of days, and what a period such as `last month` or `2025-Q1` is in days.

A period is kept as a short text, so that a request can be read and typed: `2025`, `2025-03`, `2025-03-07`,
`2025-Q1`, `2025-H2`; with `this`, `last`, `former` (the one before last) or nothing in place of the year
(`last-03`: March of last year; `--03`: the latest March); `this week`, `last month`, `former year`;
`past 30 day`; `last day`; and two of these with `..` between. A feast stands for a part of a year, too:
`2025-Easter`, `last-BlackFriday`, `--Christmas`.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from skills.readers.feasts import FEASTS, feast_days

_LEEWAY = 45  # days after the last row within which a table is taken for up to date
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
_BACK = {"this": 0, "last": 1, "former": 2}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def period_span(period: str, last: date, today: date) -> Span:
    """Return the days of a period, for a table whose last row is of the day `last`.

    Where the table ends long before today, what is said of now (`last month`) is said of its end.

    Raises:
        ValueError: This is no such text.
    """
    if ".." in period:
        begin, _, end = period.partition("..")
        stop = period_span(end, last, today).end if end else last
        start = period_span(begin, last, today).start
        while start > stop:  # `November to February`
            start = _shifted(start, -12)
        return Span(start, stop)
    now = today if is_recent(last, today) else last
    days = _within_year(period, last, now) or _counted(period, now, last) or _absolute(period)
    if days is None:
        raise ValueError(period)
    return days


def is_recent(last: date, today: date) -> bool:
    """Say whether a table that ends on a day is up to date, so that `last month` is that before today's."""
    return (today - last).days <= _LEEWAY


def feast_before(period: str, span: Span) -> Span | None:
    """Return the days of a feast in the year before those of a span; None where a period is no feast."""
    name = period.rpartition("-")[2]
    return _part(span.end.year - 1, name) if name in FEASTS else None


def a_year_before(span: Span) -> Span:
    """Return the same days of the year before; whole months stay whole."""
    start, end = _shifted(span.start, -12), _shifted(span.end, -12)
    if span.end.day == _month_days(span.end):
        end = end.replace(day=_month_days(end))
    return Span(start, end)


def before(span: Span) -> Span:
    """Return what comes before a span and is as long: as many months, or as many days."""
    months = _whole_months(span)
    if months:
        start = _shifted(span.start, -months)
        return Span(start, span.start - timedelta(days=1))
    return Span(span.start - timedelta(days=span.days), span.start - timedelta(days=1))


def _whole_months(span: Span) -> int:
    """Return how many whole months a span has; 0 if it begins or ends within one."""
    if span.start.day != 1 or span.end.day != _month_days(span.end):
        return 0
    return (span.end.year - span.start.year) * 12 + span.end.month - span.start.month + 1


def _month_days(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _shifted(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _months(year: int, first: int, count: int) -> Span:
    start = date(year, first, 1)
    return Span(start, _shifted(start, count) - timedelta(days=1))


def _part(year: int, part: str) -> Span | None:
    """Return a part of a year: `03`, `03-07`, `Q1`, `H2`."""
    try:
        if part in FEASTS:
            days = feast_days(part, year)
            return Span(*days) if days else None
        if part[0] == "Q":
            return _months(year, 3 * int(part[1:]) - 2, 3)
        if part[0] == "H":
            return _months(year, 6 * int(part[1:]) - 5, 6)
        month, _, day = part.partition("-")
        if day:
            return Span(date(year, int(month), int(day)), date(year, int(month), int(day)))
        return _months(year, int(month), 1)
    except ValueError:
        return None


def _absolute(period: str) -> Span | None:
    year, _, part = period.partition("-")
    if not re.fullmatch(r"\d{4}", year):
        return None
    return _part(int(year), part) if part else _months(int(year), 1, 12)


def _within_year(period: str, last: date, now: date) -> Span | None:
    """Return a part of a year that is told by its distance, or of the latest year that has it."""
    if period.startswith("--"):
        for year in (last.year, last.year - 1, last.year - 2, last.year - 3, last.year - 4):
            span = _part(year, period[2:])
            if span and span.start <= last:
                return span
        return None
    which, _, part = period.partition("-")
    if part and which in _BACK:
        return _part(now.year - _BACK[which], part)
    return None


def _counted(period: str, now: date, last: date) -> Span | None:
    """Return what is told by how far back it lies: `last month`, `past 30 day`, `yesterday`."""
    words = period.split()
    if len(words) == 3 and words[0] == "past" and words[1].isdigit() and words[2] in _UNIT_DAYS:
        return _past(int(words[1]), words[2], min(now, last))
    if len(words) != 2 or words[0] not in _BACK or words[1] not in _UNIT_DAYS:
        return None
    back, unit = _BACK[words[0]], words[1]
    if back and now == last and unit_span(unit, now).end == last:
        back -= 1  # the table ends with a whole one: that is the last
    return unit_span(unit, now, back)


def _past(count: int, unit: str, last: date) -> Span:
    if unit in {"day", "week"}:
        return Span(last - timedelta(days=count * _UNIT_DAYS[unit] - 1), last)
    months = count * {"month": 1, "quarter": 3, "year": 12}[unit]
    return Span(_shifted(last + timedelta(days=1), -months), last)


def unit_span(unit: str, day: date, back: int = 0) -> Span:
    """Return the day, week, month, quarter or year that a day lies in, or one so many before."""
    if unit == "day":
        return Span(day - timedelta(days=back), day - timedelta(days=back))
    if unit == "week":
        monday = day - timedelta(days=day.weekday() + 7 * back)
        return Span(monday, monday + timedelta(days=6))
    if unit == "month":
        begin = _shifted(day.replace(day=1), -back)
        return _months(begin.year, begin.month, 1)
    if unit == "quarter":
        begin = _shifted(date(day.year, 3 * ((day.month - 1) // 3) + 1, 1), -3 * back)
        return _months(begin.year, begin.month, 3)
    return _months(day.year - back, 1, 12)
