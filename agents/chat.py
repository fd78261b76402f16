"""Free talk with the local language model."""

from __future__ import annotations

from collections.abc import Iterator

from agents.protocol import CHAT
from models.llm import Turn
from models.texts import Catalogue
from skills import registry
from skills.contract import Context
from skills.events import Answer, Event, Text

TEXTS = Catalogue(__package__)
_MOST_RESULTS, _LONGEST_RESULT = 2, 600
_MOST_BYTES, _KEPT_BYTES = 9000, 3000  # some four bytes a token, in English and in Chinese


class Talk:
    """The turns of the present talk, for the model to go on from."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._results: list[tuple[str, str]] = []

    def reply(self, text: str, context: Context) -> Iterator[Event]:
        """Stream the model's reply, then the answer that repeats it whole."""
        skills = "; ".join(
            f"{name}: {registry.summary(name, context.language)}" for name in registry.names()
        )
        system = Turn(role="system", content=context.say(TEXTS("chat_system", skills=skills)))
        turns = [system, *self._turns, Turn(role="user", content=self._asked(text, context))]
        pieces = []
        model = context.runtimes.llm()
        for piece in model.chat(turns, should_stop=context.should_stop):
            pieces.append(piece)
            yield Text(piece)
        said = "".join(pieces).strip()
        self.remember(text, said)
        yield Answer(said, skill=CHAT)

    def take_result(self, asked: str, answered: str) -> None:
        """Keep what a skill found, for talk about it.

        It stands beside what is asked, not among the model's replies: these it repeats with other numbers.
        """
        self._results = [*self._results, (asked, answered[:_LONGEST_RESULT])][-_MOST_RESULTS:]

    def _asked(self, text: str, context: Context) -> str:
        if not self._results:
            return text
        results = "\n".join(f"- {asked} → {found}" for asked, found in self._results)
        return context.say(TEXTS("chat_user", results=results, text=text))

    def remember(self, asked: str, answered: str) -> None:
        """Add a turn and its reply; the oldest are forgotten."""
        self._turns += [Turn(role="user", content=asked), Turn(role="assistant", content=answered)]
        if self._size() > _MOST_BYTES:  # seldom: each time the model must read the rest anew
            while len(self._turns) > 2 and self._size() > _KEPT_BYTES:
                del self._turns[:2]

    def _size(self) -> int:
        return sum(len(turn["content"].encode()) for turn in self._turns)
