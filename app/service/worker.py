"""One engine behind the service: asks are done one after another, and one whose asker left is stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import msgspec

from agents.client import Engine
from agents.protocol import Ask, Recall
from app.context import TEXTS
from models.errors import InhouseError
from skills.events import FINAL, Event


class BusyError(InhouseError):
    """Too many wait already."""

    code = "busy"


class Worker:
    """Does asks in one engine process, which starts with the first one.

    `most_waiting` asks wait at the most; one more is turned away at once.
    """

    def __init__(self, device: str, most_waiting: int) -> None:
        self._engine = Engine(device)
        self._turn = asyncio.Lock()
        self._waiting, self._most = 0, most_waiting

    @property
    def waiting(self) -> int:
        """How many wait or are served."""
        return self._waiting

    async def events(self, ask: Ask, memory: Recall | None = None) -> AsyncGenerator[Event]:
        """Yield the events of an ask, the last one final; `memory` is all that it may know of before.

        Closing the generator stops the ask.

        Raises:
            BusyError: Too many wait already.
        """
        if self._waiting >= self._most:
            raise BusyError(TEXTS("service_busy"))
        self._waiting += 1
        try:
            async with self._turn, contextlib.aclosing(self._one(ask, memory)) as running:
                async for event in running:
                    yield event
        finally:
            self._waiting -= 1

    async def _one(self, ask: Ask, memory: Recall | None) -> AsyncGenerator[Event]:
        engine, ended = self._engine, False
        engine.start()
        fresh = memory or Recall()
        engine.recall(msgspec.structs.replace(fresh, fresh=True))  # nobody hears another's talk
        running = engine.ask(ask, ask.answered_in)
        try:
            async for event in running:
                ended = isinstance(event, FINAL)
                yield event
        finally:
            if not ended:
                engine.cancel()
            await running.aclose()

    async def whole(self, ask: Ask, memory: Recall | None = None) -> list[Event]:
        """Return all events of an ask, the last one final."""
        return [event async for event in self.events(ask, memory)]

    def close(self) -> None:
        """End the engine."""
        self._engine.close()
