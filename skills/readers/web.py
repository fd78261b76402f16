"""The text of a web page as a browser would show it, and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr",
}  # fmt: skip
_BREAK = "\0"  # stands in no page
_STRUCTURE = ("table", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt")


def shown_text(node: Any) -> str:
    """Return the text of an element on one line: bold letters part no word, blocks and breaks do."""
    return " ".join(shown_lines(node))


def shown_lines(node: Any) -> list[str]:
    """Return the lines of text in an element; blocks and breaks begin new ones."""
    lines = ("".join(_pieces(node))).split(_BREAK)
    return [" ".join(line.split()) for line in lines if line.strip()]


def _pieces(node: Any) -> Iterator[str]:
    """Yield the strings in an element, and a break where a block begins or ends; however deep it nests."""
    from bs4 import NavigableString, Tag

    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Tag):
            edge = [] if one.name in _INLINE else [NavigableString(_BREAK)]
            waiting += [*edge, *reversed(one.contents), *edge]
        elif type(one) is NavigableString:  # its kinds are comments and the like
            yield one


def row_cells(row: Any) -> list[str]:
    """Return the texts of the cells of a table's row."""
    return [shown_text(cell) for cell in row.find_all(("td", "th"), recursive=False)]


def is_data_row(row: Any) -> bool:
    """Say whether a row holds data side by side rather than parts of the page's layout."""
    cells = row.find_all(("td", "th"), recursive=False)
    return len(cells) > 1 and row.find(_STRUCTURE) is None
