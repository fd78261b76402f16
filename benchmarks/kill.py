"""Kill the engine in the middle of work, in every skill, again and again.

    python -m benchmarks.kill [--kills 50] [--only tag]

Each kill (SIGKILL and SIGSEGV in turn, at a random moment of the work) must end the ask in exactly one
failure that says so; no hidden half-written file may be left, and the next ask must work. Prints, a
skill: how many kills met the work, how many asks ended rightly, how many next asks worked, and the
slowest way back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from agents.client import Engine
from agents.protocol import Ask
from agents.session import Sessions
from assets import SAMPLES
from benchmarks.work import make_work
from skills.events import Answer, Event, Failure, Progress, Text

SIGNALS = (signal.SIGKILL, signal.SIGSEGV)
PROBE = f"Answer from {SAMPLES / 'faq.md'}: when do you open?"


@dataclass(slots=True)
class Tally:
    """What became of the kills in one skill."""

    met: int = 0
    ended_rightly: int = 0
    next_worked: int = 0
    left_behind: int = 0
    slowest: float = field(default=0.0)

    @property
    def good(self) -> bool:
        """Say whether nothing went wrong."""
        return self.met == self.ended_rightly == self.next_worked and not self.left_behind


async def kill_once(engine: Engine, text: str, out: Path, wait: float, number: int) -> list[Event]:
    """Ask, kill the engine a moment after its first sign of life, and return the events."""
    events: list[Event] = []
    task: asyncio.Task[None] | None = None

    async def kill() -> None:
        await asyncio.sleep(wait)
        if engine.pid is not None:
            os.kill(engine.pid, number)

    async for event in engine.ask(Ask(text=text, out=str(out))):
        events.append(event)
        if task is None and isinstance(event, Progress | Text):
            task = asyncio.create_task(kill())
    if task:
        task.cancel()
    return events


async def measure(text: str, folder: Path, kills: int, draw: random.Random) -> Tally:
    """Kill an ask again and again."""
    tally, engine = Tally(), Engine()
    for turn in range(kills):
        out = folder / f"out-{turn}"
        wait = draw.uniform(0.0, 1.2)
        events = await kill_once(engine, text, out, wait, SIGNALS[turn % len(SIGNALS)])
        finals = [event for event in events if isinstance(event, Answer | Failure)]
        if isinstance(finals[-1], Answer):
            continue  # the work was done first
        tally.met += 1
        died = isinstance(finals[-1], Failure) and finals[-1].code == "engine_died"
        tally.ended_rightly += len(finals) == 1 and died
        if out.exists():
            tally.left_behind += sum(path.name.startswith(".") for path in out.iterdir())
        started = time.monotonic()
        after = [event async for event in engine.ask(Ask(text=PROBE))]
        tally.next_worked += isinstance(after[-1], Answer)
        tally.slowest = max(tally.slowest, time.monotonic() - started)
    engine.close()
    return tally


WRITER = """
from agents.session import Sessions
from skills.events import Text
store = Sessions()
session = store.begin()
print(session, flush=True)
ask = store.asked(session, "go")
for number in range(100000):
    store.happened(session, ask, Text(f"{number} "))
    print(number, flush=True)
"""


def kill_writer(after: int) -> tuple[int, int]:
    """Kill a process that writes down a streamed answer, after so many events.

    Returns how many events it had said were written, and how many whole ones are there in order.
    """
    writer = subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    session = writer.stdout.readline().strip()
    line = ""
    for _ in range(after):
        line = writer.stdout.readline()
    writer.kill()
    writer.wait()
    said = int((line + writer.stdout.read()).split()[-1]) + 1
    store = Sessions()
    (exchange,) = store.read(session)
    store.close()
    whole = [event == Text(f"{number} ") for number, event in enumerate(exchange.events)]
    return said, whole.index(False) if False in whole else len(whole)


def measure_sessions(kills: int, draw: random.Random) -> bool:
    """Kill the writer of a talk again and again, print, and return whether nothing was lost."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INHOUSE_HOME"] = folder
        pairs = [kill_writer(draw.randint(1, 200)) for _ in range(kills)]
        del os.environ["INHOUSE_HOME"]
    lost = [max(0, said - kept) for said, kept in pairs]
    print(f"a streamed answer: {kills} kills, {max(lost)} events lost at the most", flush=True)
    return max(lost) <= 1


async def main() -> int:
    """Measure every skill, print, and return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="kills a skill")
    parser.add_argument("--only", action="append", help="this skill (may be given again)")
    given = parser.parse_args()
    kills = given.kills
    draw = random.Random(2)
    good = measure_sessions(kills, draw)
    with tempfile.TemporaryDirectory() as folder:
        work = make_work(Path(folder))
        for skill, text in work.items():
            if given.only and skill not in given.only:
                continue
            tally = await measure(text, Path(folder) / skill, kills, draw)
            good &= tally.good
            print(
                f"{skill}: {tally.met} of {kills} kills met the work; {tally.ended_rightly} ended in one "
                f"failure, {tally.left_behind} half-written files, {tally.next_worked} next asks worked, "
                f"the slowest after {tally.slowest:.1f} s",
                flush=True,
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
