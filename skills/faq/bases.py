"""Which FAQ was used last. Light: an ask without a file needs to know it before anything loads."""

from __future__ import annotations

import json
from pathlib import Path

from models.files import atomic_write
from models.home import private_dir

_LAST = "last.json"


def last_base(home: Path) -> Path | None:
    """Return the file that was used last, if it is still there."""
    try:
        path = Path(json.loads((home / "knowledge" / _LAST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return path if path.is_file() else None


def remember_last(home: Path, path: Path) -> None:
    """Remember a file as the one used last."""
    folder = private_dir(home / "knowledge")
    atomic_write(folder / _LAST, json.dumps(str(path)), mode=0o600)
