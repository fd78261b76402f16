"""Does a long talk stay fast? The time from Enter to the drawn answer, early and after many asks.

    python -m benchmarks.long_talk [--asks 1000]

The real chat without a terminal; an engine that answers at once with a table, so that only drawing counts.
Prints the median of 100 asks once the window of drawn ones is full, and of the last 100, their ratio,
and the chat's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator

import psutil

from agents.client import Engine
from agents.protocol import Ask
from app.context import Options
from app.tui.app import ChatApp
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.turn import Turn
from models.texts import Language
from skills.events import Answer, Assumption, Event, Table

ROWS = tuple((f"group {n}", str(n), "an example of what was said") for n in range(8))
BUDGET = 1.5


class Instant(Engine):
    """Answers at once."""

    def start(self) -> None:
        """Start nothing."""

    def close(self) -> None:
        """End nothing."""

    async def pump(self) -> None:
        """Report nothing."""

    async def ask(self, ask: Ask, language: Language = "en") -> AsyncIterator[Event]:
        """Yield a table and an answer."""
        yield Table("", ("group", "number", "example"), ROWS)
        yield Answer(f"Done with {ask.text}.", "classify", evidence=(Assumption("nothing"),))


async def measure(asks: int) -> list[float]:
    """Ask again and again; return each ask's seconds until the answer is drawn."""
    app = ChatApp(Options(), Instant())
    times = []
    async with app.run_test(size=(100, 40)) as pilot:
        for number in range(asks):
            app.query_one(Prompt).text = f"ask number {number}"
            started = time.perf_counter()
            await pilot.press("enter")
            while True:
                turns = app.query(Turn)
                last = turns.last() if turns else None
                done = last and last.view.asked.endswith(f" {number}") and last.query(".evidence")
                if done:
                    break
                await pilot.pause(0.001)
            times.append(time.perf_counter() - started)
    return times


def main() -> int:
    """Measure, print, and return 1 if the last asks are slower than the budget allows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--asks", type=int, default=1000)
    asks = parser.parse_args().asks
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INHOUSE_HOME"] = folder
        times = asyncio.run(measure(asks))
    first, last = statistics.median(times[50:150]), statistics.median(times[-100:])
    megabytes = psutil.Process().memory_info().rss / 1e6
    print(
        f"{asks} asks: 100 after the 50th took {first * 1000:.0f} ms each, the last {last * 1000:.0f} ms, "
        f"{last / first:.2f} x (budget {BUDGET}); {megabytes:.0f} MB"
    )
    return int(last > BUDGET * first)


if __name__ == "__main__":
    sys.exit(main())
