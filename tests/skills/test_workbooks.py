"""Workbooks with several sheets, and those of LibreOffice."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInputError
from models.runtimes import Runtimes
from skills.contract import Context
from skills.events import Assumption, Evidence
from skills.faq.entries import read_entries
from skills.forecast.face import ForecastRequest
from skills.forecast.run import Forecast
from skills.readers.messages import told
from skills.readers.opendocument import CONTENT, KIND
from skills.readers.stream import Stream
from skills.readers.tables import read_table
from skills.writers import suffix_of, write_table
from tests.skills.test_training import final

ORDERS = Path(__file__).parents[1] / "data" / "orders.ods"  # written by LibreOffice Calc
Sheet = tuple[str, list[list[object]]]


def workbook(path: Path, *sheets: Sheet) -> Path:
    """Write sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def said(evidence: Iterable[Evidence]) -> list[str]:
    """Return what was assumed."""
    return [item.text for item in evidence if isinstance(item, Assumption)]


def test_a_spreadsheet_of_libreoffice(tmp_path: Path) -> None:
    copy = tmp_path / "orders.csv"
    copy.write_bytes(ORDERS.read_bytes())
    for path in (ORDERS, copy):
        table = read_table(path)
        assert table.columns == ["编号", "日期", "评论", "金额", "付款"]
        assert (table.sheets, table.unread) == (["一月", "二月"], ["备注"])
        assert [row[0] for row in table.rows] == ["1", "2", "3", "4", "5"]
        assert [row[1] for row in table.rows[:2]] == ["2026-01-03", "2026-01-04 09:30:00"]
        assert table.rows[2][2:4] == ["第一行\n第二行", ""]
        assert table.numbers == [4, 5, 8, 9, 10]  # empty rows count
    write_table(table, {"label": list("abcde")}, tmp_path / f"out{suffix_of(table)}")
    assert read_table(tmp_path / "out.xlsx").columns[-1] == "label"


def test_sheets_with_the_same_columns_are_one_table(home: Path, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "months.xlsx",
        ("Notes", [["by", "when", "why"], ["Ann", "May", "export"]]),
        ("Jan", [["made by till"], ["day", "text"], [1, "fine"], [2, "late"]]),
        ("Feb", [["day", "text"], [3, "broken"]]),
        ("Empty", []),
    )
    table = read_table(path)
    assert [row[1] for row in table.rows] == ["fine", "late", "broken"]
    assert table.numbers == [3, 4, 5]
    sheets, unread = said(told(table, 5, Context(Runtimes(), home)))
    assert "Jan, Feb" in sheets
    assert "Notes was not read" in unread
    stream = Stream.open(path)
    assert [row.cells for row in stream.rows()] == table.rows
    assert read_table(path, limit=1).rows == table.rows[:1]


def test_a_copy_and_a_plan_are_not_added(tmp_path: Path) -> None:
    header: list[object] = ["day", "sales"]
    path = workbook(
        tmp_path / "t.xlsx",
        ("Budget 2026", [header, [1, 9], [2, 9]]),
        ("Jan", [header, [1, 5], [2, 6], [3, 7]]),
        ("Jan (2)", [header, [1, 5], [2, 6], [3, 7]]),
        ("Feb", [header, [4, 8]]),
    )
    table = read_table(path)
    assert (table.sheets, table.unread) == (["Jan", "Feb"], ["Budget 2026", "Jan (2)"])
    assert [row[1] for row in table.rows] == ["5", "6", "7", "8"]


def test_sheets_without_a_header_are_not_put_together(tmp_path: Path) -> None:
    rows: list[list[object]] = [[1, 2.5], [2, 3.5], [3, 4.5]]
    table = read_table(workbook(tmp_path / "t.xlsx", ("a", rows[:2]), ("b", rows)))
    assert (table.sheets, table.unread, len(table.rows)) == (["b"], ["a"], 3)


def test_a_forecast_reads_every_month_and_says_so(home: Path, tmp_path: Path) -> None:

    def month(number: int) -> list[list[object]]:
        days = range(1, 29)
        return [["date", "sales"], *([f"2026-{number:02}-{day:02}", 100 + day % 7] for day in days)]

    path = workbook(tmp_path / "sales.xlsx", ("M1", month(1)), ("M2", month(2)))
    answer = final(Forecast().run(ForecastRequest(file=path, horizon=7), Context(Runtimes(), home)))
    assert answer.data["dates"][0] == "2026-03-01"
    assert any("M1, M2" in text for text in said(answer.evidence))


def test_every_sheet_of_a_faq_is_read_and_cited(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "faq.xlsx",
        ("Shipping", [["Question", "Answer"], ["How long?", "Two days."], ["Abroad?", "No."]]),
        ("Returns", [["Question", "Answer", "by"], ["How late?", "Thirty days.", "Ann"]]),
        ("Internal", [["what", "who"], ["margin is 40 %", "Ann"]]),
    )
    entries = read_entries(path)
    assert [e.answer for e in entries] == ["Two days.", "No.", "Thirty days."]
    assert [e.where for e in entries] == ["Shipping › row 2", "Shipping › row 3", "Returns › row 2"]
    one = workbook(tmp_path / "one.xlsx", ("Sheet1", [["Question", "Answer"], ["How?", "So."]]))
    assert [e.where for e in read_entries(one)] == ["row 2"]


def _spreadsheet(path: Path, rows: str) -> Path:
    office = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    table = 'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    text = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", KIND)
        sheet = f'<table:table table:name="S">{rows}</table:table>'
        archive.writestr(CONTENT, f"<office:d {office} {table} {text}>{sheet}</office:d>")
    return path


@pytest.mark.parametrize(
    "rows",
    [
        '<table:table-row table:number-rows-repeated="2000000000"><table:table-cell><text:p>x</text:p>'
        "</table:table-cell></table:table-row>",
        '<table:table-row><table:table-cell table:number-columns-repeated="2000000000"/><table:table-cell>'
        "<text:p>x</text:p></table:table-cell></table:table-row>",
        '<table:table-row table:number-rows-repeated="2000000000"/><table:table-row><table:table-cell>'
        "<text:p>x</text:p></table:table-cell></table:table-row>",
        '<table:table-row table:number-rows-repeated="many"/>',
        "<table:table-row>",
    ],
    ids=["rows", "columns", "empty", "number", "xml"],
)  # fmt: skip
def test_a_spreadsheet_that_would_burst_or_is_damaged_is_named(tmp_path: Path, rows: str) -> None:
    path = _spreadsheet(tmp_path / "t.ods", rows)
    with pytest.raises(BadInputError, match=r"t\.ods"):
        read_table(path)


@given(st.integers(0, 12_089), st.integers(0, 255))
def test_no_changed_byte_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    raw = bytearray(ORDERS.read_bytes())
    raw[place] = byte
    path = tmp_path_factory.mktemp("ods") / "t.ods"
    path.write_bytes(bytes(raw))
    try:
        read_table(path)
    except BadInputError as error:
        assert "t.ods" in error.message()


def test_a_packed_file_is_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", "a,b\n1,2\n")
    for name in ("t.csv.gz", "t.zip"):
        with pytest.raises(BadInputError) as caught:
            read_table(tmp_path / name)
        assert "Unpack" in caught.value.remedy()
