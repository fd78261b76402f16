"""Named arrays in one private file, written whole or not at all; never pickled."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.files import atomic_write

Array = npt.NDArray[Any]


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays for this person only.

    Raises:
        ResourceError: The disk is full.
    """
    memory = io.BytesIO()
    np.savez(memory, **cast(Any, arrays))  # its stub takes all names for that of an option
    atomic_write(path, memory.getvalue(), mode=0o600)


def read_arrays(path: Path) -> dict[str, Array] | None:
    """Return the arrays of a file; None if there is none or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile):
        return None
