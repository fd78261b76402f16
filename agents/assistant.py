"""From an ask to events: which skill, with which request; errors become one clear failure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec
import psutil
from pydantic import ValidationError

from agents.chat import Talk
from agents.protocol import Ask, ModelUse, Status, absolute
from models.devices import Wish
from models.errors import InhouseError, ResourceError, UsageError
from models.home import home, private_dir
from models.llm import ShouldStop
from models.runtimes import Runtimes
from models.texts import Catalogue, language_of
from skills import registry
from skills.contract import Context, SkillSpec
from skills.events import Answer, Artifact, Event, Failure, Step, failure

TEXTS = Catalogue(__package__)
Log = Callable[[BaseException], None]


class Assistant:
    """Answers asks one after the other; keeps models warm and the talk in mind."""

    def __init__(self, runtimes: Runtimes | None = None) -> None:
        wish = cast(Wish, os.environ.get("INHOUSE_DEVICE", "auto"))
        self.runtimes = runtimes or Runtimes(wish=wish)
        self.talk = Talk()

    def answer(self, ask: Ask, should_stop: ShouldStop, log: Log) -> Iterator[Event]:
        """Yield the events of an ask; the last one, and only that, is final."""
        started = time.monotonic()
        context = self._context(ask, should_stop)
        artifacts: list[str] = []
        try:
            for event in self._events(ask, context):
                if isinstance(event, Artifact):
                    artifacts.append(event.path)
                yield _completed(event, artifacts, time.monotonic() - started)
        except Exception as error:
            yield self._failure(error, context, time.monotonic() - started, log)

    def _failure(self, error: Exception, context: Context, seconds: float, log: Log) -> Failure:
        """Put any error into words."""
        if not isinstance(error, InhouseError):
            log(error)
            if isinstance(error, MemoryError):
                error = ResourceError(TEXTS("out_of_memory"))
            else:
                name = type(error).__name__
                error = InhouseError(TEXTS("internal", kind=name, log=home() / "engine.log"))
        return failure(error, context.language, round(seconds, 3))

    def _context(self, ask: Ask, should_stop: ShouldStop) -> Context:
        out = absolute(ask.out) if ask.out else None
        language = ask.language or language_of(ask.text)
        return Context(self.runtimes, private_dir(home()), out, language, should_stop)

    def _events(self, ask: Ask, context: Context) -> Iterator[Event]:
        if ask.skill:
            yield from self._run(registry.get(ask.skill), ask.request or {}, context)
        elif not ask.text.strip():
            raise UsageError(TEXTS("empty_ask"))
        else:
            yield from self.talk.reply(ask.text, context)

    def _run(self, spec: SkillSpec, values: dict[str, Any], context: Context) -> Iterator[Event]:
        """Check the request and run the skill, announcing how it was understood."""
        try:
            request = spec.request_class().model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise UsageError(TEXTS("bad_request", reason=reason, skill=spec.name)) from error
        shown = request.model_dump(mode="json", exclude_defaults=True)
        yield Step(spec.name, shown)
        for event in spec.load().run(request, context):
            answered = isinstance(event, Answer)
            yield _replace(event, skill=spec.name, request=shown) if answered else event

    def status(self) -> Status:
        """Return what is warm."""
        uses = tuple(
            ModelUse(m.name, m.use.device, m.use.why.to("en"), m.memory)
            for m in self.runtimes.loaded.values()
        )
        return Status(psutil.Process().memory_info().rss, uses)


def _completed(event: Event, artifacts: list[str], seconds: float) -> Event:
    """Add to an answer what the skill need not know: the files written and the time taken."""
    if not isinstance(event, Answer):
        return event
    return _replace(event, artifacts=tuple(artifacts), seconds=round(seconds, 3))


def _replace(event: Event, **changes: Any) -> Event:
    return msgspec.structs.replace(event, **changes)
