"""Complete the path that is being typed. Pure but for looking into folders."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TOKEN = re.compile(r"""(?:^|[\s"'“‘「:：，,])((?:[^\s"'“‘「:：，,\\]|\\ )*)$""")
_MOST = 200


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
