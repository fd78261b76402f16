"""The front end's side of listening: start the process, hear of its progress, keep what was heard."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil

from models.errors import ResourceError
from models.files import private_file
from models.home import home, private_dir
from models.preferences import preferences
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
_OPEN_SECONDS = 10.0
_QUIET_SECONDS = 5.0


class _Voice(msgspec.Struct, frozen=True, tag_field="voice", tag=str.lower):
    """One line from the listening process."""


class Ready(_Voice, frozen=True):
    """The first sound arrived. `rate` in samples a second."""

    rate: int


class Level(_Voice, frozen=True):
    """How loud it is (root mean square, 0 to 1), how long it listens, and whether speech was heard."""

    rms: float
    seconds: float
    spoken: bool


class Ended(_Voice, frozen=True):
    """Listening ended: by `key`, `silence`, `limit`, `zeros`, or the device was `lost`."""

    reason: str
    seconds: float
    spoken: float
    only_zeros: bool


class Trouble(_Voice, frozen=True):
    """Listening did not begin; `code` says why, `detail` is the library's word for it."""

    code: str
    detail: str = ""


VoiceEvent = Ready | Level | Ended | Trouble
_decoder: msgspec.json.Decoder[VoiceEvent] = msgspec.json.Decoder(VoiceEvent)
_encoder = msgspec.json.Encoder()


def encode_voice(event: VoiceEvent) -> bytes:
    """Return an event as one line."""
    return _encoder.encode(event) + b"\n"


class Microphone:
    """One stretch of listening. `path` is the WAV file that holds what was heard."""

    def __init__(self) -> None:
        folder = private_dir(home() / "voice")
        _clear_leftovers(folder)
        self.path = folder / f"{os.getpid()}.wav"
        self._raw = self.path.with_suffix(".raw")
        self._process: asyncio.subprocess.Process | None = None
        self._rate = 16_000

    async def listen(self) -> AsyncIterator[Ready | Level | Ended]:
        """Yield what happens until it ends; then `path` is written, also after a crash.

        Raises:
            ResourceError: There is no microphone, or it can't be used; says what to do.
        """
        command = [
            sys.executable,
            "-P",
            "-m",
            "agents.microphone",
            str(self._raw),
            str(os.getpid()),
        ]
        name = preferences().microphone
        with (private_dir(home()) / "microphone.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *([name] if name else []),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        try:
            async for event in self._events():
                if isinstance(event, Trouble):
                    raise ResourceError(TEXTS(f"voice_{event.code}", name=name))
                if isinstance(event, Ready):
                    self._rate = event.rate
                elif isinstance(event, Ended):
                    self._write_wave()
                yield event
        finally:
            self._kill()
            await self._process.wait()

    async def _events(self) -> AsyncIterator[VoiceEvent]:
        """Yield the process's lines; one that is mute or dies ends as a lost device."""
        assert self._process and self._process.stdout
        wait, seconds = _OPEN_SECONDS, 0.0
        while True:
            try:
                line = await asyncio.wait_for(self._process.stdout.readline(), wait)
            except TimeoutError:
                line = b""
            event: VoiceEvent | None = None
            with contextlib.suppress(msgspec.DecodeError):
                event = _decoder.decode(line)
            if event is None:
                yield Ended("lost", seconds, 0.0, False) if seconds else Trouble("no_answer")
                return
            yield event
            if isinstance(event, Ended | Trouble):
                return
            seconds = event.seconds if isinstance(event, Level) else seconds
            wait = _QUIET_SECONDS

    def end(self) -> None:
        """End listening; what was heard is written out."""
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.write(b"end\n")

    def discard(self) -> None:
        """End the process and delete what was heard."""
        self._kill()
        self._raw.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _write_wave(self) -> None:
        """Put a header before the samples that were heard."""
        data = self._raw.read_bytes() if self._raw.exists() else b""
        with private_file(self.path, "wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self._rate)
            out.writeframes(data[: len(data) // 2 * 2])
        self._raw.unlink(missing_ok=True)


def _clear_leftovers(folder: Path) -> None:
    """Delete recordings of chats that are no more: a killed chat could not."""
    for path in folder.iterdir():
        if not path.stem.isdigit() or not psutil.pid_exists(int(path.stem)):
            path.unlink(missing_ok=True)
