"""A logistic regression over sentence vectors of written examples: trained in a moment, kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.embedder import MULTILINGUAL, Embedder
from models.home import private_dir
from models.runtimes import Runtimes
from models.texts import Language

Floats = npt.NDArray[np.float64]
_STRENGTH = (
    20.0  # inverse of the regularisation, chosen by cross-validation on the router's examples
)


def taught_in(language: Language, runtimes: Runtimes) -> tuple[Language, tuple[Language, ...]]:
    """Return whose encoder reads a language here, and in which languages examples can teach it."""
    if runtimes.store.has(MULTILINGUAL):
        return "zh", ("en", "zh")
    return language, (language,)


@dataclass(slots=True)
class Head:
    """The trained regression: weights (labels, dimension) and biases (labels,)."""

    labels: list[str]
    weights: Floats
    biases: Floats
    embedder: Callable[[], Embedder]  # asked anew each time: a model may have had to leave

    def shares(self, text: str) -> dict[str, float]:
        """Return a probability for each label."""
        scores = self.weights @ self.embedder().encode([text])[0] + self.biases
        odds = np.exp(scores - scores.max())
        return dict(zip(self.labels, map(float, odds / odds.sum()), strict=True))

    @classmethod
    def load(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        embedder: Callable[[], Embedder],
        kept: tuple[Path, str],
    ) -> Head:
        """Return the regression for these examples, trained now or found on disk.

        `kept` is the folder where it is kept, and the beginning of its name.
        """
        folder, name = kept
        told = "\n".join([embedder().name, *texts, *labels])
        path = folder / f"{name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"
        try:
            with np.load(path, allow_pickle=False) as saved:
                names = [str(label) for label in saved["labels"]]
                return cls(names, saved["weights"], saved["biases"], embedder)
        except (OSError, ValueError, KeyError):
            head = cls._train(texts, labels, embedder)
        private_dir(folder)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, labels=np.array(head.labels), weights=head.weights, biases=head.biases)
        partial.replace(path)
        return head

    @classmethod
    def _train(
        cls, texts: Sequence[str], labels: Sequence[str], embedder: Callable[[], Embedder]
    ) -> Head:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=_STRENGTH, max_iter=2000, class_weight="balanced")
        model.fit(embedder().encode(list(texts)), labels)
        weights, biases = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two groups
            weights, biases = np.vstack([-weights, weights]) / 2, np.hstack([-biases, biases]) / 2
        return cls(list(map(str, model.classes_)), weights, biases, embedder)
