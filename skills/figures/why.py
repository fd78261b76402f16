"""Why a time was better or worse than usual: what its days and the groups of its rows make of it."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from skills.figures.groups import group_columns
from skills.figures.tally import Aggregate, Basis, Group, aggregate, grouped, rows_within
from skills.readers.spans import Span, a_year_before, before

_MOST_BEFORE = 12  # times of the same length that make what is usual
_LEAST_BEFORE = 6  # of them, to tell how a time of the year differs
_MOST_YEARS = 5
_USUALLY_OPEN = 0.5
_DAILY = 3  # days between rows, up to which days are told apart
_SHOWN = 3
_PART = 0.05  # of the difference, from which on what is out of proportion is worth naming


@dataclass(frozen=True, slots=True)
class Change:
    """How one group of a column differs from what is usual."""

    column: str
    name: str
    now: float
    usual: float

    @property
    def difference(self) -> float:
        """How much more it is now."""
        return self.now - self.usual


@dataclass(slots=True)
class Reasons:
    """What makes a time differ.

    Attributes:
        span: The time.
        now: What it comes to.
        usual: What such a time comes to in the mean of `times`.
        times: How many there are, the nearest before it or, if there are none, after it.
        year_before: What the same time of the year before comes to, None where the table does not reach.
        season: What the time of the year makes of what is usual, and in how many earlier years it was seen;
            None where it was in less than two.
        open_days: On how many days it has rows, and on how many such a time has usually.
        closed: Days without any row on which there are usually some.
        by_days, by_amount: The parts of the difference that come of how many days have rows, and of how much
            falls on one.
        columns: Those whose values make groups.
        changes: The groups that changed more than all did in proportion.
        days: The days that are farthest from what is usual for their weekday: the day, what it comes to, and
            what is usual.
    """

    span: Span
    now: float
    usual: float
    times: int
    year_before: float | None = None
    season: tuple[float, int] | None = None
    open_days: tuple[int, float] = (0, 0.0)
    closed: list[date] = field(default_factory=list)
    by_days: float = 0.0
    by_amount: float = 0.0
    columns: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    days: list[tuple[date, float, float]] = field(default_factory=list)

    @property
    def difference(self) -> float:
        """How much more the time comes to than usual."""
        return self.now - self.usual


def explain(basis: Basis, meant: Sequence[int], span: Span, measure: Aggregate) -> Reasons | None:
    """Return what makes a time differ from those before it; None where the table has no other.

    Sums are taken apart; a mean, which does not add up over groups, is set beside that of other times.
    """
    others = _others(basis, span)
    if not others:
        return None
    inside = rows_within(basis, span, among=meant)
    before_it = [rows_within(basis, other, among=meant) for other in others]
    now = aggregate(basis, inside, measure) or 0.0
    usual = _mean(basis, meant, others, measure)
    reasons = Reasons(span, now, usual, len(others))
    earlier = a_year_before(span)
    if basis.known_days[0] <= earlier.start:
        reasons.year_before = aggregate(basis, rows_within(basis, earlier, among=meant), measure)
    reasons.season = _season(basis, meant, span, usual, measure)
    if measure in {"sum", "count"}:
        _take_apart_days(basis, reasons, inside, before_it, measure)
        reasons.columns = [
            column
            for column in group_columns(basis.table)
            if column not in {basis.day, basis.value}
        ]
        reasons.changes = _changes(basis, reasons, inside, before_it, measure)
    return reasons


def _season(
    basis: Basis, meant: Sequence[int], span: Span, usual: float, measure: Aggregate
) -> tuple[float, int] | None:
    """Return what the time of the year makes of what is usual, and in how many earlier years it was seen.

    It is the mean of how many times as much as in the times before it the same time of those years had.
    """
    ratios: list[float] = []
    earlier = a_year_before(span)
    while (
        len(ratios) < _MOST_YEARS
        and earlier.end < span.start
        and (others := _before(basis, earlier))
    ):
        value, mean = (_mean(basis, meant, spans, measure) for spans in ([earlier], others))
        if len(others) < _LEAST_BEFORE or not mean:
            break
        ratios.append(value / mean)
        earlier = a_year_before(earlier)
    return (usual * statistics.fmean(ratios), len(ratios)) if len(ratios) > 1 else None


def _mean(basis: Basis, meant: Sequence[int], spans: Sequence[Span], measure: Aggregate) -> float:
    """Return what spans come to in the mean."""
    return statistics.fmean(
        aggregate(basis, rows_within(basis, one, among=meant), measure) or 0.0 for one in spans
    )


def _others(basis: Basis, span: Span) -> list[Span]:
    """Return times of the same length that the table has whole: those before, or else those after."""
    days = basis.known_days
    earlier = _before(basis, span)
    found = list(earlier)
    length = timedelta(days=span.days)
    after = Span(span.end + timedelta(days=1), span.end + length)
    while not earlier and len(found) < _MOST_BEFORE and after.end <= days[-1]:
        found.append(after)
        after = Span(after.start + length, after.end + length)
    return found


def _before(basis: Basis, span: Span) -> list[Span]:
    """Return the times of the same length before one that the table has whole and that have rows."""
    days = basis.known_days
    reaches = days[0] - timedelta(days=basis.days_apart)
    found: list[Span] = []
    other = before(span)
    while len(found) < _MOST_BEFORE and other.start >= reaches:
        if any(day in other for day in days):
            found.append(other)
        other = before(other)
    return found


def _take_apart_days(
    basis: Basis,
    reasons: Reasons,
    inside: Sequence[int],
    before_it: Sequence[Sequence[int]],
    measure: Aggregate,
) -> None:
    """Tell how much of the difference comes of fewer or more days, and how much of what falls on one."""
    if basis.days_apart > _DAILY:
        return
    now_days = {day for at in inside if (day := basis.dates[at])}
    usual_days = statistics.fmean(len({basis.dates[at] for at in rows}) for rows in before_it)
    reasons.open_days = (len(now_days), usual_days)
    usual_a_day = reasons.usual / usual_days if usual_days else 0.0
    reasons.by_days = (len(now_days) - usual_days) * usual_a_day
    reasons.by_amount = reasons.difference - reasons.by_days
    opened = _open_weekdays(basis)
    last = min(reasons.span.end, basis.known_days[-1])
    every = (reasons.span.start + timedelta(days=n) for n in range(reasons.span.days))
    known = set(basis.known_days)
    reasons.closed = [
        day for day in every if day <= last and day.weekday() in opened and day not in known
    ]
    reasons.days = _far_days(
        basis, reasons, inside, [at for rows in before_it for at in rows], measure
    )


def _open_weekdays(basis: Basis) -> set[int]:
    """Return the weekdays on which most weeks have rows; none where rows come less than weekly."""
    days = basis.known_days
    weeks = max(1.0, ((days[-1] - days[0]).days + 1) / 7)
    counts = [sum(day.weekday() == weekday for day in days) for weekday in range(7)]
    return {weekday for weekday, count in enumerate(counts) if count / weeks >= _USUALLY_OPEN}


def _far_days(
    basis: Basis,
    reasons: Reasons,
    inside: Sequence[int],
    usual_rows: Sequence[int],
    measure: Aggregate,
) -> list[tuple[date, float, float]]:
    """Return the days farthest from what is usual on their weekday, in the direction of the difference."""
    usual: dict[int, list[float]] = defaultdict(list)
    for group in grouped(basis, usual_rows, "day", measure):
        if isinstance(group.key, date) and group.value is not None:
            usual[group.key.weekday()].append(group.value)
    sign = math.copysign(1.0, reasons.difference)
    far = []
    for group in grouped(basis, inside, "day", measure):
        if not isinstance(group.key, date) or group.value is None:
            continue
        if known := usual.get(group.key.weekday()):
            far.append((group.key, group.value, statistics.fmean(known)))
    far.sort(key=lambda day: -sign * (day[1] - day[2]))
    return (
        [day for day in far[:_SHOWN] if sign * (day[1] - day[2]) > 0] if len(far) > _SHOWN else []
    )


def _changes(
    basis: Basis,
    reasons: Reasons,
    inside: Sequence[int],
    before_it: Sequence[Sequence[int]],
    measure: Aggregate,
) -> list[Change]:
    """Return the groups, column by column, that changed more than all did in proportion."""
    found: list[Change] = []
    every = [at for rows in before_it for at in rows]
    by_all = reasons.difference / reasons.usual if reasons.usual else 0.0
    sign = math.copysign(1.0, reasons.difference)
    least = _PART * abs(reasons.difference)
    for column in reasons.columns:
        now = _values(grouped(basis, inside, column, measure))
        usual = _values(grouped(basis, every, column, measure))
        changes = [
            Change(column, name, now.get(name, 0.0), usual.get(name, 0.0) / len(before_it))
            for name in {**usual, **now}
        ]
        excess = {one.name: sign * (one.difference - by_all * one.usual) for one in changes}
        changes.sort(key=lambda one: -excess[one.name])
        found += [one for one in changes[:_SHOWN] if excess[one.name] > least]
    return found


def _values(groups: Sequence[Group]) -> dict[str, float]:
    return {str(group.key): group.value for group in groups if group.value is not None}
