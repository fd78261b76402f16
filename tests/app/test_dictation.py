"""Speaking into the real chat: a clip is played into a virtual microphone, its words land in the box."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import jiwer
import pytest
from textual.pilot import Pilot

from agents.client import Engine
from agents.protocol import Ask
from agents.voice import Ended, Level, Microphone, Ready
from app.context import Options
from app.tui.app import ChatApp
from app.tui.widgets.listening import ListeningLine, bar
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.status import StatusLine
from assets import SAMPLES
from models.errors import ResourceError
from models.texts import Catalogue, Language
from skills.events import Answer, Event
from tests.app.test_chat import PlayedEngine, _say
from tests.sound import Server

CLIP = SAMPLES / "calls" / "order.ogg"


async def _until(pilot: Pilot[None], condition: Callable[[], bool], seconds: float = 40) -> None:
    for _ in range(int(seconds / 0.05)):
        await pilot.pause(0.05)
        if condition():
            return
    raise AssertionError("it did not come to pass")


def _line(app: ChatApp) -> str:
    return str(app.query_one(ListeningLine).render())


def _words(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


@pytest.mark.small
@pytest.mark.parametrize("ends_by", ["silence", "key"])
async def test_what_is_spoken_lands_in_the_input_box(sound_server: Server, ends_by: str) -> None:
    app = ChatApp(Options(), Engine("cpu"))
    async with app.run_test(size=(110, 30)) as pilot:
        app.query_one(Prompt).write("please:")
        await pilot.press("ctrl+r")
        await _until(pilot, lambda: "Listening" in _line(app))
        playing = sound_server.play(CLIP)
        await _until(pilot, lambda: any(b in _line(app) for b in "▃▄▅▆▇█"))
        if ends_by == "key":
            await _until(pilot, lambda: playing.poll() is not None)
            await pilot.press("f8")
        prompt = app.query_one(Prompt)
        await _until(pilot, lambda: len(prompt.text) > 20)
        said = _words(CLIP.with_suffix(".txt").read_text().splitlines()[0])
        heard = _words(prompt.text.removeprefix("please:"))
        assert jiwer.wer(said, heard) < 0.3, heard
        await _until(pilot, lambda: _line(app) == "")
    app.engine.close()


@pytest.mark.small
async def test_a_sound_server_that_dies_while_recording(sound_server: Server) -> None:
    app = ChatApp(Options(), Engine("cpu"))
    async with app.run_test(size=(110, 30)) as pilot:
        await pilot.press("f8")
        await _until(pilot, lambda: "Listening" in _line(app))
        sound_server.play(CLIP)
        await _until(pilot, lambda: any(b in _line(app) for b in "▃▄▅▆▇█"))
        await asyncio.sleep(2.5)
        sound_server.process.kill()
        await _until(pilot, lambda: any("went away" in n.message for n in app._notifications))
        await _until(pilot, lambda: len(app.query_one(Prompt).text) > 5)  # what was heard is kept
        await pilot.press("f8")  # and there is no microphone any more: one sentence
        await _until(pilot, lambda: sum(n.severity == "error" for n in app._notifications) == 1)
        assert app.is_running
    app.engine.close()


class PlayedMicrophone(Microphone):
    """Plays a script of voice events; nothing is recorded."""

    script: tuple[Any, ...] = ()
    held = False

    async def listen(self) -> AsyncIterator[Ready | Level | Ended]:
        for event in self.script:
            if isinstance(event, Exception):
                raise event
            yield event
        while self.held:
            await asyncio.sleep(0.01)

    def end(self) -> None:
        self.held = False


class WordsEngine(PlayedEngine):
    """Recognises the same words in everything."""

    async def ask(self, ask: Ask, language: Language = "en") -> AsyncIterator[Event]:
        if ask.skill == "transcribe":
            yield Answer("", "transcribe", data={"recordings": [{"text": "forecast sales"}]})
        else:
            async for event in super().ask(ask, language):
                yield event


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> type[PlayedMicrophone]:
    monkeypatch.setattr("app.tui.dictation.Microphone", PlayedMicrophone)
    monkeypatch.setattr(PlayedMicrophone, "held", False)
    return PlayedMicrophone


TROUBLE = ResourceError(Catalogue("agents")("voice_no_device"))
ENDS: list[tuple[tuple[Any, ...], str, str]] = [
    ((Ready(1), Level(0.1, 1, True), Ended("silence", 2, 1, False)), "forecast sales", ""),
    ((Ready(1), Ended("key", 1, 0.0, False)), "", "No speech was heard"),
    ((Ready(1), Ended("zeros", 8, 0.0, True)), "", "only silence"),
    ((Ready(1), Ended("limit", 120, 90, False)), "forecast sales", "Two minutes"),
    ((TROUBLE,), "", "There is no microphone"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "text", "said"), ENDS)
async def test_how_listening_ends(
    played: type[PlayedMicrophone], script: tuple[Any, ...], text: str, said: str
) -> None:
    played.script = script
    app = ChatApp(Options(), WordsEngine())
    async with app.run_test(size=(140, 30)) as pilot:
        await pilot.press("ctrl+r")
        await _until(pilot, lambda: app._dictation is None, 5)
        told = [n.message for n in app._notifications] + [str(app.query_one(StatusLine).render())]
        assert app.query_one(Prompt).text == text
        assert any(said in line for line in told)
        assert _line(app) == ""
        await _say(pilot, "hello")  # the chat lives on


async def test_escape_cancels_listening_only(played: type[PlayedMicrophone]) -> None:
    played.script, played.held = (Ready(1), Level(0.05, 3, True)), True
    app = ChatApp(Options(), WordsEngine())
    async with app.run_test(size=(110, 30)) as pilot:
        turn = await _say(pilot, "slow", done=False)
        await pilot.press("ctrl+r")
        await _until(pilot, lambda: "0:03" in _line(app), 5)
        await pilot.press("escape")
        PlayedMicrophone.held = False
        await _until(pilot, lambda: app._dictation is None, 5)
        assert turn.view.running
        assert app.query_one(Prompt).text == ""
        await pilot.press("escape")
        await _until(pilot, lambda: not turn.view.running, 5)


def test_the_meter() -> None:
    assert [bar(level) for level in (0.0, 0.002, 0.02, 0.2, 3.0)] == [" ", "▁", "▃", "█", "█"]
