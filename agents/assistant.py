"""From an ask to events: which skill, with which request; errors become one clear failure."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import psutil
from pydantic import ValidationError

from agents.athand import FIELDS, AtHand, leans_back
from agents.chat import Talk
from agents.followups import follow, follows, means_other
from agents.opening import not_found, slash
from agents.pending import Pending, question, resume
from agents.plans import steps
from agents.protocol import CHAT, Ask, ModelUse, Recall, Status, absolute
from agents.router import Route, Router
from models.errors import BadInputError, InhouseError, ResourceError, UsageError
from models.home import home, private_dir
from models.llm import ShouldStop
from models.preferences import preferences
from models.runtimes import Runtimes
from models.texts import Catalogue, Message, language_of
from skills import registry
from skills.contract import Context, Filled, Said, SkillSpec
from skills.events import Answer, Artifact, Assumption, Event, Failure, Question, Step, failure
from skills.ledger import Ledger
from skills.readers.files import Found, find_files, found_at

TEXTS = Catalogue(__package__)
Log = Callable[[BaseException], None]
_PROMISING = 0.1
_SURELY_TALK = 0.5
_SURE_OF_TABLE = 0.6  # that an ask is about a table, where none is here
_SURELY_TALK_OF_RESULT = 0.95  # what leans on a result, by its words alone
_WORDS = re.compile(r"[A-Za-z0-9]+|[\u4e00-\u9fff]{1,2}")
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Last:
    """The last request that was carried out, for follow-ups."""

    skill: str
    values: dict[str, Any]


class Assistant:
    """Answers asks one after the other; keeps models warm and the talk in mind."""

    def __init__(self, runtimes: Runtimes | None = None, ledger: Ledger | None = None) -> None:
        self.runtimes = runtimes or Runtimes(wish=preferences().device)
        self.ledger = ledger or Ledger()
        self.talk = Talk()
        self.at_hand = AtHand()
        self.router = Router(registry.all_specs(), self.runtimes, home() / "cache")
        self._pending: Pending | None = None
        self._last: _Last | None = None

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
        return Context(
            self.runtimes, private_dir(home()), out, ask.answered_in, should_stop, self.ledger
        )

    def _events(self, ask: Ask, context: Context) -> Iterator[Event]:
        if ask.skill:
            yield from self._run(registry.get(ask.skill), ask.request or {}, context)
            return
        text = ask.text.strip()
        if not text:
            raise UsageError(TEXTS("empty_ask"))
        pending, self._pending = self._pending, None
        command, rest = slash(text)
        files, bare = find_files(rest)
        files += tuple(found_at(absolute(path), path) for path in ask.files)
        if command and not files and rest and absolute(rest).exists():
            files, bare = (
                (found_at(absolute(rest), rest),),
                "",
            )  # `/tag photos`: a bare name is a file here
        said = Said(rest, bare, files, context.language)
        missing = next((found for found in files if not found.exists), None)
        if missing:
            raise BadInputError(not_found(missing.path))
        if command:
            yield from self._continue_with(registry.get(command), said, context)
        elif (
            pending
            and not self._is_new(pending, said)
            and (resumed := resume(pending, said)) is not None
        ):
            spec = registry.get(resumed[0])
            if pending.field == "skill":
                yield from self._continue_with(spec.meant(pending.said), pending.said, context)
            else:
                yield from self._continue(spec, resumed[1], pending.said, context, pending.meant)
        else:
            yield from self._route(said, context)

    def _is_new(self, pending: Pending, said: Said) -> bool:
        """Say whether what follows a question is no reply, but clearly an ask for something else."""
        if not pending.skill or len(_WORDS.findall(said.bare)) < _LEAST_WORDS:
            return False
        skill = self.router.route(said.bare, said.files, said.language).skill
        return bool(skill) and skill != pending.skill

    def _route(self, said: Said, context: Context) -> Iterator[Event]:
        """Find the skill; two alike lead to a question back, none to talk."""
        if (
            self._last
            and (follows(said) or leans_back(said.bare))
            and not means_other(registry.get(self._last.skill), said, self.router)
        ):
            spec = registry.get(self._last.skill)
            other = () if said.files or spec.in_a_row else self.at_hand.other_named(spec, said)
            leaning = dataclasses.replace(said, files=other or said.files)
            values = follow(spec, self._last.values, leaning)
            if values is not None and self._stays(spec, values, said):
                yield from self._continue(spec, Filled(values), said, context)
                return
        plan = self._plan(said)
        if plan:
            listed = "; ".join(f"{n}. {part}" for n, (part, _, _) in enumerate(plan, 1))
            text = context.say(TEXTS("plan", steps=listed))
            yield Answer(text, skill="plan", request=_steps_request(plan))
            return
        before = self._last.skill.split()[0] if self._last else ""
        route = self.router.route(said.bare, said.files, said.language, before)
        if route.rival and not self._ready(said, route):
            choices = (route.skill, route.rival)
            prompt = context.say(
                TEXTS(
                    "which_skill",
                    first=registry.summary(choices[0], context.language),
                    second=registry.summary(choices[1], context.language),
                )
            )
            self._pending = Pending("", "skill", {}, said, choices)
            yield from question(prompt, "skill", choices, {})
            return
        choice = self._choice(said, route)
        if choice:
            spec, filled, meant = choice
            yield from self._continue(spec, filled, said, context, meant)
        else:
            yield from self.talk.reply(said.text, context)

    def _choice(
        self, said: Said, route: Route
    ) -> tuple[SkillSpec, Filled, tuple[Found, ...]] | None:
        """Return what an ask is for, how its request is filled, and files meant; None if it is talk."""
        shares = dict(route.ranking)
        about = self.at_hand.asks_of_result(said)
        if about and route.skill in {"", about[0].name, self.at_hand.writer}:
            spec, result = about
            return spec, spec.filler()(dataclasses.replace(said, files=(result,))), (result,)
        skill = self._ready(said, route) or route.skill or self._ready_runner_up(said, shares)
        if not skill and shares.get(CHAT, 0.0) < _SURELY_TALK_OF_RESULT:
            leaning = self.at_hand.leans_on(said)
            skill = leaning.name if leaning else ""
        if not skill:
            return None
        spec = registry.get(skill).meant(said)
        filled, meant = self._filled(spec, said)
        if filled.missing and not said.files:
            other = self._ready_runner_up(said, shares, at_hand=True)
            if other:
                spec = registry.get(other)
                filled, meant = self._filled(spec, said)
        unsure = spec.reads_results and route.probability < _SURE_OF_TABLE
        if filled.missing and unsure and not self.at_hand.offered(spec):
            return None  # there is no table that it could be about
        return spec, filled, meant

    def _stays(self, spec: SkillSpec, values: dict[str, Any], said: Said) -> bool:
        """Say whether a question that continues another is for the same skill by its words, too."""
        if not values.get("before"):
            return True
        route = self.router.route(said.bare, said.files, said.language)
        talk = dict(route.ranking).get(CHAT, 0.0)
        return route.skill == spec.name or (not route.skill and talk < _SURELY_TALK)

    def _plan(self, said: Said) -> list[tuple[str, str, float]]:
        """Return the steps of an ask that names several, by the words of each."""

        def skill_of(part: str) -> tuple[str, float]:
            files, bare = find_files(part)
            route = self.router.route(bare, files, said.language)
            return route.skill, route.probability

        return steps(said.text, skill_of)

    def understand(self, text: str) -> dict[str, Any]:
        """Return what an ask would be understood as, without doing it.

        `skill` is that of a skill, `chat`, or `plan` for several steps; `confidence` a probability;
        `request` what the readers fill.
        """
        started = time.monotonic()
        command, rest = slash(text.strip())
        files, bare = find_files(rest)
        said = Said(rest, bare, files, language_of(text))
        skill, confidence, request = self._understood(command, said)
        seconds = round(time.monotonic() - started, 4)
        return {
            "skill": skill,
            "confidence": round(confidence, 4),
            "request": request,
            "seconds": seconds,
        }

    def _understood(self, command: str, said: Said) -> tuple[str, float, dict[str, Any]]:
        if command:
            spec = registry.get(command)
            return command, 1.0, spec.filler()(said).values
        plan = self._plan(said)
        if plan:
            return "plan", min(p for _, _, p in plan), _steps_request(plan)
        route = self.router.route(said.bare, said.files, said.language)
        shares = dict(route.ranking)
        choice = self._choice(said, route)
        if not choice:
            return CHAT, shares.get(CHAT, 1.0), {}
        spec, filled, _ = choice
        skill = spec.name.split()[0]
        confidence = route.probability if skill == route.skill else shares[skill]
        return spec.name, confidence, filled.values

    def _ready(self, said: Said, route: Route) -> str:
        """Return which of two skills that are as likely finds all it needs in the ask, or much more of it."""
        alike = (route.skill, route.rival) if route.rival else ()
        filled = {name: registry.get(name).filler()(said) for name in alike}
        ready = {name: len(one.values) for name, one in filled.items() if not one.missing}
        if len(ready) > 1:  # both: that which takes clearly more from the ask
            most, next_most = sorted(ready.values(), reverse=True)[:2]
            ready = {name: n for name, n in ready.items() if n == most and n > next_most + 1}
        return next(iter(ready)) if len(ready) == 1 else ""

    def _ready_runner_up(
        self, said: Said, shares: dict[str, float], *, at_hand: bool = False
    ) -> str:
        """Return a skill that is likely enough and finds all it needs, where what is likelier does not.

        `Is this praise or a complaint: …` names groups and a message: nobody chats like that. `Which ones are
        about damaged goods?` names a group, and the table is `at_hand`: that is no question to a FAQ which is
        still to be named. What looks like talk does not mean files that it does not name.
        """
        for name, share in sorted(shares.items(), key=lambda pair: -pair[1]):
            if name != CHAT and share >= _PROMISING:
                spec = registry.get(name)
                filled = self._filled(spec, said)[0] if at_hand else spec.filler()(said)
                if not filled.missing and len(filled.values) >= 2:
                    return name
        return ""

    def _continue_with(self, spec: SkillSpec, said: Said, context: Context) -> Iterator[Event]:
        filled, meant = self._filled(spec, said)
        yield from self._continue(spec, filled, said, context, meant)

    def _filled(self, spec: SkillSpec, said: Said) -> tuple[Filled, tuple[Found, ...]]:
        """Fill a request from an ask, and from the files that it means and does not name: these, too."""
        filled = spec.filler()(said)
        if filled.missing and not said.files:
            meant = self.at_hand.meant(spec, said, filled.missing)
            again = spec.filler()(dataclasses.replace(said, files=meant)) if meant else filled
            if again.missing != filled.missing:
                return again, meant
        return filled, ()

    def _continue(
        self,
        spec: SkillSpec,
        filled: Filled,
        said: Said,
        context: Context,
        meant: tuple[Found, ...] = (),
    ) -> Iterator[Event]:
        """Ask for what is missing, or run; `meant` are files that the ask did not name."""
        if filled.missing and filled.question:
            choices = filled.choices
            if filled.missing in FIELDS and not choices:
                choices = self.at_hand.offered(spec)
            self._pending = Pending(spec.name, filled.missing, filled.values, said, choices, meant)
            prompt = context.say(filled.question)
            yield from question(prompt, filled.missing, choices, filled.values, spec.name)
            return
        written: list[str] = []
        values = filled.values | ({"unheard": list(filled.unheard)} if filled.unheard else {})
        for event in self._run(spec, values, context):
            if isinstance(event, Artifact):
                written.append(event.path)
            if isinstance(event, Question):  # the skill's own: which of several is meant
                rest = {k: v for k, v in values.items() if k != event.field}
                self._pending = Pending(spec.name, event.field, rest, said, event.choices)
            if not isinstance(event, Answer):
                yield event
                continue
            if not event.refused:  # or else talk would refuse in the same words
                self.talk.take_result(said.text, event.text)
            self._last = _Last(spec.name, values)
            self.at_hand.remember(spec.name, values, written)
            assumed = [Assumption(context.say(_at_hand(meant)))] if meant else []
            yield _replace(event, evidence=(*event.evidence, *assumed))

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

    def recall(self, frame: Recall) -> None:
        """Take in what was said before, elsewhere."""
        if frame.fresh:
            self.talk, self.at_hand = Talk(), AtHand()
            self._last = self._pending = None
        for asked, answered in frame.turns:
            self.talk.remember(asked, answered)
        for asked, answered in frame.results:
            self.talk.take_result(asked, answered)
        for done in frame.done:
            if done.skill.split(" ")[0] in registry.names():
                self._last = _Last(done.skill, done.request)
                self.at_hand.remember(done.skill, done.request, done.written)

    def status(self) -> Status:
        """Return what is warm."""
        uses = tuple(
            ModelUse(m.name, m.use.device, m.use.why.to("en"), m.memory)
            for m in self.runtimes.loaded.values()
        )
        return Status(psutil.Process().memory_info().rss, uses)


def _at_hand(meant: tuple[Found, ...]) -> Message:
    """Say which files were taken that an ask did not name."""
    first, *more = meant
    if more:
        return TEXTS("files_at_hand", n=len(meant), folder=first.path.parent)
    return TEXTS("file_at_hand", path=first.path)


def _steps_request(plan: list[tuple[str, str, float]]) -> dict[str, Any]:
    return {"steps": [{"skill": skill, "text": part} for part, skill, _ in plan]}


def _completed(event: Event, artifacts: list[str], seconds: float) -> Event:
    """Add to an answer what the skill need not know: the files written and the time taken."""
    if not isinstance(event, Answer):
        return event
    return _replace(event, artifacts=tuple(artifacts), seconds=round(seconds, 3))


def _replace(event: Event, **changes: Any) -> Event:
    return msgspec.structs.replace(event, **changes)
