"""The demo's checks can fail; with the standard models the whole demo passes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo import (
    check_entry,
    check_forecast,
    check_labels,
    check_refusal,
    check_tags,
    check_words,
    jobs,
)
from assets import SAMPLES
from skills.contract import is_result
from skills.events import Answer, Backtest
from tests.conftest import Program


def test_each_check_can_fail(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    table.write_text("review,gold,label\na,x,x\nb,y,x\n")
    assert check_labels(Answer("", artifacts=(str(table),)), 0.5)[0]
    assert not check_labels(Answer("", artifacts=(str(table),)), 0.9)[0]
    call = {"file": str(SAMPLES / "calls" / "refund.ogg")}
    said = (SAMPLES / "calls" / "refund.txt").read_text()
    assert check_words(Answer("", data={"recordings": [{**call, "text": said}]}), 0.0)[0]
    assert not check_words(Answer("", data={"recordings": [{**call, "text": "hello"}]}), 0.2)[0]
    tags = {"/x/cat.jpg": [{"tag": "tabby cat", "confidence": 0.5}]}
    assert check_tags(Answer("", data=tags), {"cat.jpg": ["cat"]})[0]
    assert not check_tags(Answer("", data=tags), {"cat.jpg": ["dog"]})[0]
    better, worse = Backtest("m", 28, 3, 1, 1, 1, 2, 2, 2), Backtest("m", 28, 3, 2, 2, 2, 1, 1, 1)
    assert check_forecast(Answer("", evidence=(better,)))[0]
    assert not check_forecast(Answer("", evidence=(worse,)))[0]
    assert not check_forecast(Answer(""))[0]
    assert check_entry(Answer("", data={"question": "When?"}), "When?")[0]
    assert not check_entry(Answer("", data={"question": "When?"}, refused=True), "When?")[0]
    assert check_refusal(Answer("", refused=True))[0]
    assert not check_refusal(Answer(""))[0]


def test_no_result_was_left_among_the_samples() -> None:
    assert [path.name for path in SAMPLES.rglob("*") if is_result(path)] == []


def test_the_samples_that_the_demo_names_are_there() -> None:
    asks = [job.ask for job in jobs()]
    assert len(asks) == 7
    for name in ("reviews.csv", "calls", "photos", "sales.csv", "faq.md", "常见问题.md"):
        assert (SAMPLES / name).exists()
        assert any(name in ask for ask in asks)


def test_the_sales_are_what_the_script_writes(tmp_path: Path) -> None:
    code = (SAMPLES / "make_sales.py").read_text()
    (tmp_path / "make_sales.py").write_text(code)
    import runpy

    runpy.run_path(str(tmp_path / "make_sales.py"), run_name="__main__")
    assert (tmp_path / "sales.csv").read_bytes() == (SAMPLES / "sales.csv").read_bytes()


def test_devices_in_words(inhouse: Program) -> None:
    done = inhouse("--device", "cpu", "devices")
    assert "llama.cpp: CPU, since the CPU was asked for" in done.out
    assert inhouse("devices", "--json").events[0]["engines"]["ONNX Runtime"]["device"]


def _can_unshare() -> bool:
    """Say whether a process without any network can be made here: Linux, as root."""
    tool = shutil.which("unshare")
    if not tool:
        return False
    return subprocess.run([tool, "-n", "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.standard
def test_the_whole_demo_without_any_network(tmp_path: Path) -> None:
    """Every answer meets its gold, in a process that has no network, where that can be had.

    Native code can't hide from it: nothing leaves the machine.
    """
    alone = ["unshare", "-n"] if _can_unshare() else []
    command = [*alone, sys.executable, "-P", "-m", "app", "demo", "--json", "--out", str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=500, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [json.loads(line)["met"] for line in done.stdout.splitlines()] == [True] * 7
