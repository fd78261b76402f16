"""What a long work has finished so far, piece by piece, so that it goes on where it ended."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import IO, Any

import msgspec

from models.files import write_error


class Ledger:
    """Finished pieces by key, one JSON line each, appended as they come.

    Without a path nothing is kept and nothing is found: an ask in the chat has no ledger, a job has. A
    line that was being written when the process died is dropped.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        self._file: IO[bytes] | None = None
        if path is not None:
            self._read(path)

    def _read(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError), path.open("rb") as lines:
            for line in lines:
                with contextlib.suppress(msgspec.DecodeError, ValueError):
                    key, value = msgspec.json.decode(line)
                    self._known[key] = value

    def get(self, *key: object) -> Any | None:
        """Return what was kept under a key, as JSON values; None if nothing was."""
        return self._known.get(_digest(key)) if self._known else None

    def put(self, value: Any, *key: object) -> None:
        """Keep a finished piece; it is on its way to the disk when this returns.

        Raises:
            ResourceError: The disk is full, or the folder can't be written.
        """
        if self._path is None:
            return
        line = msgspec.json.encode([_digest(key), value]) + b"\n"
        try:
            if self._file is None:
                self._file = self._open(self._path)
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise write_error(self._path, error) from error

    @staticmethod
    def _open(path: Path) -> IO[bytes]:
        """Open for appending, on a line of its own after a torn one."""
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+")
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        return file


def _digest(key: tuple[object, ...]) -> str:
    """Return a short name for a key; texts of people's are not repeated in it."""
    return hashlib.sha256(repr(key).encode()).hexdigest()[:32]
