"""A block of lines that is drawn anew for whatever width it gets."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget


class Lines(Widget):
    """Shows what `make(width)` returns."""

    DEFAULT_CSS = """
    Lines { height: auto; width: 1fr; }
    """

    def __init__(self, make: Callable[[int], Content], *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._make = make

    def render(self) -> Content:
        """Draw for the present width."""
        return self._make(max(1, self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are at a width."""
        return len(self._make(max(1, width)).plain.split("\n"))


def plain(lines: list[str]) -> Content:
    """Return lines as content; nothing in them is markup."""
    return Content("\n".join(lines))
