"""How fast a cancel is acknowledged, and how fast the work stops, in every skill.

    python -m benchmarks.cancel [--rounds 5]

Each round asks for long work, waits for its first sign of life, waits a random moment more, cancels, and
measures the time to the acknowledgement (budget 0.2 s) and to the end of the ask (budget 3 s). Wall
time on a shared machine: look at the worst.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from agents.client import Engine
from agents.protocol import Ask
from benchmarks.work import make_work
from skills.events import Failure, Progress, Text


async def one_round(engine: Engine, text: str, out: Path, wait: float) -> tuple[float, float]:
    """Return the seconds to the acknowledgement and to the end; (0, 0) if the work was done before."""
    cancelled = 0.0
    acknowledged = asyncio.Event()
    times: dict[str, float] = {}

    async def cancel() -> None:
        nonlocal cancelled
        await asyncio.sleep(wait)
        cancelled = time.monotonic()
        engine.cancel()
        await engine.acknowledged()
        times["acknowledged"] = time.monotonic()
        acknowledged.set()

    task: asyncio.Task[None] | None = None
    async for event in engine.ask(Ask(text=text, out=str(out))):
        if task is None and isinstance(event, Progress | Text):
            task = asyncio.create_task(cancel())
        if isinstance(event, Failure) and event.code == "stopped":
            times["stopped"] = time.monotonic()
    if task:
        task.cancel() if not cancelled else await task
    if "stopped" not in times:
        return 0.0, 0.0
    return times["acknowledged"] - cancelled, times["stopped"] - cancelled


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        work = make_work(Path(folder))
        engine = Engine()
        for skill, text in work.items():
            measured = [
                await one_round(engine, text, Path(folder) / "out", draw.uniform(0.05, 1.5))
                for _ in range(rounds)
            ]
            kept = [pair for pair in measured if pair != (0.0, 0.0)]
            if kept:
                print(
                    f"{skill}: {len(kept)} cancels, acknowledged after at most "
                    f"{max(a for a, _ in kept) * 1000:.0f} ms, stopped after at most "
                    f"{max(s for _, s in kept):.2f} s"
                )
            else:
                print(f"{skill}: was done before it could be cancelled")
        engine.close()


if __name__ == "__main__":
    asyncio.run(main())
