"""A trained model alone, and with the language model's second look at what it is unsure of.

    python -m benchmarks.second_look FOLDER [--only amazon|hotels] [--rows 1500] [--minutes 6]

FOLDER holds `amazon_app_reviews_4k.jsonl` and `chnsenticorp_htl_3k.jsonl`. Trains on so many rows for so many
minutes, which find out whether a second look helps and drop it if not, and measures both on 1,500 other rows,
for which the language model has as much time again. Prints the paired difference with its interval.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from models.runtimes import Runtimes
from models.steps import result_of
from skills.classify.operations import TrainRequest
from skills.classify.second import seen_again
from skills.classify.textmodel import TextModel, encoder_of
from skills.classify.training import Train
from skills.contract import Context
from skills.measures import interval
from skills.trained import find

_SETS = {
    "amazon": ("amazon_app_reviews_4k", ("negative", "positive")),
    "hotels": ("chnsenticorp_htl_3k", ("负面", "正面")),
}
_TESTED = 1500


def rows_of(folder: Path, name: str) -> list[tuple[str, str]]:
    """Return different texts with their labels, in an order that is always the same."""
    file, labels = _SETS[name]
    lines = (folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {
        " ".join(row["text"].split()): labels[int(row["label"])] for row in map(json.loads, lines)
    }
    listed = list(rows.items())
    random.Random(5).shuffle(listed)
    return listed


def trained(rows: list[tuple[str, str]], name: str, minutes: float, context: Context) -> Path:
    """Train a model and return its folder."""
    path = context.home / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    request = TrainRequest(file=path, label="label", name=name, minutes=minutes, tuned="never")
    for _ in Train().run(request, context):
        pass
    return find(context.home, name)


def measure(folder: Path, rows: list[tuple[str, str]], minutes: float, context: Context) -> None:
    """Print what a model gets right of rows it did not see, alone and with a second look."""
    model = TextModel.load(folder)
    texts = [text for text, _ in rows]
    y = np.array([model.labels.index(label) for _, label in rows])
    shares = model.shares(texts, encoder_of(model, folder, context.runtimes))
    started = time.monotonic()
    seen = result_of(seen_again(texts, shares, model.second, context, minutes=minutes))
    seconds = time.monotonic() - started
    alone, both = ((found.argmax(axis=1) == y).astype(float) for found in (shares, seen.shares))
    for told, right in (("alone", alone), ("with a second look", both)):
        low, high = interval(right)
        print(f"  {told}: {right.mean():.3f} [{low:.3f}, {high:.3f}] of {len(right)}")
    low, high = interval(both - alone)
    kept = "kept by training" if model.second else "dropped by training"
    print(f"  difference {np.mean(both - alone):+.3f} [{low:+.3f}, {high:+.3f}]; {kept}; "
          f"{len(seen.rows)} of {seen.unsure} unsure texts read in {seconds:.0f} s")  # fmt: skip


def main() -> int:
    """Train and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=sorted(_SETS))
    parser.add_argument("--rows", type=int, default=1500, help="to learn from")
    parser.add_argument("--minutes", type=float, default=6.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        context = Context(Runtimes(), Path(home), out=Path(home))
        for name in [given.only] if given.only else sorted(_SETS):
            rows = rows_of(given.folder, name)
            print(f"{name}: {given.rows} rows, {given.minutes:g} minutes", flush=True)
            folder = trained(rows[: given.rows], name, given.minutes, context)
            others = rows[given.rows : given.rows + _TESTED]
            measure(folder, others, given.minutes, context)
    return 0


if __name__ == "__main__":
    sys.exit(main())
