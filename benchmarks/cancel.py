"""How fast a cancel is acknowledged, and how fast the work stops, in every skill.

    python benchmarks/cancel.py [--rounds 5]

Each round asks for long work, waits for its first sign of life, waits a random moment more, cancels, and
measures the time to the acknowledgement (budget 0.2 s) and to the end of the ask (budget 3 s). Wall
time on a shared machine: look at the worst.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from agents.client import Engine
from agents.protocol import Ask
from assets import SAMPLES
from skills.events import Failure, Progress, Text


def make_work(folder: Path) -> dict[str, str]:
    """Write inputs that keep each skill busy, and return an ask a skill."""
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    many = folder / "many"
    many.mkdir()
    for number in range(400):
        shutil.copy(SAMPLES / "photos" / "shop-cat.jpg", many / f"{number}.jpg")
    calls = folder / "long"
    calls.mkdir()
    for number in range(12):
        shutil.copy(SAMPLES / "calls" / "order.ogg", calls / f"{number}.ogg")
    noise = random.Random(0)
    with (folder / "long.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "revenue"])
        for i in range(4000):
            writer.writerow([date(2014, 1, 1) + timedelta(i), 100 + i % 7 * 9 + noise.gauss(0, 5)])
    lines = [
        f"## Question number {i} about thing {i * 7}?\nAnswer {i} says something.\n"
        for i in range(3000)
    ]
    (folder / "large.md").write_text("\n".join(lines))
    return {
        "chat": "Write a very long story about a bicycle shop, with many chapters.",
        "classify": f"Sort {folder / 'reviews.csv'} into praise, complaint and question",
        "transcribe": f"Transcribe {calls}",
        "tag": f"Tag the photos in {many}",
        "forecast": f"Forecast the next 90 days of revenue in {folder / 'long.csv'}",
        "faq": f"Answer from {folder / 'large.md'}: when do you open?",
    }


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
