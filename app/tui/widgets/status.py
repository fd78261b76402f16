"""The line at the bottom: that nothing leaves, how much memory, and what is warm, on what."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from agents.protocol import Status
from app.context import TEXTS
from models.texts import Language


class StatusLine(Static):
    """Shows the engine's state."""

    DEFAULT_CSS = """
    StatusLine { height: 1; color: $text-muted; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, language: Language) -> None:
        super().__init__("", id="status")
        self._language = language
        self._state: Status | None = None
        self.hint = ""

    def on_mount(self) -> None:
        """Draw the first line."""
        self.redraw()

    def set_state(self, state: Status) -> None:
        """Show what the engine reports."""
        self._state = state
        self.redraw()

    def set_language(self, language: Language) -> None:
        """Speak another language."""
        self._language = language
        self.redraw()

    def set_hint(self, hint: str) -> None:
        """Show a hint in front until the next one."""
        self.hint = hint
        self.redraw()

    def redraw(self) -> None:
        """Draw the line."""
        self.update(Content(status_text(self._state, self.hint, self._language)))


def status_text(state: Status | None, hint: str, language: Language) -> str:
    """Return the line as text."""
    parts = [hint] if hint else []
    parts.append(TEXTS("offline").to(language))
    if state:
        parts.append(TEXTS("memory", megabytes=state.memory // 1_000_000).to(language))
    if state and state.models:
        parts.append(", ".join(f"{m.name} ({m.device})" for m in reversed(state.models)))
    return " · ".join(parts)
