"""Speaking instead of typing: listen, write it down, put it into the input box for editing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.protocol import Ask
from agents.voice import Ended, Level, Microphone, Ready
from app.tui.widgets.listening import ListeningLine
from app.tui.widgets.prompt import Prompt
from models.errors import InhouseError
from skills.events import Answer, Failure

if TYPE_CHECKING:
    from app.tui.app import ChatApp

_LEAST_SPOKEN = 0.2


class Dictation:
    """One stretch of speaking, from the key to the words."""

    def __init__(self, app: ChatApp) -> None:
        self._app = app
        self._microphone = Microphone()
        self._line = app.query_one(ListeningLine)
        self.cancelled = False
        self._recognising = False

    async def run(self) -> None:
        """Listen, and put the words into the input box. Never raises an error of ours."""
        self._line.say(self._app.say("microphone_opens"))
        try:
            ended = await self._listen()
            if ended and not self.cancelled:
                await self._write_down(ended)
        except InhouseError as error:
            self._app.notify(str(error.said.to(self._app.options.language)), severity="error")
            self._app.hint(error.remedy(self._app.options.language))
        finally:
            self._line.say("")
            self._microphone.discard()

    async def _listen(self) -> Ended | None:
        async for event in self._microphone.listen():
            if self.cancelled:
                return None
            if isinstance(event, Ready):
                self._line.level(0.0, 0.0, self._app.options.language)
            elif isinstance(event, Level):
                self._line.level(event.rms, event.seconds, self._app.options.language)
            else:
                return event
        return None

    async def _write_down(self, ended: Ended) -> None:
        app = self._app
        if ended.only_zeros:
            app.notify(app.say("only_zeros"), severity="error", timeout=10)
            return
        if ended.reason in {"lost", "limit"}:
            app.notify(app.say(f"voice_{ended.reason}"), severity="warning")
        if ended.reason != "lost" and ended.spoken < _LEAST_SPOKEN:
            app.hint(app.say("heard_nothing"))
            return
        self._line.say(app.say("writing_down"))
        async with app.engine_free:
            text = await self._recognise()
        if text and not self.cancelled:
            prompt = app.query_one(Prompt)
            before = prompt.text.rstrip()
            prompt.write(f"{before} {text}" if before else text)
            prompt.focus()

    async def _recognise(self) -> str:
        request: dict[str, object] = {"files": [str(self._microphone.path)], "write": False}
        if self._app.options.chosen:
            request["language"] = self._app.options.chosen
        self._recognising = True
        ask = Ask(skill="transcribe", request=request, language=self._app.options.language)
        text = ""
        async for event in self._app.engine.ask(ask, self._app.options.language):
            if isinstance(event, Answer):
                text = str(event.data["recordings"][0]["text"]).strip()
            elif isinstance(event, Failure) and not self.cancelled:
                self._app.notify(f"{event.message} {event.remedy}", severity="error")
        if not text and not self.cancelled:
            self._app.hint(self._app.say("heard_nothing"))
        return text

    def end(self) -> None:
        """The key was pressed again: what was said so far is written down."""
        self._microphone.end()

    def cancel(self) -> None:
        """Forget what was said."""
        self.cancelled = True
        self._microphone.discard()
        if self._recognising:
            self._app.engine.cancel()
