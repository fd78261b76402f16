"""Finished pieces survive a process, a torn line and strange keys."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skills.ledger import Ledger


def test_pieces_survive(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.put(["praise", 0.9], "classify", "great")
    ledger.put({"a": 1}, "tag", Path("x.jpg"), 3)
    assert ledger.get("classify", "great") is None  # what this attempt did, it knows itself
    again = Ledger(path)
    assert again.get("classify", "great") == ["praise", 0.9]
    assert again.get("tag", Path("x.jpg"), 3) == {"a": 1}
    assert again.get("classify", "other") is None
    assert "great" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_line_is_dropped_and_the_next_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).put(1, "one")
    with path.open("ab") as file:
        file.write(b'["torn')
    Ledger(path).put(2, "two")
    again = Ledger(path)
    assert (again.get("one"), again.get("two")) == (1, 2)


def test_without_a_path_nothing_is_kept() -> None:
    ledger = Ledger()
    ledger.put(1, "one")
    assert ledger.get("one") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.dictionaries(
        st.text(), st.lists(st.floats(allow_nan=False, allow_infinity=False)), max_size=8
    )
)
def test_whatever_is_put_is_found(tmp_path: Path, pieces: dict[str, list[float]]) -> None:
    path = tmp_path / "any.jsonl"
    path.unlink(missing_ok=True)
    ledger = Ledger(path)
    for key, value in pieces.items():
        ledger.put(value, key)
    again = Ledger(path)
    assert all(again.get(key) == value for key, value in pieces.items())
