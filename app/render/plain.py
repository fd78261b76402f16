"""Events as plain text, for terminals and pipes: progress on standard error, the rest as it is."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from app.render.blocks import (
    evidence_lines,
    file_lines,
    progress_text,
    source_line,
    table_lines,
)
from app.render.chart import text_lines
from app.view import View, reduce
from models.texts import Language
from skills.events import Answer, Chart, Event, Failure, Notice, Progress, Text

_CHART_HEIGHT = 14
_MAX_WIDTH = 110


class PlainRenderer:
    """Draws one ask after the other."""

    def __init__(self, language: Language, out: TextIO | None = None) -> None:
        self.language = language
        self.out = out or sys.stdout
        self.width = min(_MAX_WIDTH, shutil.get_terminal_size((96, 24)).columns)
        self.view, self.started = View(), time.monotonic()

    def begin(self, asked: str, language: Language) -> None:
        """Start on a new ask, which is answered in a language."""
        self.language = language
        self.view, self.started = View(asked), time.monotonic()

    def show(self, event: Event) -> None:
        """Draw an event; the answer is drawn whole when it comes."""
        self.view = reduce(self.view, event)
        match event:
            case Progress():
                self._progress(event)
            case Text():
                self._clear_progress()
                self._write(event.delta, end="")
            case Notice():
                self._clear_progress()
                print(event.text, file=sys.stderr)
            case Answer():
                self._clear_progress()
                self._answer(event)
            case Failure():
                self._clear_progress()
                print(event.message, event.remedy, sep="\n", file=sys.stderr)
            case _:
                pass

    def _answer(self, answer: Answer) -> None:
        """One sentence in words, then chart or table, then files, then evidence."""
        if self.view.streamed:
            self._write("" if self.view.streamed.endswith("\n") else "\n", end="")
        if self.view.detail or not self.view.streamed:
            self._write(answer.text)
        source = source_line(answer, self.language)
        self._lines([source] if source else [])
        for block in self.view.blocks:
            self._write(f"\n{block.title}" if block.title else "")
            if isinstance(block, Chart):
                self._lines(text_lines(block, self.width, _CHART_HEIGHT))
            else:
                self._lines(table_lines(block, self.width, self.language))
        if self.view.artifacts:
            self._write("")
        self._lines(file_lines(self.view.artifacts, self.language))
        lines = evidence_lines(answer.evidence, self.language)
        if lines:
            self._write("")
            self._lines([f"· {line}" for line in lines])

    def _lines(self, lines: list[str]) -> None:
        for line in lines:
            self._write(line)

    def _write(self, text: str, end: str = "\n") -> None:
        self.out.write(text + end)
        self.out.flush()

    def _progress(self, progress: Progress) -> None:
        if sys.stderr.isatty():
            text = progress_text(progress, time.monotonic() - self.started, self.language)
            sys.stderr.write("\r\x1b[K" + text[: self.width - 1])
            sys.stderr.flush()

    def _clear_progress(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
