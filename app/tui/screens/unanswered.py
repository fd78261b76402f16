"""Questions without an answer: answer a group of them with one key, or drop them."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.binding import Binding, BindingType

from app.tui.screens.listing import Line, Listing
from models.home import home
from models.texts import Language
from skills.faq.owner import answer, groups
from skills.faq.unanswered import remove


class UnansweredScreen(Listing):
    """Closes with nothing; what was answered counts from the next question on."""

    stem = "unanswered"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "ask", show=False),
        Binding("d", "delete", show=False),
    ]

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self._asked = ""

    def lines(self) -> list[Line]:
        """Return the groups of questions, the largest first."""
        lines = []
        for members in groups(home()):
            first = members[0]
            day = time.strftime("%Y-%m-%d", time.localtime(max(q.at for q in members)))
            others = list(
                dict.fromkeys(q.question for q in members[1:] if q.question != first.question)
            )
            text = f"{len(members):>3} ×  {first.question}\n    {day}  {first.base.name}: {first.nearest}"
            text += "".join(f"\n    – {question}" for question in others[:2])
            lines.append(Line(first.question, text))
        return lines

    def action_ask(self) -> None:
        """Open the entry line for an answer."""
        if self.chosen:
            self._asked = self.chosen
            self.enter("answer", "", self.say("placeholder", question=self.chosen))

    def selected(self, chosen: str) -> None:
        """Enter answers, too."""
        self.action_ask()

    def entered(self, purpose: str, text: str) -> None:
        """Take an answer in."""
        if text:
            base, count = answer(home(), self._asked, text)
            self.hint(self.say("answered", name=base.name, n=count))

    def do(self, deed: str, chosen: str) -> str:
        """Drop a group of questions."""
        group = next(g for g in groups(home()) if g[0].question == chosen)
        remove(home(), {q.question for q in group})
        return ""
