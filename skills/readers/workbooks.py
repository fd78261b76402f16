"""The sheets of workbooks, new (.xlsx), old (.xls) and open (.ods), whatever they are called.

Both readers are plain Python: a damaged file makes them raise. One in compiled code was faster, and ended the
whole process on files that had a few bytes changed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import BadInputError
from models.texts import Catalogue
from skills.readers.opendocument import is_spreadsheet, sheets_of
from skills.readers.zipped import zipped_names

TEXTS = Catalogue(__package__)
ZIPPED, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_Sheet = tuple[str, list[list[Any]]]
_DATE, _TRUTH, _WRONG = 3, 4, 5  # kinds of cells that xlrd tells


def visible_sheets(path: Path) -> list[_Sheet]:
    """Return the names and cells of the sheets; hidden ones are passed over.

    Raises:
        BadInputError: It is no Excel file, damaged, locked, or too large when unpacked.
    """
    with path.open("rb") as file:
        is_old = file.read(len(COMPOUND)) == COMPOUND
    try:
        return list(_old(path) if is_old else _zipped(path))
    except BadInputError:
        raise
    except zipfile.BadZipFile as error:
        raise BadInputError(TEXTS("not_a_table", path=path, reason=error)) from error
    except Exception as error:  # both libraries raise many kinds on damaged files
        raise BadInputError(TEXTS("not_a_table", path=path, reason=type(error).__name__)) from error


def _zipped(path: Path) -> Iterator[_Sheet]:
    names = zipped_names(path)
    if "xl/workbook.xml" in names:
        return _new(path)
    if is_spreadsheet(path, names):
        return sheets_of(path)
    raise BadInputError(TEXTS("packed", path=path))


def _new(path: Path) -> Iterator[_Sheet]:
    import openpyxl

    with path.open("rb") as file:  # an open file: openpyxl refuses names with another suffix
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                yield sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)]
        book.close()


def _old(path: Path) -> Iterator[_Sheet]:
    import xlrd

    book = xlrd.open_workbook(file_contents=path.read_bytes(), logfile=io.StringIO())

    def value(cell: Any) -> Any:
        if cell.ctype == _DATE:
            return xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
        if cell.ctype == _TRUTH:
            return bool(cell.value)
        return None if cell.ctype == _WRONG else cell.value

    for sheet in book.sheets():
        if not sheet.visibility:
            yield sheet.name, [list(map(value, row)) for row in sheet.get_rows()]
