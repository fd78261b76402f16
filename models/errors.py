"""The one error family. Every message is for a shop owner, every remedy is a next step."""

from __future__ import annotations

from typing import ClassVar

from models.texts import Catalogue, Language, Message

TEXTS = Catalogue(__package__)


class InhouseError(Exception):
    """Something a person can act on.

    Attributes:
        said: What went wrong, in both languages, with its remedy.
        code: A stable word for scripts.
        exit_status: What the command line exits with.
    """

    code: ClassVar[str] = "failed"
    exit_status: ClassVar[int] = 1

    def __init__(self, said: Message) -> None:
        super().__init__(said)
        self.said = said

    def message(self, language: Language = "en") -> str:
        """Return what went wrong."""
        return self.said.to(language)

    def remedy(self, language: Language = "en") -> str:
        """Return what to do next; may be empty."""
        return self.said.fix(language)

    def __str__(self) -> str:
        return f"{self.message()} {self.remedy()}".strip()


class UsageError(InhouseError):
    """The ask itself can't be carried out as said."""

    code = "usage"
    exit_status = 2


class BadInputError(InhouseError):
    """A file or a value of the person's can't be read; names it and says why."""

    code = "bad_input"


class ModelMissingError(InhouseError):
    """A skill needs weights that are not on this machine."""

    code = "model_missing"
    exit_status = 3


class CorruptModelError(ModelMissingError):
    """Weights do not match their pinned size or SHA-256."""

    code = "model_corrupt"


class ResourceError(InhouseError):
    """The machine is short of disk, memory, a network or a device."""

    code = "resource"


class Stopped(InhouseError):  # noqa: N818 - a person's wish, not an error
    """The person stopped the work."""

    code = "stopped"
    exit_status = 130

    def __init__(self) -> None:
        super().__init__(TEXTS("stopped"))
