"""Zero labels: the language model alone, and a student with re-reading, against right labels neither saw.

    python -m benchmarks.zero_labels FOLDER [--only amazon|hotels|products] [--minutes 3 6] [--alone 120]

FOLDER holds `amazon_app_reviews_4k.jsonl`, `chnsenticorp_htl_3k.jsonl`, `fewclue_eprstmt.jsonl`. Prints the
teacher's accuracy on a sample, which is what a small table gets, without and with a student's say in it, and
what the say changes (paired); then for each time the accuracy of student and teacher together, texts a
second over all (the teacher's time counted), what share the teacher read; and MiniLM's own ceiling: a head
on all right labels, cross-validated. Last the processor time of the teacher's reading beside one plain call
a text.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from models.llm import Turn
from models.runtimes import Runtimes
from models.scoring import LabelScorer
from models.steps import result_of
from skills.classify.heads import Settings, embedder_language, fit_vectors
from skills.classify.judge import judges_of, prompt
from skills.classify.student import read_all, teach
from skills.classify.teacher import Teacher
from skills.contract import Context
from skills.linear import Floats, folds
from skills.measures import interval

_SETS = {
    "amazon": ("amazon_app_reviews_4k", ("negative", "positive"), 0.92, 0.86),
    "hotels": ("chnsenticorp_htl_3k", ("负面", "正面"), 0.88, 0.84),
    "products": ("fewclue_eprstmt", ("负面", "正面"), 0.88, 0.84),
}
_PLAIN_CALLS = 12


def show(name: str, right: Any, goal: float) -> None:
    """Print an accuracy with its interval, and whether it reaches the goal."""
    low, high = interval(np.asarray(right, float))
    mean = float(np.mean(right))
    reached = "reached" if mean >= goal else f"missed by {goal - mean:.3f}"
    print(f"  {name}: {mean:.3f} [{low:.3f}, {high:.3f}] of {len(right)}; reach {goal}: {reached}")


def all_read(
    texts: list[str], gold: list[str], labels: list[str], context: Context
) -> tuple[Floats, Floats]:
    """Let the teacher read a table; return what it sorts rightly alone, and with a student's say."""
    model = context.runtimes.llm()
    teacher = Teacher(judges_of(model, labels), context)
    taught = result_of(read_all(texts, teacher, context))
    truth = np.array([labels.index(label) for label in gold])
    alone, both = (
        (s.argmax(axis=1) == truth).astype(float) for s in (teacher.found()[1], taught.shares)
    )
    return alone, both


def ceiling(texts: list[str], gold: list[str], context: Context) -> float:
    """Return the cross-validated accuracy of a head on all right labels over the usual vectors."""
    y = np.array([sorted(set(gold)).index(label) for label in gold], np.int64)
    x = context.runtimes.fast_embedder(embedder_language(texts)).encode(texts)
    right = np.zeros(len(y))
    for train, test in folds(y):
        right[test] = fit_vectors(x[train], y[train], Settings())(x[test]).argmax(axis=1) == y[test]
    return float(right.mean())


def cost(texts: list[str], labels: list[str], context: Context) -> None:
    """Print the processor time of reading a text beside that of one plain call."""
    model = context.runtimes.llm()
    turns, spoken = prompt(labels, {})
    scorer = LabelScorer(model, turns, spoken)
    scorer.score(texts[0])
    started = time.process_time()
    for text in texts[:_PLAIN_CALLS]:
        scorer.score(text)
    ours = time.process_time() - started
    schema = {"type": "string", "enum": spoken}
    started = time.process_time()
    for text in texts[:_PLAIN_CALLS]:
        model.raw.reset()
        asked = [
            Turn(role=turn["role"], content=turn["content"].replace(LabelScorer.slot(), text))
            for turn in turns
        ]
        model.fill(asked, schema, max_tokens=64)
    plain = time.process_time() - started
    print(f"  a text: {ours / _PLAIN_CALLS:.2f} CPU-s, plain call {plain / _PLAIN_CALLS:.2f}: "
          f"{plain / ours:.2f} x cheaper (reach 1.5)")  # fmt: skip


def main() -> int:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=sorted(_SETS))
    parser.add_argument("--minutes", type=float, nargs="*", default=[3.0, 6.0])
    parser.add_argument("--alone", type=int, default=120)
    given = parser.parse_args()
    context = Context(Runtimes(), Path())
    for name in [given.only] if given.only else sorted(_SETS):
        file, labels, alone_goal, goal = _SETS[name]
        lines = (given.folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = list({row["text"]: row for row in map(json.loads, lines)}.values())
        random.Random(1).shuffle(rows)
        texts = [" ".join(row["text"].split()) for row in rows]
        gold = [labels[row["label"] in (1, "Positive")] for row in rows]
        print(f"{name}: {len(texts)} different texts, labels {labels}")
        cost(texts, list(labels), context)
        size = given.alone
        alone, both = all_read(texts[:size], gold[:size], list(labels), context)
        show("teacher alone", alone, alone_goal)
        show("teacher, and the student's say", both, alone_goal)
        low, high = interval(both - alone)
        print(f"  difference {(both - alone).mean():+.3f} [{low:+.3f}, {high:+.3f}]")
        print(
            f"  ceiling of the usual vectors with all right labels: {ceiling(texts, gold, context):.3f}"
        )
        for minutes in given.minutes:
            model = context.runtimes.llm()
            judges = judges_of(model, labels)
            started = time.monotonic()
            taught = result_of(teach(texts, Teacher(judges, context), minutes, context))
            seconds = time.monotonic() - started
            right = [labels[int(s.argmax())] == g for s, g in zip(taught.shares, gold, strict=True)]
            told = (
                f"student, {minutes:g} min ({taught.language} vectors, {len(taught.read)} read, "
                f"{len(texts) / seconds:.1f} texts/s)"
            )
            show(told, right, goal)
    return 0


if __name__ == "__main__":
    sys.exit(main())
