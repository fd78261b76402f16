"""Learn the groups from a labelled column: two kinds of features compete by cross-validation.

Sentence vectors and character-and-word TF-IDF, each under logistic regression; the better one on
held-out folds is used, and its held-out figures are what is reported.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import BadInputError
from models.texts import Catalogue
from skills.contract import Context

TEXTS = Catalogue(__package__)
Floats = npt.NDArray[np.float64]
_FOLDS = 5
_LEAST_ROWS = 6
_CHINESE_SHARE = 0.05


@dataclass(slots=True)
class Learned:
    """A trained classifier with its held-out figures.

    Attributes:
        labels: In the order of the probabilities.
        predict: Maps texts to probabilities, shape (n, labels).
        accuracy: On held-out folds.
        macro_f1: On held-out folds.
        majority: Accuracy of always naming the largest group.
        n: How many rows were held out in turn.
        features: Which features won.
    """

    labels: list[str]
    predict: Callable[[Sequence[str]], Floats]
    accuracy: float
    macro_f1: float
    majority: float
    n: int
    features: str


def embedder_language(texts: Sequence[str]) -> str:
    """Return `zh` if a noticeable part of the texts is Chinese: then one multilingual model reads all."""
    chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in text) for text in texts)
    return "zh" if chinese > _CHINESE_SHARE * len(texts) else "en"


def learn(texts: Sequence[str], labels: Sequence[str], context: Context) -> Learned:
    """Train on labelled texts.

    Raises:
        BadInputError: Fewer than two groups, or too few rows to learn from.
        Stopped: The person stopped the work.
    """
    counts = Counter(labels)
    if len(counts) < 2 or len(texts) < _LEAST_ROWS:
        raise BadInputError(TEXTS("too_few_labels", n=len(texts), groups=len(counts)))
    embed = context.runtimes.embedder(embedder_language(texts)).encode
    vectors = embed(list(texts), should_stop=context.should_stop)
    candidates: dict[str, tuple[Any, Any]] = {
        "sentence vectors": (_vector_model(), vectors),
        "words and characters": (_tfidf_model(), np.array(texts, dtype=object)),
    }
    target = np.array(labels)
    folds = max(2, min(_FOLDS, *counts.values()))
    scored = {}
    for name, (model, features) in candidates.items():
        context.check()
        scored[name] = _held_out(model, features, target, folds, context)
    best = max(scored, key=lambda name: scored[name])
    model, features = candidates[best]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(features, target)

    def predict(new: Sequence[str]) -> Floats:
        if best == "sentence vectors":
            rows: Any = embed(list(new), should_stop=context.should_stop)
        else:
            rows = np.array(new, dtype=object)
        probabilities: Floats = model.predict_proba(rows)
        return probabilities

    accuracy, macro_f1 = scored[best]
    majority = max(counts.values()) / len(texts)
    return Learned(list(model.classes_), predict, accuracy, macro_f1, majority, len(texts), best)


def _vector_model() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")


def _tfidf_model() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    head = LogisticRegression(C=30.0, max_iter=2000, class_weight="balanced")
    return make_pipeline(make_union(characters, words), head)


def _held_out(
    model: Any, features: Any, target: Any, folds: int, context: Context
) -> tuple[float, float]:
    """Return accuracy and macro F1 over stratified folds, each predicted by the others."""
    from sklearn.base import clone
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedKFold

    predicted = np.empty(len(target), dtype=object)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a group with fewer rows than folds is in fewer of them
        for train, test in splitter.split(np.zeros(len(target)), target):
            context.check()
            fitted = clone(model).fit(features[train], target[train])
            predicted[test] = fitted.predict(features[test])
    truth = list(map(str, target))
    guesses = list(map(str, predicted))
    accuracy = float(np.mean([a == b for a, b in zip(truth, guesses, strict=True)]))
    return accuracy, float(f1_score(truth, guesses, average="macro", zero_division=0))
