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
        "4d0dc849b38f500edd56be8b47617dc666d1b742a5785dbb4688094aef103dba"
    ),
    "all-mpnet-base-v2.safetensors": (
        "f56cac4aadec2021c7669ec0f71eef6923a65544d5af706454418dbceb727a87"
    ),
    "multilingual-e5-small.safetensors": (
        "4682794fa18ae5d8113e3d79556d64ff57e3cf0183c1e092b9330d5f2647258c"
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
