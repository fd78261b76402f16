"""Where things are kept. `INHOUSE_HOME` and `INHOUSE_MODELS` move them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the folder that holds what is the person's: knowledge, logs, trained models."""
    chosen = os.environ.get("INHOUSE_HOME")
    return (
        Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("inhouse", False))
    )


def models_dir() -> Path:
    """Return the folder that holds weights; several homes may share one."""
    chosen = os.environ.get("INHOUSE_MODELS")
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("inhouse", False)) / "models"


def private_dir(path: Path) -> Path:
    """Make `path` a folder that only its owner can read, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
