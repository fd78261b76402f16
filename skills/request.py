"""The base of every skill's request. Kept apart so that listing skills does not import pydantic."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def argument(description: str, default: Any = ..., **options: Any) -> Any:
    """Declare a field that is a positional argument of the command line."""
    return Field(
        default, description=description, json_schema_extra={"positional": True}, **options
    )


def option(description: str, default: Any = None, **options: Any) -> Any:
    """Declare a field that is an option of the command line."""
    return Field(default, description=description, **options)


class Request(BaseModel):
    """What a skill is asked to do. Field descriptions are the one source of every help text."""

    model_config = ConfigDict(extra="forbid", frozen=True)
