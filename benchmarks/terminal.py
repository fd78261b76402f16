"""The real chat in a pseudo-terminal: send keys, wait for what the screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path


class Terminal:
    """A chat that runs in a terminal of its own, 100 by 30."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= {"INHOUSE_HOME": str(folder / "home"), "INHOUSE_LANG": "en"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app", *arguments], stdin=slave, stdout=slave, stderr=slave,
            cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def send(self, text: str) -> None:
        """Type; what was drawn before does not count for `wait_for` any more."""
        self.seen = b""
        os.write(self.master, text.encode())

    def read(self, seconds: float) -> bytes:
        """Return what is drawn within a time; empty if nothing is."""
        ready, _, _ = select.select([self.master], [], [], max(0.0, seconds))
        if not ready:
            return b""
        data = os.read(self.master, 1 << 16)
        self.seen = (self.seen + data)[-(1 << 20) :]
        return data

    def drain(self, seconds: float) -> None:
        """Read for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def wait_for(self, text: str, seconds: float = 120) -> float:
        """Read until a text is drawn since the last typing; return when that was seen.

        Raises:
            TimeoutError: It was not drawn in time.
        """
        wanted, end = text.encode(), time.monotonic() + seconds
        while wanted not in self.seen:
            if time.monotonic() > end:
                raise TimeoutError(text)
            self.read(end - time.monotonic())
        return time.monotonic()

    def close(self) -> None:
        """End the chat."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.master)
