"""Regular periods: which one a date falls into, and which come next."""

from __future__ import annotations

import calendar
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from skills.readers.horizons import Unit

Kind = Literal["day", "week", "month", "quarter", "year", "step"]
_DAYS: dict[str, float] = {
    "day": 1,
    "week": 7,
    "month": 30.4375,
    "quarter": 91.3125,
    "year": 365.25,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
SEASONS: dict[Kind, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1, "step": 1}
DEFAULT_HORIZONS: dict[Kind, int] = {
    "day": 28,
    "week": 13,
    "month": 12,
    "quarter": 4,
    "year": 3,
    "step": 12,
}
_CLOSED_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often values come.

    Attributes:
        kind: The period; `step` where there are no dates.
        open_days: For days, the weekdays that have values (Monday is 0).
        month_end: For months and longer, dates stand at the end of the period.
        day: For months and longer, the day of the month they stand at otherwise.
    """

    kind: Kind
    open_days: tuple[int, ...] = tuple(range(7))
    month_end: bool = False
    day: int = 1

    @property
    def season(self) -> int:
        """How many periods a season has."""
        return len(self.open_days) if self.kind == "day" else SEASONS[self.kind]

    def following(self, day: date) -> date:
        """Return the date of the next period."""
        if self.kind == "day":
            day += timedelta(days=1)
            while day.weekday() not in self.open_days:
                day += timedelta(days=1)
            return day
        if self.kind == "week":
            return day + timedelta(days=7)
        months = day.year * 12 + day.month - 1 + _MONTHS[self.kind]
        return self._in_month(*divmod(months, 12))

    def start(self, day: date) -> date:
        """Return the date that stands for the period in which a day lies."""
        if self.kind in {"day", "week"}:
            return day
        return self._in_month(day.year, day.month - 1)

    def _in_month(self, year: int, month: int) -> date:
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, last if self.month_end else min(self.day, last))

    def periods(self, count: int, unit: Unit) -> int:
        """Return how many periods cover `count` of `unit`, at least one."""
        if self.kind == "step" or (unit == self.kind and len(self.open_days) == 7):
            return count
        if unit in _MONTHS and self.kind in _MONTHS:
            return max(1, -(-count * _MONTHS[unit] // _MONTHS[self.kind]))
        days = count * _DAYS[unit]
        own = _DAYS[self.kind] * (7 / len(self.open_days) if self.kind == "day" else 1)
        return max(1, round(days / own) if days >= own else 1)


def infer(days: Sequence[date]) -> Frequency | None:
    """Find the frequency of sorted, different dates; None if they come without any rhythm."""
    steps = Counter((b - a).days for a, b in itertools.pairwise(days))
    if not steps:
        return None
    step, count = steps.most_common(1)[0]
    total = sum(steps.values())
    if step == 1 or (step <= 3 and steps[1] > total / 3):
        return Frequency("day", _open_days(days))
    if step == 7:
        return Frequency("week")
    for kind, low, high in (("month", 28, 31), ("quarter", 89, 92), ("year", 365, 366)):
        if sum(steps[n] for n in range(low, high + 1)) >= 0.6 * total:
            ends = all(d.day == calendar.monthrange(d.year, d.month)[1] for d in days)
            day = Counter(d.day for d in days).most_common(1)[0][0]
            return Frequency(kind, month_end=ends, day=day)  # type: ignore[arg-type]
    return Frequency("day", _open_days(days)) if step < 7 and count > total / 3 else None


def _open_days(days: Sequence[date]) -> tuple[int, ...]:
    """Return the weekdays on which there is business; all of them if fewer than three weeks."""
    if len(days) < 21:
        return tuple(range(7))
    weekdays = Counter(day.weekday() for day in days)
    most = max(weekdays.values())
    return tuple(day for day in range(7) if weekdays[day] > _CLOSED_SHARE * most)
