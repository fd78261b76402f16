"""What figures come to: the words of an ask, the sums, the comparisons, and why."""

from __future__ import annotations

import contextlib
import csv
import math
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import SAMPLES
from models.errors import BadInputError, InhouseError, UsageError
from models.runtimes import Runtimes
from models.texts import language_of
from skills.contract import Context, Said
from skills.events import Answer, Artifact, Assumption, Chart, Event, Skipped, Table
from skills.figures.face import FiguresRequest, fill, fits, leaning
from skills.figures.run import Figures
from skills.figures.tally import aggregate, grouped, read_basis
from skills.figures.words import limits
from skills.readers.files import find_files, found_at
from skills.readers.tables import read_table
from skills.readers.tenses import tense

TODAY = date(2026, 7, 3)


def _write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Two orders a day from January 2025 to June 2026: a helmet for 20, and a bike for 100 on Saturdays.

    In February 2026 the shop was closed for ten days, and sold no bike.
    """
    rows: list[Sequence[object]] = [["no", "date", "item", "shop", "pieces", "amount", "status"]]
    day = date(2025, 1, 1)
    while day <= date(2026, 6, 30):
        closed = date(2026, 2, 9) <= day <= date(2026, 2, 18)
        if not closed:
            shop = ("Berlin", "Hamburg")[day.toordinal() % 2]
            rows.append([len(rows), day, "Helmet", shop, 2, 20, "paid"])
            bike = day.weekday() == 5 and not (day.year == 2026 and day.month == 2)
            second = ("City Bike", 1, 100) if bike else ("Bell", 1, 5)
            rows.append(
                [len(rows), day, second[0], shop, *second[1:], "open" if day.day == 1 else "paid"]
            )
        day += timedelta(days=1)
    return _write(tmp_path / "orders.csv", rows)


def _filled(text: str, path: Path) -> dict[str, object]:
    files, bare = find_files(f"{text} {path}")
    values = fill(Said(text, bare, files, language_of(text))).values
    assert values.pop("file") == str(path)
    return values


def _events(path: Path, tmp_path: Path, **fields: object) -> list[Event]:
    context = Context(Runtimes(), tmp_path)
    request = FiguresRequest.model_validate({"file": path, **fields})
    return list(Figures(TODAY).run(request, context))


def _answer(path: Path, tmp_path: Path, **fields: object) -> Answer:
    last = _events(path, tmp_path, **fields)[-1]
    assert isinstance(last, Answer)
    return last


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("how much did we sell last month", {"period": "last month"}),
        ("which month was our best", {"by": "month"}),
        ("what sells best", {"by": "item"}),
        ("top 3 products by amount", {"by": "item", "first": 3, "value": "amount"}),
        ("the two weakest items", {"by": "item", "first": 2, "least": True}),
        ("revenue per shop in Q1 2026", {"by": "shop", "period": "2026-Q1"}),
        ("compare this year with last year", {"period": "this year", "against": "last year"}),
        ("sales compared with last year", {"period": "this year", "against": "last year"}),
        ("how did March do against a year ago", {"period": "--03", "against": "year"}),
        ("did March beat February", {"period": "--03", "against": "--02"}),
        ("why were sales so low in February", {"why": True, "period": "--02"}),
        ("average order in May", {"measure": "mean", "period": "--05"}),
        ("on which weekday do we earn the most", {"by": "weekday"}),
        ("show me orders over 50", {"measure": "rows", "above": 50.0}),
        ("orders under 1,000 euros", {"below": 1000.0, "measure": "rows"}),
        ("how many orders are open", {"measure": "count", "only": {"status": "open"}}),
        ("what share of orders came from Berlin", {"measure": "count", "only": {"shop": "Berlin"}}),
        ("how many different products do we sell", {"measure": "distinct", "value": "item"}),
        ("how many helmets did we sell in 2025",
         {"measure": "sum", "value": "pieces", "only": {"item": "Helmet"}, "period": "2025"}),
        ("what was the biggest order", {"measure": "max"}),
        ("monthly totals for Hamburg", {"by": "month", "only": {"shop": "Hamburg"}}),
        ("add everything up", {}),
        ("今年和去年比怎么样", {"period": "this year", "against": "last year"}),
        ("二月为什么这么差", {"why": True, "period": "--02"}),
        ("每个门店的营业额", {"by": "shop"}),
        ("卖得最好的三个商品", {"by": "item", "first": 3}),
        ("星期几生意最好", {"by": "weekday"}),
        ("超过五十的订单有几笔", {"measure": "count", "above": 50}),
        ("三月比二月怎么样", {"period": "--03", "against": "--02"}),
        ("平均每单多少钱", {"measure": "mean"}),
        ("上个月卖了多少", {"period": "last month"}),
    ],
)  # fmt: skip
def test_what_an_ask_says(orders: Path, text: str, values: dict[str, object]) -> None:
    assert _filled(text, orders) == values


def test_a_share_of_what_is_asked_back(orders: Path) -> None:
    files, bare = find_files(f"what share are refunds {orders}")
    filled = fill(Said("", bare, files, "en"))
    assert (filled.missing, filled.choices) == ("by", ("item", "shop", "status"))
    assert fill(Said("the total", "the total", (), "en")).missing == "file"


def test_an_ask_that_needs_reading_is_not_whole(orders: Path) -> None:
    def whole(text: str) -> bool:
        files, bare = find_files(f"{text} {orders}")
        return fill(Said(text, bare, files, "en")).whole

    assert whole("how many orders of helmets")
    assert not whole("which orders mention damage")
    assert not whole("sort the orders into big and small")


@pytest.mark.parametrize(
    ("text", "above", "below"),
    [
        ("orders over 1,500.50", 1500.5, None),
        ("more than 2k", 2000, None),
        ("less than 30 euros", None, 30),
        ("between nothing", None, None),
        ("更多", None, None),
        ("三千以上的订单", 3000, None),
        ("不到两百的", None, 200),
        ("1万以上", 10000, None),
        ("more than 3 weeks", None, None),
        ("over 20 % of them", None, None),
    ],
)
def test_limits(text: str, above: float | None, below: float | None) -> None:
    assert limits(text) == (above, below)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("how much did we sell", "past"),
        ("how much will we sell next month", "future"),
        ("revenue in Q1 2026", "past"),
        ("revenue in Q1 2027", "future"),
        ("forecast June from the last three years", None),
        ("revenue by month", None),
        ("下个月能卖多少", "future"),
        ("上个月卖了多少", "past"),
    ],
)
def test_tenses(text: str, said: str | None) -> None:
    assert tense(text, TODAY) == said


def test_what_it_leans_to(tmp_path: Path) -> None:
    assert leaning("what was the best month") == 1
    assert leaning("what will be the best month") < 1
    assert leaning("which reviews mention the bell") < 1
    texts = _write(tmp_path / "texts.csv", [["review"], ["it broke"], ["all good"]])
    assert not fits(found_at(texts))
    assert not fits(found_at(_write(tmp_path / "empty.csv", [])))


def test_a_sum_with_its_time_and_its_part(orders: Path, tmp_path: Path) -> None:
    answer = _answer(orders, tmp_path, period="2026-03")
    assert answer.data["value"] == 31 * 20 + 4 * 100 + 27 * 5
    assert answer.text == "amount in March 2026: 1,155 (62 rows)."
    part = _answer(orders, tmp_path, period="last month", only={"item": "helmet"})
    assert part.data["value"] == 30 * 20
    assert "of helmet in June 2026: 600, 51% of 1,125" in part.text or "% of" in part.text
    assert "pieces" in " ".join(e.text for e in part.evidence if isinstance(e, Assumption))


def test_counting(orders: Path, tmp_path: Path) -> None:
    answer = _answer(orders, tmp_path, measure="count", only={"status": "open"})
    assert answer.data["value"] == 18
    assert answer.text.startswith("18 rows of open, 1.7% of")
    assert _answer(orders, tmp_path, measure="count", above=50).data["value"] == 74
    assert _answer(orders, tmp_path, measure="distinct", value="shop").data["value"] == 2
    every = _answer(orders, tmp_path, measure="count")
    assert "every row is counted" in " ".join(
        e.text for e in every.evidence if isinstance(e, Assumption)
    )


def test_which_is_best(orders: Path, tmp_path: Path) -> None:
    *events, answer = _events(orders, tmp_path, by="item")
    assert isinstance(answer, Answer)
    assert answer.text.startswith("Helmet has the most by item: amount 10,720, 52% of")
    table = next(event for event in events if isinstance(event, Table))
    assert [row[0] for row in table.rows] == ["Helmet", "City Bike", "Bell"]
    first = _answer(orders, tmp_path, by="item", first=1, least=True)
    assert [group[0] for group in first.data["groups"]] == ["Bell"]
    weekdays = _answer(orders, tmp_path, by="weekday")
    assert weekdays.text.startswith("Saturday is the strongest weekday")
    assert {g[0]: g[1] for g in weekdays.data["groups"]}[0] == 25


def test_a_month_that_the_table_cuts_is_neither_best_nor_worst(tmp_path: Path) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(65)]
    path = _write(
        tmp_path / "s.csv", [["day", "sales"], *([day, 10 + (day.month == 1)] for day in days)]
    )
    *events, answer = _events(path, tmp_path, by="month", least=True)
    assert isinstance(answer, Answer)
    assert answer.text.startswith("February 2026 has the least by month")
    assert any("March 2026 (*)" in e.text for e in answer.evidence if isinstance(e, Assumption))
    assert any(isinstance(event, Chart) for event in events)


def test_times_side_by_side(orders: Path, tmp_path: Path) -> None:
    answer = _answer(orders, tmp_path, period="this year", against="last year")
    assert answer.data["spans"] == [["2026-01-01", "2026-06-30"], ["2025-01-01", "2025-06-30"]]
    assert answer.data["against"] == 181 * 20 + 26 * 100 + 155 * 5
    assert answer.data["value"] < answer.data["against"]
    assert "less (-" in answer.text
    year = _answer(orders, tmp_path, period="2026-02", against="year")
    assert year.data["spans"][1] == ["2025-02-01", "2025-02-28"]
    before = _answer(orders, tmp_path, period="2026-03", against="before")
    assert before.data["spans"][1] == ["2026-02-01", "2026-02-28"]
    assert (
        _answer(orders, tmp_path, period="--03", against="--02").data["against"]
        == before.data["against"]
    )
    shops = _events(orders, tmp_path, period="2026-02", against="2026-01", by="shop")
    table = next(event for event in shops if isinstance(event, Table))
    assert table.columns[1:3] == ("February 2026", "January 2026")


def test_why_a_month_was_low(orders: Path, tmp_path: Path) -> None:
    answer = _answer(orders, tmp_path, why=True, period="2026-02")
    assert "10" not in answer.data["closed"]
    assert answer.data["closed"][0] == "2026-02-09"
    assert len(answer.data["closed"]) == 10
    assert "2026-02-09 – 2026-02-18" in answer.text
    assert "It has rows on 18 days instead of 30" in answer.text
    assert [change[:2] for change in answer.data["changes"]] == [["item", "City Bike"]]
    assert "It is spread over shop" in answer.text
    whole = answer.data["by_days"] + answer.data["by_amount"]
    assert math.isclose(whole, answer.data["value"] - answer.data["usual"])
    usual = _answer(orders, tmp_path, why=True, period="2025-08")
    assert "nothing" in usual.text or "usual" in usual.text


def test_why_without_a_time_is_of_the_last_month(orders: Path, tmp_path: Path) -> None:
    answer = _answer(orders, tmp_path, why=True)
    assert "June 2026, since no time was said" in [
        e.text for e in answer.evidence if isinstance(e, Assumption)
    ]


def test_the_season_is_told_from_a_reason(tmp_path: Path) -> None:
    rows = [
        [f"{year}-{month:02}", 100 if month != 8 else 20]
        for year in range(2019, 2026)
        for month in range(1, 13)
    ]
    path = _write(tmp_path / "m.csv", [["month", "sales"], *rows])
    answer = _answer(path, tmp_path, why=True, period="2025-08")
    assert (
        "Much of that is the season: going by the 5 years before, 20 is what to expect"
        in answer.text
    )
    assert "A day with rows" not in answer.text


def test_rows_are_listed_and_written_where_there_are_many(orders: Path, tmp_path: Path) -> None:
    *events, answer = _events(orders, tmp_path, measure="rows", above=50)
    assert isinstance(answer, Answer)
    assert answer.text == "74 of 1,072 rows of at least 50."
    artifact = next(event for event in events if isinstance(event, Artifact))
    with Path(artifact.path).open(encoding="utf-8", newline="") as file:
        written = list(csv.reader(file))
    assert written[0][:3] == ["row", "no", "date"]
    assert len(written) == 75
    few = _events(orders, tmp_path, measure="rows", period="2026-06-30")
    assert not any(isinstance(event, Artifact) for event in few)


def test_the_highest_with_its_row(orders: Path, tmp_path: Path) -> None:
    answer = _answer(orders, tmp_path, measure="max", period="2026-05")
    assert answer.data["value"] == 100
    row = read_table(orders).rows[answer.data["row"] - 2]
    assert row[2] == "City Bike"
    assert "City Bike" in answer.text


def test_a_row_that_adds_up_others_and_one_without_a_number(tmp_path: Path) -> None:
    rows = [
        ["shop", "sales"],
        ["A", 10],
        ["B", "n/a"],
        *(["C", 5] for _ in range(6)),
        ["Total", 40],
    ]
    answer = _answer(_write(tmp_path / "t.csv", rows), tmp_path)
    assert answer.data["value"] == 40
    skipped = [e for e in answer.evidence if isinstance(e, Skipped)]
    assert {e.row for e in skipped} == {3, 10}


def test_a_header_of_months(tmp_path: Path) -> None:
    months = [f"{month} 2025" for month in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul")]
    rows = [
        ["product", *months, "Total"],
        ["Bread", *range(1, 8), 28],
        ["Cake", *range(11, 18), 98],
    ]
    path = _write(tmp_path / "wide.csv", rows)
    assert _answer(path, tmp_path, period="2025-03").data["value"] == 3 + 13
    cake = _answer(path, tmp_path, only={"product": "cake"}, by="month")
    assert cake.text.startswith("July 2025 has the most by month: wide of cake 17")
    assert _filled("which product sold best in March", path) == {"by": "product", "period": "--03"}


def test_hours(tmp_path: Path) -> None:
    rows = [
        ["when", "total"],
        *([f"2026-05-{d:02} {h}:15", h] for d in range(1, 29) for h in (9, 12, 17)),
    ]
    path = _write(tmp_path / "till.csv", rows)
    assert _answer(path, tmp_path, by="hour").text.startswith("17:00 is the strongest hour")
    assert _filled("at what time of the day are we busiest", path) == {"by": "hour"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"period": "soon"}, "no time that I understand"),
        ({"period": "2023"}, "no rows in 2023"),
        ({"period": "2027-01"}, "after the end of the table"),
        ({"by": "colour"}, "no column colour"),
        ({"only": {"shop": "Paris"}}, "no row has Paris"),
        ({"measure": "distinct"}, "Different values of which column"),
        ({"by": "hour"}, "no time of the day"),
        ({"value": "item"}, "holds no numbers"),
        ({"period": "2026-02-10"}, "no rows in 2026-02-10"),
        ({"why": True, "period": "2025"}, "no other time like 2025"),
    ],
)
def test_what_can_not_be_told_says_so(
    orders: Path, tmp_path: Path, fields: dict[str, object], said: str
) -> None:
    with pytest.raises((UsageError, BadInputError)) as caught:
        _answer(orders, tmp_path, **fields)
    assert said in caught.value.message("en")
    assert caught.value.remedy("en")
    assert caught.value.message("zh")


def test_without_dates(tmp_path: Path) -> None:
    path = _write(tmp_path / "p.csv", [["product", "price"], ["A", 3], ["B", 5], ["C", 10]])
    assert _answer(path, tmp_path).data["value"] == 6  # prices are averaged
    with pytest.raises(UsageError, match="no column of dates"):
        _answer(path, tmp_path, period="last month")


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2026, 12, 31)), st.integers(-10**6, 10**6),
                          st.sampled_from("abc")), min_size=2, max_size=40))  # fmt: skip
def test_groups_add_up_to_the_whole(rows: list[tuple[date, int, str]]) -> None:
    from skills.readers.tables import TableData

    cells = [[str(day), str(value), name] for day, value, name in rows]
    table = TableData(
        Path("t.csv"), ["date", "sales", "shop"], cells, list(range(2, len(cells) + 2))
    )
    basis = read_basis(table, "date", "sales", counting=False)
    every = list(range(len(cells)))
    for by in ("day", "week", "month", "quarter", "year", "shop"):
        groups = grouped(basis, every, by, "sum")
        assert sum(group.value or 0 for group in groups) == aggregate(basis, every, "sum")
        assert sorted(at for group in groups for at in group.rows) == every


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's sales, where results may be written beside them."""
    return Path(shutil.copy(SAMPLES / "sales.csv", tmp_path_factory.mktemp("sales")))


@given(text=st.text(max_size=60))
def test_no_ask_breaks_the_reading(sales: Path, text: str) -> None:
    said = Said(text, text, (found_at(sales),), "en")
    values = fill(said).values
    request = FiguresRequest.model_validate(values)
    with contextlib.suppress(InhouseError):
        list(Figures(TODAY).run(request, Context(Runtimes(), Path("/nowhere"))))


@pytest.mark.parametrize(
    ("header", "rows", "column"),
    [
        (["date", "service", "charged", "tip"], [["cut", "€40", "€2"]], "charged"),
        (["date", "channel", "spend (EUR)", "orders"], [["web", "40.5", "2"]], "spend (EUR)"),
        (["date", "item", "price", "qty"], [["cup", "4", "3"]], "price × qty"),
        (["date", "room", "nights", "price"], [["double", "2", "110"]], "price"),
        (["date", "item", "qty", "total"], [["cup", "2", "8"]], "total"),
    ],
)
def test_which_column_is_the_amount(
    tmp_path: Path, header: list[str], rows: list[list[str]], column: str
) -> None:
    days = [[f"2026-01-{day:02}", *rows[0][:1], *rows[0][1:]] for day in range(1, 20, 2)]
    answer = _answer(_write(tmp_path / "t.csv", [header, *days]), tmp_path)
    assert (answer.data["column"], answer.data["measure"]) == (column, "sum")
    if "×" in column:
        assert answer.data["value"] == 10 * 4 * 3


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("how many customers do we have", {"measure": "distinct", "value": "client"}),
        ("who pays us the most", {"by": "client"}),
        ("cut or colour, which brings more", {"by": "service", "only": {"service": "colour|cut"}}),
        ("the month with the most appointments", {"by": "month", "measure": "count"}),
        ("tips in March", {"value": "tip", "period": "--03"}),
        ("what do we take in an average month", {"measure": "mean", "per": "month"}),
        ("how many refunds were there", {"measure": "count", "only": {"status": "refunded"}}),
        ("takings in the past three months", {"period": "past 3 month"}),
        ("what was the cheapest one in the summer of 2025", {"measure": "min", "period": "2025-06..2025-08"}),
        ("which is better, the first quarter or the second quarter", {"period": "--Q1", "against": "--Q2"}),
        ("was this August better than last August", {"period": "this-08", "against": "last-08"}),
        ("charged in July and August", {"value": "charged", "period": "--07..--08"}),
        ("how much was charged in total above 30", {"value": "charged", "above": 30.0}),
        ("how many came back late", {"measure": "count", "only": {"late": "yes"}}),
        ("how many were not late", {"measure": "count", "only": {"late": "no"}}),
        ("退款的有几笔", {"measure": "count", "only": {"status": "已退款"}}),
        ("还没发货的有多少笔", {"measure": "count", "only": {"status": "待发货"}}),
    ],
)  # fmt: skip
def test_words_for_columns_and_values(tmp_path: Path, text: str, values: dict[str, object]) -> None:
    states = ("refunded", "已退款", "待发货", "paid")
    rows = [[f"2025-{n % 12 + 1:02}-{n % 27 + 1:02}", ("Ann", "Bo", "Cy")[n % 3], ("cut", "colour")[n % 2],
             20 + n * 7 % 13, n % 3, states[n % 4], ("no", "yes")[n % 2]] for n in range(40)]  # fmt: skip
    header = ["day", "client", "service", "charged", "tip", "status", "late"]
    assert _filled(text, _write(tmp_path / "salon.csv", [header, *rows])) == values


def test_what_an_average_day_brings(tmp_path: Path) -> None:
    rows = [[f"2026-03-{n // 2 + 1:02}", 10] for n in range(20)]
    answer = _answer(
        _write(tmp_path / "t.csv", [["day", "amount"], *rows]), tmp_path, measure="mean", per="day"
    )
    assert (answer.data["value"], answer.data["units"]) == (20, 10)
