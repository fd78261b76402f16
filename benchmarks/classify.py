"""Sorting text with labels: full data and few shots, each beside TF-IDF and frozen vectors.

    python -m benchmarks.classify FOLDER [--only NAME] [--seeds 5]

FOLDER holds `banking77.jsonl` (official split), `fewclue_eprstmt.jsonl` (its five 16-shot splits),
`chnsenticorp_htl_3k.jsonl` (its split) and `banking77_oos.jsonl` (unknown intents). Models, mixture and
settings are chosen on the training rows by cross-validation; the test rows are read once, at the end.
Prints accuracy with a 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.embedder import names_for
from models.runtimes import Runtimes
from skills.classify.heads import Settings, compete, features_of, fit_vectors, fit_words
from skills.classify.novelty import Novelty
from skills.classify.textmodel import fitted
from skills.contract import Context
from skills.linear import log_softmax
from skills.measures import auroc, interval

Rows = list[dict[str, Any]]
Right = dict[str, npt.NDArray[np.float64]]
_REACH = {
    "banking77": 0.935, "banking77 10-shot": 0.872, "eprstmt 16-shot": 0.82, "hotels": 0.90,
}  # fmt: skip


def rows_of(folder: Path, name: str) -> Rows:
    """Read one of the data sets."""
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def measured(train: Rows, test: Rows, context: Context) -> tuple[Right, str]:
    """Return for each model which test rows it gets right, and what won by cross-validation."""
    texts = [str(row["text"]) for row in train]
    labels = sorted({str(row["label"]) for row in train})
    y = np.array([labels.index(str(row["label"])) for row in train], np.int64)
    gold = np.array([labels.index(str(row["label"])) for row in test], np.int64)
    features = features_of(texts, y, context, labels=labels)
    competition = compete(features, y, context)
    model = fitted(competition, features, y, labels)
    encode = context.runtimes.fast_embedder(model.language).encode
    asked = [str(row["text"]) for row in test]
    settings = competition.settings
    plain = fit_words(features.words, y, settings)(features.vocabulary.transform(asked))
    frozen = fit_vectors(features.vectors, y, settings)(encode(asked))
    said = {"TF-IDF": plain, "frozen vectors": frozen, "ours": model.shares(asked, encode)}
    told = f"{competition.winner} over {features.language}"
    return {n: (s.argmax(axis=1) == gold).astype(float) for n, s in said.items()}, told


def unknown(folder: Path, context: Context) -> None:
    """Print how well texts of unknown intents are told from known ones, near and far."""
    rows = rows_of(folder, "banking77_oos")
    by_split = {split: [r for r in rows if r["split"] == split] for split in (
        "train", "test", "id-oos_test", "ood-oos_test",
    )}  # fmt: skip
    texts = {split: [r["text"] for r in some] for split, some in by_split.items()}
    labels = sorted({r["label"] for r in by_split["train"]})
    y = np.array([labels.index(r["label"]) for r in by_split["train"]], np.int64)
    for thorough in (False, True):
        features = features_of(texts["train"], y, context, labels=labels, thorough=thorough)
        encode = context.runtimes.fast_embedder(features.language).encode
        vectors = {split: encode(some) for split, some in texts.items()}
        head = fit_vectors(vectors["train"], y, Settings())
        novelty = Novelty.fit(vectors["train"], y, head(vectors["train"]))
        ours = {split: novelty.scores(x, head(x)) for split, x in vectors.items()}
        plain = {split: log_softmax(head(x)).max(axis=1) for split, x in vectors.items()}
        given = " (as trained with minutes)" if thorough else ""
        print(f"unknown intents over {' + '.join(names_for(features.language))}{given}")
        for name, split, goal in (("near", "id-oos_test", 0.90), ("far", "ood-oos_test", 0.97)):
            value = auroc(ours["test"], ours[split])
            beside = auroc(plain["test"], plain[split])
            reached = "reached" if value >= goal else f"missed by {goal - value:.3f}"
            print(
                f"  {name}: AUROC {value:.3f}, highest probability {beside:.3f}; {reached}",
                flush=True,
            )


def few(rows: Rows, shots: int, seed: int) -> Rows:
    """Draw so many rows of each class."""
    by_label = defaultdict(list)
    for row in rows:
        by_label[row["label"]].append(row)
    draw = random.Random(seed)
    return [row for label in sorted(by_label) for row in draw.sample(by_label[label], shots)]


def report(name: str, runs: list[tuple[Right, str]], seconds: float) -> None:
    """Print the figures of all seeds together."""
    print(f"{name}: {len(runs)} run(s), {seconds:.0f} s, chosen: {[winner for _, winner in runs]}")
    for model in runs[0][0]:
        right = np.concatenate([run[model] for run, _ in runs])
        low, high = interval(right)
        spread = np.std([run[model].mean() for run, _ in runs])
        beside = f" ± {spread:.3f} over seeds" if len(runs) > 1 else ""
        print(f"  {model:<15} {right.mean():.4f} [{low:.4f}, {high:.4f}]{beside}")
    ours = np.concatenate([run["ours"] for run, _ in runs]).mean()
    goal = _REACH[name]
    print(f"  reach {goal:.3f}: {'reached' if ours >= goal else f'missed by {goal - ours:.4f}'}")


def main() -> int:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    context = Context(Runtimes(), Path())

    def wanted(name: str) -> bool:
        return not given.only or name.startswith(given.only)

    started = time.monotonic()
    if wanted("unknown"):
        unknown(given.folder, context)
    if wanted("eprstmt"):
        rows = rows_of(given.folder, "fewclue_eprstmt")
        test = [row for row in rows if row["split"] == "test_public"]
        runs = [
            measured([r for r in rows if r["split"] == f"train_{seed}"], test, context)
            for seed in range(min(5, given.seeds))
        ]
        report("eprstmt 16-shot", runs, time.monotonic() - started)
    if wanted("hotels"):
        started = time.monotonic()
        rows = rows_of(given.folder, "chnsenticorp_htl_3k")
        parts = [[r for r in rows if r["split"] == part] for part in ("train", "test")]
        report("hotels", [measured(*parts, context)], time.monotonic() - started)
    rows = rows_of(given.folder, "banking77")
    train, test = ([r for r in rows if r["split"] == part] for part in ("train", "test"))
    if wanted("banking77 10-shot"):
        started = time.monotonic()
        runs = [measured(few(train, 10, seed), test, context) for seed in range(given.seeds)]
        report("banking77 10-shot", runs, time.monotonic() - started)
    if wanted("banking77"):
        started = time.monotonic()
        report("banking77", [measured(train, test, context)], time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
