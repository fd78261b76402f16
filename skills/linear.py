"""Linear heads over frozen features, held out on folds, calibrated: what sorting texts and photos share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
_FOLDS = 5
_FOLDS_OF_MANY = 3
_MANY = 5000
_NAME_WEIGHT = 2.0
_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True, slots=True)
class Linear:
    """Logits of features `x`: `x @ weights + biases`, shapes (d, k) and (k,)."""

    weights: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]

    def __call__(self, x: Any) -> Floats:
        """Return logits, shape (n, k), of dense or sparse features."""
        return np.asarray(x @ self.weights, np.float64) + self.biases


def fit_logistic(x: Vectors, y: Classes, c: float, names: Vectors | None = None) -> Linear:
    """Fit a logistic regression of inverse regularisation `c`; `y` holds class numbers, shape (n,).

    The names of classes 0 … k-1, shape (k, d), count as two examples each.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, max_iter=1000, class_weight="balanced")
    if names is None:
        return linear(model.fit(x, y))
    every, own = np.vstack([x, names]), np.r_[y, np.arange(len(names))]
    return linear(model.fit(every, own, np.r_[np.ones(len(y)), np.full(len(names), _NAME_WEIGHT)]))


def fit_centroids(x: Vectors, y: Classes, classes: int) -> Linear:
    """Return the cosine to the mean of each class."""
    means = np.stack([x[y == c].mean(axis=0) for c in range(classes)])
    means /= np.linalg.norm(means, axis=1, keepdims=True).clip(1e-9)
    return Linear(means.T.astype(np.float32), np.zeros(classes, np.float32))


def linear(model: Any) -> Linear:
    """Return a fitted scikit-learn model's weights; of two classes it keeps one row only."""
    weights, biases = np.asarray(model.coef_), np.asarray(model.intercept_)
    if weights.shape[0] == 1:
        weights, biases = np.vstack([-weights, weights]) / 2, np.r_[-biases, biases] / 2
    return Linear(weights.T.astype(np.float32), biases.astype(np.float32))


def folds(
    y: Classes, groups: npt.NDArray[np.int64] | None = None
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Return stratified folds as (train, test) rows; rows of a group are in the same fold."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    counts = np.bincount(y.astype(int))
    most = _FOLDS_OF_MANY if len(y) > _MANY else _FOLDS
    count = int(max(2, min(most, counts[counts > 0].min())))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if groups is None:
            return list(StratifiedKFold(count, shuffle=True, random_state=0).split(y, y))
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=0)
        return list(splitter.split(y, y, groups))


def log_softmax(x: Floats) -> Floats:
    """Return log-probabilities along the last axis."""
    shifted = x - x.max(axis=1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def scale_of(logits: Floats, y: Classes) -> float:
    """Return the factor (inverse temperature) that makes logits best calibrated.

    It minimises the negative log-likelihood (Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(y))
    own = y.astype(int)

    def loss(log_scale: float) -> float:
        return -float(log_softmax(logits * np.exp(log_scale))[rows, own].mean())

    found = minimize_scalar(loss, bounds=(-4.0, 5.0), method="bounded")
    return float(np.exp(found.x))


def accuracy(logits: Floats, y: Classes) -> float:
    """Return the share of rows whose highest logit is the right one's."""
    return float((logits.argmax(axis=1) == y).mean())


def simplest(logits: Mapping[_Name, Floats], y: Classes) -> _Name:
    """Return the first candidate within one standard error of the best; they come in order of preference.

    The error is that of the paired difference, since all judge the same rows (Breiman et al. 1984).
    """
    right = {name: (scores.argmax(axis=1) == y).astype(float) for name, scores in logits.items()}
    best = max(right, key=lambda name: right[name].mean())
    for name, own in right.items():
        lost = right[best] - own
        if lost.mean() <= lost.std() / np.sqrt(len(lost)):
            return name
    return best


def joined(clusters: Classes, one: Classes, other: Classes) -> Classes:
    """Return clusters, shape (n,), in which the rows of each pair are together, too."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(clusters)
    pairs = (clusters[one], clusters[other])
    graph = coo_matrix((np.ones(len(one)), pairs), shape=(count, count))
    found: Classes = connected_components(graph, directed=False)[1].astype(np.int64)
    return found[clusters]
