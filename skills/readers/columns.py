"""Match what people call a column with what the file's header calls it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

_SURE = 88.0
_SHORTEST = 3  # a name whose plural is looked for
_IN_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


def plain_name(text: str) -> str:
    """Return a name without case and signs, its words apart."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def named_column(text: str, columns: Sequence[str]) -> str | None:
    """Return the column that a text names, the longest name first; small typos are forgiven."""
    said = f" {plain_name(text)} "
    for column in sorted(columns, key=len, reverse=True):
        inside = _IN_BRACKETS.search(column)  # `Spend (EUR)`, `Distance (km)`
        said_as = (column, _IN_BRACKETS.sub("", column), inside[0] if inside else "")
        names = {plain_name(name) for name in said_as} - {""}
        if any(_in_words(name, said) or (not name.isascii() and name in said) for name in names):
            return column
    return _close(said, columns)


def _in_words(name: str, said: str) -> bool:
    """Say whether words hold a name, alone or as one of several: `tips`."""
    return f" {name} " in said or (len(name) >= _SHORTEST and f" {name}s " in said)


def _close(said: str, columns: Sequence[str]) -> str | None:
    """Return a column whose name differs from some words of the text by a typo or a plural."""
    words = said.split()
    best, best_score = None, _SURE
    for column in columns:
        name = plain_name(column)
        size = len(name.split())
        if len(name) < 5:
            continue
        for start in range(len(words) - size + 1):
            score = fuzz.ratio(name, " ".join(words[start : start + size]))
            if score > best_score:
                best, best_score = column, score
    return best


def hinted(columns: Sequence[str], hints: str) -> list[str]:
    """Return the columns whose names hold one of the hints, a `|`-separated pattern."""
    return [column for column in columns if re.search(hints, column.lower())]
