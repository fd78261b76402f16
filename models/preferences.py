"""What a person chose once: one TOML file, environment variables over it, defaults below it.

A field that can't be understood falls back to its default and is reported by `problems`; it never keeps
anything from working.
"""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from models.errors import TEXTS, UsageError
from models.files import atomic_write
from models.home import home, private_dir
from models.texts import Language, Message

Wish = Literal["auto", "cpu", "cuda", "metal", "vulkan"]
Origin = Literal["default", "file", "environment"]


class Preferences(msgspec.Struct, frozen=True):
    """The settings. Each has its description in `texts.toml` as `setting_NAME`."""

    language: Literal["auto", "en", "zh"] = "auto"
    theme: str = "textual-dark"
    device: Wish = "auto"
    chat_model: str = ""
    microphone: str = ""
    notify_after: float = 20.0
    retention_days: float = 0.0
    sources: str = "folder,wheels"
    model_folder: str = ""


ENVIRONMENT = {
    "language": "INHOUSE_LANG",
    "theme": "INHOUSE_THEME",
    "device": "INHOUSE_DEVICE",
    "chat_model": "INHOUSE_CHAT_MODEL",
    "microphone": "INHOUSE_MICROPHONE",
    "notify_after": "INHOUSE_NOTIFY_AFTER",
    "retention_days": "INHOUSE_RETENTION_DAYS",
    "sources": "INHOUSE_SOURCES",
    "model_folder": "INHOUSE_MODEL_FOLDER",
}
FIELDS = {field.name: field for field in msgspec.structs.fields(Preferences)}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands. `problem` says why what was written does not count."""

    name: str
    value: Any
    origin: Origin
    problem: Message | None = None

    @property
    def description(self) -> Message:
        """What it is for."""
        return TEXTS(f"setting_{self.name}")

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen, where that is a list."""
        return tuple(getattr(FIELDS[self.name].type, "__args__", ()))


def path() -> Path:
    """Return the file."""
    return home() / "settings.toml"


def preferences() -> Preferences:
    """Return what counts now."""
    return Preferences(**{setting.name: setting.value for setting in every()})


def every() -> list[Setting]:
    """Return all settings, each with where it comes from."""
    return _settings(_read()[0])


def _settings(written: dict[str, Any]) -> list[Setting]:
    return [_setting(name, written) for name in FIELDS]


def problems() -> Iterator[Message]:
    """Yield what can't be understood: the whole file, an unknown name, a value."""
    written, broken = _read()
    if broken:
        yield broken
    for name in written.keys() - FIELDS.keys():
        yield TEXTS("setting_unknown", name=name, names=", ".join(FIELDS))
    for setting in _settings(written):
        if setting.problem:
            yield setting.problem


def save(name: str, value: Any) -> Setting:
    """Write one setting; None takes it out. What a person wrote beside it, comments too, stays.

    Raises:
        UsageError: There is no such setting, or the value does not fit, or the file is no TOML.
        ResourceError: It can't be written.
    """
    import tomlkit

    if name not in FIELDS:
        raise UsageError(TEXTS("setting_unknown", name=name, names=", ".join(FIELDS)))
    _, broken = _read()
    if broken:
        raise UsageError(broken)
    here = path()
    document = tomlkit.parse(here.read_text(encoding="utf-8") if here.exists() else "")
    if value is None:
        document.pop(name, None)
    else:
        converted = _converted(name, value)
        if isinstance(converted, Message):
            raise UsageError(converted)
        document[name] = converted
    private_dir(here.parent)
    atomic_write(here, tomlkit.dumps(document), mode=0o600)
    return _setting(name, _read()[0])


def interface_language(asked: str | None = None) -> Language:
    """Choose the interface language: what was asked, else the setting, else the locale's."""
    chosen = asked or preferences().language
    if chosen == "auto":
        names = (os.environ.get("LC_ALL"), os.environ.get("LC_MESSAGES"), os.environ.get("LANG"))
        chosen = next((name for name in names if name), None) or locale.getlocale()[0] or "en"
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


def _read() -> tuple[dict[str, Any], Message | None]:
    here = path()
    try:
        return tomllib.loads(here.read_text(encoding="utf-8")), None
    except FileNotFoundError:
        return {}, None
    except (OSError, ValueError) as error:  # no TOML, no UTF-8, no right to read it
        return {}, TEXTS("settings_broken", path=here, reason=error)


def _setting(name: str, written: dict[str, Any]) -> Setting:
    default = FIELDS[name].default
    given: list[tuple[Origin, Any]] = []
    from_environment = os.environ.get(ENVIRONMENT[name])
    if from_environment:
        given.append(("environment", from_environment))
    if name in written:
        given.append(("file", written[name]))
    problem: Message | None = None
    for origin, value in given:
        converted = _converted(name, value)
        if not isinstance(converted, Message):
            return Setting(name, converted, origin, problem)
        problem = converted
    return Setting(name, default, "default", problem)


def _converted(name: str, value: Any) -> Any:
    """Return a value in a setting's type, or the message that says why it does not fit."""
    try:
        converted = msgspec.convert(value, FIELDS[name].type, strict=False)
    except msgspec.ValidationError:
        choices = getattr(FIELDS[name].type, "__args__", ())
        wanted = ", ".join(choices) if choices else TEXTS("setting_number")
        return TEXTS("setting_bad", name=name, value=value, wanted=wanted)
    if isinstance(converted, float) and not 0 <= converted < 1e6:
        return TEXTS("setting_bad", name=name, value=value, wanted=TEXTS("setting_number"))
    return converted
