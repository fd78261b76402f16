"""Near-duplicates: sketches first against comparing all n-grams of all pairs, in one process.

    python -m benchmarks.alike FOLDER [--rows 15000]

FOLDER holds JSON Lines; the texts are their lines, cut to 400 characters and shuffled. Prints seconds of
both, their ratio, and how many texts are in another cluster (cosines of 0.9 are a matter of rounding).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from skills.classify.alike import ALIKE, Ints, near_duplicates, ngrams
from skills.linear import joined

_CHUNK = 2000
_CUT = 400


def by_all_pairs(texts: Sequence[str]) -> Ints:
    """Return clusters as `near_duplicates` does, from the products of all sparse rows."""
    grams = ngrams(texts)
    rows, columns = [], []
    for start in range(0, len(texts), _CHUNK):
        near = (grams[start : start + _CHUNK] @ grams.T).tocoo()
        close = near.data >= ALIKE
        rows.append(near.row[close] + start)
        columns.append(near.col[close])
    start_apart = np.arange(len(texts), dtype=np.int64)
    return joined(start_apart, np.concatenate(rows), np.concatenate(columns))


def timed(way: Callable[[Sequence[str]], Ints], texts: Sequence[str]) -> tuple[Ints, float]:
    """Return what a way finds, and its seconds."""
    began = time.perf_counter()
    found = way(texts)
    return found, time.perf_counter() - began


def apart(one: Ints, other: Ints) -> int:
    """Return how many texts are in a cluster of other members."""
    pairs, places, sizes = np.unique(
        np.stack([one, other]), axis=1, return_inverse=True, return_counts=True
    )
    same = (np.bincount(one)[pairs[0]] == sizes) & (np.bincount(other)[pairs[1]] == sizes)
    return int((~same[places.ravel()]).sum())


def main() -> int:
    """Compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=15_000)
    given = parser.parse_args()
    lines = [
        line.strip()[:_CUT]
        for path in sorted(given.folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    texts = random.Random(0).sample(lines, min(given.rows, len(lines)))
    theirs, slow = timed(by_all_pairs, texts)
    ours, quick = timed(lambda some: near_duplicates(some, lambda: None), texts)
    print(f"{len(texts)} texts, {len(texts) - len(np.unique(ours))} like one before")
    print(f"  all pairs      {slow:7.1f} s")
    print(f"  sketches first {quick:7.1f} s  {quick / slow:.3f} of the time")
    print(f"  in a cluster of other members: {apart(theirs, ours)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
