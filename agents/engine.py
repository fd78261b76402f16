"""The engine process: asks come in on one pipe, events go out on another.

Started as `python -P -m agents.engine READ WRITE PARENT`. The main thread works on one ask after the
other; a second thread reads the pipe, so that a cancel is acknowledged while native code runs. When
the pipe ends, or the parent dies, the process ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import sys
import threading
import traceback
from typing import BinaryIO

from agents.offline import stay_offline
from agents.protocol import (
    VERSION,
    Ask,
    Cancel,
    Cancelled,
    FromEngine,
    Happened,
    Hello,
    Recall,
    decode_to_engine,
    encode,
)

_PR_SET_PDEATHSIG = 1
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no SIGKILL
_NICE = 4  # a job has more: it yields to the engine as well


class Outbox:
    """Writes frames, whole, from any thread."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe, self._lock = pipe, threading.Lock()

    def send(self, frame: FromEngine) -> None:
        """Write one frame; if nobody reads any more, end the process."""
        line = encode(frame)
        with self._lock:
            try:
                self._pipe.write(line)
                self._pipe.flush()
            except (BrokenPipeError, ValueError):
                os._exit(0)


class Inbox:
    """Reads frames in a thread of its own; holds which asks were cancelled."""

    def __init__(self, pipe: BinaryIO, outbox: Outbox) -> None:
        self.asks: queue.Queue[Ask | Recall] = queue.Queue()
        self._pipe, self._outbox = pipe, outbox
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def is_cancelled(self, ask: int) -> bool:
        """Say whether an ask was cancelled."""
        return ask in self._cancelled

    def _read(self) -> None:
        for line in self._pipe:
            frame = decode_to_engine(line)
            if isinstance(frame, Cancel):
                self._outbox.send(Cancelled(frame.id))  # before the failure that follows from it
                self._cancelled.add(frame.id)
            else:
                self.asks.put(frame)
        os._exit(0)  # the front end is gone; native code in the main thread must not keep us


def die_with(parent: int, number: int = _KILL) -> None:
    """End this process when its parent does, with a signal; a parent already gone ends it now.

    Linux's kernel sees to it; elsewhere a thread waits for the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the front end turns Ctrl+C into a cancel
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    else:
        threading.Thread(target=watch, args=(parent, number), daemon=True).start()
    if os.name == "posix" and os.getppid() != parent:
        os._exit(0)


def watch(parent: int, number: int) -> None:
    """Send this process a signal once its parent is gone."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(parent).wait()
    os.kill(os.getpid(), number)


def step_back(niceness: int) -> None:
    """Leave the processor to whoever waits in front of the screen: keys are to be drawn at once."""
    if os.name == "nt":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)  # type: ignore[attr-defined, unused-ignore]
    else:
        os.nice(niceness)


def log_trace(error: BaseException) -> None:
    """Write where an error came from to the log, without its message: that may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{f.filename}:{f.lineno}" for f in reversed(frames))
    sys.stderr.write(f"{type(error).__name__} at {places}\n")
    sys.stderr.flush()


def work(inbox: Inbox, outbox: Outbox) -> None:
    """Answer asks until the process ends."""
    from agents.assistant import Assistant

    assistant = Assistant()
    while True:
        ask = inbox.asks.get()
        if isinstance(ask, Recall):
            assistant.recall(ask)
            continue
        for event in assistant.answer(ask, lambda: inbox.is_cancelled(ask.id), log_trace):  # noqa: B023 - used up within the turn
            outbox.send(Happened(ask.id, event))
        outbox.send(assistant.status())


def _open(number: int, mode: str) -> BinaryIO:
    """Open a pipe end that was handed over: a descriptor, or a handle on Windows."""
    if os.name == "nt":
        import msvcrt

        flags = os.O_RDONLY if "r" in mode else 0
        number = msvcrt.open_osfhandle(number, flags)  # type: ignore[attr-defined, unused-ignore]
    return os.fdopen(number, mode)  # type: ignore[return-value]


def main() -> None:
    """Run the engine."""
    read, write, parent = map(int, sys.argv[1:4])
    die_with(parent)
    step_back(_NICE)
    stay_offline()
    outbox = Outbox(_open(write, "wb"))
    inbox = Inbox(_open(read, "rb"), outbox)
    outbox.send(Hello(VERSION, os.getpid()))
    work(inbox, outbox)


if __name__ == "__main__":
    main()
