"""Connections are refused and written down; local ones are not."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from agents.offline import attempts, is_local


@pytest.mark.parametrize(
    ("address", "local"),
    [
        (("127.0.0.1", 80), True),
        (("::1", 80, 0, 0), True),
        (("fe80::1%eth0", 80, 0, 0), False),
        (("localhost", 80), True),
        (("93.184.216.34", 443), False),
        (("example.com", 443), False),
        ("/run/pulse", True),
    ],
)
def test_what_is_local(address: object, local: bool) -> None:
    assert is_local(address) is local


def test_a_connection_is_refused_and_written_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = (
            "import socket; from agents.offline import stay_offline; stay_offline()\n"
            f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))\n"
            "try: socket.socket().connect(('192.0.2.1', 443))\n"
            "except PermissionError as error: print(error)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
    assert "192.0.2.1" in done.stdout
    (line,) = attempts()
    assert line.endswith(" 192.0.2.1")
