"""The forecasters: the median of AutoTheta, AutoETS, MSTL and SeasonalNaive, with bands.

The median of a few sound members beats picking one by backtest (compare the M4 competition's findings,
Makridakis et al. 2020). Errors: MAE, RMSE, and MASE (Hyndman & Koehler 2006), scaled by the in-sample
seasonal naive error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from skills.events import Backtest
from skills.forecast.network import can_learn, forecast_by_network

Floats = npt.NDArray[np.float64]
Check = Callable[[], None]
Way = Literal["median", "network", "both"]
LEVELS = (80, 95)
_YEAR = 365
_MOST = 1500  # periods looked at: four years of days; older ones cost time and tell little
_WINDOWS = 3
_ENOUGH = 20
_CLEARLY = 0.97
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
    """What the past says.

    Attributes:
        errors: Of the way that is taken.
        widen: By how much its bands must be widened to hold, a level.
        way: Which it is.
        others: Errors of the other ways.
    """

    errors: Backtest
    widen: dict[int, float]
    way: Way = "median"
    others: tuple[Backtest, ...] = ()


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


def ways(
    values: Floats, season: int, horizon: int, check: Check, *, daily: bool, network: bool = False
) -> dict[Way, Outlook]:
    """Return the forecasts of all ways: the median, and with a network its own and the mean of both.

    The bands of these are the median's, moved.
    """
    median = forecast(values, season, horizon, check, daily=daily)
    history = values[-_MOST:]
    if not network or not can_learn(len(history), season, horizon):
        return {"median": median}
    floor = 0.0 if values.min() >= 0 else -np.inf
    own = np.maximum(forecast_by_network(history, season, horizon, check), floor)
    found: dict[Way, Floats] = {"network": own, "both": (median.mean + own) / 2}
    return {"median": median, **{way: _moved(median, mean, floor) for way, mean in found.items()}}


def _moved(outlook: Outlook, mean: Floats, floor: float) -> Outlook:
    """Return an outlook around another mean, its bands as wide."""
    by = mean - outlook.mean
    low, high = (
        {n: np.maximum(b + by, floor) for n, b in s.items()} for s in (outlook.low, outlook.high)
    )
    return Outlook(mean, low, high)


@dataclass(slots=True)
class _Past:
    """What a way said of the windows: errors a window, and distances in units of the band, a level."""

    errors: list[tuple[float, float, float]]
    misses: dict[int, list[Floats]]


def backtest(
    values: Floats, season: int, horizon: int, check: Check, *, daily: bool, network: bool = False
) -> Generator[int, None, Tested | None]:
    """Hold back the last windows one after the other, forecast each from what came before.

    Yields the number of finished windows; returns None when the history is too short.
    """
    count, length = windows(len(values), season, horizon)
    if not count:
        return None
    naive: list[tuple[float, float, float]] = []
    past: dict[Way, _Past] = {}
    for number in range(count):
        cut = len(values) - (count - number) * length
        train, actual = values[:cut], values[cut : cut + length]
        period = usable_season(len(train), season)
        scale = float(np.abs(train[period:] - train[:-period]).mean()) or 1.0
        naive.append(_errors(actual - np.resize(train[-period:], length), scale))
        for way, outlook in ways(
            train, season, length, check, daily=daily, network=network
        ).items():
            own = past.setdefault(way, _Past([], {level: [] for level in LEVELS}))
            own.errors.append(_errors(actual - outlook.mean, scale))
            for level in LEVELS:
                own.misses[level].append(_in_widths(outlook, actual, level))
        yield number + 1
    whole = {way: own for way, own in past.items() if len(own.errors) == count}
    best = _chosen({way: [mae for mae, _, _ in own.errors] for way, own in whole.items()})
    tested = {way: _summed(way, own.errors, naive, length) for way, own in whole.items()}
    others = tuple(errors for way, errors in tested.items() if way != best)
    return Tested(tested[best], _needed(whole[best].misses), best, others)


def _chosen(maes: dict[Way, list[float]]) -> Way:
    """Return the way with the least error; the median unless it is clearly less, and in most windows."""
    best: Way = min(maes, key=lambda way: float(np.mean(maes[way])))
    median = np.array(maes["median"])
    wins = float((np.array(maes[best]) < median).mean())
    return best if np.mean(maes[best]) <= _CLEARLY * median.mean() and wins > 0.5 else "median"


def _summed(
    way: Way,
    ours: list[tuple[float, float, float]],
    naive: list[tuple[float, float, float]],
    length: int,
) -> Backtest:
    (mae, mse, mase), (naive_mae, naive_mse, naive_mase) = np.mean(ours, 0), np.mean(naive, 0)
    return Backtest(
        way, length, len(ours), float(mae), float(mse**0.5), float(mase),
        float(naive_mae), float(naive_mse**0.5), float(naive_mase),
    )  # fmt: skip


def _errors(errors: Floats, scale: float) -> tuple[float, float, float]:
    """Return MAE, mean squared error and MASE."""
    mae = float(np.abs(errors).mean())
    return mae, float((errors**2).mean()), mae / scale
