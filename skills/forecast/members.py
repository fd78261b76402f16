"""The forecasters: the median of AutoTheta, AutoETS, MSTL and SeasonalNaive, with bands.

The median of a few sound members beats picking one by backtest (compare the M4 competition's findings,
Makridakis et al. 2020). Errors: MAE, RMSE, and MASE (Hyndman & Koehler 2006), scaled by the in-sample
seasonal naive error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skills.events import Backtest

Floats = npt.NDArray[np.float64]
Check = Callable[[], None]
LEVELS = (80, 95)
_YEAR = 365
_MOST = 1500  # periods looked at: four years of days; older ones cost time and tell little
_WINDOWS = 3
_ENOUGH = 20
_WIDEST = 4.0
_ETS_LONGEST_SEASON = 24


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast: `mean` and the bands' bounds by level, each of shape (horizon,)."""

    mean: Floats
    low: dict[int, Floats]
    high: dict[int, Floats]


def usable_season(count: int, season: int) -> int:
    """Return the season if the history holds two of it, else 1."""
    return season if count >= 2 * season + 1 else 1


def forecast(
    values: Floats, season: int, horizon: int, check: Check, *, daily: bool = False
) -> Outlook:
    """Forecast `horizon` periods after `values`, shape (n,).

    `check` is called between members and raises to stop. Values that were never negative stay so.
    """
    history = values[-_MOST:]
    results = [
        _run(member, history, horizon, check) for member in _members(len(history), season, daily)
    ]
    floor = 0.0 if values.min() >= 0 else -np.inf

    def median(key: str) -> Floats:
        rows = [result[key] for result in results if np.isfinite(result[key]).all()]
        combined: Floats = np.maximum(np.median(rows, axis=0), floor)
        return combined

    low = {level: median(f"lo-{level}") for level in LEVELS}
    high = {level: median(f"hi-{level}") for level in LEVELS}
    return Outlook(median("mean"), low, high)


def _members(count: int, season: int, daily: bool) -> list[Any]:
    """Return the members that the length of the history allows."""
    from statsforecast.models import (
        MSTL,
        AutoETS,
        AutoTheta,
        RandomWalkWithDrift,
        SeasonalNaive,
    )

    season = usable_season(count, season)
    yearly = daily and count >= 2 * _YEAR + 1
    seasons = [season, _YEAR] if yearly else [season]
    ets_season = season if season <= _ETS_LONGEST_SEASON else 1
    fourth = MSTL(seasons) if season > 1 else RandomWalkWithDrift()
    return [AutoTheta(season), AutoETS(ets_season), fourth, SeasonalNaive(season)]


def _run(member: Any, history: Floats, horizon: int, check: Check) -> dict[str, Floats]:
    check()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: dict[str, Floats] = member.forecast(y=history, h=horizon, level=list(LEVELS))
    return result


def windows(count: int, season: int, horizon: int) -> tuple[int, int]:
    """Return how many backtest windows of what length a history allows; (0, 0) if none."""
    length = min(horizon, count // 4)
    least = max(2 * season + 1 if count > 3 * season else season + 1, 6)
    fit = (count - least) // length if length else 0
    return (min(_WINDOWS, fit), length) if fit > 0 else (0, 0)


@dataclass(frozen=True, slots=True)
class Tested:
    """What the past says: errors, and by how much the bands must be widened to hold, a level."""

    errors: Backtest
    widen: dict[int, float]


def widened(outlook: Outlook, widen: dict[int, float], floor: float) -> Outlook:
    """Return an outlook whose bands are wider by a factor, but not below `floor`."""

    def bound(side: dict[int, Floats]) -> dict[int, Floats]:
        moved = {n: outlook.mean + (side[n] - outlook.mean) * widen.get(n, 1.0) for n in side}
        return {n: np.maximum(bounds, floor) for n, bounds in moved.items()}

    return Outlook(outlook.mean, bound(outlook.low), bound(outlook.high))


def _needed(misses: dict[int, list[Floats]]) -> dict[int, float]:
    """Return the factor a level by which the bands would have held what was held back.

    Bands are never narrowed, and too few values to tell widen nothing. This is split conformal
    prediction (Vovk et al. 2005) on errors in units of the band's own width.
    """
    factors = {}
    for level, parts in misses.items():
        ratios = np.concatenate(parts)
        reach = float(np.quantile(ratios, level / 100)) if len(ratios) >= _ENOUGH else 1.0
        factors[level] = min(max(reach, 1.0), _WIDEST)
    return factors


def _in_widths(outlook: Outlook, actual: Floats, level: int) -> Floats:
    """Return each error in units of the distance from the mean to the band's bound on its side."""
    error = actual - outlook.mean
    reach = np.where(
        error >= 0, outlook.high[level] - outlook.mean, outlook.mean - outlook.low[level]
    )
    result: Floats = np.abs(error) / np.maximum(reach, 1e-9 + 1e-6 * np.abs(outlook.mean))
    return result


def backtest(
    values: Floats, season: int, horizon: int, check: Check, *, daily: bool
) -> Generator[int, None, Tested | None]:
    """Hold back the last windows one after the other, forecast each from what came before.

    Yields the number of finished windows; returns None when the history is too short.
    """
    count, length = windows(len(values), season, horizon)
    if not count:
        return None
    ours, naive = [], []
    misses: dict[int, list[Floats]] = {level: [] for level in LEVELS}
    for number in range(count):
        cut = len(values) - (count - number) * length
        train, actual = values[:cut], values[cut : cut + length]
        outlook = forecast(train, season, length, check, daily=daily)
        for level in LEVELS:
            misses[level].append(_in_widths(outlook, actual, level))
        period = usable_season(len(train), season)
        repeat = np.resize(train[-period:], length)
        scale = float(np.abs(train[period:] - train[:-period]).mean()) or 1.0
        ours.append(_errors(actual - outlook.mean, scale))
        naive.append(_errors(actual - repeat, scale))
        yield number + 1
    (mae, mse, mase), (naive_mae, naive_mse, naive_mase) = np.mean(ours, 0), np.mean(naive, 0)
    errors = Backtest(
        "median", length, count, float(mae), float(mse**0.5), float(mase),
        float(naive_mae), float(naive_mse**0.5), float(naive_mase),
    )  # fmt: skip
    return Tested(errors, _needed(misses))


def _errors(errors: Floats, scale: float) -> tuple[float, float, float]:
    """Return MAE, mean squared error and MASE."""
    mae = float(np.abs(errors).mean())
    return mae, float((errors**2).mean()), mae / scale
