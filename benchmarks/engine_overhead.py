"""What Inhouse costs around its engines, against calling them directly.

    python -m benchmarks.engine_overhead [--pairs 10] [--only speech]

Two processes stay warm: an engine behind the client that the chat uses, asked in plain words; and
`benchmarks.bare`, which calls the libraries. They take turns on the same work (of talk, the bare side
writes as many tokens after the same words), and the processor time of each (for Inhouse: front end
and engine) is taken per unit. Prints the median ratio of the pairs with a 95 % bootstrap interval; the
budget is 1.03. Routing, filling the request, events, evidence and result files are all in Inhouse's
share.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gc
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import psutil

from agents.client import Engine
from agents.protocol import Ask
from assets import SAMPLES
from benchmarks.overhead_work import CALL, LABELS, PHOTOS, REVIEWS, SALES, STORY
from benchmarks.startup import interval
from models.texts import Catalogue
from skills import registry
from skills.events import Answer, Text

BUDGET = 1.03
PHOTO_COUNT = 64
ROWS = 40
UNITS = {
    "tokens": "tokens of talk", "judged": "texts judged", "speech": "seconds of speech",
    "images": "images", "forecasts": "forecasts",
}  # fmt: skip


def make_shop(folder: Path) -> dict[str, str]:
    """Lay out the work and return an ask a kind."""
    with (SAMPLES / "reviews.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    with (folder / REVIEWS).open("w", encoding="utf-8", newline="") as out:
        place = header.index("review")
        csv.writer(out).writerows([["review"], *([row[place]] for row in rows[:ROWS])])
    shutil.copy(SAMPLES / "calls" / "order.ogg", folder / CALL)
    without_gaps(SAMPLES / "sales.csv", folder / SALES)
    (folder / PHOTOS).mkdir()
    photos = sorted((SAMPLES / "photos").glob("*.jpg"))
    for number in range(PHOTO_COUNT):
        shutil.copy(photos[number % len(photos)], folder / PHOTOS / f"{number}.jpg")
    return {
        "tokens": STORY,
        "judged": f"Sort {folder / REVIEWS} into {', '.join(LABELS[:-1])} and {LABELS[-1]}",
        "speech": f"Transcribe {folder / CALL} in English",
        "images": f"Tag the photos in {folder / PHOTOS}",
        "forecasts": f"Forecast the next 28 days of revenue in {folder / SALES}",
    }


def without_gaps(source: Path, target: Path) -> None:
    """Copy sales, filling days that are missing with the day before: both sides forecast the same."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        revenue = {date.fromisoformat(r["date"]): r["revenue"] for r in csv.DictReader(file)}
    day, last = min(revenue), max(revenue)
    rows = []
    while day <= last:
        rows.append([day, revenue.get(day) or rows[-1][1]])
        day += timedelta(1)
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["date", "revenue"], *rows])


def cpu(*processes: psutil.Process) -> float:
    """Return the processor time that processes took so far, in seconds."""
    times = [process.cpu_times() for process in processes]
    return sum(time.user + time.system for time in times)


class Bare:
    """The process that calls the engines directly."""

    def __init__(self, shop: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.bare", str(shop)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._about = psutil.Process(self._process.pid)
        skills = "; ".join(f"{n}: {registry.summary(n, 'en')}" for n in registry.names())
        system = Catalogue("agents")("chat_system", skills=skills).to("en")
        self._tell(json.dumps([{"role": "system", "content": system}]))

    def _tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def run(self, kind: str, given: dict[str, object]) -> float:
        """Do a work, as much as `given` says, and return the processor seconds a unit."""
        assert self._process.stdout
        before = cpu(self._about)
        self._tell(json.dumps([kind, given]))
        units = json.loads(self._process.stdout.readline())["units"]
        return (cpu(self._about) - before) / float(units)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


class Whole:
    """Inhouse, as the chat uses it."""

    def __init__(self, asks: dict[str, str], out: Path) -> None:
        self._asks, self._out, self.engine = asks, out, Engine()
        self.done: dict[str, object] = {}

    async def run(self, kind: str) -> float:
        """Ask for a work and return the processor seconds a unit, of front end and engine."""
        self.engine.start()
        assert self.engine.pid
        gc.collect()
        both = (psutil.Process(), psutil.Process(self.engine.pid))
        before = cpu(*both)
        pieces, final = 0, None
        async for event in self.engine.ask(Ask(text=self._asks[kind], out=str(self._out))):
            pieces += isinstance(event, Text)
            final = event
        spent = cpu(*both) - before
        assert isinstance(final, Answer), final
        self.done = {"count": pieces, "said": final.text}
        return spent / self._units(kind, pieces, final)

    @staticmethod
    def _units(kind: str, pieces: int, answer: Answer) -> float:
        fixed = {"judged": ROWS, "images": PHOTO_COUNT, "forecasts": 4}
        if kind == "tokens":
            return pieces
        if kind == "speech":
            return answer_seconds(answer)
        return fixed[kind]


def answer_seconds(answer: Answer) -> float:
    """Return the length of the sample call, which the bare side reports too."""
    from faster_whisper.audio import decode_audio

    assert answer.skill == "transcribe"
    return len(decode_audio(str(SAMPLES / "calls" / "order.ogg"))) / 16_000


async def measure(kind: str, pairs: int, shop: Path, asks: dict[str, str]) -> bool:
    """Take turns, print, and return whether the budget holds."""
    bare, whole = Bare(shop), Whole(asks, shop / "out")
    try:
        ratios, costs = [], []
        for pair in range(pairs + 1):
            ours = await whole.run(kind)  # first: the bare side writes as many tokens as it did
            direct = bare.run(kind, whole.done)
            if pair:  # in the first pair models load and caches fill
                ratios.append(ours / direct)
                costs.append((ours, direct))
    finally:
        bare.close()
        whole.engine.close()
    median = statistics.median(ratios)
    low, high = interval(ratios)
    ours, direct = (statistics.median(side) for side in zip(*costs, strict=True))
    print(
        f"{UNITS[kind]}: {median:.3f} x the bare engine [{low:.3f}, {high:.3f}], budget {BUDGET}; "
        f"{ours * 1000:.2f} against {direct * 1000:.2f} CPU-ms each, {pairs} pairs",
        flush=True,
    )
    return median <= BUDGET


async def main() -> int:
    """Measure, and return 1 if a budget is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--only", choices=list(UNITS), action="append")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asks = make_shop(Path(folder))
        held = [
            await measure(kind, given.pairs, Path(folder), asks) for kind in given.only or UNITS
        ]
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
