"""Talks on disk: written row by row, found, forgotten, migrated, and there after a kill."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agents.protocol import CHAT
from agents.session import _MIGRATIONS, SCHEMA, Sessions
from app.tui.record import Record
from benchmarks.kill import kill_writer
from models.errors import ResourceError, UsageError
from skills.events import Answer, Artifact, Failure, Progress
from tests.conftest import Program


@pytest.fixture
def store() -> Sessions:
    return Sessions()


def _talk(store: Sessions, text: str, answer: str) -> str:
    session = store.begin()
    ask = store.asked(session, text)
    store.happened(session, ask, Progress(1))
    store.happened(session, ask, Artifact("/shop/out.csv"))
    store.happened(session, ask, Answer(answer, "classify", {"file": "a.csv"}))
    return session


def test_a_talk_is_read_back(store: Sessions) -> None:
    session = _talk(store, "Sort a.csv", "I sorted 3 rows.")
    store.asked(session, "and then?")
    first, second = store.read(session)
    assert [type(event).__name__ for event in first.events] == ["Artifact", "Answer"]
    assert isinstance(first.final, Answer)
    assert second.final is None
    (summary,) = store.every()
    assert (summary.name, summary.asks) == ("Sort a.csv", 2)


def test_finding_renaming_searching_deleting(store: Sessions) -> None:
    first = _talk(store, "Sort the may reviews", "Done with May.")
    second = _talk(store, "预测销售额", "预计上涨。")
    assert store.find("last").id == second
    assert store.find(first).id == first
    store.rename(first, "May")
    assert store.find("May").id == first
    assert [summary.id for summary, _ in store.search("done may")] == [first]
    assert [summary.id for summary, _ in store.search("上涨")] == [second]
    with pytest.raises(UsageError, match="0 sessions"):
        store.find("nothing")
    store.delete([first])
    assert [summary.id for summary in store.every()] == [second]


def test_what_is_forgotten_is_gone_from_disk(store: Sessions) -> None:
    session = _talk(store, "Sort zebra.csv for Maria Lopez", "Maria Lopez wrote three.")
    store.asked(session, "hello")
    assert store.forget_words("maria lopez") == 1
    assert [exchange.text for exchange in store.read(session)] == ["hello"]
    assert store.forget_older_than(1) == 0
    store.close()
    on_disk = b"".join(path.read_bytes() for path in store.path.parent.glob("sessions.db*"))
    assert b"Maria" not in on_disk


def test_only_the_owner_can_read(store: Sessions) -> None:
    _talk(store, "a", "b")
    for path in store.path.parent.glob("sessions.db*"):
        assert path.stat().st_mode & 0o077 == 0


def test_an_older_file_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript(_MIGRATIONS[1] + "PRAGMA user_version = 1;")
    old.execute("INSERT INTO sessions (id, created) VALUES ('x', 1)")
    old.execute(
        "INSERT INTO entries (session, ask, at, kind, body) VALUES ('x', 1, 2, 'ask', 'old ask')"
    )
    old.close()
    store = Sessions(path)
    assert store.find("x").name == "old ask"
    version = sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0]
    assert version == SCHEMA


def test_a_newer_or_damaged_file_is_left_alone(tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    made = sqlite3.connect(newer)
    made.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    made.close()
    with pytest.raises(UsageError, match="newer"):
        Sessions(newer)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ResourceError, match="damaged"):
        Sessions(damaged)
    assert damaged.read_bytes().startswith(b"this is no database")


def test_a_kill_while_writing_loses_at_most_the_last_event(home: Path) -> None:
    for turn in range(5):
        said, kept = kill_writer(20 + turn * 7)
        assert kept >= said - 1


def test_the_record_opens_nothing_before_the_first_ask(home: Path) -> None:
    record = Record()
    assert not (home / "sessions.db").exists()
    entry = record.asked("Sort a.csv")
    record.happened(entry, Answer("Done.", "classify", {"file": "a.csv"}))
    record.happened(record.asked("who are you"), Answer("Inhouse.", CHAT))
    record.happened(record.asked("do you hire"), Answer("I don't have that.", "faq", refused=True))
    again = Record.open("last")
    assert again.exchanges[0].text == "Sort a.csv"
    memory = again.memory()
    assert memory.results == (("Sort a.csv", "Done."),)
    assert memory.turns == (("who are you", "Inhouse."),)
    assert [(done.skill, done.request) for done in memory.done] == [("classify", {"file": "a.csv"})]


def test_a_record_that_fails_does_not_stop_the_chat(home: Path) -> None:
    (home / "sessions.db").write_bytes(b"no database" * 200)
    record = Record()
    entry = record.asked("hello")
    record.happened(entry, Failure("x"))
    assert record.problem is not None
    assert len(record.exchanges) == 1


def test_through_the_program(inhouse: Program, tmp_path: Path) -> None:
    store = Sessions()
    session = _talk(store, "Sort a.csv", "I sorted 3 rows.")
    store.close()
    assert session in inhouse("sessions", "list").out
    assert "I sorted 3 rows." in inhouse("sessions", "show").out
    assert session in inhouse("sessions", "search", "sorted").out
    assert inhouse("sessions", "export", "last", "--out", tmp_path / "talk.json").status == 0
    assert "a.csv" in (tmp_path / "talk.json").read_text()
    assert inhouse("sessions", "export", "last", "--out", tmp_path / "talk.json").status == 2
    assert inhouse("sessions", "rename", session, "first").status == 0
    assert "first" in inhouse("sessions", "list", "--json").out
    assert inhouse("forget").status == 2
    assert "1 entry deleted" in inhouse("forget", "--everything").out
    assert inhouse("--resume", "nothing").status == 2
