"""Questions that the knowledge base had no answer to, kept for the owner: your customers ask this."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import msgspec

from models.files import atomic_write
from models.home import private_dir


class Unanswered(msgspec.Struct, frozen=True):
    """One question: when it was asked (seconds since 1970), of which file, and what came nearest."""

    at: float
    file: str
    question: str
    nearest: str
    score: float


def _path(home: Path) -> Path:
    return home / "knowledge" / "unanswered.jsonl"


def keep(home: Path, file: Path, question: str, nearest: str, score: float) -> None:
    """Write a question down; a disk that can't be written does not keep the customer from a reply."""
    entry = Unanswered(time.time(), str(file), question, nearest, round(score, 4))
    private_dir(home / "knowledge")
    with contextlib.suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(_path(home), flags, 0o600), "ab") as file_:
            file_.write(msgspec.json.encode(entry) + b"\n")


def every(home: Path) -> list[Unanswered]:
    """Return the questions, the oldest first; torn lines are passed over."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in _path(home).read_bytes().splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                found.append(msgspec.json.decode(line, type=Unanswered))
    return found


def forget(home: Path, words: str = "", older_than: float | None = None) -> int:
    """Delete the questions that hold the words, or that are older than so many days, or all."""
    questions = every(home)
    limit = time.time() - older_than * 86_400 if older_than is not None else None

    def goes(entry: Unanswered) -> bool:
        if limit is not None:
            return entry.at < limit
        return words.casefold() in entry.question.casefold()

    left = [entry for entry in questions if not goes(entry)]
    if len(left) < len(questions):
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in left)
        atomic_write(_path(home), lines, mode=0o600)
    return len(questions) - len(left)
