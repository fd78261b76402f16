"""JSON that is no lines, and web pages that are called Excel files."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInputError
from skills.readers.exports import record_of, records_of
from skills.readers.layout import looks_like_header
from skills.readers.stream import Stream
from skills.readers.tables import read_table
from skills.writers import suffix_of, write_table

ROWS = [{"id": 1, "评论": "东西很好用"}, {"id": 2, "评论": "包裹，还没有到"}]
PAGE = """<html xmlns:o="urn:x"><head><style>td{}</style></head><body>
<table><tr><td>menu</td></tr></table>
<table><tr><th>id</th><th>评论</th></tr>
<tr><td>1</td><td>东西<b>很好用</b></td></tr><tr><td>2</td><td>包裹，还没有到</td></tr></table>"""


@pytest.mark.parametrize(
    ("name", "text", "format_"),
    [
        ("a.json", json.dumps(ROWS), "json"),
        ("a.json", json.dumps(ROWS, indent=2), "json"),
        ("a.json", "\ufeff\n" + json.dumps({"total": 2, "data": ROWS}), "json"),
        ("a.txt", json.dumps({"data": ROWS}, indent=1), "json"),
        ("a.json", "\n".join(map(json.dumps, ROWS)), "jsonl"),
        ("orders.xls", PAGE, "html"),
        ("a.json", json.dumps({name: [row[name] for row in ROWS] for name in ROWS[0]}), "json"),
        ("a.json", json.dumps({n: {i: r[n] for i, r in enumerate(ROWS)} for n in ROWS[0]}), "json"),
        ("a.json", json.dumps({"-Nx1": ROWS[0], "-Nx2": ROWS[1]}), "json"),
    ],
)
def test_they_are_read_like_any_table(tmp_path: Path, name: str, text: str, format_: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    table = read_table(path)
    assert (table.format, table.columns) == (format_, ["id", "评论"])
    assert [row[0] for row in table.rows] == ["1", "2"]
    assert table.rows[1][1] == "包裹，还没有到"
    assert [row.cells for row in Stream.open(path).rows()] == table.rows
    out = tmp_path / f"out{suffix_of(table)}"
    write_table(table, {"label": ["praise", "question"]}, out)
    again = read_table(out)
    assert again.columns == ["id", "评论", "label"]
    assert [row[2] for row in again.rows] == ["praise", "question"]


def test_a_page_becomes_a_real_excel_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.xls"
    path.write_bytes(PAGE.encode("gb18030"))
    table = read_table(path)
    assert table.encoding == "gb18030"
    assert suffix_of(table) == ".xlsx"
    write_table(table, {"label": ["a", "b"]}, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet["B2"].value == "东西很好用"


@pytest.mark.parametrize(
    "text",
    [
        "<html><p>Please log in.</p>",
        "[]",
        "[1, 2]",
        '{"error": "not allowed"}',
        "[" * 50_000,
        "{}",
        '{"server": {"port": 1}, "page": {"title": "a"}}',
        '{"a": [1, 2], "b": [1]}',
    ],
    ids=["page", "empty", "numbers", "error", "deep", "nothing", "settings", "uneven"],
)
def test_what_holds_no_table_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(text)
    with pytest.raises(BadInputError) as caught:
        read_table(path)
    assert "export.json" in caught.value.message()


def test_an_old_excel_file_under_any_name(tmp_path: Path) -> None:
    old = Path(__file__).parents[1] / "data" / "old.xls"
    (tmp_path / "orders.csv").write_bytes(old.read_bytes())
    for path in (old, tmp_path / "orders.csv"):
        table = read_table(path)
        assert (table.sheets, table.columns) == (["订单"], ["编号", "日期", "评论", "金额"])
        assert table.rows[0] == ["1", "2024-01-01", "东西很好用", "12.5"]
        assert suffix_of(table) == ".xlsx"


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_old_excel_file_is_read_or_named(data: st.DataObject) -> None:
    whole = bytearray((Path(__file__).parents[1] / "data" / "old.xls").read_bytes())
    for place in data.draw(st.lists(st.integers(8, len(whole) - 1), min_size=1, max_size=8)):
        whole[place] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.xls"
        path.write_bytes(whole)
        with contextlib.suppress(BadInputError):
            read_table(path)


def test_a_workbook_in_xml_is_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_text(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    )
    with pytest.raises(BadInputError, match="Excel 2003"):
        read_table(path)


def test_a_sample_of_a_long_list_reads_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skills.readers.tables._HEAD_BYTES", 200)
    path = tmp_path / "a.json"
    path.write_text(json.dumps([*ROWS, "no object", *ROWS] * 50))
    sample = read_table(path, limit=3)
    assert [row[0] for row in sample.rows] == ["1", "2", "1"]
    assert [bad.number for bad in sample.bad] == [3]


def test_lines_that_nest_too_deep_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "fine"}) + "\n" + '{"a":' * 50_000 + "\n")
    table = read_table(path)
    assert (table.rows, [bad.number for bad in table.bad]) == ([["fine"]], [2])
    assert [bool(row.reason) for row in Stream.open(path).rows()] == [False, True]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_a_list_of_objects_or_not(value: Any) -> None:
    text = json.dumps(value)
    assert record_of(text) == (value if isinstance(value, dict) else None)
    found = records_of(text)
    assert found is None or any(isinstance(item, dict) for item in found)


@pytest.mark.parametrize(
    ("first", "rest", "is_header"),
    [
        (["date", "amount", "date"], [["1 May", "3", "2 May"]], True),
        (["yes", "no", "yes"], [["no", "yes", "no"]], False),
        (["text", "text"], [["a", "b"]], False),
    ],
)
def test_names_that_stand_twice(first: list[str], rest: list[list[str]], is_header: bool) -> None:
    assert looks_like_header(first, rest) is is_header
