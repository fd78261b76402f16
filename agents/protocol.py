"""Frames between the front end and the engine process: one JSON object a line, versioned."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import msgspec

from models.texts import Language, language_of
from skills.events import Event

VERSION = 3
CHAT = "chat"
"""In the place of a skill: talk."""


class _Frame(msgspec.Struct, frozen=True, tag_field="frame", tag=str.lower, omit_defaults=True):
    """One line."""


class Ask(_Frame, frozen=True):
    """What a person wants.

    With `skill`, `request` is its request as given by a command. Otherwise `text` says it, in plain
    words; `files` are attached paths. `out` is the folder for results; empty means beside the input.
    """

    text: str = ""
    id: int = 0
    files: tuple[str, ...] = ()
    skill: str = ""
    request: dict[str, Any] | None = None
    out: str = ""
    language: Literal["", "en", "zh"] = ""

    @property
    def answered_in(self) -> Language:
        """The language of its answer: the one asked for, or that of its words."""
        return self.language or language_of(self.text)


class Cancel(_Frame, frozen=True):
    """Stop the ask `id`."""

    id: int


class Done(_Frame, frozen=True):
    """A request that was carried out: the skill, the request, the files that it wrote."""

    skill: str
    request: dict[str, Any]
    written: tuple[str, ...] = ()


class Recall(_Frame, frozen=True):
    """What was said before, for an engine that was not there: asks with their answers, and what was done.

    `turns` are talk, `results` what skills answered, `done` the requests in their order; `fresh` says that
    nothing else was.
    """

    turns: tuple[tuple[str, str], ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    done: tuple[Done, ...] = ()
    fresh: bool = False


class Hello(_Frame, frozen=True):
    """The engine is up."""

    version: int
    pid: int


class Cancelled(_Frame, frozen=True):
    """The engine heard the cancel of the ask `id`, and is stopping."""

    id: int


class Happened(_Frame, frozen=True):
    """An event of the ask `id`."""

    id: int
    event: Event


class ModelUse(msgspec.Struct, frozen=True):
    """A warm model: its name, what it runs on and why, and the memory it took, in bytes."""

    name: str
    device: str
    why: str
    memory: int


class Status(_Frame, frozen=True):
    """What is warm, and the engine's memory, in bytes."""

    memory: int
    models: tuple[ModelUse, ...] = ()


ToEngine = Ask | Cancel | Recall
FromEngine = Hello | Cancelled | Happened | Status

_encoder = msgspec.json.Encoder(enc_hook=str)
_to_engine: msgspec.json.Decoder[ToEngine] = msgspec.json.Decoder(ToEngine)
_from_engine: msgspec.json.Decoder[FromEngine] = msgspec.json.Decoder(FromEngine)


def encode(frame: ToEngine | FromEngine | Event) -> bytes:
    """Return a frame (or a bare event) as one line."""
    return _encoder.encode(frame) + b"\n"


def decode_to_engine(line: bytes) -> ToEngine:
    """Read a line from the front end; raises msgspec.DecodeError if it is none."""
    return _to_engine.decode(line)


def decode_from_engine(line: bytes) -> FromEngine:
    """Read a line from the engine; raises msgspec.DecodeError if it is none."""
    return _from_engine.decode(line)


def absolute(path: str) -> Path:
    """Return a path as a person types it, made absolute, without following links."""
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - keeps links, drops `..`
