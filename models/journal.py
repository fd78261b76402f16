"""JSON lines on disk, readable by their owner only, of which a crash tears at most the last."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from models.files import private_file

_T = TypeVar("_T")


def read_journal(path: Path, decoder: msgspec.json.Decoder[_T]) -> Iterator[_T]:
    """Yield the values of a journal; no file holds none, and a line that is none is passed over."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as lines:
        for line in lines:
            with contextlib.suppress(msgspec.DecodeError):
                yield decoder.decode(line)


def open_journal(path: Path) -> IO[bytes]:
    """Open a journal for appending, on a line of its own after a torn one."""
    torn = _is_torn(path)
    file = private_file(path, "ab")
    if torn:
        file.write(b"\n")
    return file


def _is_torn(path: Path) -> bool:
    """Say whether a file ends in the middle of a line."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def write_line(file: IO[bytes], value: Any) -> None:
    """Append a value; it is on its way to the disk when this returns.

    Raises:
        OSError: The disk is full.
    """
    file.write(msgspec.json.encode(value) + b"\n")
    file.flush()
