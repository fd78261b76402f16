"""Tables of banks, payment services and shop programs: money both ways, orders of several lines."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Answer
from skills.figures.face import FiguresRequest, fill
from skills.figures.run import Figures
from skills.forecast.face import fill as fill_forecast
from skills.readers.amounts import amount_column, date_column, number_columns
from skills.readers.clock import hours_of, time_columns
from skills.readers.files import Found
from skills.readers.flows import flow_asked, goes_both_ways, one_way, way_column
from skills.readers.orders import line_amounts, order_column
from skills.readers.tables import read_table

_SHOPIFY = """Name,Financial Status,Subtotal,Shipping,Total,Created at,Lineitem quantity,Lineitem name,\
Lineitem price
#1001,paid,54.00,4.90,58.90,2025-05-01 10:20:33 +0100,2,Trail Mug,18.00
#1001,,,,,2025-05-01 10:20:33 +0100,1,Camp Lamp,18.00
#1002,paid,49.00,4.90,53.90,2025-05-03 11:20:33 +0100,1,Camp Lamp,49.00
#1003,paid,36.00,4.90,40.90,2025-06-07 09:20:33 +0100,2,Trail Mug,18.00
#1004,paid,85.00,4.90,89.90,2025-06-09 16:20:33 +0100,1,Wool Blanket,85.00
"""
_BANK = """"Kontoname";"Geschäftskonto"

"Buchung";"Empfänger";"Verwendungszweck";"Saldo";"Betrag"
01.03.2025;Kunde Müller;RE 1;1.100,00;100,00
04.03.2025;Stadtwerke;Strom;1.050,00;-50,00
11.03.2025;Kunde Müller;RE 2;1.250,00;200,00
02.04.2025;Shimano;RE 9;950,50;-299,50
05.04.2025;Kunde Weber;RE 3;1.350,50;400,00
"""
_WECHAT = (
    "微信支付账单明细,,,,,,\n微信昵称：[小店],,,,,,\n,,,,,,\n交易时间,交易类型,交易对方,商品,"
    "收/支,金额(元),交易单号\n"
) + "".join(
    f"2025-0{month}-{day:02} 10:0{day % 10}:12,{kind},老王,收款,{way},¥{amount}.00,100005{month}{day}\n"
    for month in (4, 5)
    for day, kind, way, amount in (
        (3, "二维码收款", "收入", 35), (9, "二维码收款", "收入", 20),
        (11, "商户消费", "支出", 12), (20, "零钱提现", "/", 500),
    )
)  # fmt: skip
_TILL = "Date,Time,Item,Qty,Gross Sales,Transaction ID\n" + "".join(
    f"0{month}/1{day}/25,{hour:02}:15:01,{item},1.0,${amount:.2f},T{month}{day}{hour}\n"
    for month in (4, 5)
    for day in (1, 2, 3)
    for hour in (9, 15)
    for item, amount in (("Bagel", 3), ("Tea", 2))
)
_BOOKINGS = "Book number,Check-in,Price,Commission %,Commission amount\n" + "".join(
    f"{900 + n * 7},2025-05-{n:02},100.00 EUR,15,15.00 EUR\n" for n in range(1, 9)
)
_TABLES = {
    "orders_export.csv": _SHOPIFY, "umsatz.csv": _BANK, "微信支付账单.csv": _WECHAT, "items.csv": _TILL,
    "check-in.csv": _BOOKINGS,
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name, text in _TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _told(text: str, path: Path) -> Answer:
    values = fill(Said(text, text, (Found(path, path.name, "table"),), "en")).values
    request = FiguresRequest.model_validate(values)
    context = Context(Runtimes(), path.parent, None, "en")
    *_, last = Figures(date(2025, 7, 1)).run(request, context)
    assert isinstance(last, Answer)
    return last


def _first(data: dict[str, Any]) -> Any:
    return data["groups"][0] if "groups" in data else data["value"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("orders_export.csv", "what was the turnover in May", 112.8),
        ("orders_export.csv", "how many orders in May", 2),
        ("orders_export.csv", "average order value", 60.9),
        ("orders_export.csv", "which product sells best", ["Wool Blanket", 85.0]),
        ("umsatz.csv", "how much came in in March", 300),
        ("umsatz.csv", "what did we spend", 349.5),
        ("umsatz.csv", "what did we pay to Shimano", 299.5),
        ("umsatz.csv", "sum of everything", 350.5),
        ("微信支付账单.csv", "五月花了多少钱", 12),
        ("微信支付账单.csv", "五月收了多少钱", 55),
        ("微信支付账单.csv", "支出一共多少", 24),
        ("items.csv", "gross sales after 3 pm", 30),
        ("items.csv", "how many transactions", 12),
        ("items.csv", "average receipt", 5),
        ("check-in.csv", "what commission did we pay in May", 120),
    ],
)  # fmt: skip
def test_what_exports_come_to(here: Path, name: str, text: str, expected: Any) -> None:
    told = _first(_told(text, here / name).data)
    if isinstance(expected, list):
        assert list(told)[:2] == expected
    else:
        assert told == pytest.approx(expected)


def test_busiest_hour_from_a_column_of_its_own(here: Path) -> None:
    told = _told("at what time are we busiest", here / "items.csv")
    assert told.request == {} and told.data["by"] == "hour"
    assert [group[0] for group in told.data["groups"]] == [9, 15]


def test_lines_of_orders(here: Path) -> None:
    table = read_table(here / "orders_export.csv")
    assert order_column(table) == "Name"
    assert amount_column(table)[0] == "Total"
    assert line_amounts(table, "Total") == ("Lineitem price", "Lineitem quantity")
    assert line_amounts(table, "Lineitem price") is None
    assert order_column(read_table(here / "items.csv")) == "Transaction ID"
    assert order_column(read_table(here / "check-in.csv")) == ""  # a row is one booking


def test_hours_of_rows(here: Path) -> None:
    table = read_table(here / "items.csv")
    dates = date_column(table)
    assert dates is not None
    assert time_columns(table) == ["Time"]
    hours = hours_of(table, dates[1])
    assert hours is not None and {int(hour) for hour in hours if hour is not None} == {9, 15}
    bookings = read_table(here / "check-in.csv")
    dates = date_column(bookings)
    assert dates is not None and hours_of(bookings, dates[1]) is None


def test_dates_and_numbers_of_papers_are_no_amounts(here: Path) -> None:
    assert number_columns(read_table(here / "umsatz.csv")) == ["Saldo", "Betrag"]
    assert number_columns(read_table(here / "微信支付账单.csv")) == ["金额(元)"]


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("how much came in", "in"), ("what did we spend on rent", "out"), ("our income and expenses", ""),
        ("上个月花了多少", "out"), ("五月进账多少", "in"), ("best month", ""),
    ],
)  # fmt: skip
def test_which_way_money_went(text: str, flow: str) -> None:
    assert flow_asked(text) == flow


def test_refunds_are_corrections_and_no_other_way() -> None:
    assert goes_both_ways([10.0, -5.0, 20.0])
    assert not goes_both_ways([10.0] * 20 + [-5.0])
    assert not goes_both_ways([10.0, None])


def test_one_way_of_a_forecast(here: Path) -> None:
    text = "forecast what we will spend in umsatz.csv"
    values = fill_forecast(
        Said(text, text, (Found(here / "umsatz.csv", "umsatz.csv", "table"),), "en")
    )
    assert values.values["flow"] == "out"
    table, said = one_way(read_table(here / "umsatz.csv"), "out")
    assert table.column("Betrag") == ["50.0", "299.5"] and said
    refunds = read_table(here / "orders_export.csv")
    assert one_way(refunds, "out") == (refunds, [])


def test_the_column_that_says_which_way(here: Path) -> None:
    table = read_table(here / "微信支付账单.csv")
    assert way_column(table, "") == ("收/支", "收入")
    assert way_column(table, "out") == ("收/支", "支出")
    assert way_column(read_table(here / "umsatz.csv"), "out") is None
