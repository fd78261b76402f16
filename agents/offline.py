"""Nothing of ours opens a connection while it works; what tries is refused and written down.

This sees what Python code does. Native code is watched from outside: tests run every skill in a
process without any network, and `inhouse doctor --prove` does so on the person's own machine.
"""

from __future__ import annotations

import contextlib
import ipaddress
import sys
import time
from pathlib import Path
from typing import Any

from models.home import home

_NAME = "connections.log"


def log_path() -> Path:
    """Return the file that holds what tried to connect: a time and an address a line."""
    return home() / _NAME


def stay_offline() -> None:
    """Refuse connections to other machines from now on, in this process, for good."""
    path = log_path()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not is_local(arguments[1]):
            host = str(arguments[1][0])
            with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as log:
                log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {host}\n")
            raise PermissionError(f"Inhouse opens no connection while it works: {host}")

    sys.addaudithook(watch)


def is_local(address: Any) -> bool:
    """Say whether a socket address is on this machine; a name is not looked up, so it is not."""
    if not isinstance(address, tuple):
        return True  # a Unix socket
    try:
        return ipaddress.ip_address(str(address[0]).split("%")[0]).is_loopback
    except ValueError:
        return str(address[0]) == "localhost"


def attempts() -> list[str]:
    """Return what tried to connect so far."""
    try:
        return log_path().read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
