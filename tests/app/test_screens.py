"""The screens over the chat: real keys, a real home, the real store and jobs."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Select, Static

from agents.jobs import Jobs
from agents.protocol import Ask
from agents.session import Sessions
from app.context import Options
from app.opener import show_file
from app.tui.app import ChatApp
from app.tui.paths import pasted_paths
from app.tui.record import Record
from app.tui.screens.fetch import FetchScreen
from app.tui.screens.jobs import JobsScreen
from app.tui.screens.models import ModelsScreen
from app.tui.screens.sessions import SessionsScreen
from app.tui.screens.settings import SettingsScreen
from app.tui.screens.unanswered import UnansweredScreen
from app.tui.tour import tour
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.status import StatusLine
from app.tui.widgets.transcript import Transcript
from app.tui.widgets.turn import Turn
from assets import SAMPLES
from models import preferences
from skills.events import Answer
from skills.faq.bases import of_file
from skills.faq.sources import added_answers
from skills.faq.unanswered import every, keep
from tests.app.test_chat import SCRIPTS, PlayedEngine, _say, _text, _wait
from tests.conftest import Program


@pytest.fixture
def app() -> ChatApp:
    return ChatApp(Options(), PlayedEngine())


async def _command(pilot: Pilot[None], text: str) -> None:
    pilot.app.query_one(Prompt).text = text
    await pilot.press("enter")
    await pilot.pause()


def _shown(pilot: Pilot[None]) -> str:
    options = pilot.app.screen.query_one(OptionList)
    return "\n".join(
        str(options.get_option_at_index(i).prompt) for i in range(options.option_count)
    )


def _hint(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(".hint", Static).render())


async def test_sessions_go_on_rename_search_export_delete(
    app: ChatApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Sessions()
    for text, answer in (("when do you open", "At nine."), ("forecast sales", "It grows.")):
        session = store.begin()
        store.happened(session, store.asked(session, text), Answer(answer, "faq"))
    async with app.run_test(size=(100, 30)) as pilot:
        await _command(pilot, "/sessions")
        assert isinstance(app.screen, SessionsScreen)
        assert "forecast sales" in _shown(pilot).splitlines()[0]
        await pilot.press("slash", *"nine", "enter")
        assert "when do you open" in _shown(pilot)
        assert "forecast" not in _shown(pilot)
        await pilot.press("r")
        app.screen.query_one(Input).value = "opening hours"
        await pilot.press("enter")
        assert "opening hours" in _shown(pilot)
        await pilot.press("e")
        (written,) = tmp_path.glob("talk-*.md")
        assert "At nine." in written.read_text()
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        await pilot.press("enter")  # go on with it
        await _wait(pilot, lambda: len(app.query(Turn)) == 1)
        assert app.record.memory().results == (("when do you open", "At nine."),)
        await _command(pilot, "/sessions")
        await pilot.press("down", "d")
        assert "again" in _hint(pilot)
        await pilot.press("d")
        assert len(store.every()) == 1
        await pilot.press("d", "d", "escape")
        assert len(app.screen_stack) == 1
    assert store.every() == []


async def test_settings_count_at_once(app: ChatApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INHOUSE_LANG")
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("INHOUSE_SOURCES", "wheels")
    async with app.run_test(size=(100, 60)) as pilot:
        await _command(pilot, "/settings")
        assert isinstance(app.screen, SettingsScreen)
        app.screen.query_one("#theme", Select).value = "ansi-light"
        await _wait(pilot, lambda: app.theme == "ansi-light")
        app.screen.query_one("#retention_days", Input).focus()
        app.screen.query_one("#retention_days", Input).value = "soon"
        await pilot.press("enter")
        assert "0 or more" in _hint(pilot)
        app.screen.query_one("#retention_days", Input).value = "30"
        await pilot.press("enter")
        assert preferences.preferences().retention_days == 30
        app.screen.query_one("#language", Select).value = "zh"
        await _wait(pilot, lambda: app.options.language == "zh")
        app.screen.query_one("#device", Select).value = "cpu"
        await _wait(pilot, lambda: app.engine.device == "cpu")
        assert app.screen.query_one("#sources", Input).disabled  # the environment says it
        await pilot.press("escape")
        await _wait(pilot, lambda: "离线" in str(app.query_one(StatusLine).render()))
    again = ChatApp(Options(), PlayedEngine())
    async with again.run_test():
        assert again.theme == "ansi-light"


async def test_a_broken_settings_file_is_told(app: ChatApp) -> None:
    preferences.path().write_text("theme =")
    async with app.run_test(size=(120, 30)) as pilot:
        await _wait(pilot, lambda: any("can't be read" in n.message for n in app._notifications))


@pytest.mark.small
async def test_a_job_in_the_chat(app: ChatApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await _command(pilot, f"/job Answer from {SAMPLES / 'faq.md'}: can I return a helmet?")
        await _wait(pilot, lambda: len(app.query(Turn)) == 1)
        turn = await _say(pilot, "hello")  # the chat is free meanwhile
        assert turn.view.final
        job = app.query(Turn).first()
        for _ in range(600):
            await pilot.pause(0.1)
            if not job.view.running:
                break
        assert isinstance(job.view.final, Answer)
        await _wait(pilot, lambda: [done.skill for done in app.record.memory().done] == ["faq"])
        await _command(pilot, "/jobs")
        assert isinstance(app.screen, JobsScreen)
        assert "done" in _shown(pilot)
        await pilot.press("r")
        assert "is running, or done" in _hint(pilot)
        await pilot.press("d", "d")
        assert Jobs().every() == []
        await pilot.press("escape")
        await _command(pilot, "/job")
        assert "what to do" in str(app.query_one(StatusLine).render())


async def test_what_runs_goes_on_in_the_background(
    app: ChatApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Ask] = []
    monkeypatch.setattr("app.tui.background.start_job", lambda _, ask: started.append(ask))
    async with app.run_test(size=(100, 30)) as pilot:
        turn = await _say(pilot, "slow", done=False)
        await pilot.press("ctrl+b")
        await _wait(pilot, lambda: not turn.view.running)
        assert [ask.text for ask in started] == ["slow"]
        assert "in the background" in _text(turn)


async def test_interrupted_jobs_are_named(app: ChatApp) -> None:
    Jobs().create(Ask(text="Sort reviews.csv"), "cpu")
    async with app.run_test(size=(100, 30)) as pilot:
        await _wait(pilot, lambda: any("interrupted" in n.message for n in app._notifications))
        await _command(pilot, "/jobs")
        assert "interrupted" in _shown(pilot)


async def test_models_are_listed_and_removed(
    app: ChatApp, tmp_path: Path, small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small_models / "all-minilm-l6-v2", tmp_path / "all-minilm-l6-v2")
    used = tmp_path / "all-minilm-l6-v2" / ".used"
    used.touch()
    os.utime(used, (1_600_000_000, 1_600_000_000))
    monkeypatch.setenv("INHOUSE_MODELS", str(tmp_path))
    async with app.run_test(size=(120, 30)) as pilot:
        await _command(pilot, "/models")
        assert isinstance(app.screen, ModelsScreen)
        assert "unused for" in _shown(pilot).splitlines()[0]
        assert "to fetch" in _shown(pilot)
        await pilot.press("d")
        assert (tmp_path / "all-minilm-l6-v2").exists()
        await pilot.press("d")
        assert not (tmp_path / "all-minilm-l6-v2").exists()
        assert "MB are free now" in _hint(pilot)


async def test_a_machine_without_models_is_offered_some(
    app: ChatApp, tmp_path: Path, small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHOUSE_MODELS", str(tmp_path / "models"))
    stick = tmp_path / "stick"  # what the small set would fetch, all but one model, on a stick
    for name in ("smollm2-135m-instruct", "whisper-tiny.en", "all-minilm-l6-v2"):
        shutil.copytree(small_models / name, stick / name, symlinks=False)
    monkeypatch.setenv("INHOUSE_SOURCES", "folder")
    monkeypatch.setenv("INHOUSE_MODEL_FOLDER", str(stick))
    async with app.run_test(size=(110, 30)) as pilot:
        await _wait(pilot, lambda: isinstance(app.screen, FetchScreen))
        assert "MB (" in _shown(pilot)
        await pilot.press("down", "enter")
        progress = app.screen.query_one(".progress", Static)
        for _ in range(600):
            await pilot.pause(0.1)
            if progress.has_class("problem"):
                break
        assert "efficientnet-lite0" in str(progress.render())  # the one that is not on the stick
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
    assert (tmp_path / "models" / "whisper-tiny.en" / "model.bin").is_file()


def test_pull_as_json(inhouse: Program, tmp_path: Path, small_models: Path) -> None:
    shutil.copytree(small_models / "whisper-tiny.en", tmp_path / "stick" / "w")
    done = inhouse(
        "models", "pull", "whisper-tiny.en", "--json", INHOUSE_MODELS=str(tmp_path / "models"),
        INHOUSE_SOURCES="folder", INHOUSE_MODEL_FOLDER=str(tmp_path / "stick"),
    )  # fmt: skip
    assert done.status == 0
    assert done.last["model"] == "whisper-tiny.en"
    assert done.last["total"] > 70_000_000


async def test_the_tour(app: ChatApp, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await _command(pilot, "/tour")
        prompt = app.query_one(Prompt)
        assert "faq.md" in prompt.text
        assert "1 of 6" in str(app.query(".tour").first(Static).render())
        engine: Any = app.engine
        monkeypatch.setitem(SCRIPTS, prompt.text, [Answer("Yes.", "faq")])
        await pilot.press("enter")
        await _wait(pilot, lambda: "sales.csv" in prompt.text)
        assert str(home) in engine.asked[0]


def test_every_stop_of_the_tour_names_a_file(tmp_path: Path) -> None:
    for language in ("en", "zh"):
        stops = tour(tmp_path / language, language)  # type: ignore[arg-type]
        assert len(stops) == 6
        for stop in stops:
            path = stop.ask.split('"')[1]
            assert Path(path).exists()
    rows = (tmp_path / "en" / "reviews-24.csv").read_text().splitlines()
    assert len(rows) == 25


async def test_copying_a_part(app: ChatApp) -> None:
    async with app.run_test(size=(150, 30)) as pilot:
        await _say(pilot, "sort")
        await _command(pilot, "/copy table")
        assert app.clipboard == "label\tn\npraise\t3\ncomplaint\t1"
        await _command(pilot, "/copy nonsense")
        assert "answer, table, files" in str(app.query_one(StatusLine).render())
        await _command(pilot, "/copy files")
        assert "no files" in str(app.query_one(StatusLine).render())
        await _say(pilot, "forecast")
        await _command(pilot, "/copy all")
        assert "/shop/sales-forecast.csv" in app.clipboard
        assert "revenue was chosen" in app.clipboard


async def test_opening_a_result(app: ChatApp, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Path] = []
    monkeypatch.setattr("app.opener.show_file", lambda path: shown.append(path) or len(shown) > 1)
    async with app.run_test(size=(150, 30)) as pilot:
        await _command(pilot, "/open")
        assert "No file" in str(app.query_one(StatusLine).render())
        await _say(pilot, "forecast")
        await _command(pilot, "/open")
        assert "no viewer here; the file is /shop/sales-forecast.csv" in str(
            app.query_one(StatusLine).render()
        )
        await _command(pilot, "/open folder")
        assert shown == [Path("/shop/sales-forecast.csv"), Path("/shop")]


@pytest.mark.skipif(sys.platform != "linux", reason="xdg-open is Linux's")
def test_the_systems_viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "xdg-open"
    tool.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not show_file(tmp_path / "a b.csv")
    monkeypatch.setenv("DISPLAY", ":1")
    assert show_file(tmp_path / "a b.csv")

    async def written() -> str:
        while not (tmp_path / "opened").exists() or not (tmp_path / "opened").read_text():
            await asyncio.sleep(0.02)
        return (tmp_path / "opened").read_text().strip()

    assert asyncio.run(asyncio.wait_for(written(), 10)) == str(tmp_path / "a b.csv")


async def test_a_long_ask_rings_the_bell(app: ChatApp, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(app, "bell", lambda: rung.append(1))
    async with app.run_test() as pilot:
        await _say(pilot, "hello")
        assert rung == []
        monkeypatch.setenv("INHOUSE_NOTIFY_AFTER", "0.000001")
        await _say(pilot, "hello")
        await _wait(pilot, lambda: rung == [1])


async def test_a_reader_who_scrolled_away_is_left_alone(app: ChatApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(6):
            await _say(pilot, "sort")
        transcript = app.query_one(Transcript)
        assert transcript.scroll_y == transcript.max_scroll_y
        turn = await _say(pilot, "slow", done=False)
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        there = transcript.scroll_y
        assert there < transcript.max_scroll_y
        app.query_one(Prompt).text = ""
        app.engine.cancel()
        await _wait(pilot, lambda: not turn.view.running)
        await pilot.pause()
        assert transcript.scroll_y == there
        await _say(pilot, "hello")  # asking leads back to the end
        assert transcript.scroll_y == transcript.max_scroll_y


async def test_the_palette_holds_every_command(app: ChatApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        found = {command.title for command in app.get_system_commands(app.screen)}
        assert {"/forecast", "/jobs", "/settings", "/tour"} <= found
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"forecast")
        await _wait(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.pause(0.3)
        await pilot.press("enter")
        await _wait(pilot, lambda: app.query_one(Prompt).text == "/forecast ")


async def test_selected_text_is_copied(app: ChatApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        turn = await _say(pilot, "broken")
        await pilot.mouse_down(turn.query(".failure").first(), offset=(0, 0))
        await pilot.hover(turn.query(".failure").first(), offset=(12, 0))
        await pilot.mouse_up(turn.query(".failure").first(), offset=(12, 0))
        await pilot.press("ctrl+c")
        assert app.clipboard.startswith("There is no")
        assert app.is_running


async def test_another_talk_while_an_ask_runs(app: ChatApp) -> None:
    store = Sessions()
    session = store.begin()
    store.happened(session, store.asked(session, "earlier"), Answer("Yes.", "faq"))
    async with app.run_test(size=(120, 30)) as pilot:
        turn = await _say(pilot, "slow", done=False)
        await app.go_on_with(Record.open(session))
        assert "Esc stops it" in str(app.query_one(StatusLine).render())
        mine = app.record
        app.engine.cancel()
        await _wait(pilot, lambda: not turn.view.running)
        await _wait(pilot, lambda: mine.exchanges[-1].final is not None)
        await app.go_on_with(Record.open(session))
        assert len(app.query(Turn)) == 1
    assert [len(store.read(s.id)) for s in store.every()] == [1, 1]


async def test_clearing_while_an_ask_runs(app: ChatApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        turn = await _say(pilot, "slow", done=False)
        await _command(pilot, "/clear")
        app.engine.cancel()
        await _wait(pilot, lambda: not turn.view.running)
        assert (await _say(pilot, "hello")).view.final
        assert app.record.exchanges[0].final is not None


async def test_a_record_that_fails_is_told_once(app: ChatApp, home: Path) -> None:
    (home / "sessions.db").write_bytes(b"no database" * 200)
    async with app.run_test(size=(120, 30)) as pilot:
        await _say(pilot, "hello")
        await _say(pilot, "hello")
        told = [n.message for n in app._notifications if "can't be read or written" in n.message]
        assert len(told) == 1


def test_dragged_files(tmp_path: Path) -> None:
    one, two = tmp_path / "my sales.csv", tmp_path / "评论.csv"
    one.touch(), two.touch()
    quoted = f'"{one}" '
    assert pasted_paths(str(one)) == quoted
    assert pasted_paths(f"'{one}'\n") == quoted
    assert pasted_paths(str(one).replace(" ", "\\ ")) == quoted
    assert pasted_paths(f"file://{str(one).replace(' ', '%20')}") == quoted
    assert pasted_paths(f"'{one}' {two}") == f'"{one}" "{two}" '
    for other in ("", "hello", "don't", "/nowhere/at all", "sales.csv", "a\nb"):
        assert pasted_paths(other) == ""


async def test_a_dragged_file_is_quoted(app: ChatApp, tmp_path: Path) -> None:
    path = tmp_path / "my sales.csv"
    path.touch()
    from textual import events

    async with app.run_test() as pilot:
        prompt = app.query_one(Prompt)
        prompt.text = "forecast "
        prompt.move_cursor(prompt.document.end)
        app.post_message(events.Paste(str(path)))
        await _wait(pilot, lambda: prompt.text == f'forecast "{path}" ')
        app.post_message(events.Paste("plain"))
        await _wait(pilot, lambda: prompt.text.endswith("plain"))


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_pull_and_its_pip_end_with_the_chat(tmp_path: Path) -> None:
    """The chat fetches models in a process of its own, which starts pip: neither may outlive it."""
    with socket.create_server(("127.0.0.1", 0)) as mute:  # an index that never answers
        code = (
            "import os, subprocess, sys, time\n"
            "os.environ['INHOUSE_PARENT'] = str(os.getpid())\n"
            "command = [sys.executable, '-P', '-m', 'app', 'models', 'pull', 'whisper-tiny.en', '--json']\n"
            "print(subprocess.Popen(command).pid, flush=True)\n"
            "time.sleep(60)"
        )
        environment = {
            **os.environ, "INHOUSE_MODELS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"http://127.0.0.1:{mute.getsockname()[1]}/simple",
        }  # fmt: skip
        chat = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert chat.stdout
        pull = psutil.Process(int(chat.stdout.readline()))
        everyone = [pull]
        for _ in range(400):
            everyone = [pull, *pull.children(recursive=True)]
            if len(everyone) > 1:
                break
            time.sleep(0.05)
        assert len(everyone) > 1, "pip was not started"
        chat.kill()
        chat.wait()
        _, alive = psutil.wait_procs(everyone, timeout=10)
        assert not alive


def _still(pilot: Pilot[None]) -> None:
    pilot.app.query_one(Prompt).cursor_blink = False


def test_snapshot_of_the_settings(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("models.preferences.path", lambda: Path("/home/shop/settings.toml"))

    async def play(pilot: Pilot[None]) -> None:
        _still(pilot)
        await _command(pilot, "/settings")
        await pilot.pause(0.2)

    app = ChatApp(Options(), PlayedEngine())
    assert snap_compare(app, terminal_size=(90, 40), run_before=play)


def test_snapshot_of_the_first_run(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INHOUSE_MODELS", str(tmp_path))
    monkeypatch.setattr("app.tui.app._shown", lambda folder: "assets/samples")

    async def play(pilot: Pilot[None]) -> None:
        _still(pilot)
        await _wait(pilot, lambda: isinstance(pilot.app.screen, FetchScreen))
        await pilot.pause(0.2)

    app = ChatApp(Options(language="zh"), PlayedEngine())
    assert snap_compare(app, terminal_size=(90, 30), run_before=play)


def test_snapshot_of_the_sessions(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda *given: "2026-11-24 10:00")
    monkeypatch.setattr("app.tui.app._shown", lambda folder: "assets/samples")
    store = Sessions()
    for text in ("Forecast sales.csv", "用 常见问题.md 回答顾客：几点开门"):
        session = store.begin()
        store.happened(session, store.asked(session, text), Answer("Done.", "faq"))

    async def play(pilot: Pilot[None]) -> None:
        _still(pilot)
        await _command(pilot, "/sessions")
        await pilot.pause(0.2)

    app = ChatApp(Options(), PlayedEngine())
    assert snap_compare(app, terminal_size=(90, 24), run_before=play)


async def test_open_questions_are_answered_with_one_key(app: ChatApp, home: Path) -> None:
    base = of_file(SAMPLES / "faq.md")
    for question in ("do you rent scooters", "do you sell tea", "do you rent scooters"):
        keep(home, base, question, "Do you rent bicycles?", 0.3)
    async with app.run_test(size=(100, 30)) as pilot:
        await _command(pilot, "/unanswered")
        assert isinstance(app.screen, UnansweredScreen)
        assert "2 ×  do you rent scooters" in _shown(pilot).splitlines()[0]
        await pilot.press("a")
        app.screen.query_one(Input).value = "Yes, from ten euros."
        await pilot.press("enter")
        assert "scooters" not in _shown(pilot)
        assert [entry.answer for entry in added_answers(base.folder(home))] == [
            "Yes, from ten euros."
        ]
        await pilot.press("d", "d")
        assert every(home) == []
        await pilot.press("escape")


async def test_an_answer_is_marked_as_wrong(home: Path) -> None:
    request = {"question": "is it open", "file": str(SAMPLES / "faq.md")}
    answer = Answer(
        "At nine.", "faq", request, data={"question": "When do you open?", "score": 0.5}
    )
    SCRIPTS["is it open"] = [answer]
    app = ChatApp(Options(), PlayedEngine())
    async with app.run_test(size=(100, 30)) as pilot:
        await _command(pilot, "/wrong")
        assert every(home) == []
        await _say(pilot, "is it open")
        await _command(pilot, "/wrong")
        (question,) = every(home)
        assert (question.question, question.wrong) == ("is it open", True)
