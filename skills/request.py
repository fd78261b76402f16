"""The base of every skill's request. Kept apart so that listing skills does not import pydantic."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from models.texts import Language, Message
from skills.readers.labels import one_by_one

Labels = Annotated[tuple[str, ...], AfterValidator(one_by_one)]
"""Names of groups, one each or all in one list."""


def argument(description: Message, default: Any = ..., **options: Any) -> Any:
    """Declare a field that is a positional argument of the command line."""
    return option(description, default, positional=True, **options)


def option(
    description: Message, default: Any = None, *, positional: bool = False, **options: Any
) -> Any:
    """Declare a field that is an option of the command line."""
    extra: dict[str, Any] = {"positional": positional, "package": description.package}
    extra["key"] = description.key
    return Field(default, description=description.to("en"), json_schema_extra=extra, **options)


def is_positional(info: FieldInfo) -> bool:
    """Say whether a field is a positional argument."""
    extra = info.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("positional"))


def description(info: FieldInfo, language: Language) -> str:
    """Return a field's help text in a language; a stranger's plain pydantic field has but one."""
    extra = info.json_schema_extra
    if isinstance(extra, dict) and "key" in extra:
        return Message(str(extra["package"]), str(extra["key"]), {}).to(language)
    return info.description or ""


class Request(BaseModel):
    """What a skill is asked to do. Field descriptions are the one source of every help text."""

    model_config = ConfigDict(extra="forbid", frozen=True)
