"""Low-rank changes to chat models' weights that come with Inhouse, each with its pinned hash."""

from __future__ import annotations

from pathlib import Path

from assets import READERS
from models.errors import TEXTS, CorruptModelError
from models.files import file_sha256

_SHA256 = {
    "qwen2.5-coder-1.5b-instruct": (
        "5f206dc4a7170a9c2a656ad76d427cdeb332f729bf39d90c3438580f4dba68bb"
    )
}


def reading_adapter(model: str) -> Path | None:
    """Return what taught a model of the catalog to judge answers; None if nothing did.

    Raises:
        CorruptModelError: The file is not the one that was made.
    """
    if model not in _SHA256:
        return None
    path = READERS / f"{model}.gguf"
    if not path.is_file() or file_sha256(path) != _SHA256[model]:
        raise CorruptModelError(TEXTS("adapter_damaged", path=path))
    return path
