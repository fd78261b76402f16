"""The present talk on disk. Nothing is opened before the first ask, so that the chat starts at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.protocol import CHAT, Done, Recall
from models.errors import InhouseError
from models.preferences import preferences
from skills.events import Answer, Event

if TYPE_CHECKING:
    from agents.session import Exchange, Sessions

_TURNS = 6
_DONE = 20  # requests whose files may be asked about again


@dataclass(frozen=True, slots=True)
class Entry:
    """One ask that was written down: its place in the talk, its number on disk."""

    place: int
    number: int


class Record:
    """Writes down what is asked and answered. A disk that fails stops the record, not the chat."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.problem: InhouseError | None = None
        self._store: Sessions | None = None
        self._session = ""

    @classmethod
    def open(cls, session: str) -> Record:
        """Go on with an earlier talk.

        Raises:
            UsageError: There is no such talk.
            ResourceError: The talks can't be read.
        """
        from agents.session import Sessions

        record = cls()
        record._store = Sessions()
        record._session = record._store.find(session).id
        record.exchanges = record._store.read(record._session)
        return record

    def asked(self, text: str) -> Entry:
        """Write down an ask; its events go to the entry that is returned."""
        from agents.session import Exchange, Sessions

        self.exchanges.append(Exchange(text, ()))
        number = 0
        try:
            if self._store is None:
                self._store = Sessions()
                self._session = self._store.begin()
                self._forget_old()
            number = self._store.asked(self._session, text)
        except InhouseError as error:
            self.problem = error
        return Entry(len(self.exchanges) - 1, number)

    @staticmethod
    def _forget_old() -> None:
        """Keep to the retention that the person chose."""
        days = preferences().retention_days
        if days:
            from app.forgetting import forget_older_than

            forget_older_than(days)

    def happened(self, entry: Entry, event: Event) -> None:
        """Write down an event of an ask."""
        from agents.session import Exchange

        exchange = self.exchanges[entry.place]
        self.exchanges[entry.place] = Exchange(exchange.text, (*exchange.events, event))
        if self._store is None or self.problem:
            return
        try:
            self._store.happened(self._session, entry.number, event)
        except InhouseError as error:
            self.problem = error

    def memory(self) -> Recall:
        """Return what an engine that was not there should know."""
        answered = [(e.text, e.final) for e in self.exchanges if isinstance(e.final, Answer)]
        turns = tuple((text, final.text) for text, final in answered if final.skill == CHAT)
        results = tuple(
            (text, final.text)
            for text, final in answered
            if final.skill != CHAT and not final.refused
        )
        done = tuple(
            Done(final.skill, final.request, final.artifacts)
            for _, final in answered
            if final.request
        )
        return Recall(turns[-_TURNS:], results[-_TURNS:], done[-_DONE:])
