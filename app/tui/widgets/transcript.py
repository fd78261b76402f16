"""What was said: a window of the talk, since drawing costs by what is mounted."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from app.context import TEXTS
from models.texts import Language

MOST_TURNS = 30  # the rest of the talk is on disk


class Transcript(VerticalScroll):
    """Keeps to the end unless the reader scrolled away; holds the last turns only."""

    DEFAULT_CSS = """
    Transcript { padding: 0 1; scrollbar-size-vertical: 1; }
    Transcript > #earlier { color: $text-muted; }
    """
    can_focus = False

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children, id="transcript")
        self._dropped = 0

    async def add(self, widget: Widget, language: Language) -> None:
        """Add a turn; the oldest leave, and a reader who scrolled away is left alone."""
        await self.mount(widget)
        said = [child for child in self.children if child.id != "earlier"]
        surplus = said[:-MOST_TURNS]
        for old in surplus:
            await old.remove()
        await self.note_dropped(self._dropped + len(surplus), language)

    async def note_dropped(self, count: int, language: Language) -> None:
        """Say at the top how many turns of the talk are not drawn."""
        self._dropped = max(0, count)
        if not self._dropped:
            return
        text = Content(TEXTS("earlier", n=self._dropped).to(language))
        lines = self.query("#earlier")
        if lines:
            lines.first(Static).update(text)
        else:
            await self.mount(Static(text, id="earlier"), before=0)
