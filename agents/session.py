"""Talks on disk: append-only, one row an ask and an event, in SQLite with a write-ahead log.

Every row is committed as it comes, so that a crash loses at most the one being written. The file is
readable by its owner only.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from models.errors import ResourceError, UsageError
from models.files import private_file, write_error
from models.home import home, private_dir
from models.texts import Catalogue
from skills.events import Answer, Event, Failure, Progress

TEXTS = Catalogue(__package__)
SCHEMA = 2
_MIGRATIONS = {
    1: """
        CREATE TABLE sessions (id TEXT PRIMARY KEY, created REAL NOT NULL);
        CREATE TABLE entries (
            number INTEGER PRIMARY KEY, session TEXT NOT NULL, ask INTEGER NOT NULL,
            at REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
        CREATE INDEX entries_of_session ON entries (session, number);
    """,
    2: "ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';",
}
_ASK = "ask"
_TITLE = 60
_DAY = 86_400

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in a list. Times in seconds since 1970."""

    id: str
    name: str
    created: float
    updated: float
    asks: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """An ask and the events that answered it, in order."""

    text: str
    events: tuple[Event, ...]

    @property
    def final(self) -> Answer | Failure | None:
        """How it ended; None if the program ended first."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Answer | Failure) else None


class Sessions:
    """All talks of a home. Open it once a thread.

    Raises:
        ResourceError: The file can't be written, or is damaged beyond reading.
        UsageError: It was written by a newer version.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or private_dir(home()) / "sessions.db"
        try:
            private_file(self.path, "ab").close()
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
            self._migrate()
        except OSError as error:
            raise write_error(self.path, error) from error
        except sqlite3.Error as error:
            raise ResourceError(TEXTS("sessions_broken", path=self.path, reason=error)) from error

    def _migrate(self) -> None:
        """Bring an older file to the present schema, one step a transaction."""
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA:
            raise UsageError(TEXTS("sessions_newer", path=self.path))
        for step in range(version + 1, SCHEMA + 1):
            self._db.executescript(
                f"BEGIN; {_MIGRATIONS[step]} PRAGMA user_version = {step}; COMMIT;"
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ------------------------------------------------------------ writing

    def begin(self) -> str:
        """Start a session and return its id."""
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        self._db.execute("INSERT INTO sessions (id, created) VALUES (?, ?)", (name, time.time()))
        return name

    def asked(self, session: str, text: str) -> int:
        """Write down an ask; return its number in the session."""
        row = self._db.execute(
            "SELECT max(ask) FROM entries WHERE session = ?", (session,)
        ).fetchone()
        number = (row[0] or 0) + 1
        self._add(session, number, _ASK, text)
        return number

    def happened(self, session: str, ask: int, event: Event) -> None:
        """Write down an event; progress is not worth keeping."""
        if not isinstance(event, Progress):
            self._add(session, ask, "event", _encoder.encode(event).decode())

    def _add(self, session: str, ask: int, kind: str, body: str) -> None:
        try:
            self._db.execute(
                "INSERT INTO entries (session, ask, at, kind, body) VALUES (?, ?, ?, ?, ?)",
                (session, ask, time.time(), kind, body),
            )
        except sqlite3.Error as error:
            raise ResourceError(TEXTS("sessions_broken", path=self.path, reason=error)) from error

    # ------------------------------------------------------------ reading

    def every(self) -> list[Summary]:
        """Return all sessions in which something was asked, the latest first."""
        rows = self._db.execute(
            "SELECT s.id, s.name, s.created, max(e.at), max(e.ask), "
            "(SELECT body FROM entries WHERE session = s.id AND kind = 'ask' ORDER BY number LIMIT 1) "
            "FROM sessions s JOIN entries e ON e.session = s.id GROUP BY s.id ORDER BY max(e.at) DESC"
        ).fetchall()
        return [Summary(i, name or first[:_TITLE], c, u, n) for i, name, c, u, n, first in rows]

    def find(self, given: str) -> Summary:
        """Return the session with this id or name, or whose id begins so; `last` is the latest.

        Raises:
            UsageError: There is none, or more than one.
        """
        known = self.every()
        if given == "last" and known:
            return known[0]
        exact = [s for s in known if given in {s.id, s.name}]
        found = exact or [s for s in known if s.id.startswith(given)]
        if len(found) != 1:
            raise UsageError(TEXTS("no_session", name=given, n=len(found)))
        return found[0]

    def read(self, session: str) -> list[Exchange]:
        """Return what was asked and answered in a session."""
        rows = self._db.execute(
            "SELECT ask, kind, body FROM entries WHERE session = ? ORDER BY number", (session,)
        )
        texts: dict[int, str] = {}
        events: dict[int, list[Event]] = {}
        for ask, kind, body in rows:
            if kind == _ASK:
                texts[ask] = body
            else:
                events.setdefault(ask, []).extend(_decoded(body))
        return [Exchange(text, tuple(events.get(ask, []))) for ask, text in texts.items()]

    def search(self, words: str) -> Iterator[tuple[Summary, str]]:
        """Yield the sessions that hold all the words, with the place that matched."""
        wanted = words.casefold().split()
        for summary in self.every():
            for exchange in self.read(summary.id):
                final = exchange.final
                said = final.text if isinstance(final, Answer) else ""
                whole = f"{exchange.text}\n{said}"
                if wanted and all(word in whole.casefold() for word in wanted):
                    yield summary, " ".join(whole.split())[:160]
                    break

    # ------------------------------------------------------------ changing and forgetting

    def rename(self, session: str, name: str) -> None:
        """Give a session a name."""
        self._db.execute("UPDATE sessions SET name = ? WHERE id = ?", (name.strip(), session))

    def delete(self, sessions: Sequence[str]) -> None:
        """Delete sessions for good: their rows are overwritten and the log is emptied."""
        with self._db:
            for session in sessions:
                self._db.execute("DELETE FROM entries WHERE session = ?", (session,))
                self._db.execute("DELETE FROM sessions WHERE id = ?", (session,))
        with contextlib.suppress(sqlite3.Error):  # another reader may be at it
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def forget_older_than(self, days: float) -> int:
        """Delete sessions in which nothing happened for so many days; return how many."""
        limit = time.time() - days * _DAY
        old = [summary.id for summary in self.every() if summary.updated < limit]
        self.delete(old)
        return len(old)

    def forget_words(self, words: str) -> int:
        """Delete every ask, with its answer, that mentions the words; return how many."""
        pattern = re.compile(re.escape(words), re.IGNORECASE)
        hits: set[tuple[str, int]] = set()
        for session, ask, body in self._db.execute("SELECT session, ask, body FROM entries"):
            if pattern.search(body):
                hits.add((session, ask))
        with self._db:
            for session, ask in hits:
                self._db.execute(
                    "DELETE FROM entries WHERE session = ? AND ask = ?", (session, ask)
                )
        self.delete([])
        return len(hits)


def _decoded(body: str) -> list[Event]:
    """Return the event of a row; one that this version does not know is passed over."""
    try:
        return [_decoder.decode(body)]
    except msgspec.DecodeError:
        return []
