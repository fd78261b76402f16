"""What Tab would complete: commands, then names of files."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from app.tui.commands import completions
from app.tui.paths import complete_path
from app.tui.widgets.prompt import Prompt
from models.texts import Language

_SHOWN = 9


class Completions(Static):
    """The box above the input box; hidden while there is nothing to choose."""

    DEFAULT_CSS = """
    Completions { color: $text-muted; padding: 0 2; height: auto; max-height: 10; display: none; }
    """

    def show(self, found: list[tuple[str, str]]) -> None:
        """Show names, each with a line; nothing hides the box."""
        self.display = bool(found)
        lines = [f"{name:<12} {line}" for name, line in found[:_SHOWN]]
        more = [f"… {len(found) - _SHOWN}"] if len(found) > _SHOWN else []
        self.update(Content("\n".join(lines + more)))

    def typed(self, text: str, language: Language) -> None:
        """Show the commands that fit what is typed."""
        self.show(completions(text, language))

    def complete(self, prompt: Prompt, language: Language) -> None:
        """Take the first command that fits, or go on with a path as far as the names agree."""
        found = completions(prompt.text, language)
        if found:
            prompt.write(found[0][0] + " ")
            return
        text, names = complete_path(prompt.text)
        if names:
            prompt.write(text)
        if len(names) > 1:
            self.call_after_refresh(self.show, [(name, "") for name in names])
