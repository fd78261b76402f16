"""Own photo categories: what is learned beside the nearest photo, and what is told to be none of them.

    python -m benchmarks.photos FOLDER [--each 5 10 20 40]

FOLDER holds `train/` and `test/`, each with a folder for each category. The first N photos of each
category, by file name, are learned, the test photos put into categories. For what is none of them, half of
the categories are learned in ten draws: the share of test photos of the others that is refused, of the
learned ones, and of pictures of other things (`--others FOLDER`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from models.home import home
from models.runtimes import Runtimes
from skills.contract import Context
from skills.linear import Classes, Vectors
from skills.measures import auroc, interval
from skills.tag.categories import PhotoModel, compete, fitted
from skills.tag.photos import Examples, find_examples, read_features

_DRAWS = 10


def read(folder: Path, context: Context) -> tuple[Examples, Vectors]:
    """Return the photos of a folder and their features."""
    work = read_features(find_examples(folder, context), context.runtimes.vision(), context)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: tuple[Examples, Vectors] = end.value
            return found


def first_of(y: Classes, each: int, wanted: list[int]) -> Classes:
    """Return the rows of the first photos of each wanted category."""
    return np.concatenate([np.flatnonzero(y == c)[:each] for c in wanted])


def learned(x: Vectors, y: Classes, labels: list[str], context: Context) -> PhotoModel:
    """Return what is learned from photos, as the skill does it."""
    return fitted(x, y, labels, compete(x, y, context))


def quality(
    each: int, one: tuple[Vectors, Classes], other: tuple[Vectors, Classes], context: Context
) -> None:
    """Print how many test photos are put right."""
    classes = list(range(int(one[1].max()) + 1))
    rows = first_of(one[1], each, classes)
    x, y = one[0][rows], one[1][rows]
    model = learned(x, y, [str(c) for c in classes], context)
    right = (model.judged(other[0])[0].argmax(axis=1) == other[1]).astype(float)
    near = (y[(other[0] @ x.T).argmax(axis=1)] == other[1]).astype(float)
    low, high = interval(right - near)
    print(
        f"  {each:3} of each ({model.kind}): {right.mean():.3f}, the nearest photo {near.mean():.3f}, "
        f"difference {right.mean() - near.mean():+.3f} [{low:+.3f}, {high:+.3f}] of {len(right)}"
    )


def refusals(
    each: int,
    one: tuple[Vectors, Classes],
    other: tuple[Vectors, Classes],
    far: Vectors | None,
    context: Context,
) -> None:
    """Print what is refused: photos of learned categories, of others much like them, of other things."""
    classes = int(one[1].max()) + 1
    found: list[tuple[float, ...]] = []
    for draw in range(_DRAWS):
        some = sorted(np.random.default_rng(draw).permutation(classes)[: classes // 2].tolist())
        rows = first_of(one[1], each, some)
        y = np.searchsorted(some, one[1][rows]).astype(np.int64)
        model = learned(one[0][rows], y, [str(c) for c in some], context)
        shares, unlike = model.judged(other[0])
        known = np.isin(other[1], some)
        sure = shares.max(axis=1)
        strange = model.judged(far)[1].mean() if far is not None else float("nan")
        found.append((
            unlike[known].mean(), unlike[~known].mean(), strange, auroc(sure[known], sure[~known])
        ))  # fmt: skip
    known_, near, strange, by_sure = np.mean(found, axis=0)
    print(
        f"  {each:3} of each: refused {known_:.3f} of learned categories, {near:.3f} of others like them, "
        f"{strange:.3f} of other things; by confidence alone AUROC {by_sure:.3f}"
    )


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, nargs="+", default=[5, 10, 20, 40])
    parser.add_argument("--others", type=Path)
    given = parser.parse_args()
    context = Context(Runtimes(), home())
    sides = []
    for part in ("train", "test"):
        examples, x = read(given.folder / part, context)
        y = np.array([examples.categories.index(label) for label in examples.labels], np.int64)
        sides.append((x, y))
    far = read(given.others, context)[1] if given.others else None
    one, other = sides
    print(f"{given.folder.name}: {len(one[1])} photos to learn from, {len(other[1])} to measure")
    for each in given.each:
        quality(each, one, other, context)
    print(f"half of the categories, {_DRAWS} draws:")
    for each in given.each:
        refusals(each, one, other, far, context)
    return 0


if __name__ == "__main__":
    sys.exit(main())
