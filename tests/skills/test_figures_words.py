"""What an ask about figures means of a table's rows, and what it says that nobody understood."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models.errors import UsageError
from skills.contract import Said
from skills.figures.face import fill
from skills.figures.heard import split_exclusions, telling_words
from skills.figures.turns import is_turn, turns_meant
from skills.readers.allusions import alluded_rows, is_form
from skills.readers.files import Found
from skills.readers.periods import find_periods
from skills.readers.tables import TableData, read_table

_ORDERS = (
    "Date,Item Name,Quantity,Order Total,Ship Country,Coupon,Paid late\n"
    "2025-01-03,Beeswax candle,2,24,Canada,,no\n2025-01-04,Oak spoon set,1,18,Germany,HELLO,no\n"
    "2025-02-08,Wool scarf,1,52,United States,,yes\n2025-02-09,Beeswax candle,1,12,Canada,HELLO,no\n"
    "2025-03-10,Oak spoon set,3,54,Germany,,no\n2025-03-11,Wool scarf,2,104,United States,,no\n"
)
_TEA = (
    "时间,饮品,杯数,实付金额,渠道,状态\n2025-01-03 10:12,珍珠奶茶,2,32,美团,已完成\n"
    "2025-01-04 15:40,柠檬茶,1,12,堂食,已退款\n"
    "2025-02-08 16:05,珍珠奶茶,1,16,饿了么,已完成\n2025-02-09 20:30,柠檬茶,3,36,堂食,已完成\n"
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(_ORDERS, encoding="utf-8")
    return path


@pytest.fixture
def tea(tmp_path: Path) -> Path:
    path = tmp_path / "奶茶.csv"
    path.write_text(_TEA, encoding="utf-8")
    return path


def _filled(text: str, path: Path) -> dict[str, object]:
    return fill(Said(text, text, (Found(path, path.name, "table"),), "en")).values


def _table(path: Path) -> TableData:
    return read_table(path)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("candles", "candle"),
        ("scarves", "scarf"),
        ("canadians", "canada"),
        ("insurance", "insured"),
    ],
)
def test_forms_of_a_word(word: str, other: str) -> None:
    assert is_form(word, other)
    assert is_form(other, word)


@pytest.mark.parametrize(
    ("word", "other"), [("cat", "category"), ("stud", "studio"), ("may", "maypole")]
)
def test_no_forms_of_a_word(word: str, other: str) -> None:
    assert not is_form(word, other)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["candles"], {"Item Name": "Beeswax candle"}),
        (["canadians", "germans"], {"Ship Country": "Canada|Germany"}),
        (["spoon", "sets"], {"Item Name": "Oak spoon set"}),
        (["umbrella"], {}),
        (["set"], {}),  # too short to tell
    ],
)
def test_words_mean_values(words: list[str], meant: dict[str, str], orders: Path) -> None:
    assert alluded_rows(words, _table(orders))[0] == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [("珍奶", {"饮品": "珍珠奶茶"}), ("柠檬", {"饮品": "柠檬茶"}), ("茶", {}), ("咖啡", {})],
)
def test_chinese_words_mean_values(word: str, meant: dict[str, str], tea: Path) -> None:
    assert alluded_rows([word], _table(tea))[0] == meant  # 茶 is all of them


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("how much did we take in March 2025", []),
        ("what did the lighthouse bring in last year", ["lighthouse"]),
        ("清仓那个月一共收了多少", ["清仓"]),
        ("上个月卖了多少钱", []),
        ("average basket of an American", ["basket", "american"]),
    ],
)
def test_telling_words(text: str, told: list[str]) -> None:
    assert telling_words(text, []) == told


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("sales without the cancelled ones in 2025", "the cancelled ones"),
        ("what came in, not counting Japan, in May", "Japan"),
        ("不算取消的，今年一共收了多少", "取消"),
        ("除了美团以外的收入", "美团"),
        ("what came in on Monday", ""),
    ],
)
def test_what_is_left_out(text: str, left_out: str) -> None:
    rest, found = split_exclusions(text)
    assert found.strip() == left_out
    assert not left_out or left_out not in rest


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("what comes in on weekends", {"weekday": "saturday|sunday"}),
        ("Fridays, how much", {"weekday": "friday"}),
        ("takings after 3 pm", {"hour": "15-23"}),
        ("orders before noon", {"hour": "0-11"}),
        ("from 18:00 on weekdays", {"weekday": "monday|tuesday|wednesday|thursday|friday", "hour": "18-23"}),
        ("下午三点以后卖了多少", {"hour": "15-23"}),
        ("周末的收入", {"weekday": "saturday|sunday"}),
        ("晚上有多少客人", {"hour": "18-23"}),
        ("since March", {}),
        ("orders after 3 days", {}),
    ],
)  # fmt: skip
def test_days_of_the_week_and_hours(text: str, turns: dict[str, str]) -> None:
    assert turns_meant(text, hours=True)[0] == turns


def test_hours_need_a_table_with_hours() -> None:
    assert turns_meant("takings after 3 pm", hours=False)[0] == {}


def test_a_row_of_a_turn() -> None:
    saturday = date(2025, 1, 4)
    assert is_turn("saturday|sunday", "", saturday, None)
    assert is_turn("", "9-15", saturday, 15.5)
    assert not is_turn("", "9-14", saturday, 15.5)
    assert not is_turn("monday", "", saturday, None)
    assert not is_turn("monday", "", None, None)


@pytest.mark.parametrize(("weekdays", "hours"), [("caturday", ""), ("", "noonish")])
def test_turns_that_are_none(weekdays: str, hours: str) -> None:
    with pytest.raises(UsageError):
        is_turn(weekdays, hours, date(2025, 1, 4), 12.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("do Canadians spend more than Germans", {"by": "Ship Country"}),
        ("number of scarves that left the shop", {"value": "Quantity", "only": {"Item Name": "Wool scarf"}}),
        ("how many different countries ordered and paid", {"only": None}),  # `Paid late` is not `paid`
        ("sales without Canada", {"without": {"Ship Country": "Canada"}, "only": None}),
        ("how many used HELLO", {"only": {"Coupon": "HELLO"}, "measure": "count"}),
        ("orders to Germany", {"measure": "rows", "only": {"Ship Country": "Germany"}}),
        ("anything above a hundred", {"above": 100.0}),
        ("put the item names in order", {"by": "Item Name"}),
        ("what comes in on weekends", {"only": {"weekday": "saturday|sunday"}, "by": None}),
        ("top3 countries", {"first": 3}),
    ],
)  # fmt: skip
def test_filled_from_other_words(text: str, expected: dict[str, object], orders: Path) -> None:
    values = _filled(text, orders)
    assert {name: values.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("珍奶一共卖了几杯", {"value": "杯数", "only": {"饮品": "珍珠奶茶"}}),
        ("下午三点以后收了多少", {"only": {"hour": "15-23"}}),
        ("不算退款的一共多少钱", {"without": {"状态": "已退款"}, "only": None}),
        ("一天当中什么时候最忙", {"by": "hour"}),
        ("平均每天多少杯", {"value": "杯数", "per": "day", "measure": "mean"}),
    ],
)
def test_filled_from_other_chinese_words(text: str, expected: dict[str, object], tea: Path) -> None:
    values = _filled(text, tea)
    assert {name: values.get(name) for name in expected} == expected


def test_general_words_within_the_name_of_a_column() -> None:
    assert telling_words("把支出按商品说明分一下", ["商品说明", "支出"]) == []


def test_words_that_mean_nothing_are_kept(orders: Path) -> None:
    text = "what did the lighthouse bring in"
    filled = fill(Said(text, text, (Found(orders, "orders.csv", "table"),), "en"))
    assert filled.unheard == ("lighthouse",)


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("the first three months of 2025", ("2025-01..2025-03",)),
        ("the last two months of last year", ("last-11..last-12",)),
        ("今年七八月", ("this-07..this-08",)),
        ("2025年前三季度", ("2025-01..2025-09",)),
        ("去年暑假", ("last-07..last-08",)),
        ("since the start of the year", ("this year",)),
        ("从年初到现在", ("this year",)),
    ],
)
def test_more_periods(text: str, periods: tuple[str, ...]) -> None:
    assert find_periods(text) == periods


@pytest.mark.parametrize("text", ["how many of each are there?", "各有多少张"])
def test_of_a_result_rows_are_counted_by_group(tmp_path: Path, text: str) -> None:
    """Not its ranks or how sure it is, which are numbers, too."""
    path = tmp_path / "new-tags.csv"
    path.write_text(
        "file,rank,tag,confidence\na.jpg,1,shoes,0.91\nb.jpg,1,hat,0.8\nc.jpg,1,hat,0.7\n"
    )
    values = _filled(text, path)
    assert values.get("by") == "tag"
    assert values.get("measure") in {None, "", "count"}
    shoes = _filled("which are shoes?", path)
    assert shoes["only"] == {"tag": "shoes"}
    assert shoes.get("value", "") not in {"rank", "confidence"}
