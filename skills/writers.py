"""Write the table back with two more columns, in the form it came in."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.files import atomic_write
from skills.readers.tables import TableData

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?")
_SUFFIX = {
    "csv": ".csv", "jsonl": ".jsonl", "xlsx": ".xlsx", "parquet": ".parquet",
    "json": ".json", "html": ".xlsx",
}  # fmt: skip


def suffix_of(table: TableData) -> str:
    """Return the suffix of the result: TSV and plain text stay with their kin."""
    if table.format == "csv" and table.delimiter == "\t":
        return ".tsv"
    return _SUFFIX[table.format]


def write_table(table: TableData, added: Mapping[str, Sequence[str]], path: Path) -> None:
    """Write every row and column of the table and the added columns, whole or not at all."""
    columns = [*table.columns, *(free_name(name, table.columns) for name in added)]
    rows = [
        [*row, *cells]
        for row, cells in zip(table.rows, zip(*added.values(), strict=True), strict=True)
    ]
    atomic_write(path, _WRITERS[table.format](table, columns, rows))


def free_name(name: str, columns: Sequence[str]) -> str:
    """Return a column name that the table does not have yet."""
    free, number = name, 2
    while free in columns:
        free, number = f"{name}_{number}", number + 1
    return free


def _csv(table: TableData, columns: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=table.delimiter or ",", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    # a mark for Excel where the input was not plain UTF-8 either
    return out.getvalue().encode("utf-8" if table.encoding == "utf-8" else "utf-8-sig")


def _jsonl(table: TableData, columns: list[str], rows: list[list[str]]) -> bytes:
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def _json(table: TableData, columns: list[str], rows: list[list[str]]) -> bytes:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return (json.dumps(records, ensure_ascii=False, indent=1) + "\n").encode()


def _xlsx(table: TableData, columns: list[str], rows: list[list[str]]) -> bytes:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(table.sheets[0] if table.sheets else "Sheet1")

    def cell(text: str) -> Any:
        if _NUMBER.fullmatch(text):
            return float(text) if "." in text else int(text)
        made = WriteOnlyCell(sheet, value=openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text))
        made.data_type = "s"  # never a formula, whatever it begins with
        return made

    sheet.append(columns)
    for row in rows:
        sheet.append([cell(text) for text in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet(table: TableData, columns: list[str], rows: list[list[str]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    cells = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(dict(zip(columns, cells, strict=True))), out)
    return out.getvalue()


_WRITERS = {
    "csv": _csv, "jsonl": _jsonl, "json": _json, "xlsx": _xlsx, "html": _xlsx, "parquet": _parquet,
}  # fmt: skip
