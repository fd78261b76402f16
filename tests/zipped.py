"""Archives that would burst."""

from __future__ import annotations

import zipfile
from pathlib import Path

_SIZE = 513 << 20


def bomb(path: Path, name: str) -> Path:
    """Write a small archive whose contents are larger than any that is read."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"x")
        archive.writestr("media/zeros", b"\0" * _SIZE)
    return path
