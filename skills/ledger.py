"""What a long work has finished so far, piece by piece, so that it goes on where it ended."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

import msgspec

from models.files import write_error
from models.journal import open_journal, read_journal, write_line

_pieces = msgspec.json.Decoder(tuple[str, Any])


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
            self._known = dict(read_journal(path, _pieces))

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
        try:
            if self._file is None:
                self._file = open_journal(self._path)
            write_line(self._file, [_digest(key), value])
        except OSError as error:
            raise write_error(self._path, error) from error


def _digest(key: tuple[object, ...]) -> str:
    """Return a short name for a key; texts of people's are not repeated in it."""
    return hashlib.sha256(repr(key).encode()).hexdigest()[:32]
