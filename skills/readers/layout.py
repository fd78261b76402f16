"""How the rows of a table lie: what splits cells, and whether the first row names the columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable

from skills.readers.numbers import parse_number
from skills.readers.records import FIELD_LIMIT, cells_of

_SAMPLE_LINES = 200
_DELIMITERS = ",;\t|"
_LONG_CELL = 60
_SPACED, _ALIKE, _FITTING = 0.8, 0.8, 0.9  # shares of cells and of rows
_LONGEST_NAME = 24  # of a column, in a row that tells a table from prose


def detect_delimiter(text: str) -> str:
    """Return the delimiter that splits the most lines into the same number of cells, two or more.

    Empty for lines of prose, whose commas split nothing.
    """
    csv.field_size_limit(FIELD_LIMIT)
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])
    best, best_score, prose = ",", 0.0, False
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        try:
            rows = [row for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row]
        except csv.Error:
            continue
        split = Counter(len(row) for row in rows if len(row) > 1)
        if not split:
            continue
        width, count = split.most_common(1)[0]
        if _is_prose(rows, count):
            prose = True
        else:
            score = count / len(rows) + min(width, 20) / 1000
            if score > best_score:
                best, best_score = delimiter, score
    return "" if prose and not best_score else best


def _is_prose(rows: list[list[str]], alike: int) -> bool:
    """Say whether what splits rows is followed by a space, as in a sentence; `alike` have as many cells.

    Not so under a header of short names where hardly a row has more cells, and most have two.
    """
    first, rest = rows[0], rows[1:]
    names = len(first) > 1 and max(map(len, first)) <= _LONGEST_NAME
    fitting = sum(len(row) <= len(first) for row in rest) >= _FITTING * len(rest)
    if names and fitting and 2 * sum(len(row) > 1 for row in rest) > len(rest):
        return False
    later = [cell for row in rows for cell in row[1:]]
    spaced = sum(cell.startswith(" ") for cell in later)
    return spaced > _SPACED * len(later) and alike < _ALIKE * len(rows)


def looks_like_header(first: list[str], rest: list[list[str]]) -> bool:
    """Say whether a row names columns rather than holding data."""
    cells = [cell.strip() for cell in first if cell.strip()]
    if not cells or len(set(cells)) <= len(cells) / 2 or max(map(len, cells)) > _LONG_CELL:
        return False
    twice = {cell for cell, count in Counter(cells).items() if count > 1}
    if any(cell.strip() in twice for row in rest for cell in row):
        return False
    numeric = sum(parse_number(cell) is not None for cell in cells)
    if numeric > len(cells) / 2:
        return False
    if len(first) == 1 and rest:
        return not _reads_like_the_rest(cells[0], [row[0] for row in rest if row])
    return True


def _reads_like_the_rest(cell: str, rest: list[str]) -> bool:
    """Say whether the only cell of a first row is just another of the texts below it."""
    texts = [text for text in rest if parse_number(text) is None]
    if len(texts) < len(rest) / 2 or (
        len(cell.split()) <= 2 and not cell.endswith((".", "!", "?", "。"))
    ):
        return False
    return len(cell) >= 0.3 * sum(map(len, texts)) / max(1, len(texts))


def unique_names(cells: Iterable[str]) -> list[str]:
    """Return column names without gaps and repeats."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"column {number}"
        base, again = name, 2
        while name in names:
            name, again = f"{base} ({again})", again + 1
        names.append(name)
    return names


def made_up_names(count: int) -> list[str]:
    """Return names for the columns of a table without a header."""
    return [f"column {number}" for number in range(1, count + 1)]


def names_again(cells: list[str], columns: list[str]) -> bool:
    """Say whether a row is the header once more, as where exports were put one below the other."""
    if len(columns) < 2 or cells_of(cells) > len(columns) or not cells[0].split():
        return False
    return (
        " ".join(cells[0].split()) == columns[0] and unique_names(cells[: len(columns)]) == columns
    )
