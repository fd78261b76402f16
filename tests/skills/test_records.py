"""Records of CSV files: what a quotation mark that nothing closes costs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.render.blocks import evidence_line
from skills.contract import Context
from skills.readers.messages import named
from skills.readers.records import Record, records
from skills.readers.stream import Stream
from skills.readers.tables import read_table

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)
)


def read(text: str, delimiter: str = ",") -> list[Record]:
    return list(records(io.StringIO(text, newline=""), delimiter))


@settings(max_examples=200)
@given(TABLES, st.sampled_from(",;\t|"))
def test_a_well_formed_table_is_read_as_it_was_written(
    rows: list[list[str]], delimiter: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [record.cells for record in read(out.getvalue(), delimiter)] == rows


@settings(max_examples=200)
@given(st.text(st.sampled_from('a,"\n\r ;'), max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    told = "".join("".join(record.cells) for record in read(text))
    assert told.count("a") == text.count("a")


@settings(max_examples=100)
@given(st.integers(3, 40), st.data())
def test_lone_marks_cost_no_other_row(count: int, data: st.DataObject) -> None:
    marked = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    lines = [
        f"{i},{chr(34) if i in marked else ''}a parcel that came late,{i % 5}" for i in range(count)
    ]
    rows = read("id,review,stars\n" + "\n".join(lines) + "\n")[1:]
    assert [row.cells[0] for row in rows] == [str(i) for i in range(count)]
    assert {i for i, row in enumerate(rows) if row.open} == marked
    fitted = [row.fitted(3, ",")[0] for row in rows]
    assert fitted == [[str(i), "a parcel that came late", str(i % 5)] for i in range(count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('1,"two\nlines",3\n', [["1", "two\nlines", "3"]]),
        ('1,"So-called" help,3\n', [["1", "So-called help", "3"]]),
        ('1,a 5" pipe,3\n2,b,3\n', [["1", 'a 5" pipe', "3"], ["2", "b", "3"]]),
        ('1,"He left\nand said "wow" to all",3\n', [["1", 'He left\nand said wow" to all"', "3"]]),
        ('1,"', [["1", ""]]),
        ('"', [[""]]),
        ("", []),
    ],
)
def test_what_people_write(text: str, expected: list[list[str]]) -> None:
    assert [record.cells for record in read(text)] == expected


def test_what_lies_behind_an_open_mark_is_taken_from_there() -> None:
    (record,) = read('7,"late, broken, and cold,1\n')
    cells, wrong = record.fitted(3, ",")
    assert cells == ["7", "late, broken, and cold", "1"]
    assert wrong is not None
    assert "quotation mark" in wrong.to("en")
    (record,) = read('7,"a, b","late and broken\n')
    assert record.fitted(3, ",")[0] == ["7", "a, b", "late and broken"]
    assert Record(["1", "2", "3", ""]).fitted(2, ";")[0] == ["1", "2;3"]
    assert Record(["1"]).fitted(2, ";") == (["1", ""], None)


def test_a_table_and_a_stream_keep_the_rows_after_it(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    lines = [f"{i},number {i} is fine" for i in range(600)]
    lines[20] = '20,"number 20 is fine'
    lines[550] = '550,"number 550 is fine'
    path.write_text("id,review\n" + "\n".join(lines) + "\n")
    table = read_table(path)
    assert [row[0] for row in table.rows] == [str(i) for i in range(600)]
    assert [bad.number for bad in table.bad] == [22, 552]
    rows = list(Stream.open(path).rows())
    assert [row.cells for row in rows] == table.rows
    assert [row.number for row in rows if row.reason] == [22, 552]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", 'id,text\n1,"late\n2,fine\n3,good\n', "Look at: a.csv, row 2: a quotation mark"),
        ("a.jsonl", '{"text": "late"}\nnothing\n', "Left out: a.jsonl, row 2: the line is not"),
    ],
)
def test_a_person_is_told_what_was_mended_and_what_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text)
    table = read_table(Path(name))
    (item,) = named(table.bad, table.path, Context(None, tmp_path))  # type: ignore[arg-type]
    assert evidence_line(item, "en").startswith(said)


def test_in_the_only_column_delimiters_and_marks_are_text(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(
        'review\ngreat, thank you\n"bad, and late\nfine "so far"\n"quite" good\nok, ok\n'
    )
    table = read_table(path)
    texts = [row[0] for row in table.rows]
    assert texts == [
        "great, thank you", "bad, and late", 'fine "so far"', "quite good", "ok, ok"
    ]  # fmt: skip
    assert [bad.number for bad in table.bad] == [3]
