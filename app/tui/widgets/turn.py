"""One ask and its answer, top-down: a sentence, then chart or table, then files, then evidence."""

from __future__ import annotations

import time
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Collapsible, Markdown, Static

from agents.protocol import CHAT
from app.context import TEXTS
from app.render.blocks import (
    evidence_lines,
    file_lines,
    progress_text,
    source_line,
    table_lines,
)
from app.tui.widgets.chart import ChartView
from app.tui.widgets.lines import Lines, plain
from app.view import View, reduce
from models.texts import Language
from skills.events import Answer, Chart, Event, Failure, Table, Text

_DETAIL_SHOWN = 4000
_BAR = 20


class Turn(Vertical):
    """Draws one ask while it is answered and after."""

    DEFAULT_CSS = """
    Turn { height: auto; margin: 0 0 1 0; }
    Turn > .asked { color: $accent; text-style: bold; width: 1fr; }
    Turn > .progress { color: $text-muted; }
    Turn > .notice { color: $text-warning; }
    Turn > .failure { color: $text-error; }
    Turn > .answer { margin: 0; padding: 0; }
    Turn > .chart, Turn > .block { margin: 1 0 0 0; }
    Turn > .source { color: $text-muted; }
    Turn > .files { color: $text-success; margin: 1 0 0 0; }
    Turn > Collapsible { border: none; padding: 0; margin: 1 0 0 0; background: transparent; }
    Turn > Collapsible > Contents { padding: 0 0 0 2; }
    """

    def __init__(self, asked: str, language: Language) -> None:
        super().__init__()
        self.view = View(asked)
        self.language = language
        self.started = time.monotonic()
        self._markdown: Markdown | None = None
        self._stream: Any = None

    def compose(self) -> ComposeResult:
        """Show the ask and that work begins."""
        yield Static(Content("› " + self.view.asked), classes="asked")
        yield Static(TEXTS("thinking").to(self.language), classes="progress")

    async def show(self, event: Event) -> None:
        """Draw an event."""
        self.view = reduce(self.view, event)
        if not self.is_attached:
            return  # it was cleared away, or too many came after it; the record has it
        if isinstance(event, Text):
            await self._stream_text(event.delta)
        elif isinstance(event, Answer):
            await self._finish(event)
        elif isinstance(event, Failure):
            await self._fail(event)
        self.tick()

    def tick(self) -> None:
        """Draw how far it is; called now and then while it runs."""
        line = self.query_one(".progress", Static) if self.query(".progress") else None
        if line is None:
            return
        elapsed = time.monotonic() - self.started
        progress = self.view.progress
        text = TEXTS("thinking").to(self.language)
        if progress is not None:
            text = progress_text(progress, elapsed, self.language)
            if progress.total:
                filled = round(_BAR * min(1.0, progress.done / progress.total))
                text = "━" * filled + "─" * (_BAR - filled) + " " + text
        hint = TEXTS("esc_stops").to(self.language)
        line.update(Content(f"{text} · {hint}"))

    async def _stream_text(self, delta: str) -> None:
        """Add to the text that is being written."""
        if self._markdown is None:
            self._markdown = Markdown("", classes="answer")
            await self.mount(self._markdown, before=self.query_one(".progress"))
            self._stream = Markdown.get_stream(self._markdown)
        # a transcript's line break is a line break; Markdown wants two spaces before it
        await self._stream.write(delta.replace("\n", "  \n") if self._is_transcript() else delta)

    def _is_transcript(self) -> bool:
        return self.view.step is not None

    async def _end_stream(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None

    async def _finish(self, answer: Answer) -> None:
        """Put the parts in reading order."""
        await self._end_stream()
        await self.query(".progress").remove()
        for notice in self.view.notices:
            await self.mount(Static(Content(notice.text), classes="notice"))
        if self.view.detail or self._markdown is None:
            await self._headline(answer)
        source = source_line(answer, self.language)
        if source:
            await self.mount(Static(Content(source), classes="source"))
        for block in self.view.blocks:
            await self.mount(*self._block(block))
        if self.view.artifacts:
            label = "\n".join(file_lines(self.view.artifacts, self.language))
            await self.mount(Static(Content(label), classes="files"))
        await self._evidence(answer)

    async def _headline(self, answer: Answer) -> None:
        """Say the sentence first; what streamed before it is folded below."""
        asked = self.query_one(".asked")
        if answer.skill == CHAT or self._markdown is None:
            await self.mount(Markdown(answer.text, classes="answer"), after=asked)
            return
        await self._markdown.remove()
        await self.mount(Static(Content(answer.text), classes="answer"), after=asked)
        detail = self.view.detail.strip().replace("**", "")[:_DETAIL_SHOWN]
        folded = Collapsible(
            Static(Content(detail)),
            title=TEXTS("whole_text").to(self.language),
            collapsed=len(detail) > 1200,
        )
        await self.mount(folded)

    def _block(self, block: Table | Chart) -> list[Any]:
        if isinstance(block, Chart):
            return [ChartView(block)]
        title = [Static(Content(block.title), classes="block")] if block.title else []
        lines = Lines(
            lambda width: plain(table_lines(block, width, self.language)), classes="block"
        )
        return [*title, lines]

    async def _evidence(self, answer: Answer) -> None:
        """Fold the evidence to a line; a key opens it."""
        lines = evidence_lines(answer.evidence, self.language)
        if lines:
            title = TEXTS("evidence", n=len(answer.evidence)).to(self.language)
            body = Static(Content("\n".join(f"· {line}" for line in lines)))
            await self.mount(Collapsible(body, title=title, collapsed=True, classes="evidence"))

    async def _fail(self, failure: Failure) -> None:
        await self._end_stream()
        await self.query(".progress").remove()
        text = f"{failure.message}\n{failure.remedy}".strip()
        await self.mount(Static(Content(text), classes="failure"))
