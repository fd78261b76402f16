"""Sorting at scale: texts a second beside sentence-transformers, and memory at two sizes of table.

    python -m benchmarks.classify_scale FOLDER [--sizes 10000 1000000] [--texts 600]

FOLDER holds `banking77.jsonl`. Vectors: our encoder against sentence-transformers in fp32 on the same texts,
alternating, with one thread and with two, as the ratio of wall times with a bootstrap interval. Memory: a
model over words (so that a million rows take minutes) labels made-up tables in a process of its own; its
peak memory is printed for each size (Linux), and rows a second.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from models.devices import Use
from models.embedder import FAST, Embedder
from models.errors import TEXTS
from models.runtimes import Runtimes
from skills.classify import heads
from skills.classify.operations import TrainRequest
from skills.classify.training import Train
from skills.contract import Context
from skills.measures import interval

_ROUNDS = 6
_MODEL = "all-minilm-l6-v2"
_CHILD = """
import sys, time
from pathlib import Path
from models.runtimes import Runtimes
from skills.classify.face import ClassifyRequest
from skills.classify.run import Classify
from skills.contract import Context
started = time.monotonic()
request = ClassifyRequest(file=Path(sys.argv[2]), model="words")
last = list(Classify().run(request, Context(Runtimes(), Path(sys.argv[1]))))[-1]
status = Path("/proc/self/status").read_text()  # not getrusage: its peak is inherited from the parent
peak = int(status.split("VmHWM:")[1].split()[0])
print(last.data["rows"], peak // 1024, time.monotonic() - started)
"""


def throughput(texts: list[str], threads: int) -> None:
    """Print how many texts a second our encoder and sentence-transformers turn into vectors."""
    import torch
    from sentence_transformers import SentenceTransformer

    folder = Runtimes().store.folder(_MODEL)
    torch.set_num_threads(threads)
    theirs = SentenceTransformer(str(folder), device="cpu")
    ours = Embedder(folder, _MODEL, Use("ONNX Runtime", "cpu", TEXTS("stopped")), threads, FAST)

    def timed(work: object) -> float:
        started = time.monotonic()
        assert callable(work)
        work()
        return time.monotonic() - started

    pairs = []
    for _ in range(_ROUNDS):
        mine = timed(lambda: ours.encode(texts))
        other = timed(lambda: theirs.encode(texts, batch_size=32, show_progress_bar=False))
        pairs.append((mine, other))
    ratios = [other / mine for mine, other in pairs[1:]]
    low, high = interval(ratios)
    ratio, mine = float(np.mean(ratios)), float(np.median([m for m, _ in pairs]))
    reached = "reached" if ratio >= 2 else "missed"
    print(
        f"{threads} thread(s): ours {len(texts) / mine:.0f} texts/s, {ratio:.2f} x [{low:.2f}, {high:.2f}] "
        f"sentence-transformers fp32; reach 2: {reached}"
    )


def memory(rows: list[dict[str, str]], sizes: list[int]) -> None:
    """Print peak memory and speed of labelling tables of these sizes."""
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "intents.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows[:3000]), encoding="utf-8")
        heads.simplest = lambda logits, y: "words"  # only the words: a million rows in minutes
        request = TrainRequest(file=path, label="label", name="words")
        list(Train().run(request, Context(Runtimes(), Path(home))))
        for size in sizes:
            table = Path(home) / f"{size}.csv"
            with table.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["id", "text"])
                for number in range(size):
                    writer.writerow([number, f"{draw.choice(rows)['text']} {number}"])
            command = [sys.executable, "-c", _CHILD, home, str(table)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            count, peak, seconds = done.stdout.split()[-3:]
            print(
                f"{int(count):,} rows: peak {peak} MB, {int(count) / float(seconds):,.0f} rows/s, "
                f"table {table.stat().st_size / 1e6:.0f} MB"
            )
            table.unlink()


def main() -> int:
    """Measure both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--texts", type=int, default=600)
    given = parser.parse_args()
    lines = (given.folder / "banking77.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    random.Random(0).shuffle(rows)
    texts = [row["text"] for row in rows[: given.texts]]
    for threads in (1, 2):
        throughput(texts, threads)
    memory(rows, given.sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
