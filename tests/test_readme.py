"""What both READMEs promise: commands exist with their options, sizes are those of the catalog."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from app.cli import main
from models.catalog import SetName, catalog

ROOT = Path(__file__).parents[1]
NAMES = ("README.md", "README.zh.md")


def commands(name: str) -> list[list[str]]:
    """Return the words of the `inhouse` lines in a README's blocks of code, without comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(x, comments=True)[1:] for x in lines if x.startswith("inhouse ")]


def meant(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words name, and the words that are left."""
    command: click.Command = main
    if words[0] == "--lang":
        words = words[2:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        _, found, rest = command.resolve_command(click.Context(command), words)
        assert found is not None
        command, words = found, rest
    return command, words


@pytest.mark.parametrize("name", NAMES)
def test_commands_exist_with_their_options(name: str) -> None:
    found = commands(name)
    assert len(found) > 15
    for words in found:
        command, rest = meant(words)
        assert command is not main, words
        known = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        assert {word for word in rest if word.startswith("--")} <= known, words


def test_both_languages_show_the_same_commands() -> None:
    english, chinese = ([meant(words)[0].name for words in commands(name)] for name in NAMES)
    assert english == chinese


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_those_of_the_catalog(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    sets: tuple[SetName, SetName] = ("standard", "small")
    for chosen in sets:
        (said,) = re.findall(rf"^\| `{chosen}` \| ([\d.]+) GB", text, re.MULTILINE)
        size = sum(model.download_bytes() for model in catalog().in_set(chosen)) / 1e9
        assert float(said) == pytest.approx(size, abs=0.06)
