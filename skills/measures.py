"""Measures that several skills report, each with a 95 % bootstrap interval where it is a mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_DRAWS = 2000


Values = Sequence[float] | npt.NDArray[np.float64]


def interval(values: Values, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of a mean (Efron 1979); (nan, nan) of nothing."""
    if not len(values):
        return float("nan"), float("nan")
    sample = np.asarray(values, float)
    draw = np.random.default_rng(seed)
    rows = max(1, min(_DRAWS, 20_000_000 // len(sample)))
    means = np.array(
        [sample[draw.integers(0, len(sample), len(sample))].mean() for _ in range(rows)]
    )
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def auroc(positive: Values, negative: Values) -> float:
    """Return the area under the ROC curve: how often a positive scores above a negative, ties half.

    NaN where either is empty.
    """
    if not len(positive) or not len(negative):
        return float("nan")
    above, below = np.asarray(positive, float), np.sort(np.asarray(negative, float))
    left = np.searchsorted(below, above, "left")
    right = np.searchsorted(below, above, "right")
    return float((left + right).sum() / 2 / len(above) / len(below))
