"""Tell texts that are unlike anything learned: their group is none of the known ones.

Three signs are added, each standardised on the rows that were learned: the relative Mahalanobis distance
(Ren et al. 2021, "A simple fix to Mahalanobis distance for improving near-OOD detection"), the cosine to the
tenth-nearest learned text, and how many of the nearest learned texts are of the group that is said.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
_NEAR = 10
_NEIGHBOURS = 20
_MOST_KEPT = 20_000
_RIDGE = 1e-3
_REFUSED = 0.05  # of texts of known groups may be taken for new


@dataclass(slots=True)
class Novelty:
    """What the learned rows look like.

    Attributes:
        means: Of each class, shape (k, d).
        within: A root of the inverse covariance around the class means, shape (d, d).
        centre: The mean of all, shape (d,).
        overall: A root of the inverse covariance around it, shape (d, d).
        kept: Vectors of learned texts, shape (m, d), in half precision.
        groups: Their classes, shape (m,).
        usual: Mean and deviation of each sign on learned rows, shape (3, 2).
        least: Below this a text is taken for new, shape ().
    """

    means: Vectors
    within: Vectors
    centre: Vectors
    overall: Vectors
    kept: npt.NDArray[np.float16]
    groups: npt.NDArray[np.int32]
    usual: Floats
    least: Floats

    @classmethod
    def fit(cls, x: Vectors, y: npt.NDArray[np.int64], logits: Floats) -> Novelty:
        """Learn from vectors (n, d), their classes (n,) and their logits (n, k)."""
        classes = int(y.max()) + 1
        means = np.stack([x[y == c].mean(axis=0) for c in range(classes)])
        centre = x.mean(axis=0)
        some = np.random.default_rng(0).permutation(len(x))[:_MOST_KEPT]
        made = cls(
            means, _root(x - means[y]), centre, _root(x - centre), x[some].astype(np.float16),
            y[some].astype(np.int32), np.array([[0.0, 1.0]] * 3), np.array(-np.inf),
        )  # fmt: skip
        signs = made._signs(x, logits)
        made.usual = np.stack([signs.mean(axis=1), signs.std(axis=1).clip(1e-9)], axis=1)
        return made

    def scores(self, x: Vectors, logits: Floats) -> Floats:
        """Return how usual texts are, higher the more, shape (n,)."""
        signs = self._signs(x, logits)
        total: Floats = ((signs - self.usual[:, :1]) / self.usual[:, 1:]).sum(axis=0)
        return total

    def set_threshold(self, x: Vectors, logits: Floats) -> None:
        """Choose the threshold from texts of known groups that were not learned."""
        self.least = np.asarray(np.quantile(self.scores(x, logits), _REFUSED))

    def _signs(self, x: Vectors, logits: Floats) -> Floats:
        said = logits.argmax(axis=1)
        signs = np.empty((3, len(x)))
        centres = self.means @ self.within
        kept = self.kept.astype(np.float32)
        for start in range(0, len(x), 512):
            part, rows = x[start : start + 512], slice(start, start + 512)
            moved = part @ self.within
            squares = (moved**2).sum(1)[:, None] - 2 * moved @ centres.T + (centres**2).sum(1)
            overall = (((part - self.centre) @ self.overall) ** 2).sum(1)
            signs[0, rows] = overall - squares.min(axis=1)
            signs[1:, rows] = self._neighbours(part @ kept.T, said[rows])
        return signs

    def _neighbours(self, cosines: Vectors, said: npt.NDArray[np.int64]) -> Floats:
        """Return the tenth-highest cosine, and which share of the nearest are of the class said, (2, n)."""
        count = min(_NEIGHBOURS, cosines.shape[1])
        near = np.argpartition(cosines, cosines.shape[1] - count, axis=1)[:, -count:]
        highest = np.sort(np.take_along_axis(cosines, near, axis=1), axis=1)[:, ::-1]
        share = (self.groups[near] == said[:, None]).mean(axis=1)
        return np.stack([highest[:, min(_NEAR, count) - 1], share])

    def arrays(self) -> dict[str, Any]:
        """Return what is to be kept, by name."""
        return {f"novelty_{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, arrays: dict[str, Any]) -> Novelty | None:
        """Return what was kept; None if nothing was."""
        found = {field.name: arrays.get(f"novelty_{field.name}") for field in fields(cls)}
        if any(value is None for value in found.values()):
            return None
        return cls(**found)  # type: ignore[arg-type]


def _root(rows: Vectors) -> Vectors:
    """Return a root of the inverse of the rows' covariance, slightly ridged, shape (d, d)."""
    covariance = rows.T.astype(np.float64) @ rows / len(rows)
    size = covariance.shape[0]
    covariance += _RIDGE * np.trace(covariance) / size * np.eye(size)
    root: Vectors = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    return root
