"""How long a key takes to the screen while the engine works at full load, against an idle engine.

    python -m benchmarks.input_latency [--keys 300]

The real chat runs in a pseudo-terminal. Each key is a character that is nowhere else on the screen; the
time is taken from writing it until it is drawn. First with an idle engine, then while it transcribes, and
while it sorts. The budget: the 99th percentile under load at most 50 ms over the idle one.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.terminal import Terminal
from benchmarks.work import make_work

BUDGET_MS = 50.0
LINE = 20
DELETE_LINE = "\x15"  # Ctrl+U
FIRST = 0x4E00


def press(terminal: Terminal, keys: int, draw: random.Random) -> list[float]:
    """Press keys, one after the other, and return each one's milliseconds to the screen."""
    times = []
    for number in range(keys):
        character = chr(FIRST + number)
        terminal.drain(draw.uniform(0.03, 0.12))
        start = time.monotonic()
        terminal.send(character)
        times.append((terminal.wait_for(character, 10) - start) * 1000)
        if number % LINE == LINE - 1:
            terminal.send(DELETE_LINE)
            terminal.drain(0.2)
    terminal.send(DELETE_LINE)
    terminal.drain(0.5)
    return times


def p99(times: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(times, n=100)[98]


def main() -> int:
    """Measure, print, and return 1 if the budget is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, default=300)
    keys = parser.parse_args().keys
    draw = random.Random(0)
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        work = make_work(Path(folder))
        terminal = Terminal(Path(folder))
        try:
            terminal.wait_for("Inhouse", 30)
            terminal.drain(3)
            idle = press(terminal, keys, draw)
            print(
                f"idle: median {statistics.median(idle):.1f} ms, p99 {p99(idle):.1f} ms, {keys} keys"
            )
            for kind in ("transcribe", "classify"):
                terminal.send(work[kind] + "\r")
                terminal.wait_for("%")
                loaded = press(terminal, keys, draw)
                over = p99(loaded) - p99(idle)
                missed |= over > BUDGET_MS
                print(
                    f"{kind}: median {statistics.median(loaded):.1f} ms, p99 {p99(loaded):.1f} ms, "
                    f"{over:+.1f} ms over idle (budget +{BUDGET_MS:.0f}), {keys} keys",
                    flush=True,
                )
                terminal.send("\x1b")
                terminal.drain(6)
        finally:
            terminal.close()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
