"""Is somebody speaking? Silero VAD, frame by frame as sound comes in."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
RATE = 16_000
FRAME = 512
_CONTEXT = 64
_STATE = (1, 1, 128)
_MODEL = "silero_vad_v6.onnx"


class VoiceActivity:
    """Says for each frame of 512 samples (32 ms at 16 kHz) how probably it is speech.

    The network (Silero VAD v6, MIT) ships inside faster-whisper; only its file is used here, since
    importing that package takes a second.
    """

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session: Any = onnxruntime.InferenceSession(
            str(_model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)

    def feed(self, samples: Floats) -> list[float]:
        """Take in samples, shape (n,), 16 kHz, -1 to 1; return a probability a whole frame."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // FRAME
        self._rest = sound[whole * FRAME :]
        return [self._frame(sound[i * FRAME : (i + 1) * FRAME]) for i in range(whole)]

    def _frame(self, frame: Floats) -> float:
        given = np.concatenate([self._context, frame])[None].astype(np.float32)
        out, self._h, self._c = self._session.run(
            None, {"input": given, "h": self._h, "c": self._c}
        )
        self._context = frame[-_CONTEXT:]
        return float(np.ravel(out)[0])


def _model_path() -> Path:
    """Return the network's file, without importing the package it is in."""
    found = find_spec("faster_whisper")
    folders = list(found.submodule_search_locations or []) if found else []
    return Path(folders[0]) / "assets" / _MODEL


def at_rate(samples: Floats, rate: int) -> Floats:
    """Return samples of any rate at 16 kHz, good enough to tell speech from silence."""
    if rate == RATE or not len(samples):
        return samples
    count = int(len(samples) * RATE / rate)
    positions = np.linspace(0, len(samples) - 1, count)
    return np.interp(positions, np.arange(len(samples)), samples).astype(np.float32)
