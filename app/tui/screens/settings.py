"""The settings screen: drawn from the settings' schema, written to one TOML file as you choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Select, Static

from app.context import TEXTS
from models import preferences
from models.errors import InhouseError
from models.preferences import Setting
from models.texts import Language


class SettingsScreen(ModalScreen[None]):
    """One row a setting. Each change counts at once."""

    DEFAULT_CSS = """
    SettingsScreen { align: center middle; }
    SettingsScreen > Vertical { width: 96%; max-width: 100; height: 90%; padding: 0 1; }
    SettingsScreen > Vertical { border: round $primary; }
    SettingsScreen .title { text-style: bold; color: $accent; }
    SettingsScreen .about { margin: 1 0 0 0; height: auto; }
    SettingsScreen .hint { color: $text-muted; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, language: Language, themes: list[str], changed: Callable[[], None]) -> None:
        super().__init__()
        self.changed = changed
        self.language = language
        self.themes = themes

    def compose(self) -> ComposeResult:
        """Lay out a row a setting."""
        with Vertical():
            yield Static(Content(self._say("settings_title")), classes="title")
            with VerticalScroll():
                for setting in preferences.every():
                    yield Static(Content(self._about(setting)), classes="about")
                    yield self._control(setting)
            yield Static(
                Content(self._say("settings_keys", path=preferences.path())), classes="hint"
            )

    def _say(self, key: str, **values: object) -> str:
        return TEXTS(key, **values).to(self.language)

    def _about(self, setting: Setting) -> str:
        text = f"{setting.name}: {setting.description.to(self.language)}"
        if setting.origin == "environment":
            variable = preferences.ENVIRONMENT[setting.name]
            text += f" [{self._say('origin_environment')} {variable}]"
        return text

    def _control(self, setting: Setting) -> Select[str] | Input:
        choices = self.themes if setting.name == "theme" else list(setting.choices)
        fixed = setting.origin == "environment"
        if choices:
            value = setting.value if setting.value in choices else choices[0]
            options = [(choice, choice) for choice in choices]
            return Select(
                options,
                value=value,
                allow_blank=False,
                id=setting.name,
                compact=True,
                disabled=fixed,
            )
        shown = f"{setting.value:g}" if isinstance(setting.value, float) else str(setting.value)
        return Input(shown, id=setting.name, compact=True, disabled=fixed)

    @on(Select.Changed)
    def _selected(self, event: Select.Changed) -> None:
        self._save(str(event.select.id), event.value)

    @on(Input.Submitted)
    @on(Input.Blurred)
    def _typed(self, event: Input.Submitted | Input.Blurred) -> None:
        self._save(str(event.input.id), event.value)

    def _save(self, name: str, value: Any) -> None:
        """Write a setting that changed; the chat puts it into effect."""
        now = {setting.name: setting for setting in preferences.every()}[name]
        if str(value) in {str(now.value), f"{now.value:g}" if isinstance(now.value, float) else ""}:
            return
        try:
            saved = preferences.save(name, value)
            said = self._say("setting_saved", name=name, value=saved.value)
        except InhouseError as error:
            said = f"{error.message(self.language)} {error.remedy(self.language)}"
        self.query_one(".hint", Static).update(Content(said))
        self.changed()
