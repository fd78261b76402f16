"""Numbers, dates, horizons, columns and tables as people write them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInputError
from skills.readers.columns import named_column
from skills.readers.dates import parse_dates
from skills.readers.horizons import find_horizon
from skills.readers.numbers import chinese_number, parse_column
from skills.readers.stream import Stream
from skills.readers.tables import read_table
from tests.zipped import bomb


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.117,17 €", "801,85 €", ""], [1117.17, 801.85, None]),
        (["$21,000", "$1,234.50"], [21000, 1234.5]),
        (["63,30,836", "1,11,01,186"], [6330836, 11101186]),
        (["(5.00)", "12.5-", "-3"], [-5, -12.5, -3]),
        (["1 234,5", "1\u202f000,0"], [1234.5, 1000]),
        (["1.234.567", "2.000"], [1234567, 2000]),
        (["1'250.75 CHF"], [1250.75]),
        (["¥1,200", "3.5万", "12元"], [1200, 35000, 12]),
        (["12%", "n/a", "-"], [12, None, None]),
        (["1,944,433", "900"], [1944433, 900]),
        (["1.020", "980", "1.115"], [1020, 980, 1115]),
        (["1.250", "0.980", "1.115"], [1.25, 0.98, 1.115]),
        (["1.759", "1.849"], [1.759, 1.849]),
        (["1.759", "12"], [1.759, 12]),
    ],
)
def test_numbers(cells: list[str], values: list[float | None]) -> None:
    assert parse_column(cells) == values


@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), min_size=3, max_size=30))
def test_numbers_come_back_in_both_styles(values: list[float]) -> None:
    english = [f"{value:,.2f}" for value in values]
    german = [text.translate(str.maketrans(",.", ".,")) for text in english]
    assert parse_column(english) == values
    assert parse_column(german) == values


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2024-03-01", "2024-03-02", "2024-03-03"], date(2024, 3, 1)),
        (["2024/3/1 08:15", "2024/3/2 09:00"], date(2024, 3, 1)),
        (["09.12.2016", "10.12.2016", "11.12.2016"], date(2016, 12, 9)),
        (["03/04/2018 02:05 PM", "03/31/2018 11:44 AM"], date(2018, 3, 4)),
        (["27/05/2011", "03/06/2011"], date(2011, 5, 27)),
        (["01-Jun-2019", "02-Jun-2019"], date(2019, 6, 1)),
        (["January-2014", "February-2014"], date(2014, 1, 1)),
        (["1. März 2020", "2. März 2020"], date(2020, 3, 1)),
        (["June 1, 2019", "June 2, 2019"], date(2019, 6, 1)),
        (["Mon 03.06.2019", "Tue 04.06.2019"], date(2019, 6, 3)),
        (["1998 Q1", "1998 Q2"], date(1998, 1, 1)),
        (["Q3 2020", "Q4 2020"], date(2020, 7, 1)),
        (["2000", "2000.08333333333", "2000.1666666"], date(2000, 1, 1)),
        (["41275", "41306"], date(2013, 1, 1)),
        (["20240131", "20240229"], date(2024, 1, 31)),
        (["2024年3月1日", "2024年3月2日"], date(2024, 3, 1)),
        (["2024年3月", "2024年4月"], date(2024, 3, 1)),
        (["2019-W05", "2019-W06"], date(2019, 1, 28)),
        (["1949-01", "1949-02"], date(1949, 1, 1)),
        (["2024年1季度", "2024年2季度"], date(2024, 1, 1)),
    ],
)
def test_dates(cells: list[str], first: date) -> None:
    found = parse_dates(cells)
    assert found is not None
    assert found.values[0] == first
    assert found.share == 1


def test_day_or_month_first_is_told_by_the_rhythm() -> None:
    cells = [f"{day:02}/02/2024" for day in range(1, 13)]
    found = parse_dates(cells)
    assert found is not None
    assert found.values[1] == date(2024, 2, 2)
    assert not found.ambiguous
    vague = parse_dates(["01/02/2024", "03/04/2024"])
    assert vague is not None
    assert vague.ambiguous


def test_what_is_no_date() -> None:
    assert parse_dates(["apples", "pears", "2024"]) is None
    assert parse_dates(["1,234.50", "17.5"]) is None
    assert parse_dates([]) is None


@given(st.lists(st.text(max_size=30), max_size=10))
def test_no_text_breaks_the_readers(cells: list[str]) -> None:
    parse_dates(cells)
    assert len(parse_column(cells)) == len(cells)


@pytest.mark.parametrize(
    ("text", "horizon"),
    [
        ("Forecast the next 28 days of revenue", (28, "day")),
        ("what will we sell next month?", (1, "month")),
        ("the coming quarter", (1, "quarter")),
        ("twelve more weeks", None),
        ("twelve weeks ahead", (12, "week")),
        ("next couple of months", (2, "month")),
        ("a 6-month outlook", (6, "month")),
        ("for the next half year", (6, "month")),
        ("what about tomorrow", (1, "day")),
        ("明天能卖多少", (1, "day")),
        ("sales by month", None),
        ("daily sales of last year", None),
        ("未来28天的销售额", (28, "day")),
        ("预测未来三个月", (3, "month")),
        ("下个月能卖多少", (1, "month")),
        ("接下来十二周", (12, "week")),
        ("明年的营业额", (1, "year")),
        ("下周的订单", (1, "week")),
        ("未来半年", (6, "month")),
        ("十二月会有多少客流", None),
        ("2024年的数据", None),
        ("往后再推24个月", (24, "month")),
    ],
)
def test_horizons(text: str, horizon: tuple[int, str] | None) -> None:
    assert find_horizon(text) == horizon


def test_chinese_numerals() -> None:
    found = [chinese_number(text) for text in ("三", "两", "十", "十二", "二十", "三十五", "百")]
    assert found == [3, 2, 10, 12, 20, 35, None]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("forecast revenue for 28 days", "revenue"),
        ("predict Net sales next week", "Net sales"),
        ("predict revnue", "revenue"),
        ("预测销售额", "销售额"),
        ("forecast it", None),
        ("the units please", "units"),
    ],
)
def test_columns_named_in_a_text(text: str, column: str | None) -> None:
    assert named_column(text, ["date", "revenue", "Net sales", "销售额", "units"]) == column


def _write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "columns", "row"),
    [
        ("a,b\n1,x\n2,y\n", "utf-8", ["a", "b"], ["1", "x"]),
        ("\ufeffname;note\nMüller;süß\nÖzil;groß\n", "utf-8", ["name", "note"], ["Müller", "süß"]),
        ("Datum;Umsatz\n1.1.2020;Tür süß\n2.1.2020;Öl\n", "cp1252", ["Datum", "Umsatz"],
         ["1.1.2020", "Tür süß"]),
        ("评论,标签\n很好用,好评\n太差了,差评\n", "gb18030", ["评论", "标签"], ["很好用", "好评"]),
        ("a\tb\n1\t2\n3\t4\n", "utf-16", ["a", "b"], ["1", "2"]),
        ("Report of May;;\nmade by till;;\n\nday;sum;note\n1;2;x\n3;4;y\n", "utf-8", ["day", "sum", "note"],
         ["1", "2", "x"]),
        ('text,label\n"hello, ""you""\nthere",a\nb,c\n', "utf-8", ["text", "label"],
         ['hello, "you"\nthere', "a"]),
        ("I love this shop!\nIt broke after a day.\nDo you have size 44?\n", "utf-8", ["column 1"],
         ["I love this shop!"]),
        ("review\nI love this shop!\nIt broke after a day.\n", "utf-8", ["review"], ["I love this shop!"]),
        ("1,2\n3,4\n", "utf-8", ["column 1", "column 2"], ["1", "2"]),
        ("a,a,\n1,2,3\n4,5,6\n", "utf-8", ["column 1", "column 2", "column 3"], ["a", "a", ""]),
    ],
)  # fmt: skip
def test_csv_of_every_kind(
    tmp_path: Path, text: str, encoding: str, columns: list[str], row: list[str]
) -> None:
    table = read_table(_write(tmp_path / "t.csv", text, encoding))
    assert table.columns == columns
    assert table.rows[0] == row


@pytest.mark.parametrize("header", ["review\n", ""])
def test_commas_of_prose_split_nothing(tmp_path: Path, header: str) -> None:
    texts = [
        "The parcel came late", "Great saddle, thank you", "Well, well, well, what a bike",
        "Broken, dirty, and late", "I asked twice, nobody answered", "Fine",
        "Nice, but dear", "No, thanks, never again",
    ]  # fmt: skip
    path = _write(tmp_path / "t.csv", header + "\n".join(texts) + "\n")
    table = read_table(path)
    assert [row[0] for row in table.rows] == texts
    assert not table.bad
    assert [row.cells for row in Stream.open(path).rows()] == table.rows
    short = [
        "Great shoes, love them",
        "It broke",
        "Do you ship?",
        "Bad support, never again",
        "Good",
    ]
    table = read_table(_write(tmp_path / "short.txt", "\n".join(short)))
    assert [row[0] for row in table.rows] == short
    spaced = _write(tmp_path / "s.csv", "id, text\n1, fine\n2, also fine\n3, not fine\n")
    assert len(read_table(spaced).columns) == 2
    ragged = "name, phone, note\nAnn, 123\nBob, 456, late\nCid, 7\nDora, 9, asks\nEve, 8\n"
    assert read_table(_write(tmp_path / "r.csv", ragged)).columns == ["name", "phone", "note"]


def test_a_header_that_comes_again_is_no_row(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv", "id,text\n1,fine\n2,late\nid,text\n3,good\n text , id\n")
    table = read_table(path)
    assert [row[0] for row in table.rows] == ["1", "2", "3", " text "]
    assert table.numbers == [2, 3, 5, 6]
    stream = list(Stream.open(path).rows())
    assert [row.cells for row in stream] == table.rows
    assert [row.number for row in stream] == table.numbers


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp950", "gb18030"])
def test_encodings_without_a_mark(tmp_path: Path, encoding: str) -> None:
    texts = ["可以退吗", "很好看"] if encoding == "gb18030" else ["可以退貨嗎", "很好看"]
    path = _write(tmp_path / "t.csv", "id,text\n1," + "\n2,".join(texts) + "\n", encoding)
    table = read_table(path)
    assert (table.encoding, table.column("text")) == (encoding, texts)
    assert [row.cells for row in Stream.open(path).rows()] == table.rows


def test_a_few_zeros_do_not_make_a_text_binary(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,text\n1,fi\0ne\n" + b"2,late and broken\n" * 20)
    assert read_table(path).columns == ["id", "text"]


def test_a_very_long_cell_does_not_hide_the_columns(tmp_path: Path) -> None:
    long = "late, and broken. " * 20_000
    table = read_table(_write(tmp_path / "t.csv", f'id,text\n1,"{long}"\n2,fine\n'))
    assert table.columns == ["id", "text"]
    assert table.rows == [["1", long], ["2", "fine"]]


def test_a_row_with_too_many_cells_loses_no_text(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path / "t.csv", "id,text\n1,fine\n2,one, two, three\n3,ok\n"))
    assert table.rows[1] == ["2", "one, two, three"]
    assert [bad.number for bad in table.bad] == [3]


def test_json_lines_with_a_bad_line(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "a"}), "{broken", json.dumps({"text": "b", "n": 2.0})]
    table = read_table(_write(tmp_path / "t.jsonl", "\n".join(lines)))
    assert table.columns == ["text", "n"]
    assert table.rows == [["a", ""], ["b", "2"]]
    assert table.numbers == [1, 3]
    assert table.bad[0].number == 2


def test_excel_under_any_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    sheet = book.create_sheet("Sales")
    sheet.append(["date", "sales"])
    for day in range(1, 9):
        sheet.append([date(2024, 1, day), day * 1.5])
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "wrong-name.csv").write_bytes((tmp_path / "t.xlsx").read_bytes())
    for name in ("t.xlsx", "wrong-name.csv"):
        table = read_table(tmp_path / name)
        assert (table.sheets, table.unread) == (["Sales"], [])
        assert table.columns == ["date", "sales"]
        assert table.rows[0] == ["2024-01-01", "1.5"]


def test_bad_tables_are_named_with_the_reason(tmp_path: Path) -> None:
    bad = [
        _write(tmp_path / "empty.csv", ""),
        _write(tmp_path / "header.csv", "a,b\n"),
        _write(tmp_path / "blank.csv", "\n\n  \n"),
        tmp_path / "missing.csv",
        tmp_path,
        bomb(tmp_path / "bomb.xlsx", "xl/workbook.xml"),
    ]
    for name, data in {
        "picture.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "old.xls": b"\xd0\xcf\x11\xe0" + b"\0" * 99,
        "broken.xlsx": b"PK\x03\x04garbage",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        bad.append(tmp_path / name)
    for path in bad:
        with pytest.raises(BadInputError) as caught:
            read_table(path)
        assert str(path) in caught.value.message()
        assert caught.value.remedy()


def test_a_sample_of_a_large_table_does_not_read_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skills.readers.tables._HEAD_BYTES", 1000)
    path = _write(
        tmp_path / "t.csv", "编号,评论\n" + "".join(f"{i},很好用的第{i}个\n" for i in range(5000))
    )
    sample = read_table(path, limit=10)
    assert (sample.columns, len(sample.rows)) == (["编号", "评论"], 10)
    assert sample.rows == read_table(path).rows[:10]
