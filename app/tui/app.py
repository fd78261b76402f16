"""The chat. The input box comes first; the engine starts after the first paint."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static, TextArea

from agents.client import Engine
from agents.protocol import Ask, Status
from app.context import TEXTS, Options
from app.tui.commands import completions
from app.tui.paths import complete_path
from app.tui.record import Record
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.status import StatusLine
from assets import SAMPLES
from skills.events import Answer, Failure

_MOST_TURNS = 60
_TICK_SECONDS = 0.5


class Transcript(VerticalScroll):
    """What was said. Keeps to the end unless the reader scrolled away."""

    DEFAULT_CSS = """
    Transcript { padding: 0 1; scrollbar-size-vertical: 1; }
    """
    can_focus = False


class ChatApp(App[None]):
    """The chat."""

    TITLE = "Inhouse"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #welcome { color: $text-muted; margin: 0 0 1 0; }
    #completions { color: $text-muted; padding: 0 2; height: auto; max-height: 9; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", show=False, priority=True),
        Binding("ctrl+c", "leave", show=False, priority=True),
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+e", "evidence", show=False, priority=True),
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
        self._busy = False
        self._leaving = False
        self._waiting: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        with Transcript(id="transcript"):
            yield Static(Content(self.say("welcome", samples=_shown(SAMPLES))), id="welcome")
        yield Static("", id="completions")
        yield Prompt(self.say("placeholder"))
        yield StatusLine(self.options.language)

    def say(self, key: str, **values: object) -> str:
        """Return a text in the interface language."""
        return self.options.say(TEXTS(key, **values))

    def on_mount(self) -> None:
        """Focus the input box; start the engine once it is on screen."""
        self.query_one(Prompt).focus()
        self.query_one(Transcript).anchor()
        self.call_after_refresh(self._start_engine)
        if self.record.exchanges:
            self.call_after_refresh(self._show_earlier)

    async def _show_earlier(self) -> None:
        """Draw the talk that is gone on with, and tell the engine of it."""
        from app.tui.widgets.turn import Turn

        await self.query("#welcome").remove()
        for exchange in self.record.exchanges[-_MOST_TURNS:]:
            turn = Turn(exchange.text, self.options.language)
            await self._add(turn)
            for event in exchange.events:
                await turn.show(event)
            if exchange.final is None:
                await turn.show(Failure(self.say("unfinished")))
        self.engine.recall(self.record.memory())

    def _start_engine(self) -> None:
        try:
            self.engine.start()
        except OSError as error:
            self.notify(str(error), severity="error")

    def _show_status(self, status: Status) -> None:
        for line in self.query(StatusLine):  # none while the screen is taken down
            line.set_state(status)

    def _hint(self, hint: str) -> None:
        for line in self.query(StatusLine):
            line.set_hint(hint)

    # ------------------------------------------------------------ asking

    @on(Prompt.Sent)
    async def _sent(self, event: Prompt.Sent) -> None:
        """Take a text: the chat's own commands at once, everything else to the engine."""
        own = {
            "/help": self.action_help,
            "/clear": self._clear,
            "/copy": self._copy,
            "/quit": self.action_leave,
        }
        if event.text in own:
            self.query_one(Prompt).accept(event.text)
            await own[event.text]()
        else:
            self.query_one(Prompt).accept(event.text)
            self._waiting.append(event.text)
            self._next()

    def _next(self) -> None:
        """Start on the next waiting ask, unless one runs; say how many wait."""
        if not self._busy and self._waiting:
            self._busy = True
            self._ask(self._waiting.pop(0))
        self._hint(self.say("waiting", n=len(self._waiting)) if self._waiting else "")

    @work
    async def _ask(self, text: str) -> None:
        """Send an ask and draw its events."""
        from app.tui.widgets.turn import Turn

        await self.query("#welcome").remove()
        turn = Turn(text, self.options.language)
        await self._add(turn)
        timer = self.set_interval(_TICK_SECONDS, turn.tick)
        self.record.asked(text)
        try:
            async for event in self.engine.ask(
                Ask(text=text, language=self.options.chosen), self.options.language
            ):
                await turn.show(event)
                self.record.happened(event)
                if isinstance(event, Failure) and event.code == "engine_died":
                    self.engine.recall(self.record.memory())
                    self._start_engine()
        finally:
            timer.stop()
            self._busy = False
            self._next()
        self.set_timer(0.2, self.engine.pump)

    async def _add(self, widget: Static | VerticalScroll | object) -> None:
        """Add to the transcript, keeping it bounded."""
        transcript = self.query_one(Transcript)
        await transcript.mount(widget)  # type: ignore[arg-type]
        surplus = list(transcript.children)[:-_MOST_TURNS]
        for old in surplus:
            await old.remove()
        transcript.anchor()

    async def _clear(self) -> None:
        self._waiting.clear()
        await self.query_one(Transcript).remove_children()

    async def _copy(self) -> None:
        """Hand the last answer to the terminal's clipboard, and promise no more than that."""
        answers = [e.final.text for e in self.record.exchanges if isinstance(e.final, Answer)]
        if answers:
            self.copy_to_clipboard(answers[-1])  # OSC 52: the terminal does it, or does not
        self._hint(self.say("copied" if answers else "nothing_to_copy"))

    # ------------------------------------------------------------ keys

    def action_stop(self) -> None:
        """Stop what runs; without that, close the list of commands."""
        if self._busy:
            self.engine.cancel()
            self._hint(self.say("stopping"))
        self._show_completions([])

    async def action_help(self) -> None:
        """Show what can be asked, and the keys."""
        from textual.widgets import Markdown

        from app.tui.commands import help_text

        await self.query("#welcome").remove()
        await self._add(Markdown(help_text(self.options.language)))

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
            self.query_one(Transcript).scroll_end(animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll the transcript by a page."""
        transcript = self.query_one(Transcript)
        if direction < 0:
            transcript.scroll_page_up(animate=False)
        else:
            transcript.scroll_page_down(animate=False)

    # ------------------------------------------------------------ completion

    @on(TextArea.Changed, "#prompt")
    def _typed(self, event: TextArea.Changed) -> None:
        self._leaving = False
        self._show_completions(completions(event.text_area.text, self.options.language))

    def _show_completions(self, found: list[tuple[str, str]]) -> None:
        box = self.query_one("#completions", Static)
        box.display = bool(found)
        box.update(Content("\n".join(f"{name:<12} {line}" for name, line in found[:9])))

    @on(Prompt.Completing)
    def _complete(self) -> None:
        """Take the first command that fits."""
        prompt = self.query_one(Prompt)
        found = completions(prompt.text, self.options.language)
        if found:
            prompt.text = found[0][0] + " "
            prompt.move_cursor(prompt.document.end)
            return
        text, names = complete_path(prompt.text)
        if names:
            prompt.text = text
            prompt.move_cursor(prompt.document.end)
        if len(names) > 1:
            self.call_after_refresh(self._show_completions, [(name, "") for name in names])


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
