"""Parquet files through pyarrow, batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.errors import BadInputError
from models.files import landing
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
MAGIC = b"PAR1"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a Parquet file.

    Raises:
        BadInputError: It is damaged.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        reason = type(error).__name__
        raise BadInputError(TEXTS("not_a_table", path=path, reason=reason)) from error


def batches(path: Path, size: int) -> Iterator[list[list[Any]]]:
    """Yield the rows of a file, `size` at most at a time."""
    with opened(path) as file:
        for batch in file.iter_batches(batch_size=size):
            columns = [column.to_pylist() for column in batch.columns]
            yield [list(row) for row in zip(*columns, strict=True)]


def write_with(
    source: Path, added: dict[str, Iterator[Any]], types: Sequence[str], path: Path
) -> None:
    """Write a file's rows with more columns, `text` or `number` each, whole or not at all."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    kinds = {"text": pyarrow.string(), "number": pyarrow.float64()}
    with opened(source) as file, landing(path, None) as temporary:
        schema = file.schema_arrow
        for name, kind in zip(added, types, strict=True):
            schema = schema.append(pyarrow.field(name, kinds[kind]))
        with ParquetWriter(temporary, schema) as writer:
            for batch in file.iter_batches(batch_size=4096):
                more = [
                    pyarrow.array([next(cells) for _ in range(batch.num_rows)], kinds[kind])
                    for cells, kind in zip(added.values(), types, strict=True)
                ]
                writer.write_batch(
                    pyarrow.RecordBatch.from_arrays([*batch.columns, *more], schema=schema)
                )
