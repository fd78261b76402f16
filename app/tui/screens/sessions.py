"""Earlier talks: go on with one, search, rename, export, delete."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from agents.session import Sessions
from app.commands.sessions import write_talk
from app.tui.screens.listing import Line, Listing
from models.files import unique_path
from models.texts import Language


class SessionsScreen(Listing):
    """Closes with the id of the talk to go on with."""

    stem = "sessions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask('search')", show=False),
        Binding("r", "ask('rename')", show=False),
        Binding("e", "act('export')", show=False),
        Binding("d", "delete", show=False),
    ]

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self.store = Sessions()
        self.words = ""

    def lines(self) -> list[Line]:
        """Return all talks, or those that hold the words searched for."""
        found = (
            self.store.search(self.words) if self.words else ((s, "") for s in self.store.every())
        )
        lines = []
        for summary, place in found:
            day = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.updated))
            text = f"{day}  {summary.asks:>3}  {' '.join(summary.name.split())}"
            lines.append(Line(summary.id, f"{text}\n    {place}" if place else text))
        return lines

    def action_ask(self, purpose: str) -> None:
        """Open the entry line for words to search for, or a new name."""
        if purpose == "search":
            self.enter(purpose, self.words, self.say("search"))
        elif self.chosen:
            self.enter(purpose, self.store.find(self.chosen).name, self.say("rename"))

    def entered(self, purpose: str, text: str) -> None:
        """Search or rename."""
        if purpose == "search":
            self.words = text
        elif text:
            self.store.rename(self.chosen, text)

    def do(self, deed: str, chosen: str) -> str:
        """Export or delete a talk."""
        if deed == "delete":
            self.store.delete([chosen])
            return ""
        path = unique_path(Path.cwd(), f"talk-{chosen}", ".md")
        write_talk(self.store, chosen, path)
        return self.say("exported", path=path)
