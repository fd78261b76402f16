"""What an encoder was taught, added to its weights and written beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import nn

from models.adapters import finding_changes
from models.embedder import TAUGHT
from models.encoders import change, write


def write_taught(
    encoder: nn.Module, name: str, folder: Path, quantize: Callable[[Path, Path], None]
) -> None:
    """Change an encoder of the catalog, in place, to what was taught to find answers; write `finder.onnx`.

    Nothing is done where nothing was taught. `quantize` is as for `models.encoders.write`.

    Raises:
        CorruptModelError: What was taught is damaged.
    """
    if changes := finding_changes(name):
        change(encoder, changes)
        write(encoder, folder / TAUGHT, quantize)
