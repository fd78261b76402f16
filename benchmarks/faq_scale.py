"""How long the first reading of the FAQ desk takes, warm, in bases of growing size, beside vectors alone.

    python -m benchmarks.faq_scale [--sizes 1000 10000] [--language en]

Entries are made up: what is measured is time, in processor milliseconds a question (median and 95th
percentile), the time to index, and the processor time of a cold `inhouse faq` without a second reading.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from models.runtimes import Runtimes
from models.steps import result_of
from skills.contract import Context
from skills.faq.bases import of_file
from skills.faq.index import Base, open_base

_WORDS = {
    "en": (
        "return", "helmet", "bicycle", "order", "parcel", "refund", "size", "colour", "invoice",
        "delivery", "repair", "brake", "tyre", "open", "price",
    ),
    "zh": (
        "退货", "头盔", "自行车", "订单", "包裹", "退款", "尺码", "颜色", "发票", "配送",
        "维修", "刹车", "价格",
    ),
}  # fmt: skip
_LIMITS = {("en", 1000): 15.0, ("zh", 1000): 25.0, ("en", 100_000): 60.0}
_QUESTIONS = 100


def made_up(language: str, count: int, path: Path) -> None:
    """Write a FAQ of so many entries, all different."""
    draw, words = random.Random(0), _WORDS[language]
    glue = "" if language == "zh" else " "
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "answer"])
        for number in range(count):
            asked = glue.join(draw.sample(words, 4)) + f" {number}?"
            writer.writerow([asked, glue.join(draw.choices(words, k=20)) + f" {number}."])


def timed(base: Base, language: str) -> tuple[float, float]:
    """Return median and 95th percentile of processor milliseconds a question."""
    draw, words = random.Random(1), _WORDS[language]
    taken = []
    for number in range(_QUESTIONS + 5):
        question = " ".join(draw.sample(words, 5))
        started = time.process_time()
        base.search(question)
        if number >= 5:
            taken.append(1000 * (time.process_time() - started))
    p50, p95 = np.quantile(taken, (0.5, 0.95))
    return float(p50), float(p95)


def cold(path: Path, home: str, question: str) -> float:
    """Return the processor seconds of a new process that answers an entry's own question."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-P", "-m", "app", "faq", question, "--file", str(path)]
    subprocess.run(
        command, env={**os.environ, "INHOUSE_HOME": home}, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--language", choices=["en", "zh"], default="en")
    given = parser.parse_args()
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as home:
            path = Path(home) / "faq.csv"
            made_up(given.language, size, path)
            context = Context(Runtimes(), Path(home))
            started = time.monotonic()
            base: Base = result_of(open_base(of_file(path), context, language=given.language))
            seconds = time.monotonic() - started
            p50, p95 = timed(base, given.language)
            nothing = msgspec.structs.replace(base.calibration, lexical_weight=0.0)
            alone = timed(dataclasses.replace(base, calibration=nothing), given.language)
            limit = _LIMITS.get((given.language, size))
            verdict = (
                "" if limit is None else f"; at most {limit:.0f}: {'yes' if p50 <= limit else 'no'}"
            )
            print(
                f"{given.language} {size:,} entries: {p50:.1f} / {p95:.1f} ms a question (words weigh "
                f"nothing: {alone[0]:.1f} / {alone[1]:.1f}){verdict}; indexed in {seconds:.0f} s"
            )
            started_cold = cold(path, home, base.entries()[7].question)
            print(f"  cold command: {started_cold:.1f} CPU-s (at most 2.5 at a shop's size)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
