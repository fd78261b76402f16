"""Learn the groups from a labelled column and fill the gaps, without keeping a model.

The candidates of `heads` compete by cross-validation; the held-out figures of the winner are reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skills.classify.heads import check_enough, compete, features_of
from skills.classify.textmodel import fitted
from skills.contract import Context
from skills.linear import Floats


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
        kind: Which candidate won.
    """

    labels: list[str]
    predict: Callable[[Sequence[str]], Floats]
    accuracy: float
    macro_f1: float
    majority: float
    n: int
    kind: str


def learn(texts: Sequence[str], labels: Sequence[str], context: Context) -> Learned:
    """Train on labelled texts.

    Raises:
        BadInputError: Fewer than two groups, or too few rows to learn from.
        Stopped: The person stopped the work.
    """
    from sklearn.metrics import f1_score

    check_enough(labels)
    names = sorted(set(labels))
    y = np.array([names.index(label) for label in labels], np.int64)
    features = features_of(texts, y, context, labels=names)
    competition = compete(features, y, context)
    model = fitted(competition, features, y, names)
    embed = context.runtimes.fast_embedder(model.language).encode
    said = competition.logits[competition.winner].argmax(axis=1)
    macro_f1 = float(f1_score(y, said, average="macro", zero_division=0))
    majority = max(Counter(labels).values()) / len(labels)

    def predict(new: Sequence[str]) -> Floats:
        return model.shares(new, embed, context.should_stop)

    accuracy = competition.accuracies[competition.winner]
    return Learned(names, predict, accuracy, macro_f1, majority, len(texts), competition.winner)
