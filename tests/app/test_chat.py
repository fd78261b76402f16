"""The chat, with an engine that plays events; the widgets are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Collapsible, Static

from agents.client import Engine
from agents.protocol import Ask, ModelUse, Status
from app.context import Options
from app.tui.app import ChatApp
from app.tui.commands import completions
from app.tui.paths import complete_path
from app.tui.record import Record
from app.tui.widgets.completions import Completions
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.status import StatusLine, status_text
from app.tui.widgets.transcript import Transcript
from app.tui.widgets.turn import Turn
from models.texts import Language
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Band,
    Chart,
    Event,
    Failure,
    Notice,
    Progress,
    Quote,
    Series,
    Step,
    Table,
    Text,
)  # fmt: skip

CHART = Chart(
    "Revenue",
    (Series("observed", tuple(map(float, range(20))), tuple(float(i % 7) for i in range(20))),
     Series("forecast", (19.0, 22.0, 25.0), (5.0, 3.0, 6.0))),
    (Band("80 %", (20.0, 25.0), (2.0, 2.0), (7.0, 8.0)),),
    ((0.0, "Jan"), (12.0, "Feb")),
)  # fmt: skip
SCRIPTS: dict[str, list[Event]] = {
    "hello": [Text("Hello"), Text(" **there**"), Answer("Hello **there**", skill="chat")],
    "forecast": [
        Step("forecast", {"file": "sales.csv"}), Progress(1, 4, "", "Forecasting"), CHART,
        Artifact("/shop/sales-forecast.csv"),
        Answer("I expect 5 on average.", "forecast", evidence=(Assumption("revenue was chosen"),)),
    ],
    "sort": [
        Notice("slow machine", "warning"),
        Table("", ("label", "n"), (("praise", "3"), ("complaint", "1")), 2),
        Answer("I sorted 4 rows.", "classify"),
    ],
    "call": [
        Step("transcribe", {}), Text("One [b]line.\n"), Text("Two.\n"), Answer("Written out.", "transcribe"),
    ],
    "faq": [Answer("At nine.", "faq", evidence=(Quote("At nine.", "faq.md", 0.9, "Hours", "sure"),))],
    "broken": [Failure("There is no file x.csv.", "Check the spelling.")],
}  # fmt: skip


class PlayedEngine(Engine):
    """Plays a script an ask; `slow` waits for a cancel."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.asked: list[str] = []
        self.cancelled = asyncio.Event()

    def start(self) -> None: ...
    def close(self) -> None: ...

    async def pump(self) -> None:
        if self.on_status:
            self.on_status(Status(300_000_000, (ModelUse("minilm", "cpu", "no GPU", 1),)))

    def cancel(self) -> None:
        self.cancelled.set()

    async def ask(self, ask: Ask, language: Language = "en") -> AsyncIterator[Event]:
        self.asked.append(ask.text)
        if ask.text == "slow":
            yield Progress(1, 10, "rows", "Reading")
            await self.cancelled.wait()
            yield Failure("Stopped.", code="stopped", exit_status=130)
            return
        for event in SCRIPTS[ask.text]:
            yield event


@pytest.fixture
def app() -> ChatApp:
    return ChatApp(Options(), PlayedEngine())


async def _wait(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(200):
        await pilot.pause(0.01)
        if condition():
            return
    raise AssertionError("it did not come to pass")


async def _say(pilot: Pilot[None], text: str, *, done: bool = True) -> Turn:
    app = pilot.app
    app.query_one(Prompt).text = text
    before = set(app.query(Turn))
    await pilot.press("enter")
    await _wait(pilot, lambda: bool(set(app.query(Turn)) - before))
    (turn,) = set(app.query(Turn)) - before
    if done:
        await _wait(pilot, lambda: not turn.view.running and not turn.query(".progress"))
        await pilot.pause()
    return turn


def _text(turn: Turn) -> str:
    parts = []
    for child in turn.children:
        rendered: Any = child.render() if isinstance(child, Static) else ""
        parts.append(str(rendered))
    return "\n".join(parts)


async def test_the_input_box_has_the_focus_at_once(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        assert isinstance(app.focused, Prompt)
        assert "Nothing leaves this machine" in str(app.query_one("#welcome", Static).render())
        await pilot.press("h", "i")
        assert app.query_one(Prompt).text == "hi"


async def test_chat_streams_and_is_said_once(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        turn = await _say(pilot, "hello")
        assert len(turn.query("Markdown")) == 1
        assert not app.query("#welcome")


async def test_an_answer_reads_top_down(app: ChatApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        turn = await _say(pilot, "forecast")
        kinds = [type(child).__name__ for child in turn.children]
        assert kinds == ["Static", "Markdown", "ChartView", "Static", "Collapsible"]
        fold = turn.query_one(".evidence", Collapsible)
        assert fold.collapsed
        await pilot.press("ctrl+e")
        assert not fold.collapsed


async def test_a_transcript_is_folded_below_the_sentence(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        turn = await _say(pilot, "call")
        assert [type(c).__name__ for c in turn.children] == ["Static", "Static", "Collapsible"]
        assert "Written out." in _text(turn)


async def test_a_failure_and_its_remedy(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        turn = await _say(pilot, "broken")
        assert "There is no file x.csv.\nCheck the spelling." in _text(turn)
        await _say(pilot, "hello")


async def test_escape_stops(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        turn = await _say(pilot, "slow", done=False)
        await _wait(pilot, lambda: "Reading" in _text(turn))
        app.query_one(Prompt).text = "hello"
        await pilot.press("enter")  # it waits its turn
        assert "1 ask waits" in str(app.query_one(StatusLine).render())
        await pilot.press("escape")
        await _wait(pilot, lambda: not turn.view.running)
        assert "Stopped." in _text(turn)
        await _wait(pilot, lambda: app.engine.asked == ["slow", "hello"])  # type: ignore[attr-defined]


async def test_copying_the_last_answer(app: ChatApp) -> None:
    async with app.run_test(size=(150, 30)) as pilot:
        app.query_one(Prompt).text = "/copy"
        await pilot.press("enter")
        assert "no answer to copy" in str(app.query_one(StatusLine).render())
        await _say(pilot, "faq")
        app.query_one(Prompt).text = "/copy"
        await pilot.press("enter")
        await _wait(pilot, lambda: app.clipboard == "At nine.")


async def test_a_talk_is_gone_on_with(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        await _say(pilot, "faq")
    again = ChatApp(Options(), PlayedEngine(), Record.open("last"))
    async with again.run_test() as pilot:
        await _wait(pilot, lambda: len(again.query(Turn)) == 1)
        assert "At nine." in str(again.record.memory().results)


def test_paths_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("sales may.csv", "sales june.csv", ".hidden", "评论.csv"):
        (tmp_path / name).touch()
    (tmp_path / "photos").mkdir()
    assert complete_path("tag ph") == ("tag photos/", ["photos/"])
    text, names = complete_path("forecast sa")
    assert text == "forecast sales\\ "
    assert names == ["sales june.csv", "sales may.csv"]
    assert complete_path("forecast sales\\ m")[0] == "forecast sales\\ may.csv"
    assert complete_path(f"sort {tmp_path}/评")[0] == f"sort {tmp_path}/评论.csv"
    assert complete_path("nothing/here") == ("nothing/here", [])
    assert complete_path("hello ") == ("hello ", [])


async def test_history_and_new_lines(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        await _say(pilot, "hello")
        await _say(pilot, "sort")
        prompt = app.query_one(Prompt)
        await pilot.press("d", "up")
        assert prompt.text == "sort"
        await pilot.press("up")
        assert prompt.text == "hello"
        await pilot.press("down", "down")
        assert prompt.text == "d"
        await pilot.press("ctrl+j", "x")
        assert prompt.text == "d\nx"


async def test_slash_commands_complete(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        await pilot.press("/", "f", "o")
        assert "/forecast" in str(app.query_one(Completions).render())
        await pilot.press("tab")
        assert app.query_one(Prompt).text == "/forecast "
        app.query_one(Prompt).text = "/help"
        await pilot.press("enter")
        await _wait(pilot, lambda: len(app.query("Markdown")) == 1)
        app.query_one(Prompt).text = "/clear"
        await pilot.press("enter")
        await _wait(pilot, lambda: not app.query("Markdown"))


async def test_the_transcript_is_bounded(app: ChatApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tui.widgets.transcript.MOST_TURNS", 3)
    async with app.run_test() as pilot:
        for _ in range(5):
            await _say(pilot, "sort")
        children = app.query_one(Transcript).children
        assert len(children) == 4
        assert "2 earlier asks" in str(app.query_one("#earlier", Static).render())


async def test_the_status_line(app: ChatApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await _say(pilot, "hello")
        status = app.query_one(StatusLine)
        await _wait(pilot, lambda: "minilm (cpu)" in str(status.render()))
        assert "300 MB" in str(status.render())
    assert status_text(None, "", "zh") == "离线"


async def test_a_status_that_comes_while_leaving(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        await app.query(StatusLine).remove()
        await app.engine.pump()
        await _say(pilot, "hello")


async def test_a_small_screen(app: ChatApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        turn = await _say(pilot, "forecast")
        assert turn.size.width <= 60
        prompt = app.query_one(Prompt)
        assert prompt.region.bottom <= 20
        assert prompt.region.height >= 3


async def test_leaving(app: ChatApp) -> None:
    async with app.run_test() as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert app.return_code == 0


def test_completions_in_chinese() -> None:
    found = dict(completions("/", "zh"))
    assert found["/quit"] == "退出"
    assert "/classify" in found
    assert completions("/forecast sales.csv", "en") == []
    assert completions("hello", "en") == []


def test_snapshot_of_a_forecast(snap_compare: Any) -> None:
    async def play(pilot: Pilot[None]) -> None:
        pilot.app.query_one(Prompt).cursor_blink = False
        await _say(pilot, "forecast")

    assert snap_compare(ChatApp(Options(), PlayedEngine()), terminal_size=(90, 32), run_before=play)


def test_snapshot_of_a_table_on_a_small_screen(snap_compare: Any) -> None:
    async def play(pilot: Pilot[None]) -> None:
        pilot.app.query_one(Prompt).cursor_blink = False
        await _say(pilot, "sort")

    assert snap_compare(ChatApp(Options(), PlayedEngine()), terminal_size=(60, 20), run_before=play)


def test_snapshot_of_the_chinese_welcome(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tui.app._shown", lambda folder: "assets/samples")

    async def play(pilot: Pilot[None]) -> None:
        pilot.app.query_one(Prompt).cursor_blink = False

    assert snap_compare(
        ChatApp(Options(language="zh"), PlayedEngine()), terminal_size=(80, 24), run_before=play
    )
