"""Rows of a table one after the other, in constant memory, whatever the size of the file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.files import existing_file
from models.texts import Message
from skills.readers import parquet
from skills.readers.exports import record_of
from skills.readers.layout import names_again
from skills.readers.records import records
from skills.readers.tables import TEXTS, TableData, as_cell, read_table

_SAMPLE = 500
_PARQUET_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, its cells, the record of a JSON line, what was mended."""

    number: int
    cells: list[str]
    record: dict[str, Any] | None = None
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """A table that is read row by row. `sample` holds its first rows and says how it is written."""

    path: Path
    sample: TableData

    @classmethod
    def open(cls, path: Path) -> Stream:
        """Look at the first rows of a table.

        Raises:
            BadInputError: It is no table, or empty.
        """
        existing_file(path)
        return cls(path, read_table(path, limit=_SAMPLE, whole=False))

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.sample.columns

    def rows(self, skip: int = 0) -> Iterator[Row]:
        """Yield the rows after the first `skip`, in the order of the file."""
        readers = {"csv": self._csv, "jsonl": self._json, "parquet": self._parquet}
        made = readers[self.sample.format]() if self.sample.format in readers else self._whole()
        return itertools.islice(made, skip, None)

    def _csv(self) -> Iterator[Row]:
        width, first = len(self.columns), self.sample.numbers[0]
        with self.path.open(encoding=self.sample.encoding, errors="replace", newline="") as file:
            read = records(file, self.sample.delimiter)
            for number, row in enumerate(read, 1):
                if number >= first and any(cell.strip() for cell in row.cells):
                    if names_again(row.cells, self.columns):
                        continue
                    fitted, reason = row.fitted(width, self.sample.delimiter)
                    yield Row(number, fitted, None, reason)

    def _json(self) -> Iterator[Row]:
        with self.path.open(encoding=self.sample.encoding, errors="replace") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                record = record_of(line)
                if record is None:
                    yield Row(number, [""] * len(self.columns), None, TEXTS("row_no_object"))
                    continue
                yield Row(number, [as_cell(record.get(name)) for name in self.columns], record)

    def _parquet(self) -> Iterator[Row]:
        number = 0
        for batch in parquet.batches(self.path, _PARQUET_BATCH):
            for cells in batch:
                number += 1
                yield Row(number, [as_cell(cell) for cell in cells])

    def _whole(self) -> Iterator[Row]:
        """Excel files, web pages and lists in JSON have bounds of their own: they are read whole."""
        table = read_table(self.path)
        for number, cells in zip(table.numbers, table.rows, strict=True):
            yield Row(number, cells)
