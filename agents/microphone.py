"""The process that listens: `python -P -m agents.microphone FILE PARENT [NAME]`.

PortAudio and ALSA print to file descriptor 2, and closing a stream can hang; here neither touches the
screen or the warm models. Samples go to FILE as they come (mono, 16-bit, little-endian), so that
what was heard survives whatever happens; on standard output go JSON lines (`agents.voice`), on standard
input comes a line when the person ends it.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from agents.engine import die_with
from agents.voice import Ended, Level, Ready, Trouble, encode_voice
from models.files import private_file
from models.voice_activity import FRAME, RATE, VoiceActivity, at_rate

LONGEST_SECONDS = 120.0
SILENCE_SECONDS = 1.0
ZEROS_SECONDS = 8.0
FIRST_SECONDS = 6.0
LOST_SECONDS = 1.5
_SPEECH = 0.5
_LEAST_SPEECH_SECONDS = 0.25
_LEVEL_SECONDS = 0.1
_BLOCK_SECONDS = 0.05
_FRAME_SECONDS = FRAME / RATE


@dataclass(slots=True)
class Hearing:
    """What has been heard so far, and whether that is the end. Pure: no device, no clock.

    `rate` in samples a second; `activity` returns speech probabilities of 16 kHz samples.
    """

    rate: int
    activity: Callable[[np.ndarray[Any, Any]], list[float]]
    seconds: float = 0.0
    spoken: float = 0.0
    silent: float = 0.0
    only_zeros: bool = True

    def take(self, block: np.ndarray[Any, Any]) -> str:
        """Take in a block, shape (n,), -1 to 1; return why it ends, or an empty text."""
        self.seconds += len(block) / self.rate
        self.only_zeros = self.only_zeros and not block.any()
        for probability in self.activity(at_rate(block, self.rate)):
            if probability >= _SPEECH:
                self.spoken += _FRAME_SECONDS
                self.silent = 0.0
            else:
                self.silent += _FRAME_SECONDS
        if self.spoken >= _LEAST_SPEECH_SECONDS and self.silent >= SILENCE_SECONDS:
            return "silence"
        if self.only_zeros and self.seconds >= ZEROS_SECONDS:
            return "zeros"
        return "limit" if self.seconds >= LONGEST_SECONDS else ""


def main() -> None:
    """Listen until something ends it."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever libraries print goes where their other prints go
    path, parent = Path(sys.argv[1]), int(sys.argv[2])
    die_with(parent)
    name = sys.argv[3] if len(sys.argv) > 3 else ""
    blocks: queue.Queue[np.ndarray[Any, Any] | str] = queue.Queue()
    threading.Thread(target=_commands, args=(blocks,), daemon=True).start()
    try:
        import sounddevice
    except (OSError, ImportError):
        out.write(encode_voice(Trouble("no_portaudio")))
        os._exit(0)
    try:
        stream, rate = open_stream(sounddevice, name, blocks)
    except (sounddevice.PortAudioError, ValueError) as error:
        out.write(encode_voice(Trouble(trouble_of(sounddevice, name), str(error))))
        os._exit(0)
    with private_file(path, "wb") as file:
        listen(out, file, blocks, rate)
    threading.Thread(target=stream.abort, daemon=True).start()  # `stop` can hang with a dead server
    time.sleep(0.05)
    os._exit(0)


def _commands(blocks: queue.Queue[np.ndarray[Any, Any] | str]) -> None:
    """End when the person says so; a front end that is gone ends the process."""
    for _ in sys.stdin:
        blocks.put("key")
        return
    os._exit(0)


def open_stream(
    sounddevice: Any, name: str, blocks: queue.Queue[np.ndarray[Any, Any] | str]
) -> tuple[Any, int]:
    """Open the microphone at 16 kHz, or at its own rate where it can't do that.

    Raises:
        PortAudioError: There is none, or it may not be used.
        ValueError: The sound server is dead, or no device has that name.
    """

    def heard(block: Any, frames: int, when: Any, status: Any) -> None:
        blocks.put(block[:, 0].copy())

    device = name or None
    own_rate = int(sounddevice.query_devices(device, "input")["default_samplerate"])
    for rate in (RATE, own_rate):
        try:
            stream = sounddevice.InputStream(
                samplerate=rate, channels=1, dtype="float32", device=device,
                blocksize=int(rate * _BLOCK_SECONDS), callback=heard,
            )  # fmt: skip
            stream.start()
        except sounddevice.PortAudioError:
            if rate == own_rate:
                raise
        else:
            return stream, rate
    raise AssertionError("unreachable")


def trouble_of(sounddevice: Any, name: str) -> str:
    """Say which trouble it is that keeps a stream from opening."""
    try:
        inputs = [d for d in sounddevice.query_devices() if d["max_input_channels"] > 0]
    except (sounddevice.PortAudioError, ValueError):
        inputs = []
    if not inputs:
        return "no_device"
    if name and not any(name.lower() in d["name"].lower() for d in inputs):
        return "no_such_device"
    return "not_opened"


def listen(
    out: IO[bytes], file: IO[bytes], blocks: queue.Queue[np.ndarray[Any, Any] | str], rate: int
) -> None:
    """Write what is heard, tell the level, and end on a key, silence, the limit or a lost device."""
    hearing: Hearing | None = None
    told = 0.0
    while True:
        try:
            block = blocks.get(timeout=LOST_SECONDS if hearing else FIRST_SECONDS)
        except queue.Empty:
            block = "lost"
        if isinstance(block, str):
            reason = block
        else:
            if hearing is None:
                out.write(encode_voice(Ready(rate)))
                hearing = Hearing(rate, VoiceActivity().feed)
            file.write((np.clip(block, -1, 1) * 32767).astype("<i2").tobytes())
            file.flush()
            reason = hearing.take(block)
            if hearing.seconds - told >= _LEVEL_SECONDS:
                told = hearing.seconds
                level = float(np.sqrt(np.mean(np.square(block))))
                out.write(encode_voice(Level(level, hearing.seconds, hearing.spoken > 0)))
        if reason:
            seconds, spoken = (hearing.seconds, hearing.spoken) if hearing else (0.0, 0.0)
            zeros = hearing is None or hearing.only_zeros
            out.write(encode_voice(Ended(reason, seconds, spoken, zeros)))
            return


if __name__ == "__main__":
    main()
