"""The forecast as a chart: enough history to see the season, long daily ones by week or month."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from models.texts import Catalogue
from skills.contract import Context
from skills.events import Band, Chart
from skills.events import Series as Line
from skills.forecast.members import LEVELS, Outlook
from skills.forecast.series import Series

TEXTS = Catalogue(__package__)
Floats = npt.NDArray[np.float64]
_MOST_POINTS = 110
_HISTORY_PER_HORIZON = 6
_LEAST_HISTORY = 36
_TICKS = 5


def draw(series: Series, outlook: Outlook, context: Context) -> Chart:
    """Return the chart of a forecast with its bands."""
    horizon = len(outlook.mean)
    days = _all_days(series, horizon)
    shown = max(_LEAST_HISTORY, _HISTORY_PER_HORIZON * horizon, 2 * series.frequency.season)
    start = max(0, len(series.values) - shown)
    group = _grouping(series, len(series.values) - start + horizon, horizon)
    bands = [(outlook.low[level], outlook.high[level]) for level in LEVELS]
    history = series.values[start:]
    labels = days[start:]
    bins = _bins(labels, len(history), group)
    past, future = bins
    unit = TEXTS(f"by_{group}") if group else TEXTS("by_period")
    count = len(past)
    xs = tuple(float(i) for i in range(count))
    ahead = tuple(float(count + i) for i in range(len(future)))
    observed = tuple(float(history[rows].mean()) for rows in past)
    expected = tuple(float(outlook.mean[rows].mean()) for rows in future)
    shades = tuple(
        Band(
            f"{level} %",
            ahead,
            tuple(float(low[rows].mean()) for rows in future),
            tuple(float(high[rows].mean()) for rows in future),
        )
        for level, (low, high) in zip(LEVELS, bands, strict=True)
    )
    starts = [labels[rows[0]] for rows in past] + [
        labels[len(history) + rows[0]] for rows in future
    ]
    return Chart(
        context.say(TEXTS("chart", column=series.name, unit=unit)),
        (
            Line(context.say(TEXTS("observed")), xs, observed),
            Line(context.say(TEXTS("expected")), (xs[-1], *ahead), (observed[-1], *expected)),
        ),
        shades,
        _ticks(starts),
    )


def _all_days(series: Series, horizon: int) -> list[date | int]:
    if not series.dates:
        return list(range(1, len(series.values) + horizon + 1))
    days: list[date] = list(series.dates)
    for _ in range(horizon):
        days.append(series.frequency.following(days[-1]))
    return list(days)


def _grouping(series: Series, points: int, horizon: int) -> str:
    """Return `week` or `month` where days would be too many to draw, else nothing."""
    if series.frequency.kind != "day" or points <= _MOST_POINTS:
        return ""
    weeks = points / len(series.frequency.open_days)
    return "week" if weeks <= _MOST_POINTS or horizon < 90 else "month"


def _bins(
    labels: list[date | int], history: int, group: str
) -> tuple[list[list[int]], list[list[int]]]:
    """Return which values are drawn as one point, for the past and for the future.

    Bins are aligned to the end of the history, so that none mixes what was and what may be.
    """
    if not group:
        return [[i] for i in range(history)], [[i] for i in range(len(labels) - history)]
    length = 7 if group == "week" else 30
    last = labels[history - 1]
    assert isinstance(last, date)
    past: dict[int, list[int]] = {}
    future: dict[int, list[int]] = {}
    for i, day in enumerate(labels):
        assert isinstance(day, date)
        distance = (day - last) / timedelta(days=1)
        if i < history:
            past.setdefault(int((distance - 0.5) // length), []).append(i)
        else:
            future.setdefault(int((distance - 0.5) // length), []).append(i - history)
    return list(past.values()), list(future.values())


def _ticks(starts: list[date | int]) -> tuple[tuple[float, str], ...]:
    """Name about five places of the axis."""
    step = max(1, round(len(starts) / _TICKS))
    return tuple((float(i), _label(starts[i], starts)) for i in range(0, len(starts), step))


def _label(start: date | int, starts: list[date | int]) -> str:
    if isinstance(start, int):
        return str(start)
    first, last = starts[0], starts[-1]
    assert isinstance(first, date)
    assert isinstance(last, date)
    return start.strftime("%Y-%m" if (last - first).days > 200 else "%m-%d")
