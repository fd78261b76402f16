"""Gists of entries: how near they are to a message, and that they are made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.errors import Stopped
from models.runtimes import Runtimes
from models.steps import result_of
from skills.contract import Context
from skills.faq.entries import Entry
from skills.faq.gists import Gists

ENTRIES = [
    Entry("Can I hire shoes?", "Yes, for three euros.", ""),
    Entry("When are you open?", "From nine to six.", ""),
    Entry("Where can I park?", "Behind the house.", ""),
]
TOPICS = (("hire", "gear"), ("open", "Sunday"), ("park", "car"))


@dataclass
class Model:
    """A language model whose states say which topics a text touches."""

    name: str = "model"
    read: list[str] = field(default_factory=list)

    @property
    def model(self) -> Any:
        return SimpleNamespace(name=self.name)

    def frame(self, *_: object) -> None:
        return None

    def hidden(self, frame: None, text: str, should_stop: Callable[[], bool]) -> Any:
        self.read.append(text)
        return np.array(
            [1.0, *(float(any(word in text for word in topic)) for topic in TOPICS)], np.float32
        )


def base_in(folder: Path, entries: Sequence[Entry] = ENTRIES) -> Any:
    """Return as much of a knowledge base as gists need."""
    numbers = {entry.key: number for number, entry in enumerate(entries)}
    return SimpleNamespace(knowledge=SimpleNamespace(folder=lambda home: folder), numbers=numbers)


def gists(model: Model, folder: Path, entries: Sequence[Entry] = ENTRIES, **context: Any) -> Gists:
    around = Context(cast(Any, None), folder, **context)
    return Gists(cast(Any, model), around, base_in(folder, entries), "en")


def test_the_entry_that_is_about_the_same_is_nearest(tmp_path: Path) -> None:
    near = result_of(gists(Model(), tmp_path).nearness("I have no gear", ENTRIES))
    assert near.argmax() == 0
    assert near.mean() == pytest.approx(0)
    assert near.std() == pytest.approx(1)
    alike = result_of(gists(Model(), tmp_path).nearness("hello", ENTRIES[:1]))
    assert alike.tolist() == [0.0]


def test_entries_are_read_once_and_told(tmp_path: Path) -> None:
    model = Model()
    assert list(gists(model, tmp_path).nearness("a", ENTRIES[:2])) == [(0, 2), (1, 2)]
    model.read.clear()
    assert list(gists(model, tmp_path).nearness("b", ENTRIES)) == [(0, 1)]
    assert model.read == [ENTRIES[2].text, "b"]
    other = Model("another")
    assert len(list(gists(other, tmp_path).nearness("c", ENTRIES))) == 3


def test_entries_that_are_gone_leave(tmp_path: Path) -> None:
    result_of(gists(Model(), tmp_path).nearness("a", ENTRIES[:2]))
    result_of(gists(Model(), tmp_path, ENTRIES[1:]).nearness("a", ENTRIES[1:]))
    with np.load(tmp_path / "gists-en.npz") as file:
        assert sorted(file["keys"].tolist()) == sorted(entry.key for entry in ENTRIES[1:])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no archive at all"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gists-en.npz").write_bytes(content)
    assert len(list(gists(Model(), tmp_path).nearness("a", ENTRIES))) == 3


def test_what_was_read_before_a_stop_is_kept(tmp_path: Path) -> None:
    model = Model()
    stopped = gists(model, tmp_path, should_stop=lambda: len(model.read) >= 2)
    with pytest.raises(Stopped):
        result_of(stopped.nearness("a", ENTRIES))
    assert list(gists(model, tmp_path).nearness("a", ENTRIES)) == [(0, 1)]
    assert (tmp_path / "gists-en.npz").stat().st_mode & 0o77 == 0, "for this person only"


@pytest.mark.standard
def test_who_has_no_gear_wants_to_hire_some(standard: Runtimes, tmp_path: Path) -> None:
    context = Context(standard, tmp_path)
    found = Gists(standard.odds(), context, base_in(tmp_path), "en")
    near = result_of(found.nearness("I don't own any gear", ENTRIES))
    assert near.argmax() == 0
    chinese = [
        Entry("能租鞋吗？", "能，三欧元。", ""),
        Entry("几点开门？", "九点到六点。", ""),
        Entry("车停哪儿？", "房子后面。", ""),
    ]
    found = Gists(standard.odds(), context, base_in(tmp_path, chinese), "zh")
    assert result_of(found.nearness("我什么装备都没有", chinese)).argmax() == 0
