"""What every command knows, and how errors reach a person."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, ParamSpec, TypeVar

import click

from agents.protocol import Ask
from models.errors import InhouseError
from models.texts import Catalogue, Language, Message

TEXTS = Catalogue("app")
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Options:
    """The options that stand before the command."""

    language: Language = "en"
    device: str = "auto"
    chosen: Literal["", "en", "zh"] = ""  # the language that was asked for, if any

    def say(self, message: Message) -> str:
        """Return a message in the interface language."""
        return message.to(self.language)

    def answering(self, asked: str) -> Language:
        """Return the language in which words are answered."""
        return Ask(text=asked, language=self.chosen).answered_in


def report(options: Options, as_json: bool, message: Message, fields: dict[str, Any]) -> None:
    """Say what was done: a sentence, or for scripts one JSON object."""
    click.echo(json.dumps(fields, ensure_ascii=False) if as_json else options.say(message))


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
json_lines_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def give_up(error: InhouseError, language: Language) -> NoReturn:
    """Print an error as one sentence and its remedy, and exit with its status."""
    click.echo(error.message(language), err=True)
    remedy = error.remedy(language)
    if remedy:
        click.echo(remedy, err=True)
    sys.exit(error.exit_status)


def guarded(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a command end in one sentence where it raises an error of ours."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        options: Any = click.get_current_context().obj or Options()
        try:
            return command(*args, **kwargs)
        except InhouseError as error:
            give_up(error, options.language)

    return run
