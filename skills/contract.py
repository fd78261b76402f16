"""What a skill is. Light to import: a skill's spec names its parts, and they load when used."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from models.errors import Stopped
from models.files import unique_path
from models.texts import Catalogue, Language, Message, text_lines
from skills.ledger import Ledger

if TYPE_CHECKING:
    from models.runtimes import Runtimes
    from skills.events import Event
    from skills.readers.files import Found
    from skills.request import Request

RESULTS = ("labelled", "triaged", "forecast", "tags", "evaluated", "suspects", "figures")
"""What is appended to a file's name for a result of it."""
_RESULT = re.compile(rf"-(?:{'|'.join(RESULTS)})(?:-\d+)?$")
FileKind = Literal["table", "audio", "image", "document", "mail", "folder"]


@dataclass(frozen=True, slots=True)
class Filled:
    """What a skill's `fill` made of an ask.

    Attributes:
        values: The fields of the request that were found in the text and the files.
        missing: A required field that is still unknown; the assistant asks for it.
        question: What to ask then.
        choices: What may be answered, where that is known.
        whole: Whether all that the ask says is in the request, as far as can be told.
        unheard: Words of the ask that tell something which no value stands for; the field of a request that
            is called so, which it must have then.
    """

    values: dict[str, Any] = field(default_factory=dict)
    missing: str = ""
    question: Message | None = None
    choices: tuple[str, ...] = ()
    whole: bool = True
    unheard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """An ask as `fill` sees it: the text, the text without its paths, and the files it names."""

    text: str
    bare: str
    files: tuple[Found, ...]
    language: Language


@dataclass(frozen=True)
class SkillSpec:
    """A skill's face.

    Attributes:
        name: One lower-case word; also the command and the slash command.
        package: Where its `texts.toml` (with `summary`) and `examples.{en,zh}.txt` are.
        request: Import path `package.module:Class` of the pydantic request.
        fill: Import path of `fill(said: Said) -> Filled`.
        implementation: Import path of the skill; called without arguments.
        file_kinds: What kinds of files it works on.
        fits: Import path of `fits(found: Found) -> bool`, which looks inside a file of such a kind.
        operations: Import path of the specs of what else it does, such as `evaluate`, as a tuple. An
            operation's name is `SKILL OPERATION`, and its command `inhouse SKILL OPERATION`.
        chosen: Import path of `chosen(said: Said) -> str`, which returns the operation that an ask is
            for, or an empty text.
        summary_key: The message that says what it does.
        models: The tasks it needs models for.
        leaning: Import path of `leaning(text: str) -> float`: how many times as likely as by the sense of its
            words an ask is for it, by what sense does not tell, such as its tense.
        reads_results: Whether it answers questions about tables that another skill wrote.
        in_a_row: Whether asks for it come in a row, so that what follows one is likely to be for it, too.
    """

    name: str
    package: str
    request: str
    fill: str
    implementation: str
    file_kinds: frozenset[FileKind] = frozenset()
    models: tuple[str, ...] = ()
    fits: str = ""
    operations: str = ""
    chosen: str = ""
    summary_key: str = "summary"
    leaning: str = ""
    reads_results: bool = False
    in_a_row: bool = False

    @cached_property
    def texts(self) -> Catalogue:
        """The skill's catalogue of texts."""
        return Catalogue(self.package)

    def summary(self, language: Language) -> str:
        """Return what it does, in one line."""
        return self.texts(self.summary_key).to(language)

    @cached_property
    def operation_specs(self) -> dict[str, SkillSpec]:
        """The operations by the last word of their names."""
        specs = load_object(self.operations) if self.operations else ()
        return {spec.name.split()[-1]: spec for spec in specs}

    def meant(self, said: Said) -> SkillSpec:
        """Return the operation that an ask is for, or this."""
        name = load_object(self.chosen)(said) if self.chosen else ""
        return self.operation_specs[name] if name else self

    def request_class(self) -> type[Request]:
        """Import and return the request class."""
        cls: type[Request] = load_object(self.request)
        return cls

    def filler(self) -> Callable[[Said], Filled]:
        """Import and return `fill`."""
        fill: Callable[[Said], Filled] = load_object(self.fill)
        return fill

    def can_use(self, found: Found) -> bool:
        """Say whether a file of the right kind holds what the skill needs."""
        return bool(load_object(self.fits)(found)) if self.fits else True

    def leans(self, text: str) -> float:
        """Return how many times as likely as by the sense of its words an ask is for this."""
        return float(load_object(self.leaning)(text)) if self.leaning else 1.0

    def load(self) -> Skill[Any]:
        """Import the implementation and make one."""
        skill: Skill[Any] = load_object(self.implementation)()
        return skill

    def examples(self, language: Language) -> list[str]:
        """Return the example utterances of a language; `#` starts a comment line."""
        return text_lines(self.package, f"examples.{language}.txt")


def operation(
    skill: str, name: str, request: str, implementation: str, *, fill: str, models: tuple[str, ...]
) -> SkillSpec:
    """Return the spec of what else a skill does; paths are relative to the skill's package.

    `request` and `fill` are names in its module `operations`, the summary is its text `summary_NAME`.
    """
    package = f"skills.{skill}"
    return SkillSpec(
        name=f"{skill} {name}",
        package=package,
        request=f"{package}.operations:{request}",
        fill=f"{package}.operations:{fill}",
        implementation=f"{package}.{implementation}",
        models=models,
        summary_key=f"summary_{name}",
    )


def is_result(path: Path) -> bool:
    """Say whether a file is called like a result of a skill: `reviews-labelled-2.csv`."""
    return _RESULT.search(path.stem) is not None


def load_object(path: str) -> Any:
    """Import `package.module:name` and return it."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


_T = TypeVar("_T")
_Result = TypeVar("_Result")


def relay(
    work: Generator[_T, None, _Result], tell: Callable[[_T], Event]
) -> Generator[Event, None, _Result]:
    """Run work that yields how far it is, telling that as events, and return its result."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            result: _Result = end.value
            return result
        yield tell(step)


@dataclass(frozen=True)
class Context:
    """What a running skill may use.

    Attributes:
        runtimes: The loaded models.
        home: The data home, for what a skill keeps.
        out: Where results go; None means beside the input.
        language: Language to speak to the person.
        should_stop: True once the person stopped the work.
        ledger: What an earlier attempt finished; put there what a later one need not do again.
    """

    runtimes: Runtimes
    home: Path
    out: Path | None = None
    language: Language = "en"
    should_stop: Callable[[], bool] = lambda: False
    ledger: Ledger = field(default_factory=Ledger)

    def check(self) -> None:
        """Raise `Stopped` if the person stopped the work. Call it at least every half second."""
        if self.should_stop():
            raise Stopped

    def say(self, message: Message) -> str:
        """Return a message in the person's language."""
        return message.to(self.language)

    def result_path(self, source: Path, suffix: str, tail: str = "") -> Path:
        """Return a free path for a result of `source`: nothing is ever overwritten."""
        return unique_path(self.out or source.parent, source.stem + tail, suffix).absolute()


_R_contra = TypeVar("_R_contra", bound="Request", contravariant=True)


class Skill(Protocol[_R_contra]):
    """One capability. Stateless: what it keeps is on disk, what is warm is in the runtimes."""

    def run(self, request: _R_contra, context: Context) -> Iterator[Event]:
        """Do the work, yielding events; the last one is an `Answer`.

        Raises:
            InhouseError: The work can't be done; the engine reports it as a `Failure`.
        """
        ...
