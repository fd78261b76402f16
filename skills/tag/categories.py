"""A person's own photo categories: a head over frozen features, and what tells a photo that is none of them.

trained/NAME/card.json       task, categories, data, held-out figures (see `learning`)
trained/NAME/head.npz        the head, and features of learned photos; no picture, no file name

A photo is unlike the learned ones if two signs together are lower than those of nearly all photos that were
held out: its cosine to the nearest learned photos of the category that is said, and the log of the summed
exponentials of its logits (Liu et al. 2020, "Energy-based out-of-distribution detection").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.arrays import read_arrays, write_arrays
from models.errors import CorruptModelError
from models.home import private_dir
from models.texts import Catalogue
from skills.contract import Context
from skills.linear import (
    Classes,
    Floats,
    Linear,
    Vectors,
    accuracy,
    fit_centroids,
    fit_logistic,
    folds,
    joined,
    log_softmax,
    scale_of,
    simplest,
)

TEXTS = Catalogue(__package__)
Kind = Literal["centroids", "logistic"]
KINDS: tuple[Kind, ...] = ("logistic", "centroids")  # the usually better first: no dearer to use
_C = 20.0
_NEAREST = 3
_THE_SAME = 0.999  # cosine of a photo to itself, kept in half precision
_CHUNK = 512
_TAKEN_FOR_NEW = 0.05  # of photos of known categories
_MOST_KEPT = 5_000
_SHRINKING = 10  # photos of all categories that count beside those of one
_ALIKE = 0.985  # cosine of two shots of the same thing
_MOST_ALIKE = 20  # that a photo is held against: frames of one film are all alike


@dataclass(slots=True)
class Competition:
    """What the candidates say of photos they did not learn from.

    Attributes:
        winner: The first of `KINDS` unless the other is better by more than a standard error.
        shares: Calibrated probabilities of the winner, shape (n, k).
        accuracies: Of each candidate.
        scale: What the winner's logits are multiplied by to be calibrated.
        signs: Of the winner, shape (2, n).
    """

    winner: Kind
    shares: Floats
    accuracies: dict[Kind, float]
    scale: float
    signs: Floats


@dataclass(slots=True)
class Looks:
    """What learned photos look like.

    Attributes:
        kept: Their features, shape (m, d).
        groups: Their categories, shape (m,).
        means: The usual signs of a photo that is said to be of a category, shape (2, k).
        deviations: Of the signs around these, shape (2, 1).
        least: Below this sum of both, standardised, a photo is none of the categories.
    """

    kept: npt.NDArray[np.float16]
    groups: Classes
    means: Floats
    deviations: Floats
    least: float = -np.inf

    @classmethod
    def of(cls, x: Vectors, y: Classes, held: Competition) -> Looks:
        """Return what photos look like; what is usual is taken from when they were held out."""
        said, signs = held.shares.argmax(axis=1), held.signs
        overall = signs.mean(axis=1)
        means = np.repeat(overall[:, None], held.shares.shape[1], axis=1)
        for c, n in enumerate(np.bincount(said, minlength=means.shape[1])):
            own = signs[
                0, said == c
            ].sum()  # how alike its photos are differs from category to category
            means[0, c] = (own + _SHRINKING * overall[0]) / (n + _SHRINKING)
        deviations = (signs - means[:, said]).std(axis=1, keepdims=True).clip(1e-9)
        some = np.sort(np.random.default_rng(0).permutation(len(x))[:_MOST_KEPT])
        made = cls(x[some].astype(np.float16), y[some], means, deviations)
        made.least = float(np.quantile(made._sum(signs, said), _TAKEN_FOR_NEW))
        return made

    def learned(self, x: Vectors) -> npt.NDArray[np.bool_]:
        """Return which photos are among the learned ones, shape (n,)."""
        found: npt.NDArray[np.bool_] = (x @ self.kept.T.astype(np.float32)).max(axis=1) > _THE_SAME
        return found

    def unlike(self, x: Vectors, logits: Floats) -> npt.NDArray[np.bool_]:
        """Return which photos are none of the categories, shape (n,), of features and logits."""
        signs = _signs(x, logits, self.kept.astype(np.float32), self.groups)
        below: npt.NDArray[np.bool_] = self._sum(signs, logits.argmax(axis=1)) < self.least
        return below

    def _sum(self, signs: Floats, said: Classes) -> Floats:
        total: Floats = ((signs - self.means[:, said]) / self.deviations).sum(axis=0)
        return total


@dataclass(slots=True)
class PhotoModel:
    """Sorts photos into categories.

    Attributes:
        labels: The categories, in the order of the probabilities.
        kind: Which candidate it is.
        head: Over features of shape (n, 1280).
        scale: What the logits are multiplied by to be calibrated.
        looks: Tells what is none of the categories.
        least: Confidence below which a person should look.
    """

    labels: list[str]
    kind: Kind
    head: Linear
    scale: float
    looks: Looks
    least: float = 0.0

    def judged(self, x: Vectors) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return calibrated probabilities (n, k), and which photos are none of the categories (n,)."""
        logits = self.head(x)
        return np.exp(log_softmax(logits * self.scale)), self.looks.unlike(x, logits)

    def save(self, folder: Path) -> None:
        """Write it.

        Raises:
            ResourceError: The disk is full.
        """
        private_dir(folder)
        told = {"labels": self.labels, "kind": self.kind, "scale": self.scale, "least": self.least}
        write_arrays(
            folder / "head.npz",
            {
                "weights": self.head.weights, "biases": self.head.biases, "kept": self.looks.kept,
                "groups": self.looks.groups, "means": self.looks.means,
                "deviations": self.looks.deviations,
                "threshold": np.array(self.looks.least), "told": np.array(json.dumps(told)),
            },
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> PhotoModel:
        """Read one.

        Raises:
            CorruptModelError: A file is damaged or missing.
        """
        arrays: dict[str, Any] = read_arrays(folder / "head.npz") or {}
        try:
            told = json.loads(str(arrays["told"]))
            looks = Looks(
                arrays["kept"],
                arrays["groups"],
                arrays["means"],
                arrays["deviations"],
                float(arrays["threshold"]),
            )
            return cls(head=Linear(arrays["weights"], arrays["biases"]), looks=looks, **told)
        except (KeyError, ValueError, TypeError) as error:
            raise CorruptModelError(TEXTS("model_damaged", path=folder)) from error


def same_thing(x: Vectors) -> Classes:
    """Return a number for each photo, shape (n,): shots that are nearly the same have the same one."""
    pairs = []
    for start in range(0, len(x), _CHUNK):
        alike = x[start : start + _CHUNK] @ x.T >= _ALIKE
        pairs.append(np.nonzero(alike & (alike.cumsum(axis=1) <= _MOST_ALIKE)))
    one = np.concatenate([rows + n * _CHUNK for n, (rows, _) in enumerate(pairs)])
    other = np.concatenate([columns for _, columns in pairs])
    return joined(np.arange(len(x), dtype=np.int64), one, other)


def compete(x: Vectors, y: Classes, context: Context) -> Competition:
    """Let the candidates compete on folds; features (n, d), category numbers 0 … k-1 (n,).

    Shots of the same thing are in the same fold.
    """
    classes = int(y.max()) + 1
    raw: dict[Kind, Floats] = {kind: np.full((len(y), classes), -30.0) for kind in KINDS}
    signs: dict[Kind, Floats] = {kind: np.zeros((2, len(y))) for kind in KINDS}
    for train, test in folds(y, same_thing(x)):
        context.check()
        here = np.unique(y[train])
        inside = np.searchsorted(here, y[train]).astype(np.int64)
        for kind in KINDS:
            logits = _fit(kind, x[train], inside, len(here))(x[test])
            raw[kind][np.ix_(test, here)] = logits
            signs[kind][:, test] = _signs(x[test], logits, x[train], inside)
    winner = simplest(raw, y)
    scale = scale_of(raw[winner], y)
    shares = np.exp(log_softmax(raw[winner] * scale))
    accuracies = {kind: accuracy(raw[kind], y) for kind in KINDS}
    return Competition(winner, shares, accuracies, scale, signs[winner])


def fitted(x: Vectors, y: Classes, labels: list[str], competition: Competition) -> PhotoModel:
    """Fit the winner on all photos."""
    looks = Looks.of(x, y, competition)
    head = _fit(competition.winner, x, y, len(labels))
    return PhotoModel(labels, competition.winner, head, competition.scale, looks)


def _fit(kind: Kind, x: Vectors, y: Classes, classes: int) -> Linear:
    return fit_centroids(x, y, classes) if kind == "centroids" else fit_logistic(x, y, _C)


def _signs(x: Vectors, logits: Floats, kept: Vectors, groups: Classes) -> Floats:
    cosines = np.where(groups == logits.argmax(axis=1)[:, None], x @ kept.T, -1.0)
    count = min(_NEAREST, cosines.shape[1])
    near = np.partition(cosines, cosines.shape[1] - count, axis=1)[:, -count:]
    near = np.where(near > -1.0, near, near.max(axis=1, keepdims=True))  # fewer than three of it
    highest = logits.max(axis=1, keepdims=True)
    energy = np.log(np.exp(logits - highest).sum(axis=1)) + highest[:, 0]
    return np.stack([near.mean(axis=1), energy])
