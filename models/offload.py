"""How many layers of a language model go onto a GPU, from the memory that is free there."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil

from models.devices import Kind, nvidia_smi

_RESERVE = 700_000_000  # llama.cpp's compute buffers, and whatever else draws on the screen
_ALL = -1
_HALF = 2  # bytes of a cached key or value


def layers_for(path: Path, kind: Kind, context_tokens: int) -> tuple[int, int]:
    """Return how many layers to put on the GPU, and how many there are; -1 is all of them.

    All are tried where the free memory can't be known.
    """
    if kind == "cpu":
        return 0, 0
    free = free_memory(kind)
    layers, cache = shape_of(path, context_tokens)
    if free is None or not layers:
        return _ALL, layers
    fitting = fit(free, path.stat().st_size, layers, cache)
    return (_ALL if fitting > layers else fitting), layers


def fit(free: int, file_bytes: int, layers: int, cache_bytes: int) -> int:
    """Return how many of `layers` + 1 (the output is one more) fit into `free` bytes.

    A layer takes its share of the file and `cache_bytes` for its keys and values.
    """
    each = file_bytes / (layers + 1) + cache_bytes
    return max(0, min(layers + 1, int((free - _RESERVE) / each)))


def shape_of(path: Path, context_tokens: int) -> tuple[int, int]:
    """Return a GGUF's number of layers and the bytes that one layer's cache takes; zeros if unsaid."""
    import llama_cpp

    model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
    about: dict[str, str] = model.metadata
    model.close()
    family = about.get("general.architecture", "")

    def number(key: str) -> int:
        text = about.get(f"{family}.{key}", "")
        return int(text) if text.isdigit() else 0

    heads = number("attention.head_count") or 1
    shared = number("attention.head_count_kv") or heads
    width = number("embedding_length") // heads * shared
    return number("block_count"), 2 * _HALF * width * context_tokens


def free_memory(kind: Kind) -> int | None:
    """Return the bytes that are free on the GPU; None if nobody says."""
    if kind == "cuda":
        found = nvidia_smi("memory.free", "nounits")
        return int(found) * 1024 * 1024 if found.isdigit() else None
    if kind == "metal" and platform.system() == "Darwin":
        return int(psutil.virtual_memory().available)  # one memory for both
    return _amd_free()


def _amd_free(root: Path = Path("/sys/class/drm")) -> int | None:
    """Return what Linux's amdgpu driver says is free."""
    for total in sorted(root.glob("card*/device/mem_info_vram_total")):
        try:
            used = int(total.with_name("mem_info_vram_used").read_text())
            return int(total.read_text()) - used
        except (OSError, ValueError):
            continue
    return None
