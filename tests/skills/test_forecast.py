"""The forecast: what it reads, assumes, and says."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.errors import BadInputError, Stopped, UsageError
from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Answer, Artifact, Backtest, Chart
from skills.forecast.calendar import Frequency, infer
from skills.forecast.face import ForecastRequest, fill
from skills.forecast.run import Forecast
from skills.forecast.series import build, fill_gaps
from skills.readers.files import find_files
from skills.readers.tables import read_table
from tests.conftest import Program


def _days(start: date, count: int) -> list[date]:
    return [start + timedelta(days=i) for i in range(count)]


def _write(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two hundred days of a shop that is closed on Sundays, with a gap and a weekly season."""
    rng = np.random.default_rng(3)
    rows: list[list[object]] = []
    for i, day in enumerate(_days(date(2024, 1, 1), 200)):
        if day.weekday() != 6 and i not in {40, 41, 99}:
            value = 100 + 30 * day.weekday() + 0.2 * i + rng.normal(0, 4)
            rows.append([day.isoformat(), f"{value:.2f}", i])
    return _write(tmp_path / "sales.csv", ["date", "revenue", "no"], rows)


def _run(path: Path, tmp_path: Path, **values: object) -> tuple[list[object], Answer]:
    request = ForecastRequest(file=path, **values)  # type: ignore[arg-type]
    events = list(Forecast().run(request, Context(Runtimes(), tmp_path)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    return list(events), answer


def test_a_whole_forecast(shop: Path, tmp_path: Path) -> None:
    events, answer = _run(shop, tmp_path, horizon=28, unit="day")
    artifact = next(event for event in events if isinstance(event, Artifact))
    with Path(artifact.path).open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["date", "mean", "low_80", "high_80", "low_95", "high_95"]
    assert len(rows) == 24  # four weeks of six open days
    assert all(date.fromisoformat(row["date"]).weekday() != 6 for row in rows)
    for row in rows:
        low95, low80, mean, high80, high95 = (
            float(row[key]) for key in ("low_95", "low_80", "mean", "high_80", "high_95")
        )
        assert low95 <= low80 <= mean <= high80 <= high95
    test = next(item for item in answer.evidence if isinstance(item, Backtest))
    assert test.mae < test.naive_mae
    assert 0 < test.mae <= test.rmse
    assert "revenue" in answer.text
    chart = next(event for event in events if isinstance(event, Chart))
    assert len(chart.bands) == 2
    assumed = " ".join(str(item) for item in answer.evidence)
    assert "2 of" in assumed
    assert "6 days a week" in assumed


def test_nothing_is_overwritten(shop: Path, tmp_path: Path) -> None:
    first, _ = _run(shop, tmp_path, horizon=3)
    second, _ = _run(shop, tmp_path, horizon=3)
    paths = [e.path for e in (*first, *second) if isinstance(e, Artifact)]
    assert [Path(path).name for path in paths] == ["sales-forecast.csv", "sales-forecast-2.csv"]


def test_a_stop_leaves_no_file(shop: Path, tmp_path: Path) -> None:
    calls = iter([False, False, True])
    context = Context(Runtimes(), tmp_path, should_stop=lambda: next(calls, True))
    with pytest.raises(Stopped):
        list(Forecast().run(ForecastRequest(file=shop), context))
    assert sorted(path.name for path in shop.parent.glob("*.csv")) == ["sales.csv"]


def test_months_a_short_history_and_other_units(tmp_path: Path) -> None:
    months = [[f"2024-{m:02}", 40 + m] for m in range(1, 10)]
    path = _write(tmp_path / "short.csv", ["month", "revenue"], months)
    _, answer = _run(path, tmp_path, horizon=1, unit="quarter")
    assert answer.data["dates"] == ["2024-10-01", "2024-11-01", "2024-12-01"]
    assert "too few to see a season" in str(answer.evidence)


def test_month_ends_stay_month_ends() -> None:
    ends = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    frequency = infer(ends)
    assert frequency is not None
    assert frequency.following(date(2024, 4, 30)) == date(2024, 5, 31)


@pytest.mark.parametrize(
    ("frequency", "count", "unit", "periods"),
    [
        (Frequency("day"), 6, "week", 42),
        (Frequency("day", open_days=(0, 1, 2, 3, 4)), 2, "week", 10),
        (Frequency("month"), 1, "quarter", 3),
        (Frequency("month"), 28, "day", 1),
        (Frequency("quarter"), 1, "month", 1),
        (Frequency("week"), 3, "month", 13),
        (Frequency("year"), 2, "year", 2),
    ],
)
def test_horizons_in_other_units(frequency: Frequency, count: int, unit: str, periods: int) -> None:
    assert frequency.periods(count, unit) == periods  # type: ignore[arg-type]


def test_receipts_are_added_up_and_a_partial_last_day_is_dropped(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for day in _days(date(2024, 3, 4), 20):
        hours = (9, 12, 17) if day != date(2024, 3, 23) else (9,)
        rows += [[f"{day:%m/%d/%Y} {h:02}:15", "Latte", 2, f"${h}.50"] for h in hours]
    path = _write(tmp_path / "till.csv", ["Timestamp", "Item", "Qty", "Line Total"], rows)
    series = build(read_table(path))
    assert series.name == "Line Total"
    assert series.dates[-1] == date(2024, 3, 22)
    assert series.values[0] == pytest.approx(39.5)


def test_wide_tables(tmp_path: Path) -> None:
    header = [
        "Product",
        *[f"{m} 2024" for m in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul")],
        "Total",
    ]
    rows: list[list[object]] = [["Bread", *range(1, 8), 28], ["Cake, big", *range(11, 18), 98]]
    rows.append(["Total", *range(12, 25, 2), 126])
    path = _write(tmp_path / "wide.csv", header, rows)
    assert build(read_table(path)).values.tolist() == [12, 14, 16, 18, 20, 22, 24]
    assert build(read_table(path), value_column="bread").values.tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_gaps_take_the_neighbouring_seasons() -> None:
    values, filled = fill_gaps([1, 2, 3, 1, None, 3, 1, 4, 3], 3)
    assert values[4] == 3
    assert filled.sum() == 1


def test_bad_input_is_named(tmp_path: Path) -> None:
    few = _write(tmp_path / "few.csv", ["date", "n"], [["2024-01-01", 1], ["2024-01-02", 2]])
    with pytest.raises(BadInputError, match=r"few\.csv has only 2"):
        build(read_table(few))
    words = _write(tmp_path / "words.csv", ["date", "name"], [["2024-01-01", "x"]] * 9)
    with pytest.raises(BadInputError, match="no column of numbers"):
        build(read_table(words))
    many = _write(
        tmp_path / "m.csv", ["date", "n"], [[d.isoformat(), 1] for d in _days(date(2024, 1, 1), 9)]
    )
    with pytest.raises(UsageError, match="It has: date, n"):
        build(read_table(many), value_column="profit")


def test_bad_rows_are_left_out_and_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [d.isoformat(), i] for i, d in enumerate(_days(date(2024, 1, 1), 30))
    ]
    rows[4] = ["2024-01-05", "closed"]
    rows[7] = ["??", 7]
    series = build(read_table(_write(tmp_path / "t.csv", ["date", "n"], rows)))
    assert [(row.number, row.reason.to("zh")) for row in series.skipped] == [
        (6, "没有数字"), (9, "没有日期：??")
    ]  # fmt: skip
    assert series.filled.sum() == 2


@pytest.mark.parametrize(
    ("day", "other", "first"),
    [("%d.%m.%Y", "3", 4100), ("%Y-%m-%d", "12,50", 4100), ("%Y-%m-%d", "12.50", 4.1)],
)
def test_whether_a_dot_is_for_thousands_tells_the_table(
    tmp_path: Path, day: str, other: str, first: float
) -> None:
    """A lamp shop's weeks of 4.370 euros were forecast as four euros."""
    rows: list[list[object]] = [
        [one.strftime(day), f"{4100 + 13 * n:,}".replace(",", "."), other]
        for n, one in enumerate(_days(date(2026, 3, 1), 40))
    ]
    series = build(
        read_table(_write(tmp_path / "sales.csv", ["Day", "Total", "Fee"], rows)), "", "Total"
    )
    assert series.values[0] == pytest.approx(first)
    told = any("read as 4100" in message.to("en") for message in series.assumed)
    assert told == (first > 5)


@pytest.mark.parametrize(
    ("header", "ask", "column"),
    [
        (["下单时间", "菜品", "数量", "金额"], "毛肚下个月能卖多少份", "数量"),
        (["下单时间", "菜品", "数量", "金额"], "预测下个月毛肚的金额，多少件不用管", "金额"),
        (["下单时间", "菜品", "数量", "金额"], "毛肚下个月能卖多少钱", None),
        (["date", "item", "amount", "qty"], "how many lamps will we sell next month", "qty"),
        (["date", "item", "amount", "qty"], "how many hours will we need", None),
        (["date", "item", "amount", "visitors"], "how many visitors will come", "visitors"),
    ],
)
def test_who_asks_how_many_means_the_quantity(
    tmp_path: Path, header: list[str], ask: str, column: str | None
) -> None:
    rows: list[list[object]] = [
        [str(day), item, 2, 90] for day in _days(date(2026, 3, 1), 20) for item in ("毛肚", "lamp")
    ]
    table = _write(tmp_path / "orders.csv", header, rows)
    files, _ = find_files(str(table))
    assert fill(Said(ask, ask, files, "zh")).values.get("value") == column


def test_filling_a_request(shop: Path) -> None:
    text = f"Forecast the next 28 days of revenue in {shop}"
    files, bare = find_files(text)
    filled = fill(Said(text, bare, files, "en"))
    assert filled.values == {"file": str(shop), "horizon": 28, "unit": "day", "value": "revenue"}
    nothing = fill(Said("forecast sales", "forecast sales", (), "en"))
    assert nothing.missing == "file"
    assert nothing.question is not None


def test_through_the_program(inhouse: Program, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    done = inhouse("forecast", shop, "--horizon", "2", "--unit", "week", "--out", out, "--json")
    assert done.status == 0, done.err
    assert done.last["skill"] == "forecast"
    assert Path(done.last["artifacts"][0]).parent == out
    assert done.last["request"]["horizon"] == 2
    plain = inhouse("forecast", shop, "--out", out)
    assert "Backtest" in plain.out
    assert "▒" in plain.out
    wrong = inhouse("forecast", shop, "--horizon", "0")
    assert wrong.status == 2
    missing = inhouse("forecast", "nowhere.csv", "--json")
    assert missing.status == 1
    assert "nowhere.csv" in missing.last["message"]
