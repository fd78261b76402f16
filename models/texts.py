"""Everything said to a person, in English and Chinese, from one catalogue a package.

A package keeps its sentences in `texts.toml`: a table a message, with `en`, `zh` and, for errors,
`fix_en`, `fix_zh`. `{n:row|rows}` picks the singular or plural by the number `n`.
"""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "zh"]


@cache
def load(package: str) -> dict[str, dict[str, str]]:
    """Read the catalogue of a package."""
    return tomllib.loads((_folder(package) / "texts.toml").read_text(encoding="utf-8"))


def text_lines(package: str, name: str) -> list[str]:
    """Return the lines of a text file of a package, without comments (`#`); none if it is not there."""
    path = _folder(package) / name
    if not path.is_file():
        return []
    lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _folder(package: str) -> Path:
    """Return a package's folder.

    Not importlib.resources: its import would be a tenth of the time until the input box is there.
    """
    return Path(import_module(package).__path__[0])


class _Formatter(string.Formatter):
    """`str.format` with plural forms and with messages inside messages."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Message):
            return value.to(self.language)
        if "|" in format_spec:
            singular, plural = format_spec.split("|", 1)
            return singular if value == 1 else plural
        return format(value, format_spec) if format_spec else str(value)


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence, not yet in a language. `values` fill its braces."""

    package: str
    key: str
    values: dict[str, Any]

    def to(self, language: Language) -> str:
        """Return the sentence in a language."""
        return self._render(language, language)

    def fix(self, language: Language) -> str:
        """Return what to do about it, or an empty text."""
        return self._render("fix_" + language, language)

    def _render(self, form: str, language: Language) -> str:
        template = load(self.package)[self.key].get(form, "")
        return _Formatter(language).vformat(template, (), self.values)


class Catalogue:
    """Makes messages of one package: `TEXTS = Catalogue(__package__)`; `TEXTS("key", n=3)`."""

    def __init__(self, package: str) -> None:
        self.package = package

    def __call__(self, key: str, **values: Any) -> Message:
        """Return the message `key` with its values.

        Raises:
            KeyError: The catalogue has no such message.
        """
        if key not in load(self.package):
            raise KeyError(f"{self.package}/texts.toml has no message {key!r}")
        return Message(self.package, key, values)


_PATH = re.compile(  # begins where a run of its characters does: else long ones took a time that is squared
    r"(?<![\w.~:-])[\w.~:-]*[/\\][\w./\\~-]*|(?<![\w-])[\w-]+\.\w{2,5}\b", re.ASCII
)


def language_of(text: str) -> Language:
    """Return the language to answer in; paths and file names don't count.

    An ask that starts in Chinese is Chinese. So is one with a Latin word or two before Chinese;
    more Latin words than that make a sentence that merely quotes Chinese.
    """
    said = _PATH.sub(" ", text)
    scripts = re.findall(r"[\u4e00-\u9fff]|[A-Za-z]+", said)
    han = sum(s >= "\u4e00" for s in scripts)
    if not han:
        return "en"
    return "zh" if scripts[0] >= "\u4e00" or (han >= 4 and len(scripts) - han <= 2) else "en"
