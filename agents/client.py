"""The front end's side of the engine process: start it, ask, cancel, survive its death."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, BinaryIO

import msgspec

from agents.protocol import (
    VERSION,
    Ask,
    Cancel,
    Cancelled,
    FromEngine,
    Happened,
    Hello,
    Recall,
    Status,
    ToEngine,
    decode_from_engine,
    encode,
)
from models.errors import InhouseError
from models.home import home, private_dir
from models.texts import Catalogue, Language
from skills.events import FINAL, Event, failure

TEXTS = Catalogue(__package__)
_CLOSE_SECONDS = 1.0
_ILLEGAL_INSTRUCTION = -4  # SIGILL, as `Popen.returncode` tells it


class EngineDiedError(InhouseError):
    """The engine process ended while it was working."""

    code = "engine_died"


class Engine:
    """A client of one engine process, which it starts when needed and again after a death.

    All methods belong to one event loop. Start it from the thread that will live as long as the
    program: Linux ties the parent-death signal to the parent's thread.
    """

    def __init__(self, device: str = "auto", on_status: Callable[[Status], None] | None = None):
        self.device, self.on_status = device, on_status
        self.memory: Callable[[], Recall] | None = None  # what a new engine should know
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: BinaryIO | None = None
        self._frames: asyncio.Queue[FromEngine | None] = asyncio.Queue()
        self._next = 0
        self._running: int | None = None
        self._acknowledged = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process id of the engine, if it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the engine process unless it runs. Takes milliseconds; models load on first use."""
        if self.pid is not None:
            return
        self._discard()
        to_child, from_child = os.pipe(), os.pipe()
        log = private_dir(home()) / "engine.log"
        with log.open("ab") as output:
            self._process = _spawn(to_child[0], from_child[1], output, self.device)
        os.close(to_child[0])
        os.close(from_child[1])
        self._pipe = os.fdopen(to_child[1], "wb")
        self._frames = asyncio.Queue()
        loop = asyncio.get_running_loop()
        reader = os.fdopen(from_child[0], "rb")
        threading.Thread(target=_read, args=(reader, loop, self._frames), daemon=True).start()
        if self.memory:
            self._send(self.memory())

    async def ask(self, ask: Ask, language: Language = "en") -> AsyncGenerator[Event]:
        """Send an ask and yield its events, the last one final. One ask at a time."""
        self._next += 1
        number = self._running = self._next
        self._acknowledged.clear()
        try:
            self.start()
            self._send(msgspec.structs.replace(ask, id=number))
            async for event in self._events(number, language):
                yield event
        except OSError:
            yield failure(EngineDiedError(TEXTS("engine_died")), language)
        finally:
            self._running = None

    async def _events(self, number: int, language: Language) -> AsyncIterator[Event]:
        while True:
            frame = await self._frames.get()
            if frame is None:
                yield failure(self._death(), language)
                return
            self._notice(frame)
            if isinstance(frame, Happened) and frame.id == number:
                yield frame.event
                if isinstance(frame.event, FINAL):
                    return

    def _death(self) -> EngineDiedError:
        """Let go of the process, which has ended or is about to, and say why it ended."""
        illegal = False
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                illegal = self._process.wait(_CLOSE_SECONDS) == _ILLEGAL_INSTRUCTION
        self._discard()
        return EngineDiedError(TEXTS("engine_illegal" if illegal else "engine_died"))

    def _notice(self, frame: FromEngine) -> None:
        if isinstance(frame, Cancelled):
            self._acknowledged.set()
        elif isinstance(frame, Status) and self.on_status:
            self.on_status(frame)
        elif isinstance(frame, Hello) and frame.version != VERSION:
            raise InhouseError(TEXTS("engine_version"))

    def recall(self, frame: Recall) -> None:
        """Tell the engine what was said elsewhere; one that is not up learns it from `memory`."""
        if self.pid is not None:
            with contextlib.suppress(OSError):
                self._send(frame)

    def cancel(self) -> None:
        """Ask the engine to stop what it does. Its failure event `stopped` ends the ask."""
        if self._running is not None:
            with contextlib.suppress(OSError):
                self._send(Cancel(self._running))

    async def acknowledged(self) -> None:
        """Return once the engine has heard the cancel."""
        await self._acknowledged.wait()

    async def pump(self) -> None:
        """Take in what comes between asks (status), without waiting for more."""
        while not self._frames.empty():
            frame = self._frames.get_nowait()
            if frame is None:
                self._discard()
                return
            self._notice(frame)

    def kill(self) -> None:
        """End the engine process at once; the running ask ends in a failure."""
        if self._process:
            self._process.kill()

    def close(self) -> None:
        """End the engine process: it leaves when its pipe closes, and is killed if it does not."""
        process = self._process
        self._discard()
        if process:
            try:
                process.wait(_CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _send(self, frame: ToEngine) -> None:
        if self._pipe is None:
            raise BrokenPipeError
        self._pipe.write(encode(frame))
        self._pipe.flush()

    def _discard(self) -> None:
        """Let go of a process that is dead or no longer wanted."""
        if self._pipe:
            with contextlib.suppress(OSError):
                self._pipe.close()
        if self._process:
            self._process.poll()
        self._pipe = self._process = None


def engine_environment(device: str) -> dict[str, str]:
    """Return the environment of a process that works with models: no library of it may call out."""
    quiet = {
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "ANONYMIZED_TELEMETRY": "False",
    }
    return {**os.environ, **quiet, "INHOUSE_DEVICE": device}


def _spawn(read: int, write: int, output: BinaryIO, device: str) -> subprocess.Popen[bytes]:
    """Start the child. `-P` keeps the folder the person stands in off its import path."""
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": output,
        "stderr": output,
        "env": engine_environment(device),
    }
    ends = (read, write)
    if os.name == "nt":  # not verified: there was no Windows machine to try it on
        import msvcrt

        ends = tuple(msvcrt.get_osfhandle(end) for end in ends)  # type: ignore[attr-defined, unused-ignore]
        for end in ends:
            os.set_handle_inheritable(end, True)  # type: ignore[attr-defined, unused-ignore]
        startup = subprocess.STARTUPINFO()  # type: ignore[attr-defined, unused-ignore]
        startup.lpAttributeList = {"handle_list": list(ends)}
        options["startupinfo"] = startup
    else:
        options["pass_fds"] = ends
    command = [sys.executable, "-P", "-m", "agents.engine", *map(str, ends), str(os.getpid())]
    return subprocess.Popen(command, **options)


def _read(
    pipe: BinaryIO, loop: asyncio.AbstractEventLoop, frames: asyncio.Queue[FromEngine | None]
) -> None:
    """Hand frames to the loop until the pipe ends; then None."""
    with contextlib.suppress(RuntimeError), pipe:  # the loop may be closed already
        for line in pipe:
            try:
                frame = decode_from_engine(line)
            except msgspec.DecodeError:
                break  # a line cut off by the child's death
            loop.call_soon_threadsafe(frames.put_nowait, frame)
        loop.call_soon_threadsafe(frames.put_nowait, None)
