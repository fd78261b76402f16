"""The text of a web page as a browser would show it, and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr",
}  # fmt: skip
_STRUCTURE = ("table", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt")


def shown_text(node: Any) -> str:
    """Return the text of an element on one line: bold letters part no word, blocks and breaks do."""
    return " ".join("".join(_pieces(node)).split())


def _pieces(node: Any) -> Iterator[str]:
    """Yield the strings in an element, and spaces where a block begins or ends; however deep it nests."""
    from bs4 import NavigableString, Tag

    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Tag):
            space = [] if one.name in _INLINE else [NavigableString(" ")]
            waiting += [*space, *reversed(one.contents), *space]
        elif type(one) is NavigableString:  # its kinds are comments and the like
            yield one


def row_cells(row: Any) -> list[str]:
    """Return the texts of the cells of a table's row."""
    return [shown_text(cell) for cell in row.find_all(("td", "th"), recursive=False)]


def is_data_row(row: Any) -> bool:
    """Say whether a row holds data side by side rather than parts of the page's layout."""
    cells = row.find_all(("td", "th"), recursive=False)
    return len(cells) > 1 and row.find(_STRUCTURE) is None
