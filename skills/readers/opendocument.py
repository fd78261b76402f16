"""The sheets of a spreadsheet of LibreOffice or OpenOffice (.ods).

Format: OASIS OpenDocument 1.3, part 3, chapter 9: rows and cells that repeat are written once with a count.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from models.errors import BadInputError
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
CONTENT = "content.xml"
KIND = b"application/vnd.oasis.opendocument.spreadsheet"
_MOST_CELLS = 20_000_000
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_NUMBERS = {"float", "currency", "percentage"}


def is_spreadsheet(path: Path, names: list[str]) -> bool:
    """Say whether an archive with these names in it is an OpenDocument spreadsheet."""
    if not {"mimetype", CONTENT} <= set(names):
        return False
    with zipfile.ZipFile(path) as archive, archive.open("mimetype") as file:
        return file.read(len(KIND)) == KIND


def sheets_of(path: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield the names and cells of the sheets.

    Raises:
        BadInputError: It says that it has more cells than any laptop could hold.
        zipfile.BadZipFile, ElementTree.ParseError: It is damaged.
    """
    with zipfile.ZipFile(path) as archive, archive.open(CONTENT) as file:
        rows: list[list[Any]] = []
        empty = left = 0
        for event, element in ElementTree.iterparse(file, ("start", "end")):
            if event == "start":
                if element.tag == f"{_TABLE}table":
                    rows, empty, left = [], 0, _MOST_CELLS
            elif element.tag == f"{_TABLE}table-row":
                runs, times = _runs(element), _times(element, "rows")
                element.clear()
                if not runs:
                    empty += times
                    continue
                left -= empty + times * sum(count for _, count in runs)
                if left < 0:
                    raise BadInputError(TEXTS("too_many_cells", path=path))
                cells = [value for value, count in runs for _ in range(count)]
                rows += [[] for _ in range(empty)]
                rows += [list(cells) for _ in range(times)]
                empty = 0
            elif element.tag == f"{_TABLE}table":
                yield element.get(f"{_TABLE}name", ""), rows
                element.clear()


def _runs(row: ElementTree.Element) -> list[tuple[Any, int]]:
    """Return the values of a row and how often each is repeated, up to the last that is not empty."""
    runs = [(_value(cell), _times(cell, "columns")) for cell in row if cell.tag in _CELLS]
    while runs and runs[-1][0] is None:
        runs.pop()
    return runs


def _times(element: ElementTree.Element, what: str) -> int:
    """Return how often a row or a cell is there."""
    return max(1, int(element.get(f"{_TABLE}number-{what}-repeated", "1")))


def _value(cell: ElementTree.Element) -> Any:
    """Return a cell's number, time, truth or text; None if it has none."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind in _NUMBERS:
        return float(cell.get(f"{_OFFICE}value", "nan"))
    if kind == "date":
        return datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", ""))
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    lines = ("".join(paragraph.itertext()) for paragraph in cell.findall(f"{_TEXT}p"))
    return "\n".join(lines) or None
