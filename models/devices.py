"""What hardware there is, which each runtime uses, and why, in words."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import psutil

from models.preferences import Wish
from models.texts import Catalogue, Message

TEXTS = Catalogue(__package__)
Kind = Literal["cpu", "cuda", "metal", "vulkan"]
_VENDORS = {"0x1002": "AMD", "0x8086": "Intel"}
ENGINES = ("llama.cpp", "CTranslate2", "ONNX Runtime")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What was found. Memory in bytes."""

    processor: str
    threads: int
    memory: int
    gpu: str
    gpu_kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What one engine runs on, and why."""

    engine: str
    device: Kind
    why: Message


@cache
def hardware() -> Hardware:
    """Look at the machine; cheap, imports no engine."""
    processor = platform.processor() or platform.machine()
    gpu, kind = _gpu()
    return Hardware(processor, threads(), psutil.virtual_memory().total, gpu, kind)


def threads() -> int:
    """Return how many threads an engine gets: the physical cores this process may use, at most 8."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    physical = psutil.cpu_count(logical=False) or allowed or 1
    return max(1, min(allowed or 1, physical, 8))


def _gpu() -> tuple[str, Kind | None]:
    """Return a GPU's name and what it is driven by: Apple's, NVIDIA's, then what Linux lists."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "Apple", "metal"
    name = nvidia_smi("name")
    if name:
        return name, "cuda"
    return _listed_gpu()


def _listed_gpu(root: Path = Path("/sys/class/drm")) -> tuple[str, Kind | None]:
    """Return a GPU of AMD's or Intel's that Linux knows; Vulkan drives both."""
    for vendor in sorted(root.glob("card*/device/vendor")):
        try:
            name = _VENDORS.get(vendor.read_text().strip())
        except OSError:
            continue
        if name:
            return name, "vulkan"
    return "", None


def nvidia_smi(field: str, *options: str) -> str:
    """Return what NVIDIA's tool says of its first GPU; nothing if there is none."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return ""
    form = ",".join(["csv", "noheader", *options])
    command = [tool, f"--query-gpu={field}", f"--format={form}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.splitlines()[0].strip() if done.returncode == 0 and done.stdout else ""


def choose(engine: str, wish: Wish = "auto") -> Use:
    """Choose the device of an engine; what can't be had falls back to the CPU with a reason.

    Imports the engine to ask what it was built for, so only the engine process calls this.
    """
    if wish == "cpu":
        return Use(engine, "cpu", TEXTS("device_asked_cpu"))
    gpu, own = hardware().gpu, hardware().gpu_kind
    if not gpu or own is None:
        return Use(engine, "cpu", TEXTS("device_no_gpu"))
    kind: Kind = "vulkan" if wish == "vulkan" else own
    if wish not in ("auto", kind):
        return Use(engine, "cpu", TEXTS("device_not_here", wish=wish, gpu=gpu))
    if not _built_for(engine, kind):
        return Use(engine, "cpu", TEXTS("device_not_built", engine=engine, gpu=gpu))
    return Use(engine, kind, TEXTS("device_gpu", gpu=gpu))


def _built_for(engine: str, kind: Kind) -> bool:
    """Say whether the installed engine can use a GPU of this kind."""
    if engine == "llama.cpp":
        import llama_cpp

        return bool(llama_cpp.llama_supports_gpu_offload())
    if kind == "vulkan":
        return False
    if engine == "CTranslate2":
        import ctranslate2

        return kind == "cuda" and ctranslate2.get_cuda_device_count() > 0
    import onnxruntime

    provider = "CUDAExecutionProvider" if kind == "cuda" else "CoreMLExecutionProvider"
    return provider in onnxruntime.get_available_providers()
