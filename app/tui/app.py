"""The chat. The input box comes first; the engine starts after the first paint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static, TextArea

from agents.client import Engine
from agents.protocol import Ask, Recall, Status
from app.context import TEXTS, Options
from app.tui.commands import every, own_command
from app.tui.record import Record
from app.tui.widgets.completions import Completions
from app.tui.widgets.listening import ListeningLine
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.status import StatusLine
from app.tui.widgets.transcript import MOST_TURNS, Transcript
from assets import SAMPLES
from models.preferences import preferences, problems
from models.texts import Language
from skills.events import Event, Failure

if TYPE_CHECKING:
    from app.tui.dictation import Dictation
    from app.tui.tour import Stop

_TICK_SECONDS = 0.5
_LOOK_SECONDS = 0.3  # by then the input box is on screen, and stays quick
_ONLY_IN_CHAT = {"stop", "evidence", "help", "page", "background", "talk"}


class ChatApp(App[None]):
    """The chat."""

    TITLE = "Inhouse"
    CSS = """
    #welcome { color: $text-muted; margin: 0 0 1 0; }
    .tour { color: $text-success; margin: 0 0 1 0; }
    ToastRack { align: right top; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", show=False, priority=True),
        Binding("ctrl+c", "leave_or_copy", show=False, priority=True),
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+e", "evidence", show=False, priority=True),
        Binding("ctrl+b", "background", show=False, priority=True),
        Binding("ctrl+r,f8", "talk", show=False, priority=True),
        Binding("f1", "help", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]

    def __init__(
        self, options: Options, engine: Engine | None = None, record: Record | None = None
    ) -> None:
        super().__init__()
        self.options = options
        self.record = record or Record()
        self.engine = engine or Engine(options.device)
        self.engine.on_status = self._show_status
        self.engine.memory = self._memory
        self.engine_free = asyncio.Lock()  # it takes one ask at a time
        self.tour: list[Stop] = []
        self._dictation: Dictation | None = None
        self._touring = False
        self._busy = False
        self._leaving = False
        self._stale = False
        self._told: Record | None = None  # the talk whose trouble was told
        self._to_background = False
        self._waiting: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        welcome = self.say("welcome", samples=_shown(SAMPLES))
        yield Transcript(Static(Content(welcome), id="welcome"))
        yield Completions()
        yield ListeningLine()
        yield Prompt(self.say("placeholder"))
        yield StatusLine(self.options.language)

    def _memory(self) -> Recall:
        return self.record.memory()  # of whichever talk is the present one

    def say(self, key: str, **values: object) -> str:
        """Return a text in the interface language."""
        return self.options.say(TEXTS(key, **values))

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        return self.query_one(Transcript)

    def on_mount(self) -> None:
        """Focus the input box; start the engine once it is on screen."""
        theme = preferences().theme
        if theme in self.available_themes:
            self.theme = theme
        self.query_one(Prompt).focus()
        self.transcript.anchor()
        self.call_after_refresh(self._start_engine)
        self.set_timer(_LOOK_SECONDS, self._look_around)
        if self.record.exchanges:
            self.call_after_refresh(self._show_earlier)

    async def _look_around(self) -> None:
        """Say what is odd in the settings, what was interrupted, and offer models if there are none."""
        from app.tui import background, rooms

        for problem in problems():
            self.notify(self.options.say(problem), severity="warning")
        rooms.offer_models(self)
        background.name_interrupted(self)

    async def go_on_with(self, record: Record) -> None:
        """Take up an earlier talk in place of the present one, unless an ask runs in that."""
        if self._busy:
            self.hint(self.say("stop_first"))
            return
        self.record = record
        self.engine.close()  # it knows the other talk
        await self.transcript.remove_children()
        await self._show_earlier()
        self._start_engine()

    async def _show_earlier(self) -> None:
        """Draw the talk that is gone on with."""
        from app.tui.widgets.turn import Turn

        await self.welcome_gone()
        for exchange in self.record.exchanges[-MOST_TURNS:]:
            turn = Turn(exchange.text, self.options.answering(exchange.text))
            await self.add(turn)
            for event in exchange.events:
                await turn.show(event)
            if exchange.final is None:
                await turn.show(Failure(self.say("unfinished")))
        more = len(self.record.exchanges) - MOST_TURNS
        await self.transcript.note_dropped(more, self.options.language)

    def _start_engine(self) -> None:
        try:
            self.engine.start()
        except OSError as error:
            self.notify(str(error), severity="error")

    def restart_engine_with(self, device: str) -> None:
        """Let the next ask find an engine that knows the present settings."""
        self.engine.device = device
        self._stale = True
        self._renew_engine()

    def _renew_engine(self) -> None:
        if self._stale and not self._busy:
            self._stale = False
            self.engine.close()

    def speak(self, language: Language) -> None:
        """Change the interface language."""
        self.options = replace(self.options, language=language)
        self.query_one(Prompt).placeholder = self.say("placeholder")
        self.query_one(StatusLine).set_language(language)

    def _show_status(self, status: Status) -> None:
        for line in self.query(StatusLine):  # none while the screen is taken down
            line.set_state(status)

    def hint(self, hint: str) -> None:
        """Show a hint in the line at the bottom."""
        for line in self.query(StatusLine):
            line.set_hint(hint)

    # ------------------------------------------------------------ asking

    @on(Prompt.Sent)
    async def _sent(self, event: Prompt.Sent) -> None:
        """Take a text: the chat's own commands at once, everything else to the engine."""
        self.query_one(Prompt).accept(event.text)
        self.transcript.anchor()  # whoever asks wants to see the answer
        own = own_command(event.text)
        if own:
            from app.tui import rooms

            await rooms.run(self, *own)
        else:
            self._waiting.append(event.text)
            self._next()

    def _next(self) -> None:
        """Start on the next waiting ask, unless one runs; show those that wait."""
        if not self._busy and self._waiting:
            self._busy = True
            self._touring = bool(self.tour)
            self._ask(self._waiting.pop(0))
        self.hint(self._queue_text())

    def _queue_text(self) -> str:
        if not self._waiting:
            return ""
        first = " ".join(self._waiting[0].split())[:40]
        return self.say("waiting", n=len(self._waiting), first=first)

    def drop_waiting(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    @work
    async def _ask(self, text: str) -> None:
        """Send an ask and draw its events."""
        ask = Ask(text=text, language=self.options.chosen)
        try:
            async with self.engine_free:
                await self.show_ask(text, self._until_background(ask))
        finally:
            self._busy = False
            self._renew_engine()
            self._next()
        if self._touring and self.tour:
            from app.tui import rooms

            await rooms.next_stop(self)
        self.set_timer(0.2, self.engine.pump)

    async def show_ask(self, text: str, events: AsyncIterator[Event]) -> None:
        """Draw and write down the events of an ask, wherever they come from."""
        from app.tui.widgets.turn import Turn

        await self.welcome_gone()
        turn = Turn(text, self.options.answering(text))
        await self.add(turn)
        started = time.monotonic()
        timer = self.set_interval(_TICK_SECONDS, turn.tick)
        record = self.record  # another talk may be the present one by the time this ends
        entry = record.asked(text)
        try:
            async for event in events:
                record.happened(entry, event)  # first: what was seen is never lost
                await turn.show(event)
                if isinstance(event, Failure) and event.code == "engine_died":
                    self._start_engine()
        finally:
            timer.stop()
            self._tell_problem(record)
        self._ring(time.monotonic() - started)

    def _tell_problem(self, record: Record) -> None:
        """Say once that a talk can't be written down any more."""
        problem = record.problem
        if problem and record is not self._told:
            self._told = record
            text = (
                f"{problem.message(self.options.language)} {problem.remedy(self.options.language)}"
            )
            self.notify(text, severity="error", timeout=10)

    def _ring(self, seconds: float) -> None:
        """Ring the bell when an ask took long: the person looks elsewhere by now."""
        after = preferences().notify_after
        if after and seconds >= after:
            self.bell()

    async def _until_background(self, ask: Ask) -> AsyncIterator[Event]:
        """Yield the engine's events; once Ctrl+B stopped them, those of a job that goes on instead."""
        self._to_background = False
        async for event in self.engine.ask(ask, self.options.language):
            if isinstance(event, Failure) and event.code == "stopped" and self._to_background:
                from app.tui.background import start_job

                start_job(self, ask)
                yield Failure(self.say("in_background"), code="background", exit_status=0)
                return
            yield event

    async def add(self, widget: Widget) -> None:
        """Add to what was said."""
        await self.transcript.add(widget, self.options.language)

    async def welcome_gone(self) -> None:
        """Take the welcome away."""
        await self.query("#welcome").remove()

    def action_background(self) -> None:
        """Let what runs go on as a job."""
        if self._busy:
            self._to_background = True
            self.engine.cancel()

    # ------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keep the chat's keys out of the screens that open over it."""
        return not (action in _ONLY_IN_CHAT and len(self.screen_stack) > 1)

    def action_stop(self) -> None:
        """Stop listening, or what runs; without that, close the list of commands."""
        if self._dictation:
            self._dictation.cancel()
        elif self._busy:
            self.engine.cancel()
            self.hint(self.say("stopping"))
        self.query_one(Completions).show([])

    async def action_help(self) -> None:
        """Show what can be asked, and the keys."""
        from app.tui import rooms

        await rooms.show_help(self)

    def action_talk(self) -> None:
        """Listen to the microphone, or end listening and write it down."""
        if self._dictation:
            self._dictation.end()
        else:
            self._dictate()

    @work
    async def _dictate(self) -> None:
        from app.tui.dictation import Dictation

        self._dictation = Dictation(self)
        try:
            await self._dictation.run()
        finally:
            self._dictation = None

    async def action_leave_or_copy(self) -> None:
        """Copy what is selected with the mouse; without that, leave."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
            self.hint(self.say("copied", part=""))
        else:
            await self.action_leave()

    async def action_leave(self) -> None:
        """Leave; a first Ctrl+C stops what runs."""
        if self._busy and not self._leaving:
            self._leaving = True
            self.action_stop()
            return
        self.engine.close()
        self.exit()

    def action_evidence(self) -> None:
        """Open or close the evidence of the last answer."""
        folds = list(self.query(".evidence"))
        if folds:
            folds[-1].collapsed = not folds[-1].collapsed  # type: ignore[attr-defined]
            self.transcript.scroll_end(animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll the transcript by a page."""
        if direction < 0:
            self.transcript.scroll_page_up(animate=False)
        else:
            self.transcript.scroll_page_down(animate=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Fill the command palette (Ctrl+P): a skill's command is written for you, ours run."""
        for name, line in every(self.options.language):

            def choose(name: str = name) -> None:
                self.query_one(Prompt).write(name + " ")
                if own_command(name):
                    self.query_one(Prompt).action_send()

            yield SystemCommand(name, line, choose)

    # ------------------------------------------------------------ completion

    @on(TextArea.Changed, "#prompt")
    def _typed(self, event: TextArea.Changed) -> None:
        self._leaving = False
        self.query_one(Completions).typed(event.text_area.text, self.options.language)

    @on(Prompt.Completing)
    def _complete(self) -> None:
        self.query_one(Completions).complete(self.query_one(Prompt), self.options.language)


def _shown(folder: Path) -> str:
    """Return a folder as it may be typed here."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def run_chat(options: Options, resume: str | None = None) -> None:
    """Open the chat, new or going on with an earlier talk."""
    app = ChatApp(options, record=Record.open(resume) if resume else None)
    try:
        app.run()
    finally:
        app.engine.close()
