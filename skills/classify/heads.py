"""Which kind of model suits a task: simple ones compete by cross-validation on the same folds.

Candidates, the simplest first: class centroids and logistic regression over frozen sentence vectors,
a linear support-vector machine over TF-IDF, and the blend of the last two. The simplest whose accuracy
lies within one standard error of the best one's wins; the error is that of the paired difference, since
all judge the same rows (Breiman et al. 1984, the one-standard-error rule).
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.embedder import BOTH, FINDER, MULTILINGUAL
from models.errors import BadInputError, ResourceError, UsageError
from models.texts import Catalogue
from skills.classify.words import Words
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
    linear,
    log_softmax,
    scale_of,
    simplest,
)

TEXTS = Catalogue(__package__)
Name = Literal["centroids", "vectors", "words", "blend"]
ORDER: tuple[Name, ...] = ("centroids", "vectors", "words", "blend")
_Tried = Name | Literal["named"]
_TRIED: tuple[_Tried, ...] = ("centroids", "vectors", "words", "named")
_LEAST_ROWS = 6
_CHINESE_SHARE = 0.05
_MIXES = (0.3, 0.5, 0.7)
_MOST_TO_PICK = 1000
_OTHERS = {"zh": MULTILINGUAL, BOTH: FINDER}  # what must be on disk for it
MOST_LABELS = 300
FEW = 30  # rows of a class, below which its name and its likes are worth more
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be tuned: inverse regularisation of the two linear models, share of the vectors."""

    vectors_c: float = 20.0
    words_c: float = 1.0


@dataclass(slots=True)
class Features:
    """Features of the training texts: `vectors` (n, d), `words` sparse (n, size).

    `language` is that of the sentence vectors: `en`, `zh` or `BOTH`. Rows of the same number in `groups`,
    shape (n,), are in the same fold. `names` are the vectors of the classes' own names,
    (k, d), where rows are few.
    """

    vectors: Vectors
    vocabulary: Words
    words: Any
    language: str
    groups: npt.NDArray[np.int64] | None = None
    names: Vectors | None = None


@dataclass(slots=True)
class Competition:
    """What cross-validation found.

    Attributes:
        winner: The name of the model to use.
        logits: Calibrated held-out logits of each candidate, shape (n, k), by name.
        accuracies: On held-out folds.
        mix: The share of the vectors in the blend.
        scales: What the logits of `vectors` and `words` are multiplied by to be calibrated.
        settings: What the candidates were fitted with.
        named: Whether the classes' names count as examples.
    """

    winner: Name
    logits: dict[Name, Floats]
    accuracies: dict[Name, float]
    mix: float
    scales: dict[Name, float]
    settings: Settings
    named: bool = False

    @property
    def winning(self) -> Floats:
        """The held-out log-probabilities of the winner."""
        return self.logits[self.winner]


def embedder_language(texts: Sequence[str]) -> str:
    """Return `zh` if a noticeable part of the texts is Chinese: then one multilingual model reads all."""
    some = texts[:5000]
    chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in text) for text in some)
    return "zh" if chinese > _CHINESE_SHARE * len(some) else "en"


def better_vectors(
    texts: Sequence[str],
    vectors: Vectors,
    y: Classes,
    context: Context,
    others: Sequence[str],
) -> str:
    """Return the language whose vectors suit an English task best: `en` stands for `vectors`, (n, d).

    All that are here are tried on the same folds of at most a thousand rows. On moods the multilingual
    ones are often better, on many groups MiniLM and mpnet side by side; at three to six times the cost, so
    that they must win beyond a standard error.
    """
    best, most = "en", 0.0
    counts = np.unique(y, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < 2:
        return best
    rows = np.random.default_rng(0).permutation(len(y))[:_MOST_TO_PICK]
    own, some = y[rows], [texts[i] for i in rows]
    usual = _held_out(vectors[rows], own, context)
    for other in others:
        if not context.runtimes.store.has(_OTHERS[other]):
            continue
        try:
            gain = _held_out(encoded(some, other, context), own, context) - usual
        except ResourceError:  # beside who is at work there is no room for it
            continue
        if gain.mean() > max(most, gain.std() / np.sqrt(len(gain))):
            best, most = other, float(gain.mean())
    return best


def _held_out(x: Vectors, y: Classes, context: Context) -> Floats:
    """Return which rows a head over vectors gets right that did not learn from them, shape (n,)."""
    right = np.zeros(len(y))
    for train, test in folds(y):
        context.check()
        here = np.unique(y[train])
        head = fit_vectors(x[train], np.searchsorted(here, y[train]), Settings())
        right[test] = here[head(x[test]).argmax(axis=1)] == y[test]
    return right


def encoded(texts: Sequence[str], language: str, context: Context) -> Vectors:
    """Return the sentence vectors of texts, shape (n, d).

    Raises:
        Stopped: The person stopped the work.
    """
    embedder = context.runtimes.fast_embedder(language)
    return embedder.encode(list(texts), should_stop=context.should_stop)


def check_enough(labels: Sequence[str]) -> None:
    """Raise `BadInputError` for fewer than two groups, or too few rows to learn from."""
    counts = Counter(labels)
    if len(counts) < 2 or len(labels) < _LEAST_ROWS:
        raise BadInputError(TEXTS("too_few_labels", n=len(labels), groups=len(counts)))


def check_groups(labels: Sequence[str], column: str, *, spare: int = 0) -> None:
    """Raise `UsageError` for a column that names no groups: so many could not be told apart, nor soon.

    `spare` is how many more there may be, since misspelt ones will be merged.
    """
    if len(set(labels)) > MOST_LABELS + spare:
        raise UsageError(TEXTS("too_many_labels", column=column, most=MOST_LABELS))


def features_of(
    texts: Sequence[str],
    y: Classes,
    context: Context,
    groups: npt.NDArray[np.int64] | None = None,
    labels: Sequence[str] = (),
    *,
    thorough: bool = False,
) -> Features:
    """Return both kinds of features; only the choice of the sentence vectors looks at the classes `y`.

    `labels` are what the classes are called, which tells something where there are few rows of each. Two
    encoders side by side are tried there, too, and for any number of rows if it is to be `thorough`: with
    many rows they gain less, and cost as much for each text that is sorted later.

    Raises:
        Stopped: The person stopped the work.
    """
    language = embedder_language(texts)
    vectors = encoded(texts, language, context)
    few = bool(np.bincount(y).max() < FEW)
    if language == "en":
        others = ("zh", BOTH) if few or thorough else ("zh",)
        language = better_vectors(texts, vectors, y, context, others)
        vectors = vectors if language == "en" else encoded(texts, language, context)
    vocabulary = Words.fit(texts)
    names = None
    if labels and few:
        names = encoded(
            [_SEPARATORS.sub(" ", label).strip() for label in labels], language, context
        )
    return Features(vectors, vocabulary, vocabulary.transform(texts), language, groups, names)


def fit_vectors(x: Vectors, y: Classes, settings: Settings, names: Vectors | None = None) -> Linear:
    """Fit a logistic regression; see `fit_logistic`."""
    return fit_logistic(x, y, settings.vectors_c, names)


def fit_words(x: Any, y: Classes, settings: Settings) -> Linear:
    """Fit a linear support-vector machine, one class against the rest."""
    from sklearn.svm import LinearSVC

    return linear(LinearSVC(C=settings.words_c, class_weight="balanced").fit(x, y))


def compete(
    features: Features, y: Classes, context: Context, settings: Settings | None = None
) -> Competition:
    """Let the candidates compete; `y` holds class numbers 0 … k-1, shape (n,)."""
    chosen = settings or Settings()
    classes = int(y.max()) + 1
    names = features.names
    every = {name: np.zeros((len(y), classes)) for name in _TRIED}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer rows than folds is in fewer of them
        for train, test in folds(y, features.groups):
            context.check()
            here = np.unique(y[train]).astype(int)
            inside = np.searchsorted(here, y[train])
            x = features.vectors
            heads: dict[_Tried, tuple[Linear, Any]] = {
                "centroids": (fit_centroids(x[train], inside, len(here)), x),
                "vectors": (fit_vectors(x[train], inside, chosen), x),
                "words": (fit_words(features.words[train], inside, chosen), features.words),
            }
            if names is not None:
                heads["named"] = (fit_vectors(x[train], inside, chosen, names[here]), x)
            for name, (head, data) in heads.items():
                scores = np.full((len(test), classes), -30.0)
                scores[:, here] = head(data[test])
                every[name][test] = scores
    raw = {name: every[name] for name in ORDER[:3]}
    helps = names is not None and accuracy(every["named"], y) > accuracy(raw["vectors"], y)
    if helps:
        raw["vectors"] = every["named"]
    scales = {name: scale_of(scores, y) for name, scores in raw.items()}
    logits: dict[Name, Floats] = {n: log_softmax(raw[n] * scales[n]) for n in ORDER[:3]}
    mixed = {mix: mix * logits["vectors"] + (1 - mix) * logits["words"] for mix in _MIXES}
    mix = max(mixed, key=lambda m: (accuracy(mixed[m], y), -abs(m - 0.5)))
    scales["blend"] = scale_of(mixed[mix], y)
    logits["blend"] = log_softmax(mixed[mix] * scales["blend"])
    accuracies = {name: accuracy(logits[name], y) for name in ORDER}
    return Competition(simplest(logits, y), logits, accuracies, mix, scales, chosen, helps)
