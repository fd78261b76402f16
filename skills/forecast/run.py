"""Read the table, forecast, test the forecast on the past, write and draw it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt

from models.files import atomic_writer
from models.texts import Catalogue, Message
from skills.contract import Context, relay
from skills.events import Answer, Artifact, Assumption, Backtest, Event, Evidence, Progress
from skills.forecast.calendar import DEFAULT_HORIZONS, SEASONS, Frequency
from skills.forecast.chart import draw
from skills.forecast.face import ForecastRequest
from skills.forecast.members import (
    LEVELS,
    Outlook,
    Tested,
    backtest,
    usable_season,
    ways,
    widened,
    windows,
)
from skills.forecast.series import Series, build
from skills.readers.flows import one_way
from skills.readers.horizons import Unit
from skills.readers.messages import named, sheets_said
from skills.readers.rows import narrowed, values_said
from skills.readers.tables import read_table

TEXTS = Catalogue(__package__)
_SKIPPED_SHOWN = 50


class Forecast:
    """The skill."""

    def run(self, request: ForecastRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        yield Progress(0, None, note=context.say(TEXTS("reading")))
        table = read_table(request.file)
        meant, said = narrowed(table, request.only, flow=request.flow)
        meant, flowing = one_way(meant, request.flow, request.value)
        series = build(meant, request.date, request.value, whole=table)
        series.assumed = [*said, *flowing, *series.assumed, *sheets_said(table)]
        if request.only:
            series.name += f" ({values_said(request.only)})"
        horizon = _horizon(series, request)
        season = usable_season(len(series.values), series.frequency.season)
        if season < series.frequency.season:
            series.assumed.append(TEXTS("too_short_for_season", n=len(series.values)))
        daily = series.frequency.kind == "day"
        steps = windows(len(series.values), season, horizon)[0] + 1
        note = context.say(TEXTS("computing"))
        yield Progress(0, steps, note=note)
        settings: dict[str, bool] = {"daily": daily, "network": request.network}
        found = ways(series.values, season, horizon, context.check, **settings)
        outlook = found["median"]
        yield Progress(1, steps, note=note)
        running = backtest(series.values, season, horizon, context.check, **settings)
        tested = yield from relay(running, lambda done: Progress(done + 1, steps, note=note))
        if tested:
            floor = 0.0 if series.values.min() >= 0 else -np.inf
            outlook = widened(found.get(tested.way, outlook), tested.widen, floor)
        if request.network:
            series.assumed.append(_about_network(tested))
        yield from self._say(series, outlook, tested, request, context)

    def _say(
        self,
        series: Series,
        outlook: Outlook,
        tested: Tested | None,
        request: ForecastRequest,
        context: Context,
    ) -> Iterator[Event]:
        labels = future_labels(series, len(outlook.mean))
        path = context.result_path(request.file, ".csv", "-forecast")
        with atomic_writer(path) as file:
            _write(csv.writer(file, lineterminator="\n"), labels, outlook)
        yield draw(series, outlook, context)
        yield Artifact(str(path), context.say(TEXTS("file")))
        evidence: list[Evidence] = [tested.errors, *tested.others] if tested else []
        evidence += [Assumption(context.say(message)) for message in series.assumed]
        evidence += named(series.skipped[:_SKIPPED_SHOWN], request.file, context)
        text = context.say(_sentence(series, outlook, tested.errors if tested else None, labels))
        data = {
            "column": series.name,
            "only": request.only,
            "frequency": series.frequency.kind,
            "dates": labels,
            "mean": [round(float(value), 6) for value in outlook.mean],
        }
        yield Answer(text, evidence=tuple(evidence), data=data)


def _about_network(tested: Tested | None) -> Message:
    """Say what became of the network that was asked for."""
    if tested is None or not tested.others:
        return TEXTS("network_too_short")
    median = next((errors for errors in tested.others if errors.model == "median"), None)
    if median is None:
        return TEXTS("network_dropped")
    share = f"{1 - tested.errors.mae / median.mae:.0%}"
    return TEXTS("network_kept" if tested.way == "network" else "network_joined", share=share)


def _horizon(series: Series, request: ForecastRequest) -> int:
    """Return the horizon in periods of the series; a wish in another unit is converted, and said."""
    frequency = series.frequency
    if request.horizon is None:
        horizon = min(DEFAULT_HORIZONS[frequency.kind], max(1, len(series.values) // 2))
        series.assumed.append(TEXTS("assumed_horizon", periods=count_of(frequency, horizon)))
        return horizon
    unit: Unit | None = request.unit
    if unit is None:
        return request.horizon
    if frequency.kind == "step":
        series.frequency = Frequency(unit)
        series.assumed.append(TEXTS("assumed_unit", periods=TEXTS(f"unit_{unit}", n=1)))
        return request.horizon
    return min(1000, frequency.periods(request.horizon, unit))


def count_of(frequency: Frequency, count: int) -> Message:
    """Return a number of periods in words."""
    return TEXTS(f"unit_{frequency.kind}", n=count)


def future_labels(series: Series, horizon: int) -> list[str]:
    """Return the dates of the coming periods as ISO text; their numbers where there are no dates."""
    if not series.dates:
        return [str(len(series.values) + i + 1) for i in range(horizon)]
    days: list[date] = [series.dates[-1]]
    while len(days) <= horizon:
        days.append(series.frequency.following(days[-1]))
    return [day.isoformat() for day in days[1:]]


def _write(writer: csv._writer, labels: list[str], outlook: Outlook) -> None:  # type: ignore[name-defined]
    names = [f"{side}_{level}" for level in LEVELS for side in ("low", "high")]
    writer.writerow(["date", "mean", *names])
    for at, label in enumerate(labels):
        bounds = [side[level][at] for level in LEVELS for side in (outlook.low, outlook.high)]
        writer.writerow([label, *(f"{value:.6g}" for value in (outlook.mean[at], *bounds))])


def _sentence(
    series: Series, outlook: Outlook, tested: Backtest | None, labels: list[str]
) -> Message:
    """Say the result: the total and how it compares, with the backtest in words."""
    total = float(outlook.mean.sum())
    horizon = len(outlook.mean)
    before = _comparison(series, horizon)
    change: Message | str = ""
    if before is not None and before[0]:
        share = (total - before[0]) / abs(before[0])
        key = "up" if share > 0.005 else "down" if share < -0.005 else "level"
        change = TEXTS(key, share=f"{abs(share):.0%}", against=TEXTS(before[1]))
    if tested is None:
        trust = TEXTS("trust_none")
    elif tested.mae < tested.naive_mae:
        trust = TEXTS("trust_good", share=f"{1 - tested.mae / tested.naive_mae:.0%}")
    else:
        trust = TEXTS("trust_bad")
    return TEXTS(
        "answer", column=series.name, periods=count_of(series.frequency, horizon), first=labels[0],
        last=labels[-1], mean=_short(total / horizon), total=_short(total), change=change, trust=trust,
        low=_short(float(outlook.low[80].mean())), high=_short(float(outlook.high[80].mean())),
    )  # fmt: skip


def _comparison(series: Series, horizon: int) -> tuple[float, str] | None:
    """Return the sum of the same periods a year ago, else of as many last periods, and its name."""
    values: npt.NDArray[np.float64] = series.values
    year = {"day": 52 * len(series.frequency.open_days)}.get(
        series.frequency.kind, SEASONS[series.frequency.kind]
    )
    if series.frequency.kind != "step" and len(values) >= year >= horizon:
        start = len(values) - year
        return float(values[start : start + horizon].sum()), "against_year"
    if len(values) >= horizon:
        return float(values[-horizon:].sum()), "against_before"
    return None


def _short(value: float) -> str:
    """Return a number with as many digits as a person wants to read."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
