"""The demo's checks can fail; with the standard models the whole demo passes."""

from __future__ import annotations

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


@pytest.mark.standard
def test_the_whole_demo(inhouse: Program, tmp_path: Path) -> None:
    done = inhouse("demo", "--json", "--out", tmp_path / "out")
    assert done.status == 0, done.out + done.err
    assert [event["met"] for event in done.events] == [True] * 7
