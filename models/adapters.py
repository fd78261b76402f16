"""Low-rank changes to models' weights that come with Inhouse, each with its pinned hash."""

from __future__ import annotations

from pathlib import Path

from assets import READERS
from models.errors import TEXTS, CorruptModelError
from models.files import file_sha256

_SHA256 = {
    "qwen2.5-coder-1.5b-instruct.gguf": (
        "7ae41f9345d3383732968db61a20b5b9beaaefc3a9df774b1e8cf028a50f0c11"
    ),
    "all-minilm-l6-v2.safetensors": (
        "feb762d0f1c5be38e6731bfaf4429938e6807e9b373f5c16f694e9a99372085f"
    ),
    "all-mpnet-base-v2.safetensors": (
        "289775d51695e582b232a4f2184d4650fc9686892d2e55fd3324cfd8c8ea0417"
    ),
    "multilingual-e5-small.safetensors": (
        "67541255d301b3c6620608829d6ebd03598ee950e210e39afe1e5254320ec009"
    ),
}


def reading_adapter(model: str) -> Path | None:
    """Return what taught a chat model of the catalog to judge answers; None if nothing did.

    Raises:
        CorruptModelError: The file is not the one that was made.
    """
    return _kept(f"{model}.gguf")


def finding_changes(model: str) -> Path | None:
    """Return what taught an encoder of the catalog to find answers; None if nothing did.

    Raises:
        CorruptModelError: The file is not the one that was made.
    """
    return _kept(f"{model}.safetensors")


def lesson_of(model: str) -> str:
    """Return the SHA-256 of what taught an encoder of the catalog to find answers; "" if nothing did."""
    return _SHA256.get(f"{model}.safetensors", "")


def _kept(name: str) -> Path | None:
    if name not in _SHA256:
        return None
    path = READERS / name
    if not path.is_file() or file_sha256(path) != _SHA256[name]:
        raise CorruptModelError(TEXTS("adapter_damaged", path=path))
    return path
