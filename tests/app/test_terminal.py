"""The real chat in a real terminal: keys in a burst, killed and gone on with."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import psutil
import pytest

from agents.session import Sessions
from assets import SAMPLES

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX's", allow_module_level=True)

from benchmarks.terminal import Terminal


def test_a_burst_of_keys_arrives_in_order(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    try:
        terminal.wait_for("Inhouse", 30)
        terminal.drain(0.5)
        terminal.send("Transcribe nowhere-at-all.mp3\r")  # as a fast typist or a paste may come
        terminal.wait_for("no file", 60)
        assert b"nowhere-at-all.mp3" in terminal.seen
    finally:
        terminal.close()


@pytest.mark.small
def test_killed_and_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(SAMPLES / "faq.md", tmp_path)
    terminal = Terminal(tmp_path)
    monkeypatch.setenv("INHOUSE_HOME", str(tmp_path / "home"))
    terminal.wait_for("Inhouse", 30)
    terminal.drain(0.5)
    terminal.send("Answer from faq.md: can I return a helmet?\r")
    terminal.wait_for("score", 60)
    everyone = psutil.Process(terminal.process.pid).children(recursive=True)
    assert everyone
    terminal.close()  # SIGKILL
    _, alive = psutil.wait_procs(everyone, timeout=5)
    assert not alive
    (session,) = Sessions().every()
    assert session.asks == 1
    again = Terminal(tmp_path, "--resume", "last")
    try:
        again.wait_for("can I return a helmet", 30)
        again.wait_for("score", 30)
    finally:
        again.close()
