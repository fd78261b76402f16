"""What shop systems export besides CSV and Excel: JSON, and web pages that are called Excel files."""

from __future__ import annotations

import json
import re
from typing import Any

from skills.readers.web import shown_text

_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html|head|meta|style|table|body)\b", re.IGNORECASE)
_WORKBOOK = "urn:schemas-microsoft-com:office:spreadsheet"


def record_of(line: str) -> dict[str, Any] | None:
    """Return the JSON object in a line; None if it holds none."""
    found = _parsed(line)
    return found if isinstance(found, dict) else None


def records_of(text: str) -> list[Any] | None:
    """Return the list that JSON consists of, or the only list of objects it holds under a name.

    Or the rows of an object that holds its columns as lists or under numbers, or its rows under their names.
    None if it is nothing of that. What in a list is no object stays as it is.
    """
    found = _parsed(text)
    if isinstance(found, dict):
        lists = [value for value in found.values() if _is_list_of_objects(value)]
        found = lists[0] if len(lists) == 1 else _turned(found)
    return found if _is_list_of_objects(found) else None


def _turned(named: dict[str, Any]) -> list[Any] | None:
    """Return the rows of a table whose columns, or rows, stand under their names; None if they do not."""
    values = list(named.values())
    if len(values) > 1 and all(isinstance(value, list) for value in values):
        rows = [dict(zip(named, row, strict=False)) for row in zip(*values, strict=False)]
        return rows if len({len(value) for value in values}) == 1 else None
    if not values or not all(isinstance(value, dict) for value in values):
        return None
    if not set.intersection(*map(set, values)):  # settings rather than rows
        return None
    keys = list(dict.fromkeys(key for value in values for key in value))
    if all(key.isdecimal() for key in keys):
        return [{name: column.get(key) for name, column in named.items()} for key in keys]
    return values


def is_page(text: str) -> bool:
    """Say whether a text is a web page, whatever its file is called."""
    return bool(_PAGE.match(text[:2000].lstrip("\ufeff")))


def is_workbook(text: str) -> bool:
    """Say whether a text is a workbook of Excel 2003 in XML."""
    return text[:200].lstrip("\ufeff").startswith("<?xml") and _WORKBOOK in text[:5000]


def page_rows(text: str) -> list[list[str]]:
    """Return the cells of the table of a web page that has the most rows; none if it has no table."""
    from bs4 import BeautifulSoup

    tables = BeautifulSoup(text, "html.parser").find_all("table")
    largest = max(tables, key=lambda table: len(table.find_all("tr")), default=None)
    return [
        [shown_text(cell) for cell in row.find_all(("td", "th"))]
        for row in (largest.find_all("tr") if largest else ())
    ]


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _parsed(text: str) -> Any:
    """Return what JSON says; None for what is none, or nests too deep."""
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
