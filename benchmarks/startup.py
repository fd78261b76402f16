"""Start-up cost against `import textual.app, textual.widgets`, in alternating pairs of CPU time.

    python benchmarks/startup.py [--pairs 20]

Two figures, each a median ratio with a 95 % bootstrap interval: until the chat's input box is on screen
(must be at most 1.6), and `inhouse --help` (at most 1.0). CPU time of the child, files warm.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys

BASE = "import textual.app, textual.widgets"
BOX = """
import os
from app.context import Options
from app.tui.app import ChatApp
from app.tui.widgets.prompt import Prompt
class Probe(ChatApp):
    def _start_engine(self):  # called after the first paint: the box is on screen now
        assert self.query_one(Prompt).region.height > 0
        self.exit()
Probe(Options()).run(headless=True, size=(100, 30))
"""
CASES = {
    "input box on screen": ([sys.executable, "-P", "-c", BOX], 1.6),
    "inhouse --help": ([sys.executable, "-P", "-m", "app", "--help"], 1.0),
}


def cpu_seconds(command: list[str]) -> float:
    """Return the user and system time that a command takes."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def interval(ratios: list[float]) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of the median."""
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(2000))
    return medians[50], medians[1949]


def main() -> int:
    """Measure, print, and return 1 if a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    pairs = parser.parse_args().pairs
    base = [sys.executable, "-P", "-c", BASE]
    missed = False
    for name, (command, budget) in CASES.items():
        cpu_seconds(base), cpu_seconds(command)  # warm the file cache
        measured = [(cpu_seconds(base), cpu_seconds(command)) for _ in range(pairs)]
        ratios = [ours / theirs for theirs, ours in measured]
        low, high = interval(ratios)
        median = statistics.median(ratios)
        missed |= median > budget
        print(
            f"{name}: {median:.2f} x the import [{low:.2f}, {high:.2f}], budget {budget}; "
            f"{statistics.median(o for _, o in measured):.3f} s against "
            f"{statistics.median(t for t, _ in measured):.3f} s, {pairs} pairs"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
