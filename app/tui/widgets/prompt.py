"""The input box: Enter sends, Ctrl+J breaks the line, up and down walk through what was asked."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from app.tui.paths import pasted_paths


class Prompt(TextArea):
    """Where a person types."""

    DEFAULT_CSS = """
    Prompt { height: auto; min-height: 3; max-height: 8; border: round $primary; padding: 0 1; }
    Prompt:focus { border: round $accent; }
    """

    class Sent(Message):
        """The person sent a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Completing(Message):
        """Tab was pressed: take the first completion, if there is one."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, id="prompt", highlight_cursor_line=False)
        self.sent: list[str] = []
        self._at = 0
        self._draft = ""

    def write(self, text: str) -> None:
        """Put a text into the box, the cursor behind it."""
        self.text = text
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        """Send what is typed."""
        if self.text.strip():
            self.post_message(self.Sent(self.text.strip()))

    def action_newline(self) -> None:
        """Break the line."""
        self.insert("\n")

    def accept(self, text: str) -> None:
        """Remember a sent text and empty the box."""
        if not self.sent or self.sent[-1] != text:
            self.sent.append(text)
        self._at = len(self.sent)
        self.clear()

    async def _on_key(self, event: events.Key) -> None:
        # Not bindings with priority: those run before letters that were typed earlier arrive here.
        own = {"enter": self.action_send, "ctrl+j": self.action_newline}
        own |= {"shift+enter": self.action_newline, "tab": self._complete}
        if event.key in own:
            event.prevent_default().stop()
            own[event.key]()
            return
        steps = {"up": -1, "down": 1}
        if event.key in steps and self._may_walk(steps[event.key]):
            event.prevent_default().stop()
            self._walk(steps[event.key])
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        """Take files that were dragged here as quoted paths, everything else as it is."""
        paths = pasted_paths(event.text)
        if paths:
            event.prevent_default().stop()
            self.insert(paths)

    def _complete(self) -> None:
        self.post_message(self.Completing())

    def _may_walk(self, step: int) -> bool:
        """Say whether the cursor is at the edge that leads out of the text."""
        edge = 0 if step < 0 else self.document.line_count - 1
        return bool(self.sent) and self.cursor_location[0] == edge

    def _walk(self, step: int) -> None:
        """Show an earlier or a later text; past the last one comes what was being typed."""
        if self._at == len(self.sent):
            self._draft = self.text
        self._at = min(max(self._at + step, 0), len(self.sent))
        self.write(self.sent[self._at] if self._at < len(self.sent) else self._draft)
