"""Complete the path that is being typed. Pure but for looking into folders."""

from __future__ import annotations

import os
import re
import shlex
import urllib.parse
from pathlib import Path

_TOKEN = re.compile(r"""(?:^|[\s"'“‘「:：，,])((?:[^\s"'“‘「:：，,\\]|\\ )*)$""")
_MOST = 200
_LONGEST_PASTE = 4000


def pasted_paths(text: str) -> str:
    """Return what a terminal pastes for dragged files as quoted paths; empty if it is something else.

    Terminals send a path plain, quoted, with escaped spaces, or as a `file://` address; several are
    separated by spaces or line breaks.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_PASTE:
        return ""
    try:
        words = shlex.split(text.replace("\r", "\n"))
    except ValueError:  # an apostrophe in a sentence
        words = []
    for names in ([text], words):
        paths = [_plain(name) for name in names]
        if paths and all(path.is_absolute() and path.exists() for path in paths):
            return " ".join(f'"{path}"' for path in paths) + " "
    return ""


def _plain(name: str) -> Path:
    if name.startswith("file://"):
        name = urllib.parse.unquote(urllib.parse.urlsplit(name).path)
    return Path(name)


def complete_path(text: str) -> tuple[str, list[str]]:
    """Return the text with its last word completed as a path, and the names that fit.

    Several names are completed as far as they agree. Spaces in names are escaped, as a shell would.
    """
    match = _TOKEN.search(text)
    typed = match[1] if match else ""
    if not typed:
        return text, []
    plain = typed.replace("\\ ", " ")
    folder, _, start = plain.rpartition("/")
    root = Path(folder or ("/" if plain.startswith("/") else ".")).expanduser()
    try:
        entries = sorted(root.iterdir(), key=lambda path: path.name.casefold())[:_MOST]
    except OSError:
        return text, []
    hidden = start.startswith(".")
    fits = [
        path.name + ("/" if path.is_dir() else "")
        for path in entries
        if path.name.startswith(start) and (hidden or not path.name.startswith("."))
    ]
    if not fits:
        return text, []
    common = os.path.commonprefix(fits)  # noqa: RUF071 - names, letter by letter, is what is wanted
    done = (f"{folder}/" if "/" in plain else "") + common
    return text[: len(text) - len(typed)] + done.replace(" ", "\\ "), fits
