"""Questions that the knowledge base had no answer to, kept for the owner: your customers ask this."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

from models.files import atomic_write
from models.home import private_dir
from models.journal import open_journal, read_journal, write_line
from skills.faq.bases import Knowledge, of_file


class Unanswered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question: when it was asked (seconds since 1970), of which base, and what came nearest.

    `wrong` says that it was answered, and that the answer was marked as wrong.
    """

    at: float
    file: str
    question: str
    nearest: str
    score: float
    named: bool = False
    wrong: bool = False

    @property
    def base(self) -> Knowledge:
        """The base that was asked, without its files if it has a name."""
        return Knowledge(self.file, ()) if self.named else of_file(Path(self.file))


_decoder = msgspec.json.Decoder(Unanswered)


def _path(home: Path) -> Path:
    return home / "knowledge" / "unanswered.jsonl"


def keep(
    home: Path, base: Knowledge, question: str, nearest: str, score: float, *, wrong: bool = False
) -> None:
    """Write a question down; a disk that can't be written does not keep the customer from a reply."""
    file = base.name if base.named else base.sources[0]
    entry = Unanswered(time.time(), file, question, nearest, round(score, 4), base.named, wrong)
    private_dir(home / "knowledge")
    with contextlib.suppress(OSError), open_journal(_path(home)) as file_:
        write_line(file_, entry)


def every(home: Path) -> list[Unanswered]:
    """Return the questions, the oldest first; torn lines are passed over."""
    return list(read_journal(_path(home), _decoder))


def forget(home: Path, words: str = "", older_than: float | None = None) -> int:
    """Delete the questions that hold the words, or that are older than so many days, or all."""
    questions = every(home)
    limit = time.time() - older_than * 86_400 if older_than is not None else None

    def goes(entry: Unanswered) -> bool:
        if limit is not None:
            return entry.at < limit
        return words.casefold() in entry.question.casefold()

    left = [entry for entry in questions if not goes(entry)]
    _leave(home, questions, left)
    return len(questions) - len(left)


def remove(home: Path, texts: set[str]) -> None:
    """Delete questions of these very words."""
    questions = every(home)
    _leave(home, questions, [entry for entry in questions if entry.question not in texts])


def _leave(home: Path, questions: list[Unanswered], left: list[Unanswered]) -> None:
    if len(left) < len(questions):
        (home / "knowledge" / "groups.json").unlink(missing_ok=True)  # holds their words, too
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in left)
        atomic_write(_path(home), lines, mode=0o600)
