"""Tables from CSV, TSV, JSON, workbooks and web pages, whatever their encoding, delimiter and preamble."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from models.errors import BadInputError, InhouseError, UsageError
from models.files import existing_file
from models.texts import Catalogue, Message
from skills.readers import parquet
from skills.readers.columns import named_column
from skills.readers.encodings import decoded
from skills.readers.exports import is_page, is_workbook, page_rows, record_of, records_of
from skills.readers.files import Found
from skills.readers.layout import (
    detect_delimiter,
    looks_like_header,
    made_up_names,
    names_again,
    unique_names,
)
from skills.readers.records import Record, cells_of, records
from skills.readers.workbooks import COMPOUND, ZIPPED, visible_sheets

TEXTS = Catalogue(__package__)
_MAX_BYTES = 256 << 20
_MAX_PAGE = 32 << 20
_JSON_LINES = {".jsonl", ".ndjson"}
_SAMPLE_LINES = 200
_SAMPLE_ROWS = 50
_HEAD_BYTES = 4 << 20
_PARQUET_BATCH = 4096
_PLANNED = re.compile(r"budget|plan|target|forecast|预算|计划|目标|预测", re.IGNORECASE)
_PACKED = (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be taken as it is: `kept`, mended, or left out; `number` counts from 1."""

    number: int
    reason: Message
    kept: bool = True


@dataclass(slots=True)
class TableData:
    """A table in memory; every cell is text, dates from Excel are ISO.

    Attributes:
        path: Where it came from.
        columns: Names, unique; made up as `column 1` … where the file has no header.
        rows: As many cells a row as there are columns.
        numbers: The row number in the file of each row.
        bad: Rows that were mended or left out, and why.
        format: `csv`, `jsonl`, `json`, `html`, `xlsx` or `parquet`.
        encoding: Of the text, empty for Excel.
        delimiter: Of the CSV, empty where it has one column of prose, or the file is no CSV.
        sheets: Which sheets of a workbook were read, one below the other; their rows count through.
        unread: Which were not: other columns, a copy, or only planned.
    """

    path: Path
    columns: list[str]
    rows: list[list[str]]
    numbers: list[int]
    bad: list[BadRow] = field(default_factory=list)
    format: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    sheets: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


def read_table(path: Path, *, limit: int | None = None, whole: bool = True) -> TableData:
    """Read a table; what is inside counts, not the suffix. `limit` stops after so many rows.

    Without `whole` the file may be of any size, since only its first rows are wanted.

    Raises:
        BadInputError: Not a table, empty, too large, or damaged; names the file and says why.
    """
    existing_file(path)
    if whole and path.stat().st_size > _MAX_BYTES:
        raise BadInputError(TEXTS("too_large", path=path, megabytes=_MAX_BYTES >> 20))
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith((ZIPPED, COMPOUND)):
        table = _stacked(sheet_tables(path), limit)
    elif start.startswith(_PACKED):
        raise BadInputError(TEXTS("packed", path=path))
    elif start.startswith(parquet.MAGIC):
        table = _read_parquet(path, limit)
    else:
        table = _read_text(path, limit)
    if not table.rows:
        raise BadInputError(TEXTS("no_rows", path=path))
    return table


def existing_column(table: TableData, asked: str) -> str:
    """Return the column that is meant by a name.

    Raises:
        UsageError: There is none of that name; lists those there are.
    """
    name = asked if asked in table.columns else named_column(asked, table.columns)
    if name is None:
        listed = ", ".join(table.columns)
        raise UsageError(TEXTS("no_column", path=table.path, column=asked, columns=listed))
    return name


def sample_fits(found: Found, test: Callable[[TableData], object]) -> bool:
    """Say whether the first rows of a table pass a test; what is no table passes unread.

    A table that can't be read, or of which the test says why it can't be used, does not fit.
    """
    if found.kind != "table" or not found.exists:
        return True
    try:
        return bool(test(read_table(found.path, limit=_SAMPLE_ROWS)))
    except InhouseError:
        return False


def sample_columns(path: Path) -> list[str]:
    """Return the columns of a table; none of a bad file, which is reported when it is read."""
    try:
        return read_table(path, limit=_SAMPLE_ROWS).columns
    except InhouseError:
        return []


def _head(path: Path, limit: int | None) -> bytes:
    """Return a file's bytes; with a limit only as many whole lines as surely hold so many rows."""
    with path.open("rb") as file:
        if limit is None or path.stat().st_size <= _HEAD_BYTES:
            return file.read()
        raw = file.read(_HEAD_BYTES)
    return raw[: raw.rfind(b"\n") + 1] or raw


def _read_text(path: Path, limit: int | None) -> TableData:
    text, encoding = decoded(_head(path, limit), path)
    if path.suffix.lower() in _JSON_LINES or _is_json_lines(text):
        lines = enumerate(text.lstrip("\ufeff").split("\n"), 1)
        numbered = ((number, record_of(line)) for number, line in lines if line.strip())
        return _from_records(path, numbered, limit, "jsonl", encoding)
    if exported := _exported(path, text, encoding, limit):
        return exported
    delimiter = detect_delimiter(text)
    read = records(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter)
    table = _assemble(path, list(enumerate(read, 1)), delimiter, limit)
    table.encoding, table.delimiter = encoding, delimiter
    return table


def _is_json_lines(text: str) -> bool:
    begun = text.lstrip("\ufeff \r\n\t")
    if not begun.startswith("{"):
        return False
    first, _, rest = begun.partition("\n")
    return bool(rest.strip()) and record_of(first) is not None


def _exported(path: Path, text: str, encoding: str, limit: int | None) -> TableData | None:
    """Read a list in JSON, or the table of a web page; None if a text, or its beginning, is neither."""
    if is_workbook(text):
        raise BadInputError(TEXTS("old_excel", path=path))
    page, named_so = is_page(text), path.suffix.lower() == ".json"
    if not page and text.lstrip("\ufeff \r\n\t")[:1] not in {"[", "{"}:
        return None
    if path.stat().st_size > (most := _MAX_PAGE if page else _MAX_BYTES):
        if page or named_so:
            raise BadInputError(TEXTS("too_large", path=path, megabytes=most >> 20))
        return None
    if limit is not None:  # which may have left only the beginning
        text, encoding = decoded(_head(path, None), path)
    if page:
        rows = [(number, Record(row)) for number, row in enumerate(page_rows(text), 1)]
        table = _assemble(path, rows, "", limit)
        table.format, table.encoding = "html", encoding
        return table
    found = records_of(text)
    if found is None and named_so:
        raise BadInputError(TEXTS("not_a_table", path=path, reason="JSON"))
    if found is None:
        return None
    numbered = ((n, item if isinstance(item, dict) else None) for n, item in enumerate(found, 1))
    return _from_records(path, numbered, limit, "json", encoding)


def _assemble(
    path: Path, rows: list[tuple[int, Record]], delimiter: str, limit: int | None
) -> TableData:
    """Find the header behind any preamble, and bring all rows to its width."""
    filled = [(number, row) for number, row in rows if any(cell.strip() for cell in row.cells)]
    if not filled:
        raise BadInputError(TEXTS("no_rows", path=path))
    width = Counter(cells_of(row.cells) for _, row in filled[:_SAMPLE_LINES]).most_common(1)[0][0]
    start = next(
        i
        for i, (_, row) in enumerate(filled)
        if cells_of(row.cells) >= min(width, max(2, width - 1))
    )
    first = filled[start][1].cells
    if looks_like_header(first, [row.cells for _, row in filled[start + 1 : start + 30]]):
        columns = unique_names(first[: cells_of(first)])
        body = filled[start + 1 :]
    else:
        columns = made_up_names(width)
        body = filled[start:]
    table = TableData(path, columns, [], [])
    for number, row in body:
        if len(table.rows) == limit:
            break
        if names_again(row.cells, columns):
            continue
        cells, reason = row.fitted(len(columns), delimiter)
        table.rows.append(cells)
        table.numbers.append(number)
        if reason:
            table.bad.append(BadRow(number, reason))
    return table


def _from_records(
    path: Path,
    numbered: Iterable[tuple[int, dict[str, Any] | None]],
    limit: int | None,
    format_: str,
    encoding: str,
) -> TableData:
    """Return objects as rows; what is none is left out and named."""
    table = TableData(path, [], [], [], format=format_, encoding=encoding)
    kept: list[dict[str, Any]] = []
    for number, record in numbered:
        if limit is not None and len(kept) >= limit:
            break
        if record is None:
            table.bad.append(BadRow(number, TEXTS("row_no_object"), kept=False))
            continue
        kept.append(record)
        table.numbers.append(number)
    table.columns = list(dict.fromkeys(str(name) for record in kept for name in record))
    table.rows = [[as_cell(record.get(name)) for name in table.columns] for record in kept]
    return table


def as_cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _read_parquet(path: Path, limit: int | None) -> TableData:
    with parquet.opened(path) as file:
        table = TableData(path, unique_names(file.schema_arrow.names), [], [], format="parquet")
    rows = itertools.chain.from_iterable(parquet.batches(path, limit or _PARQUET_BATCH))
    for number, row in enumerate(itertools.islice(rows, limit), 1):
        table.rows.append([as_cell(cell) for cell in row])
        table.numbers.append(number)
    return table


def sheet_tables(path: Path) -> list[TableData]:
    """Return the sheets of a workbook that hold rows, each as a table.

    Raises:
        BadInputError: It is no workbook, damaged, or no sheet holds a row.
    """
    tables = []
    for name, sheet in visible_sheets(path):
        rows = [(number, Record([*map(as_cell, row)])) for number, row in enumerate(sheet, 1)]
        if any(cell.strip() for _, row in rows for cell in row.cells):
            table = _assemble(path, rows, "", None)
            table.format, table.sheets = "xlsx", [name]
            tables.append(table)
    if not tables:
        raise BadInputError(TEXTS("no_rows", path=path))
    return tables


def _goes_on(sheet: TableData, largest: TableData, sheets: list[TableData]) -> bool:
    """Say whether a sheet has rows of its own under the same header."""
    planned = _PLANNED.search(sheet.sheets[0])
    copied = any(one.rows == sheet.rows for one in [largest, *sheets[: sheets.index(sheet)]])
    return bool(sheet.rows) and sheet.columns == largest.columns and not (planned or copied)


def _stacked(sheets: list[TableData], limit: int | None) -> TableData:
    """Return the largest sheet, and with it those that go on under the same header, in their order.

    A copy of a sheet and what is only planned do not go on with it.
    """
    largest = max(sheets, key=lambda sheet: len(sheet.rows))
    alike = [largest]
    if largest.columns != made_up_names(len(largest.columns)):
        alike = [s for s in sheets if s is largest or _goes_on(s, largest, sheets)]
    table, *others = alike
    for sheet in others:
        last = table.numbers[-1]
        moved = dict(zip(sheet.numbers, itertools.count(last + 1)))
        table.rows += sheet.rows
        table.numbers += moved.values()
        table.bad += [replace(bad, number=moved[bad.number]) for bad in sheet.bad]
    table.rows, table.numbers = table.rows[:limit], table.numbers[:limit]
    table.sheets = [name for sheet in alike for name in sheet.sheets]
    table.unread = [name for sheet in sheets if sheet.rows for name in sheet.sheets]
    table.unread = [name for name in table.unread if name not in table.sheets]
    return table
