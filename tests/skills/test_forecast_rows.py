"""Which rows of a table of receipts are meant."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from models.errors import UsageError
from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Assumption
from skills.forecast.face import ForecastRequest, fill
from skills.forecast.run import Forecast
from skills.forecast.series import build
from skills.readers.files import find_files
from skills.readers.rows import named_rows, narrowed
from skills.readers.tables import TableData, read_table
from tests.skills.test_training import final


def _write(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def receipts(tmp_path: Path) -> Path:
    """Sixty days: two helmets each, every second day a Blue Helmet, shop 2 on every third."""
    rows: list[list[object]] = []
    for i in range(60):
        day = date(2026, 1, 5) + timedelta(days=i)
        rows += [[day, "Helmet", 1, 20], [day, "helmet", 1, 21]]
        if i % 2 == 0:
            rows.append([day, "Blue Helmet", 1, 50])
        if i % 3 == 0:
            rows.append([day, "Glove", 2, 9])
    return _write(tmp_path / "receipts.csv", ["date", "product", "shop", "amount"], rows)


def _named(text: str, path: Path) -> dict[str, str]:
    return named_rows(text, read_table(path))


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("forecast 14 days of blue helmet sales", {"product": "Blue Helmet"}),
        ("how many gloves will we sell", {"product": "Glove"}),
        ("forecast gloves and blue helmet amounts for two weeks", {"product": "Blue Helmet|Glove"}),
        ("forecast the next 14 days of sales", {}),
        ("forecast the amount by product", {}),
    ],
)
def test_values_that_an_ask_names(receipts: Path, text: str, only: dict[str, str]) -> None:
    assert _named(text, receipts) == only


def test_short_values_and_chinese_ones(tmp_path: Path) -> None:
    rows: list[list[object]] = [["2026-01-01", "A", "收入", 5], ["2026-01-02", "B", "支出", 7]]
    path = _write(tmp_path / "bill.csv", ["日期", "store", "收/支", "金额"], rows)
    assert _named("预测未来14天的支出", path) == {"收/支": "支出"}
    assert _named("forecast a store", path) == {}
    assert _named("forecast store B for 3 weeks", path) == {"store": "B"}
    assert _named("预测未来14天的金额", path) == {}
    days = _write(
        tmp_path / "d.csv", ["day", "weekday", "sales"], [[1, "Monday", 5], [2, "周二", 7]]
    )
    assert _named("how much will we sell next Monday, 周二呢", days) == {}


def test_dates_without_such_a_row_count_as_nothing(receipts: Path) -> None:
    table = read_table(receipts)
    meant, said = narrowed(table, {"product": "blue helmet"})
    assert len(said) == 1
    series = build(meant, whole=table)
    assert series.values[:4].tolist() == [50, 0, 50, 0]
    assert not series.filled.any()
    both, _ = narrowed(table, {"Product": "helmet|glove"})
    assert build(both, whole=table).values[:4].tolist() == [50, 41, 41, 50]
    with pytest.raises(UsageError, match="Glove"):
        narrowed(table, {"product": "shoe"})
    with pytest.raises(UsageError, match="product"):
        narrowed(table, {"colour": "red"})


def test_of_a_bill_only_what_came_in_counts(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for i in range(40):
        day = date(2026, 1, 5) + timedelta(days=i)
        rows += [[day, "收入", "¥10.00"], [day, "支出", "¥4.00"], [day, "/", "¥99.00"]]
    path = _write(tmp_path / "bill.csv", ["交易时间", "收/支", "金额(元)"], rows)
    table = read_table(path)
    meant, said = narrowed(table, {})
    assert set(build(meant).values) == {10}
    assert "收入" in said[0].to("zh")
    out, _ = narrowed(table, {"收/支": "支出"})
    assert set(build(out).values) == {4}


def test_an_ask_for_a_product_is_answered_for_it(receipts: Path, home: Path) -> None:
    text = f"Forecast the next 14 days of glove sales in {receipts}"
    found, bare = find_files(text, receipts.parent)
    values = fill(Said(text, bare, tuple(found), "en")).values
    assert values["only"] == {"product": "Glove"}
    answer = final(Forecast().run(ForecastRequest(**values), Context(Runtimes(), home)))
    assert "amount (Glove)" in answer.text
    assert answer.data["only"] == {"product": "Glove"}
    assumed = [item.text for item in answer.evidence if isinstance(item, Assumption)]
    assert "Glove" in assumed[0]
    assert any("nothing sold" in text for text in assumed)


def test_rows_left_out_for_one_reason_are_counted(tmp_path: Path) -> None:
    """An order of several goods has its sum in its first row alone."""
    rows: list[list[object]] = []
    for i in range(40):
        day = date(2026, 1, 5) + timedelta(days=i)
        rows += [[day if i % 2 else "", day, 30], ["", day, ""]]
    table: TableData = read_table(
        _write(tmp_path / "o.csv", ["Paid at", "Created at", "Total"], rows)
    )
    series = build(table)
    assert len(series.values) == 40  # by the dates that every order has
    assert [bad.number for bad in series.skipped] == [3, 5, 7]
    assert any("37" in message.to("en") for message in series.assumed)
