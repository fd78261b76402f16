"""Refused questions are kept for the owner, privately, and forgotten on request."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import SAMPLES
from skills.faq.bases import of_file
from skills.faq.unanswered import every, forget, keep
from tests.conftest import Program


def test_kept_listed_forgotten(home: Path) -> None:
    keep(home, of_file(Path("/shop/faq.md")), "do you rent boats", "Do you rent bicycles?", 0.41)
    keep(home, of_file(Path("/shop/faq.md")), "Maria Lopez's order?", "Orders", 0.3)
    path = home / "knowledge" / "unanswered.jsonl"
    assert path.stat().st_mode & 0o077 == 0
    with path.open("ab") as file:
        file.write(b'{"torn')
    assert [entry.question for entry in every(home)] == [
        "do you rent boats",
        "Maria Lopez's order?",
    ]
    assert forget(home, "maria lopez") == 1
    assert "Maria" not in path.read_text()
    assert forget(home, older_than=1.0) == 0
    assert forget(home) == 1
    assert every(home) == []


@pytest.mark.small
def test_a_refusal_is_kept(inhouse: Program, home: Path) -> None:
    assert "No question" in inhouse("unanswered").out
    asked = inhouse("faq", "who painted the Mona Lisa?", "--file", SAMPLES / "faq.md", "--json")
    assert asked.last["refused"]
    (line,) = inhouse("unanswered", "--json").events
    assert (line["question"], line["file"]) == (
        "who painted the Mona Lisa?",
        str(SAMPLES / "faq.md"),
    )
    inhouse("faq", "when do you open?", "--file", SAMPLES / "faq.md")
    assert len(every(home)) == 1
    assert "1 entry deleted" in inhouse("forget", "--words", "mona lisa").out
