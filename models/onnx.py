"""ONNX Runtime sessions with explicit threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.devices import Use

_PROVIDERS = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
    "metal": ["CoreMLExecutionProvider", "CPUExecutionProvider"],
}


def session(path: Path, use: Use, threads: int) -> Any:
    """Open a model file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # no heat while waiting
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = _PROVIDERS[use.device]
    return onnxruntime.InferenceSession(str(path), options, providers=providers)
