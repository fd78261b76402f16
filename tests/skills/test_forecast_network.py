"""The recurrent network beside the median: what it learns, when it is taken, and what is said of it."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.errors import Stopped
from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Answer, Assumption, Backtest
from skills.forecast.face import ForecastRequest, fill
from skills.forecast.members import Way, _chosen, ways
from skills.forecast.network import can_learn, forecast_by_network
from skills.forecast.run import Forecast
from skills.readers.files import find_files


def by_turns(count: int) -> np.ndarray:
    """Return days of a shop that is busy every other week: no statistic of weekdays tells which."""
    day = np.arange(count)
    busy = np.where((day // 7) % 2 == 0, 60.0, 0.0)
    noise = np.random.default_rng(5).normal(0, 2, count)
    values: np.ndarray = 100 + busy + 5 * (day % 7) + noise
    return values


def nothing() -> None:
    """Never stop."""


def test_it_learns_what_the_median_does_not() -> None:
    values = by_turns(294)
    found = ways(values[:-14], 7, 14, nothing, daily=True, network=True)
    error = {way: np.abs(one.mean - values[-14:]).mean() for way, one in found.items()}
    assert error["network"] < 0.6 * error["median"]
    for one in found.values():
        assert (one.low[80] <= one.mean).all()
        assert (one.mean <= one.high[80]).all()


def test_the_same_series_gives_the_same_forecast_and_chance_elsewhere_is_left_alone() -> None:
    import torch

    values = by_turns(140)
    torch.manual_seed(7)
    first = forecast_by_network(values, 7, 7, nothing)
    drawn = torch.rand(1)
    np.testing.assert_array_equal(first, forecast_by_network(values, 7, 7, nothing))
    torch.manual_seed(7)
    assert torch.equal(drawn, torch.rand(1))


def test_it_stops_when_told() -> None:
    calls = iter(range(10))

    def check() -> None:
        if next(calls) > 5:
            raise Stopped

    with pytest.raises(Stopped):
        forecast_by_network(by_turns(140), 7, 7, check)


def test_odd_series_give_numbers() -> None:
    for values in (np.full(100, 5.0), np.zeros(100), np.r_[np.zeros(99), 1e9]):
        assert np.isfinite(forecast_by_network(values, 7, 5, nothing)).all()
    found = ways(np.full(100, 5.0), 7, 5, nothing, daily=True, network=True)
    assert (found["network"].mean >= 0).all()


def test_short_histories_are_left_to_the_median() -> None:
    assert can_learn(200, 7, 14)
    assert not can_learn(40, 12, 12)
    assert list(ways(by_turns(40), 7, 14, nothing, daily=True, network=True)) == ["median"]


@pytest.mark.parametrize(
    ("median", "network", "both", "way"),
    [
        ([10, 10, 10], [5, 6, 5], [7, 8, 7], "network"),
        ([10, 10, 10], [9, 9, 9], [8, 8, 8], "both"),
        ([10, 10, 10], [9.9, 9.9, 9.9], [9.8, 9.8, 9.8], "median"),  # not clearly
        ([30, 10, 10], [5, 11, 11], [40, 40, 40], "median"),  # in one window of three
    ],
)
def test_which_way_is_taken(
    median: list[float], network: list[float], both: list[float], way: Way
) -> None:
    assert _chosen({"median": median, "network": network, "both": both}) == way


def _table(path: Path, values: np.ndarray) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "visitors"])
        for i, value in enumerate(values):
            writer.writerow([(date(2024, 1, 1) + timedelta(days=i)).isoformat(), f"{value:.1f}"])
    return path


def _answer(path: Path, out: Path) -> Answer:
    request = ForecastRequest(file=path, horizon=14, network=True)
    answer = list(Forecast().run(request, Context(Runtimes(), out)))[-1]
    assert isinstance(answer, Answer)
    return answer


def test_what_is_said_of_it(tmp_path: Path) -> None:
    taken = _answer(_table(tmp_path / "turns.csv", by_turns(280)), tmp_path)
    tested = [item for item in taken.evidence if isinstance(item, Backtest)]
    assert {item.model for item in tested} == {"median", "network", "both"}
    assert tested[0].mae == min(item.mae for item in tested)
    said = [item.text for item in taken.evidence if isinstance(item, Assumption)]
    assert any("recurrent network" in text and "smaller" in text for text in said)
    short = _answer(_table(tmp_path / "short.csv", by_turns(50)), tmp_path)
    said = [item.text for item in short.evidence if isinstance(item, Assumption)]
    assert any("too short to train" in text for text in said)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("forecast {f} with a neural network", True),
        ("forecast {f}, try an LSTM too", True),
        ("用神经网络预测 {f}", True),
        ("forecast {f}", False),
    ],
)
def test_who_asks_for_it(tmp_path: Path, text: str, network: bool) -> None:
    path = _table(tmp_path / "visits.csv", by_turns(30))
    said = text.replace("{f}", str(path))
    files, bare = find_files(said)
    assert bool(fill(Said(said, bare, files, "en")).values.get("network")) is network
