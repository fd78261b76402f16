"""Shared by all tests: the real models, a home of one's own, the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from models.catalog import catalog
from models.home import models_dir
from models.runtimes import Runtimes
from models.store import Store
from tests.sound import sound_server

__all__ = ["sound_server"]  # a fixture

MODELS = models_dir()
settings.register_profile(
    "untimed", deadline=None
)  # how long an example takes is the machine's affair
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def small_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that shows only the small set."""
    folder = tmp_path_factory.mktemp("small-models")
    for model in catalog().in_set("small"):
        (folder / model.id).symlink_to(MODELS / model.id)
    return folder


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    small_models: Path,
    request: pytest.FixtureRequest,
) -> Path:
    """Keep what tests write away from the person's data; only `standard` tests see all models."""
    folder = tmp_path_factory.mktemp("home")
    whole = request.node.get_closest_marker("standard") is not None
    monkeypatch.setenv("INHOUSE_HOME", str(folder))
    monkeypatch.setenv("INHOUSE_MODELS", str(MODELS if whole else small_models))
    monkeypatch.setenv("INHOUSE_LANG", "en")
    return folder


@pytest.fixture(scope="session")
def small(small_models: Path) -> Iterator[Runtimes]:
    """The small models, loaded once a worker."""
    yield Runtimes(Store(small_models), "cpu")


@pytest.fixture(scope="session")
def standard() -> Iterator[Runtimes]:
    """All models that are here, loaded once a worker."""
    yield Runtimes(Store(MODELS), "cpu")


@dataclass(frozen=True)
class Done:
    """What a run of the program printed."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]


Program = Callable[..., Done]


@pytest.fixture
def inhouse(tmp_path: Path) -> Program:
    """The real program, as a person or script runs it, in an empty folder."""

    def run(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **env: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "app", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or tmp_path,
            env={**os.environ, **env},
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
