"""Processor use and memory of an open chat: idle, and after a long talk.

    python -m benchmarks.idle [--seconds 60]

The real chat in a pseudo-terminal. Budgets: idle processor use at most 1 % of one core (chat and
engine together), memory of the chat's process at most 100 MB.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import psutil

from assets import SAMPLES
from benchmarks.engine_overhead import cpu
from benchmarks.terminal import Terminal

MOST_CPU, MOST_MEGABYTES = 0.01, 100
ASK = "Answer from faq.md: when do you open?"


def measure(terminal: Terminal, seconds: float, when: str) -> bool:
    """Watch the chat and its engine for a while, print, and return whether the budgets hold."""
    chat = psutil.Process(terminal.process.pid)
    everyone = [chat, *chat.children(recursive=True)]
    before = cpu(*everyone)
    terminal.drain(seconds)
    share = (cpu(*everyone) - before) / seconds
    megabytes = chat.memory_info().rss / 1e6
    print(
        f"{when}: {share:.2%} of a core (budget {MOST_CPU:.0%}), chat {megabytes:.0f} MB "
        f"(budget {MOST_MEGABYTES} MB), {len(everyone)} processes, {seconds:.0f} s",
        flush=True,
    )
    return share <= MOST_CPU and megabytes <= MOST_MEGABYTES


def quiet(terminal: Terminal) -> None:
    """Wait until the last ask is answered: asks that were typed meanwhile had to wait."""
    chat = psutil.Process(terminal.process.pid)
    share = 1.0
    while share > 0.02:
        everyone = [chat, *chat.children(recursive=True)]
        before = cpu(*everyone)
        terminal.drain(4)
        share = (cpu(*everyone) - before) / 4


def main() -> int:
    """Measure, and return 1 if a budget is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--asks", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
        terminal = Terminal(Path(folder))
        try:
            terminal.wait_for("Inhouse", 30)
            terminal.drain(5)
            good = measure(terminal, given.seconds, "just opened")
            for _ in range(given.asks):
                terminal.send(ASK + "\r")
                terminal.wait_for("score 0.", 60)
            quiet(terminal)
            good &= measure(terminal, given.seconds, f"after {given.asks} asks")
        finally:
            terminal.close()
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
