"""The command line: exit codes, JSON lines, pipes, Ctrl+C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Program

HEAVY = (
    "torch", "transformers", "sentence_transformers", "chromadb", "llama_cpp", "faster_whisper",
    "pandas", "onnxruntime", "sklearn", "numpy", "pydantic",
)  # fmt: skip


@pytest.mark.parametrize("module", ["app.cli", "app.runner", "agents.client"])
def test_nothing_heavy_is_imported_at_start(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_imports_neither_textual_nor_anything_heavy() -> None:
    code = (
        "import sys, contextlib\nfrom app.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        f"print([m for m in {(*HEAVY, 'textual', 'rich')!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.small
def test_a_plain_answer(inhouse: Program) -> None:
    done = inhouse("ask", "Say hello.")
    assert done.status == 0, done.err
    assert done.out.strip()
    assert done.err == ""


@pytest.mark.small
def test_json_lines(inhouse: Program) -> None:
    done = inhouse("ask", "--json", "Say hello.")
    assert {event["ask"] for event in done.events} == {1}
    answer = done.last
    assert answer["event"] == "answer"
    assert set(answer) >= {
        "text", "skill", "request", "evidence", "artifacts", "refused", "seconds",
    }  # fmt: skip
    assert answer["refused"] is False


@pytest.mark.small
def test_text_from_a_pipe(inhouse: Program) -> None:
    assert inhouse("ask", "--json", stdin="Say hello.\n").last["event"] == "answer"


@pytest.mark.small
def test_many_asks_in_one_engine(inhouse: Program, tmp_path: Path) -> None:
    lines = [
        json.dumps({"text": "Say hello."}),
        "not json",
        json.dumps({"text": "  "}),
        '{"text": 3}',
    ]
    lines.append(json.dumps({"text": "Say hello again."}))
    asks = tmp_path / "asks.jsonl"
    asks.write_text("\n".join(lines) + "\n")
    done = inhouse("ask", "--file", asks, "--json")
    finals = [e for e in done.events if e["event"] in {"answer", "failure"}]
    assert [e["ask"] for e in finals] == [1, 2, 3, 4, 5]
    assert [e["event"] for e in finals] == ["answer", "failure", "failure", "failure", "answer"]
    assert "line 2" in finals[1]["message"]
    assert all(e["message"] and e["remedy"] for e in finals[1:4])
    assert done.status != 0


def test_bad_usage(inhouse: Program) -> None:
    assert inhouse("no-such-command").status == 2
    missing = inhouse("ask", "--file", "nowhere.jsonl")
    assert missing.status == 1
    assert "nowhere.jsonl" in missing.err
    assert "Traceback" not in missing.err


def test_a_missing_model_is_exit_code_3(inhouse: Program, tmp_path: Path) -> None:
    empty = tmp_path / "no-models"
    empty.mkdir()
    done = inhouse("ask", "hello", INHOUSE_MODELS=str(empty))
    assert done.status == 3
    assert "inhouse models pull" in done.err


@pytest.mark.small
def test_ctrl_c_stops_with_130(tmp_path: Path) -> None:
    program = [sys.executable, "-P", "-m", "app", "ask", "--json", "Tell a very long story."]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        os.kill(running.pid, signal.SIGINT)
        rest = running.stdout.read().splitlines()
        assert running.wait(20) == 130
    assert json.loads(rest[-1])["code"] == "stopped"


def test_models_where_and_list(inhouse: Program) -> None:
    assert inhouse("models", "where").out.strip()
    rows = inhouse("models", "list", "--json").events
    assert {row["model"] for row in rows} >= {"all-minilm-l6-v2", "whisper-base"}
    assert "Apache-2.0" in inhouse("models", "list").out
    assert "许可证" in inhouse("--lang", "zh", "models", "list").out


def test_help_in_both_languages(inhouse: Program) -> None:
    assert "预测多少期" in inhouse("--lang", "zh", "forecast", "--help").out
    assert "How many periods" in inhouse("forecast", "--help").out
    assert "能做什么" in inhouse("--lang", "zh", "--help").out


@pytest.mark.small
def test_the_doctor(inhouse: Program, tmp_path: Path) -> None:
    report = inhouse("doctor", "--json").events[0]
    assert report["skills"]["tag"] == {"ready": True, "models": ["efficientnet-lite0"]}
    assert report["models"]["all-minilm-l6-v2"] is True
    assert report["versions"]["textual"]
    empty = tmp_path / "none"
    empty.mkdir()
    done = inhouse("doctor", INHOUSE_MODELS=str(empty))
    assert done.status == 0
    assert "tag: a model is missing" in done.out


@pytest.mark.small
def test_routing_many(inhouse: Program, tmp_path: Path) -> None:
    lines = ['{"text": "transcribe the voicemail recording"}', "broken", '{"text": "Good morning"}']
    (tmp_path / "u.jsonl").write_text("\n".join(lines))
    rows = inhouse("route", "--file", tmp_path / "u.jsonl", "--json").events
    assert [row.get("skill") for row in rows] == ["transcribe", None, "chat"]
    assert set(rows[0]) == {"text", "skill", "confidence", "request", "seconds"}
    assert "line 2" in rows[1]["error"]
    assert inhouse("route", "what can you do?").out.startswith("chat (")
    assert inhouse("route").status == 2
