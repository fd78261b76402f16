"""Records of a CSV file: a quotation mark that nothing closes costs one line, not the rest of the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.texts import Catalogue, Message

TEXTS = Catalogue(__package__)
FIELD_LIMIT = 16 << 20
_SENTINEL = "x"
_NOWHERE = "\x1f"  # splits lines that have one cell


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a row; `open` says that in the last a quotation mark opens that nothing closes."""

    cells: list[str]
    open: bool = False

    def fitted(self, width: int, delimiter: str) -> tuple[list[str], Message | None]:
        """Return as many cells as the header has, and what was wrong.

        Short rows are padded, long ones lose no text: what is too much is joined to the last cell. The last
        cells of a row whose quotation mark is open lie behind the mark, and are taken from there.
        """
        cells = self.cells
        wrong = TEXTS("row_open_quote") if self.open else None
        if self.open and delimiter and len(cells) < width:
            cells = [*cells[:-1], *cells[-1].rsplit(delimiter, width - len(cells))]
        whole = cells_of(cells)
        if whole <= width:
            return (cells + [""] * width)[:width], wrong
        if width > 1:  # a delimiter in the only column is text
            wrong = wrong or TEXTS("row_too_long", n=whole, width=width)
        joined = (delimiter or " ").join(cells[width - 1 : whole])
        return [*cells[: width - 1], joined], wrong


def cells_of(row: list[str]) -> int:
    """Return how many cells a row has, not counting empty ones at its end."""
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    return width


class _Lines:
    """Lines that can be given back; `taken` are those since the last whole record."""

    def __init__(self, source: Iterable[str]) -> None:
        self._source, self._waiting = iter(source), deque[str]()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._source)
        self.taken.append(line)
        return line

    def give_back(self, count: int) -> list[str]:
        """Keep so many of the lines taken and return them; the others come again."""
        kept = self.taken[:count]
        self._waiting.extendleft(reversed(self.taken[count:]))
        self.taken = []
        return kept


def records(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Yield the records of lines, in constant memory; without a delimiter each has one cell.

    What follows a closing quotation mark belongs to its cell. If that would swallow lines that have as many
    cells as the record before, or the end of the file is reached, the mark was never closed.
    """
    csv.field_size_limit(FIELD_LIMIT)
    source, width, delimiter = _Lines(lines), 0, delimiter or _NOWHERE
    while True:
        try:
            for cells in csv.reader(source, delimiter=delimiter, strict=True):
                source.taken = []
                width = len(cells) or width
                yield Record(cells)
        except csv.Error:
            yield _mended(source, delimiter, width)
        else:
            return


def _mended(source: _Lines, delimiter: str, width: int) -> Record:
    """Return the record at which strict reading failed."""
    taken = source.taken
    if len(taken) == 1 or not (
        width == 1 or any(_split(line, delimiter) == width for line in taken[1:])
    ):
        read = _leniently(taken, delimiter)
        if read is not None:
            source.give_back(len(taken))
            return Record(read)
    (line,) = source.give_back(1)
    closed = _leniently([line.rstrip("\r\n") + '"'], delimiter)
    return Record(closed or _plainly(line, delimiter), open=True)


def _leniently(lines: list[str], delimiter: str) -> list[str] | None:
    """Return the cells of lines that are one record; None if a quotation mark is still open."""
    try:
        rows = list(csv.reader([*lines, _SENTINEL], delimiter=delimiter))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 2 else None


def _plainly(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line in which quotation marks mean nothing."""
    return line.rstrip("\r\n").split(delimiter)


def _split(line: str, delimiter: str) -> int:
    return len(_plainly(line, delimiter))
