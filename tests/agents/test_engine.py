"""The engine process: cancel, death, orphans, hostile folders. Real processes, real small model."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from agents.client import Engine
from agents.protocol import Ask, Status
from skills.events import Answer, Event, Failure, Text

pytestmark = pytest.mark.small
LONG = "Tell me a very long story about a shop that sells bicycles, with many chapters."


async def _collect(engine: Engine, text: str) -> list[Event]:
    return [event async for event in engine.ask(Ask(text=text))]


async def test_an_answer_streams_and_ends_with_one_final_event() -> None:
    statuses: list[Status] = []
    engine = Engine("cpu", statuses.append)
    events = await _collect(engine, "Say hello.")
    finals = [event for event in events if isinstance(event, Answer | Failure)]
    assert finals == events[-1:]
    assert isinstance(finals[0], Answer)
    assert finals[0].text
    for _ in range(100):
        await engine.pump()
        if statuses:
            break
        await asyncio.sleep(0.05)
    assert "smollm2-135m-instruct" in {model.name for model in statuses[0].models}
    engine.close()
    assert engine.pid is None


async def test_a_cancel_is_acknowledged_and_ends_the_ask() -> None:
    engine = Engine("cpu")
    events: list[Event] = []
    async for event in engine.ask(Ask(text=LONG)):
        events.append(event)
        if len(events) == 3:
            engine.cancel()
            await asyncio.sleep(0)
    last = events[-1]
    assert isinstance(last, Failure)
    assert last.code == "stopped"
    await asyncio.wait_for(engine.acknowledged(), 1)
    assert isinstance((await _collect(engine, "Say hello."))[-1], Answer)
    engine.close()


async def _killed(engine: Engine, by: signal.Signals) -> Failure:
    """Return how an ask ends whose engine gets a signal while it answers."""
    events: list[Event] = []
    async for event in engine.ask(Ask(text=LONG)):
        events.append(event)
        if isinstance(event, Text) and len(events) == 3:
            assert engine.pid is not None
            os.kill(engine.pid, by)
    last = events[-1]
    assert isinstance(last, Failure)
    return last


async def test_a_killed_engine_ends_the_ask_and_the_next_ask_works() -> None:
    engine = Engine("cpu")
    last = await _killed(engine, signal.SIGKILL)
    assert last.code == "engine_died"
    assert last.remedy
    assert isinstance((await _collect(engine, "Say hello."))[-1], Answer)
    engine.close()


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
async def test_an_engine_compiled_for_another_processor_says_so() -> None:
    engine = Engine("cpu")
    last = await _killed(engine, signal.SIGILL)
    assert "llama.cpp" in last.remedy
    engine.close()


def test_no_orphan_outlives_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from agents.client import Engine\n"
        "from agents.protocol import Ask\n"
        "async def main():\n"
        "    engine = Engine('cpu')\n"
        f"    async for event in engine.ask(Ask(text={LONG!r})):\n"
        "        print(engine.pid, flush=True)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, cwd=tmp_path
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.wait()
    child.wait(timeout=5)
    parent.stdout.close()


def test_a_hostile_folder_is_not_imported(tmp_path: Path) -> None:
    for name in ("agents", "models", "skills", "app"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('hostile code ran')")
    program = Path(sys.executable).parent / "inhouse"
    done = subprocess.run(
        [program, "--device", "cpu", "ask", "Say hello."],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "hostile" not in done.stdout + done.stderr


def test_the_log_holds_no_text_of_the_persons(tmp_path: Path, home: Path) -> None:
    program = [sys.executable, "-P", "-m", "app", "ask", "My secret is zebra-4711."]
    subprocess.run(program, cwd=tmp_path, check=True, timeout=300, capture_output=True)
    assert "zebra" not in (home / "engine.log").read_text()


def test_an_idle_engine_leaves_when_its_pipe_closes() -> None:
    async def pid() -> int:
        engine = Engine("cpu")
        await _collect(engine, "Say hello.")
        number = engine.pid
        assert number is not None
        started = time.monotonic()
        engine.close()
        assert time.monotonic() - started < 1
        return number

    assert not psutil.pid_exists(asyncio.run(pid()))


def test_watching_the_parent(tmp_path: Path) -> None:
    """What other systems than Linux rely on: a thread that waits for the parent."""
    child = (
        "import os, signal, sys, threading, time; from agents.engine import watch;"
        "threading.Thread(target=watch, args=(os.getppid(), signal.SIGTERM), daemon=True).start();"
        "print(os.getpid(), flush=True); time.sleep(60)"
    )
    parent = (
        "import subprocess, sys, time;"
        f"subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    )
    outer = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert outer.stdout
    pid = int(outer.stdout.readline())
    outer.kill()
    outer.wait()
    _, alive = psutil.wait_procs(
        [psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10
    )
    assert not alive
