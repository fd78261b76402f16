"""What an ask opens with: a slash command; and what is said of a file that is not there."""

from __future__ import annotations

from pathlib import Path

from rapidfuzz import fuzz, process

from models.errors import TEXTS as FILE_TEXTS
from models.texts import Catalogue, Message
from skills import registry

TEXTS = Catalogue(__package__)
_CLOSE_NAME = 75


def slash(text: str) -> tuple[str, str]:
    """Split `/forecast sales.csv` into the skill and the rest; a path is no command."""
    if not text.startswith("/"):
        return "", text
    word, _, rest = text[1:].partition(" ")
    if word not in registry.names():
        return "", text
    operation, _, more = rest.strip().partition(" ")
    if operation in registry.get(word).operation_specs:
        return f"{word} {operation}", more.strip()
    return word, rest.strip()


def not_found(path: Path) -> Message:
    """Say that a file is not there, with the name that was probably meant."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")]
    except OSError:
        names = []
    close = process.extractOne(path.name, names, scorer=fuzz.ratio, score_cutoff=_CLOSE_NAME)
    if close:
        return TEXTS("file_not_found_but", path=path, close=close[0])
    return FILE_TEXTS("no_file", path=path)
