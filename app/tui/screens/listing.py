"""A list over the chat, with keys that act on the chosen line."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from app.context import TEXTS
from models.errors import InhouseError
from models.texts import Language


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: what it stands for, and its text."""

    id: str
    text: str


class Listing(ModalScreen[str | None]):
    """A titled list. A key that deletes must be pressed twice.

    `name` is the stem of its texts: `NAME_title`, `NAME_keys`, `NAME_empty`.
    """

    stem: ClassVar[str]
    DEFAULT_CSS = """
    Listing { align: center middle; }
    Listing > Vertical { width: 96%; max-width: 120; height: 80%; border: round $primary; padding: 0 1; }
    Listing .title { text-style: bold; color: $accent; }
    Listing .hint { color: $text-muted; height: auto; }
    Listing OptionList { height: 1fr; background: transparent; }
    Listing OptionList, Listing OptionList:focus { border: none; }
    Listing Input { display: none; border: round $accent; height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language
        self.shown: list[Line] = []
        self._armed = ""
        self._entering = ""

    def compose(self) -> ComposeResult:
        """Lay out title, list, entry line and keys."""
        with Vertical():
            yield Static(Content(self.say("title")), classes="title")
            yield OptionList(markup=False)
            yield Input()
            yield Static(Content(self.say("keys")), classes="hint")

    def say(self, key: str, **values: object) -> str:
        """Return one of the list's texts."""
        return TEXTS(f"{self.stem}_{key}", **values).to(self.language)

    def on_mount(self) -> None:
        """Fill the list."""
        self.refill()
        self.query_one(OptionList).focus()

    @abstractmethod
    def lines(self) -> list[Line]:
        """Return what to list."""

    def refill(self) -> None:
        """Draw the lines anew, keeping the chosen one."""
        options = self.query_one(OptionList)
        chosen = options.highlighted
        self.shown = self.lines()
        options.clear_options()
        options.add_options([Option(Content(line.text), id=line.id) for line in self.shown])
        if self.shown:
            options.highlighted = min(chosen or 0, len(self.shown) - 1)
        else:
            options.add_option(Option(Content(self.say("empty")), disabled=True))

    @property
    def chosen(self) -> str:
        """The id of the chosen line; empty if there is none."""
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return ""
        return options.get_option_at_index(options.highlighted).id or ""

    def hint(self, text: str) -> None:
        """Say something in the line of keys."""
        self.query_one(".hint", Static).update(Content(text))

    def twice(self, deed: str) -> bool:
        """Say whether a key that deletes was pressed a second time on the same line."""
        wanted = f"{deed} {self.chosen}"
        if self._armed == wanted:
            self._armed = ""
            return True
        self._armed = wanted
        self.hint(TEXTS("press_again").to(self.language))
        return False

    def action_delete(self) -> None:
        """Delete what the chosen line stands for, at the second press."""
        if self.deletable(self.chosen) and self.twice("delete"):
            self.action_act("delete")

    def deletable(self, chosen: str) -> bool:
        """Say whether a line can be deleted."""
        return bool(chosen)

    def action_act(self, deed: str) -> None:
        """Do something to the chosen line, and say what went wrong if it did not go."""
        if not self.chosen:
            return
        try:
            said = self.do(deed, self.chosen)
        except InhouseError as error:
            said = str(error)
        self.refill()
        self.hint(said or self.say("keys"))

    def do(self, deed: str, chosen: str) -> str:
        """Do `deed` to `chosen` and return what to say; empty for the keys."""
        return ""

    def enter(self, purpose: str, text: str, placeholder: str) -> None:
        """Open the entry line; `entered` gets what was typed."""
        self._entering = purpose
        entry = self.query_one(Input)
        entry.value, entry.placeholder, entry.display = text, placeholder, True
        entry.focus()

    def entered(self, purpose: str, text: str) -> None:
        """Take in what was typed in the entry line."""

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self._leave_entry()
        try:
            self.entered(self._entering, event.value.strip())
        except InhouseError as error:
            self.hint(str(error))
            return
        self.refill()

    def _leave_entry(self) -> None:
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.selected(event.option_id or "")

    def selected(self, chosen: str) -> None:
        """Enter was pressed on a line: by default the screen closes with it."""
        self.dismiss(chosen)

    def action_close(self) -> None:
        """Close the entry line, or the screen."""
        if self.query_one(Input).display:
            self._leave_entry()
        else:
            self.dismiss(None)
