"""A second look: what a trained model is unsure of is read by the language model, too.

Each says how probable the groups are. The logarithms are added with weights, and a bias a group, which are
fitted on rows that the trained model did not learn from (stacked generalisation, Wolpert 1992). The language
model need not be better: on rows where one is unsure, two that err differently are. It costs about a second
a text, so that it is tried only where a person gave training some minutes, and kept only where it wins.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from models.errors import Stopped
from models.texts import Catalogue
from skills.classify.judge import Judge, verdict_of
from skills.contract import Context
from skills.events import Assumption, Event, Progress
from skills.linear import Classes, Floats, log_softmax

TEXTS = Catalogue(__package__)
Rows = npt.NDArray[np.int64]
_SHARE = 0.2  # of the rows, the least sure ones
_MOST_GROUPS = 12  # more than that the language model does not tell apart
_MOST_ROWS = 300
_LEAST_ROWS = 40
_FOLDS = 10
_SURE_OF_GAIN = 1.28  # standard errors: nine of ten readers that know nothing are dropped
_PRIOR = 1.0  # of the weights: that the trained model is right and the reader says nothing
_LEAST_LOG = -10.0


class Second(msgspec.Struct, frozen=True):
    """How both are joined.

    Attributes:
        labels: The groups, in the order of the probabilities.
        reader: The language model that it was fitted with.
        below: Confidence of the trained model below which a text is read.
        own: What the trained model's log-probabilities are multiplied by.
        read: What the language model's are.
        biases: Of the groups.
        meanings: What a person said that groups mean.
    """

    labels: list[str]
    reader: str
    below: float
    own: float
    read: float
    biases: list[float]
    meanings: dict[str, str]

    def shares(self, own: Floats, read: Floats) -> Floats:
        """Return the probabilities of both together, from those of each, all of shape (n, k)."""
        weights = np.array([self.own, self.read, *self.biases])
        return np.exp(log_softmax(_joined(weights, _logs(own), _logs(read))))


@dataclass(frozen=True, slots=True)
class Look:
    """What a second look gave on rows that neither learned from; `second` is None where it did not win.

    `own` and `both` say which rows the trained model and both together got right, shape (n,).
    """

    own: Floats
    both: Floats
    second: Second | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values, for the model's card."""
        return {
            "kept": self.second is not None,
            "reader": self.second.reader if self.second else "",
            "rows": len(self.own),
            "accuracy_alone": float(self.own.mean()),
            "accuracy": float(self.both.mean()),
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """Probabilities after a second look, shape (n, k), and the rows that were read, of `unsure` ones.

    `missing` says that the language model it takes is not here. Where there is no second look, or nothing
    to look at, none is unsure.
    """

    shares: Floats
    rows: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    unsure: int = 0
    missing: str = ""

    @property
    def whole(self) -> bool:
        """Say whether all that was unsure was read."""
        return len(self.rows) == self.unsure

    def evidence(self, context: Context) -> tuple[Assumption, ...]:
        """Return what a person is told of it."""
        if self.missing:
            return (Assumption(context.say(TEXTS("second_missing", name=self.missing))),)
        if not len(self.rows):
            return ()
        said = TEXTS("second_read", n=len(self.rows), of=self.unsure)
        return (Assumption(context.say(said)),)


def can_look(labels: Sequence[str], context: Context) -> bool:
    """Say whether a second look is possible, without loading who would take it."""
    return len(labels) <= _MOST_GROUPS and bool(context.runtimes.reader_name())


def judge_of(labels: Sequence[str], meanings: Mapping[str, str], context: Context) -> Judge | None:
    """Return who reads a second time; None if nobody who can is here, or there are too many groups."""
    model = context.runtimes.reader() if can_look(labels, context) else None
    return Judge(model, labels, meanings) if model else None


def look(
    texts: Sequence[str],
    own: Floats,
    y: Classes,
    judge: Judge,
    context: Context,
    *,
    deadline: float,
) -> Generator[Event, None, Look | None]:
    """Try a second look on training rows; `own` are probabilities (n, k) by models that did not see them.

    None if there is too little time, by the monotonic clock, or too few rows are unsure.

    Raises:
        Stopped: The person stopped the work.
    """
    confidence = own.max(axis=1)
    unsure = np.argsort(confidence, kind="stable")[: int(_SHARE * len(own))]
    chosen = np.random.default_rng(0).permutation(unsure)[:_MOST_ROWS]
    read = yield from _read([texts[i] for i in chosen], judge, deadline, context)
    if len(read) < _LEAST_ROWS:
        return None
    rows = chosen[: len(read)]
    logs, right = (_logs(own[rows]), _logs(read)), y[rows]
    both = _held_out(*logs, right)
    alone = (own[rows].argmax(axis=1) == right).astype(float)
    gain = both - alone
    if gain.mean() <= _SURE_OF_GAIN * gain.std() / np.sqrt(len(gain)):
        return Look(alone, both, None)
    own_weight, read_weight, *biases = _fitted(*logs, right).tolist()
    below = float(confidence[unsure[-1]])
    kept = Second(
        judge.labels, judge.reader, below, own_weight, read_weight, biases, judge.meanings
    )
    return Look(alone, both, kept)


def seen_again(
    texts: Sequence[str],
    shares: Floats,
    second: Second | None,
    context: Context,
    *,
    minutes: float,
) -> Generator[Event, None, Seen]:
    """Let the language model read the texts that a trained model is unsure of, the least sure first.

    `shares` are the trained model's probabilities, (n, k). What there is no time for stays as it is, and
    so does the rest where the person stops the reading: there are first answers.
    """
    if second is None:
        return Seen(shares)
    confidence = shares.max(axis=1)
    order = np.argsort(confidence, kind="stable")
    unsure = order[: int((confidence < second.below).sum())]
    if minutes <= 0 or not len(unsure):
        return Seen(shares, unsure=len(unsure))
    yield Progress(0, None, note=context.say(TEXTS("loading")))
    judge = judge_of(second.labels, second.meanings, context)
    if judge is None or judge.reader != second.reader:
        return Seen(shares, unsure=len(unsure), missing=second.reader)
    deadline = time.monotonic() + 60 * minutes
    read = yield from _read([texts[i] for i in unsure], judge, deadline, context, stops=False)
    rows = unsure[: len(read)]
    found = shares.copy()
    if len(rows):
        found[rows] = second.shares(shares[rows], read)
    return Seen(found, rows, len(unsure))


def _read(
    texts: Sequence[str], judge: Judge, deadline: float, context: Context, *, stops: bool = True
) -> Generator[Event, None, Floats]:
    """Return the language model's probabilities (m, k) of the first texts: as many as there is time for.

    Raises:
        Stopped: The person stopped the work, unless `stops` is false; then what was read is returned.
    """
    note, unit = context.say(TEXTS("second_reads")), context.say(TEXTS("rows"))
    found: list[tuple[float, ...]] = []
    for text in texts:
        yield Progress(len(found), len(texts), unit, note)
        if time.monotonic() >= deadline:
            break
        try:
            context.check()
            found.append(verdict_of(text, judge, context).shares)
        except Stopped:
            if stops:
                raise
            break
    return np.array(found, np.float64).reshape(len(found), len(judge.labels))


def _logs(shares: Floats) -> Floats:
    logs: Floats = np.log(shares.clip(np.exp(_LEAST_LOG)))
    return logs


def _joined(weights: Floats, own: Floats, read: Floats) -> Floats:
    """Return logits (n, k); `weights` holds both factors and the biases, shape (2 + k,)."""
    joined: Floats = weights[0] * own + weights[1] * read + weights[2:]
    return joined


def _fitted(own: Floats, read: Floats, y: Classes) -> Floats:
    """Return the weights that make the right groups `y` (n,) likely, near those that change nothing."""
    from scipy.optimize import minimize

    start = np.zeros(2 + own.shape[1])
    start[0] = 1.0
    rows = np.arange(len(y))

    def loss(weights: Floats) -> float:
        likely = log_softmax(_joined(weights, own, read))[rows, y].sum()
        return float(_PRIOR * ((weights - start) ** 2).sum() / 2 - likely)

    weights: Floats = minimize(loss, start, method="L-BFGS-B").x
    return weights


def _held_out(own: Floats, read: Floats, y: Classes) -> Floats:
    """Return which rows both together get right with weights fitted on other rows, shape (n,)."""
    order = np.random.default_rng(1).permutation(len(y))
    right = np.zeros(len(y))
    for test in np.array_split(order, _FOLDS):
        train = np.setdiff1d(order, test)
        weights = _fitted(own[train], read[train], y[train])
        right[test] = _joined(weights, own[test], read[test]).argmax(axis=1) == y[test]
    return right
