"""The line that shows that the microphone is open, how loud it hears, and for how long."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from app.context import TEXTS
from models.texts import Language

_BARS = " ▁▂▃▄▅▆▇█"
_WIDTH = 16
_LOUD = 0.2


class ListeningLine(Static):
    """Hidden while nothing listens."""

    DEFAULT_CSS = """
    ListeningLine { height: 1; padding: 0 2; color: $text-accent; display: none; }
    """

    def __init__(self) -> None:
        super().__init__("", id="listening")
        self._levels: list[float] = []

    def say(self, text: str) -> None:
        """Show a text; an empty one hides the line."""
        self._levels.clear()
        self.display = bool(text)
        self.update(Content(text))

    def level(self, rms: float, seconds: float, language: Language) -> None:
        """Show how loud it is, and for how long it listens."""
        self._levels = [*self._levels, rms][-_WIDTH:]
        meter = "".join(bar(level) for level in self._levels).rjust(_WIDTH)
        elapsed = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
        text = TEXTS("listening", meter=meter, elapsed=elapsed).to(language)
        self.update(Content(text))


def bar(rms: float) -> str:
    """Return a loudness as a bar; speech at a common distance reaches the upper half."""
    share = min(1.0, (max(0.0, rms) / _LOUD) ** 0.5)
    return _BARS[round(share * (len(_BARS) - 1))]
