"""Run asks through the engine and draw them; Ctrl+C stops the ask, a second one the program."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agents.client import Engine
from agents.protocol import Ask
from app.context import TEXTS, Options
from app.render import json as json_lines
from models.errors import InhouseError
from models.texts import Language
from skills.events import Answer, Event, Failure, Question, failure

Show = Callable[[Event, int, Language], None]
"""Draws an event of an ask, by its number and the language in which it is answered."""


@dataclass(slots=True)
class Outcome:
    """How an ask ended."""

    final: Answer | Failure | None = None
    asked_back: bool = False

    @property
    def status(self) -> int:
        """The exit status: an ask that ends in a question back is not done."""
        if isinstance(self.final, Failure):
            return self.final.exit_status
        return 2 if self.asked_back else 0


async def run_asks(
    asks: Iterable[Ask | InhouseError], options: Options, show: Show
) -> list[Outcome]:
    """Run asks in one engine, in order; a failing one does not stop the next."""
    engine = Engine(options.device)
    interrupts = 0

    def interrupt() -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts == 1:
            engine.cancel()
        else:
            engine.kill()

    with contextlib.suppress(NotImplementedError):  # Windows raises KeyboardInterrupt instead
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    outcomes = []
    try:
        for number, ask in enumerate(asks, 1):
            outcomes.append(await _run_one(engine, ask, number, options, show))
            if interrupts:
                break
    finally:
        engine.close()
    return outcomes


async def _run_one(
    engine: Engine, ask: Ask | InhouseError, number: int, options: Options, show: Show
) -> Outcome:
    outcome = Outcome()
    if isinstance(ask, InhouseError):
        outcome.final = failure(ask, options.language)
        show(outcome.final, number, options.language)
        return outcome
    async for event in engine.ask(ask, options.language):
        show(event, number, ask.answered_in)
        outcome.asked_back |= isinstance(event, Question)
        if isinstance(event, Answer | Failure):
            outcome.final = event
    return outcome


def shower(options: Options, *, as_json: bool) -> Show:
    """Return what draws events on standard output: JSON lines, or text."""
    if as_json:

        def show_json(event: Event, number: int, _: Language) -> None:
            print(json_lines.line(event, number), flush=True)  # noqa: T201 - this is the output

        return show_json
    from app.render.plain import PlainRenderer

    renderer = PlainRenderer(options.language)
    current = 0

    def show(event: Event, number: int, language: Language) -> None:
        nonlocal current
        if number != current:
            renderer.begin("", language)
            current = number
        renderer.show(event)

    return show


def run(asks: Iterable[Ask | InhouseError], options: Options, *, as_json: bool) -> int:
    """Run asks, draw them, and return the exit status: that of the first which did not end well."""
    show = shower(options, as_json=as_json)
    try:
        outcomes = asyncio.run(run_asks(asks, options, show))
    except KeyboardInterrupt:
        print(options.say(TEXTS("stopping")), file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:  # the reader of our output left: `inhouse ask … | head`
        sys.stderr.close()
        return 0
    return next((outcome.status for outcome in outcomes if outcome.status), 0)
