"""Shared by all tests: the real models, and a home of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.home import models_dir
from models.runtimes import Runtimes
from models.store import Store

MODELS = models_dir()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what tests write away from the person's data; the weights are shared."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("INHOUSE_HOME", str(folder))
    monkeypatch.setenv("INHOUSE_MODELS", str(MODELS))
    return folder


class SmallStore(Store):
    """The real store, showing only the models of the small set."""

    def has(self, name: str) -> bool:
        from models.catalog import catalog

        return "small" in catalog().get(name).sets and super().has(name)


@pytest.fixture(scope="session")
def small() -> Iterator[Runtimes]:
    """The small models, loaded once a worker."""
    yield Runtimes(SmallStore(MODELS), "cpu")


@pytest.fixture(scope="session")
def standard() -> Iterator[Runtimes]:
    """All models that are here, loaded once a worker."""
    yield Runtimes(Store(MODELS), "cpu")
