"""How good a classifier is, on rows it did not learn from, with intervals.

Macro F1 is the mean of the classes' F1. The expected calibration error is the mean distance between
confidence and accuracy over fifteen bins of equal size (Naeini et al. 2015). All intervals are 95 %
percentile bootstrap intervals over rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.texts import Catalogue
from skills.contract import Context
from skills.events import Metric, Table
from skills.linear import Floats
from skills.measures import interval

TEXTS = Catalogue(__package__)
Ints = npt.NDArray[np.int64]
_DRAWS = 1000
_BINS = 15
_SURE = 0.95  # accuracy that answers above the abstention threshold shall have
_LEAST_KEPT = 20
_CLASSES_SHOWN = 20
_CONFUSED_SHOWN = 12
_WORST = 10


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured on `n` rows.

    Attributes:
        labels: The classes.
        confusion: Rows are what is right, columns what was said, shape (k, k).
        accuracy: With low and high.
        macro_f1: With low and high.
        classes: Precision, recall, F1 of each class, shape (k, 3), with low and high, shape (k, 3) each.
        calibration_error: Expected calibration error.
        majority: Accuracy of always naming the largest class of the training rows.
        least: Confidence from which on answers are right in 95 % of cases; 1.0 if nowhere.
        coverage: Share of rows at or above it.
        kept_accuracy: Accuracy of those.
    """

    labels: list[str]
    confusion: Ints
    accuracy: tuple[float, float, float]
    macro_f1: tuple[float, float, float]
    classes: tuple[Floats, Floats, Floats]
    calibration_error: float
    majority: float
    least: float
    coverage: float
    kept_accuracy: float

    @property
    def n(self) -> int:
        """How many rows were measured."""
        return int(self.confusion.sum())

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        middle, low, high = self.classes
        return {
            "n": self.n,
            "accuracy": list(self.accuracy),
            "macro_f1": list(self.macro_f1),
            "majority": self.majority,
            "expected_calibration_error": self.calibration_error,
            "abstain_below": self.least,
            "coverage": self.coverage,
            "accuracy_when_not_abstaining": self.kept_accuracy,
            "classes": {
                label: {
                    name: [float(middle[i, j]), float(low[i, j]), float(high[i, j])]
                    for j, name in enumerate(("precision", "recall", "f1"))
                } | {"rows": int(self.confusion[i].sum())}
                for i, label in enumerate(self.labels)
            },
        }  # fmt: skip


def measure(labels: Sequence[str], y: Ints, shares: Floats, majority: int) -> Report:
    """Measure probabilities `shares` (n, k) against right classes `y` (n,)."""
    k = len(labels)
    said = shares.argmax(axis=1)
    right = (said == y).astype(float)
    pairs = y * k + said
    confusion = np.bincount(pairs, minlength=k * k).reshape(k, k)
    draw = np.random.default_rng(0)
    drawn = np.stack([
        _class_scores(
            np.bincount(pairs[draw.integers(0, len(y), len(y))], minlength=k * k).reshape(k, k)
        )
        for _ in range(_DRAWS)
    ])  # fmt: skip
    middle = _class_scores(confusion)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class without rows has no interval: NaN, as its scores
        low, high = np.nanquantile(drawn, (0.025, 0.975), axis=0)
    macro_low, macro_high = np.quantile(np.nanmean(drawn[:, :, 2], axis=1), (0.025, 0.975))
    confidence = shares.max(axis=1)
    least, coverage, kept = abstention(confidence, right)
    return Report(
        list(labels), confusion, (float(right.mean()), *interval(right)),
        (float(np.nanmean(middle[:, 2])), float(macro_low), float(macro_high)),
        (middle, low, high), calibration_error(confidence, right),
        float((y == majority).mean()), least, coverage, kept,
    )  # fmt: skip


def _class_scores(confusion: Ints) -> Floats:
    """Return precision, recall and F1 a class, shape (k, 3); NaN for classes without rows."""
    hit = np.diag(confusion).astype(float)
    said, there = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = hit / np.maximum(said, 1)
    recall = hit / np.maximum(there, 1)
    f1 = 2 * hit / np.maximum(said + there, 1)
    scores = np.stack([precision, recall, f1], axis=1)
    scores[there == 0] = np.nan
    return scores


def calibration_error(confidence: Floats, right: Floats) -> float:
    """Return the expected calibration error over bins of equal size."""
    order = np.argsort(confidence)
    bins = [part for part in np.array_split(order, _BINS) if len(part)]
    gaps = [abs(confidence[b].mean() - right[b].mean()) * len(b) for b in bins]
    return float(sum(gaps) / max(1, len(confidence)))


def abstention(confidence: Floats, right: Floats) -> tuple[float, float, float]:
    """Return the lowest confidence from which on answers are right often enough, coverage, accuracy."""
    order = np.argsort(-confidence)
    kept = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(
        (kept >= _SURE) & (np.arange(1, len(order) + 1) >= min(_LEAST_KEPT, len(order)))
    )
    if not len(good):
        return 1.0, 0.0, float("nan")
    last = int(good[-1])
    return float(confidence[order[last]]), (last + 1) / len(order), float(kept[last])


def metrics(
    report: Report, context: Context, note: str = "", baseline: tuple[str, float] | None = None
) -> list[Metric]:
    """Return the figures as evidence; `baseline`: a simpler way and its accuracy on the same rows."""
    accuracy = context.say(TEXTS("accuracy"))
    majority = context.say(TEXTS("majority"))
    value, low, high = report.accuracy
    found = [Metric(accuracy, value, report.n, report.majority, majority, note, low, high)]
    if baseline is not None:
        name, other = baseline
        found.append(Metric(accuracy, value, report.n, other, name, low=low, high=high))
    f1, low, high = report.macro_f1
    found.append(Metric(context.say(TEXTS("macro_f1")), f1, report.n, low=low, high=high))
    error = context.say(TEXTS("calibration_error"))
    found.append(Metric(error, report.calibration_error, report.n))
    if report.coverage:
        shown = TEXTS("abstain", least=f"{report.least:.0%}", coverage=f"{report.coverage:.0%}")
        found.append(
            Metric(
                context.say(TEXTS("kept_accuracy")),
                report.kept_accuracy,
                report.n,
                note=context.say(shown),
            )
        )
    return found


def class_table(report: Report, context: Context) -> Table:
    """Return precision, recall and F1 a class, the weakest first."""
    middle, low, high = report.classes
    order = np.argsort(np.nan_to_num(middle[:, 2], nan=2.0), kind="stable")
    columns = tuple(
        context.say(TEXTS(key)) for key in ("label", "precision", "recall", "f1", "count")
    )
    rows = []
    for i in order[:_CLASSES_SHOWN]:
        cells = [
            f"{middle[i, j]:.2f} [{low[i, j]:.2f}, {high[i, j]:.2f}]"
            if not np.isnan(middle[i, j])
            else "-"
            for j in range(3)
        ]
        rows.append((report.labels[i], *cells, str(int(report.confusion[i].sum()))))
    title = context.say(TEXTS("classes_title"))
    return Table(title, columns, tuple(rows), len(report.labels))


def confusion_table(report: Report, context: Context) -> Table:
    """Return the confusion matrix; of many classes the pairs most often mixed up."""
    k = len(report.labels)
    title = context.say(TEXTS("confusion_title"))
    if k <= _CONFUSED_SHOWN:
        rows = tuple(
            (label, *(str(int(n)) for n in row))
            for label, row in zip(report.labels, report.confusion, strict=True)
        )
        return Table(title, (context.say(TEXTS("right_said")), *report.labels), rows)
    wrong = report.confusion * (1 - np.eye(k, dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSED_SHOWN]
    pairs = [(int(i // k), int(i % k)) for i in order if wrong.flat[i] > 0]
    columns = tuple(context.say(TEXTS(key)) for key in ("right_label", "said_label", "count"))
    rows = tuple((report.labels[a], report.labels[b], str(int(wrong[a, b]))) for a, b in pairs)
    return Table(title, columns, rows, int((wrong > 0).sum()))


def worst_table(
    report: Report, examples: Sequence[str], y: Ints, shares: Floats, context: Context
) -> Table:
    """Return the mistakes that were made with the most confidence, each as its text or its file's name."""
    said = shares.argmax(axis=1)
    wrong = np.flatnonzero(said != y)
    order = wrong[np.argsort(-shares.max(axis=1)[wrong], kind="stable")]
    columns = tuple(
        context.say(TEXTS(key)) for key in ("example", "right_label", "said_label", "confidence")
    )
    rows = tuple(
        (
            examples[i],
            report.labels[int(y[i])],
            report.labels[int(said[i])],
            f"{shares[i].max():.0%}",
        )
        for i in order[:_WORST]
    )
    return Table(context.say(TEXTS("worst_title")), columns, rows, len(wrong))


def suspects(y: Ints, shares: Floats) -> Ints:
    """Return rows whose label is probably wrong, the most suspicious first.

    Confident learning (Northcutt et al. 2021): another class is more likely than the mean confidence
    of that class's own rows, and the most likely one. `shares` must be held-out probabilities.
    """
    k = shares.shape[1]
    least = np.array([shares[y == c, c].mean() if (y == c).any() else 1.0 for c in range(k)])
    above = np.where(shares >= least, shares, -1.0)
    best = above.argmax(axis=1)
    rows = np.arange(len(y))
    wrong = np.flatnonzero((above[rows, best] > 0) & (best != y))
    gap = shares[wrong, best[wrong]] - shares[wrong, y[wrong]]
    return wrong[np.argsort(-gap, kind="stable")]
