"""What an encoder is trained towards: the data, which rows make a batch, and the loss of a batch.

`contrast` pulls texts of a class together (supervised contrastive loss, Khosla et al. 2020; for few labels as
in Tunstall et al. 2022, "Efficient few-shot learning without prompts"). `classes` trains a classifier on top
(cross-entropy weighted against class imbalance). `copy` makes a smaller encoder give the vectors of a larger
one (distillation, Sanh et al. 2019). `rank` makes scores like those of a slower judge: as an order within
each list (listwise distillation, Cao et al. 2007's top-one probabilities) and as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Aim = Literal["contrast", "classes", "copy", "rank"]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
_TEMPERATURE = 0.1
_NUMBERS = 0.2  # what a squared error of one weighs beside the order within a list


@dataclass(slots=True)
class Data:
    """Token ids of texts, and what they are trained towards.

    Attributes:
        ids: Of each text, or pair of texts.
        classes: For `contrast` and `classes`: class numbers, shape (n,). For `rank`: of which list.
        vectors: For `copy`, shape (n, d).
        scores: For `rank`: the judge's, shape (n,), best centred and of unit variance.
    """

    ids: list[list[int]]
    classes: Ints | None = None
    vectors: Floats | None = None
    scores: Floats | None = None


def head_size(data: Data, aim: Aim) -> int:
    """Return how many outputs a head needs; 0 for none."""
    if aim == "rank":
        return 1
    return int(data.classes.max()) + 1 if aim == "classes" and data.classes is not None else 0


def class_weights(data: Data, classes: int) -> Tensor:
    """Return weights against imbalance: the root of how rare a class is, mean one."""
    assert data.classes is not None
    counts = np.bincount(data.classes, minlength=classes).clip(1)
    weights = np.sqrt(counts.sum() / (classes * counts))
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def batches(data: Data, rows: Sequence[int], aim: Aim, size: int, seed: int) -> Iterator[list[int]]:
    """Yield rows of batches without end: some classes for contrast, whole lists for ranking."""
    draw = np.random.default_rng(seed)
    if aim == "rank":
        return _lists(data, size, draw)
    if aim == "contrast" and data.classes is not None:
        return _by_class(data.classes, rows, size, draw)
    return _shuffled(rows, size, draw)


def _shuffled(rows: Sequence[int], size: int, draw: np.random.Generator) -> Iterator[list[int]]:
    while True:
        order = draw.permutation(np.asarray(rows)).tolist()
        for start in range(0, len(order), size):
            yield order[start : start + size]


def _by_class(
    classes: Ints, rows: Sequence[int], size: int, draw: np.random.Generator
) -> Iterator[list[int]]:
    """Yield batches that each hold several texts of several classes."""
    members = [[row for row in rows if classes[row] == c] for c in np.unique(classes)]
    wanted = max(2, min(len(members), size // 4))
    each = max(2, size // wanted)
    while True:
        chosen = draw.choice(len(members), wanted, replace=False)
        yield [
            int(row)
            for c in chosen
            for row in draw.choice(members[c], min(each, len(members[c])), replace=False)
        ]


def _lists(data: Data, size: int, draw: np.random.Generator) -> Iterator[list[int]]:
    assert data.classes is not None
    members = [np.flatnonzero(data.classes == number) for number in np.unique(data.classes)]
    batch: list[int] = []
    while True:
        for number in draw.permutation(len(members)):
            batch += members[number].tolist()
            if len(batch) >= size:
                yield batch
                batch = []


def loss_of(
    vectors: Tensor, logits: Tensor | None, data: Data, rows: Sequence[int], weights: Tensor | None
) -> Tensor:
    """Return the loss of a batch: unit vectors (n, d) and logits (n, k) of these rows."""
    if data.vectors is not None:
        return 1 - (vectors * torch.from_numpy(data.vectors[rows])).sum(1).mean()
    assert data.classes is not None
    target = torch.from_numpy(data.classes[rows])
    if data.scores is not None:
        assert logits is not None
        return ranking(logits[:, 0], torch.from_numpy(data.scores[rows]), target)
    if logits is not None:
        return nn.functional.cross_entropy(logits, target, weights)
    return contrast(vectors, target)


def contrast(vectors: Tensor, target: Tensor) -> Tensor:
    """Return the supervised contrastive loss of unit vectors (n, d) of classes (n,)."""
    n = len(target)
    scores = vectors @ vectors.T / _TEMPERATURE
    self_mask = torch.eye(n, dtype=torch.bool)
    scores = scores.masked_fill(self_mask, -1e9)
    log_shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    same = (target[:, None] == target[None]) & ~self_mask
    counts = same.sum(1)
    means = (log_shares * same).sum(1) / counts.clamp(min=1)
    return -(means * (counts > 0)).sum() / (counts > 0).sum().clamp(min=1)


def ranking(scores: Tensor, judged: Tensor, lists: Tensor) -> Tensor:
    """Return how far scores (n,) are from a judge's (n,), in order within each list and as numbers."""
    orders = []
    for number in lists.unique():
        mine = lists == number
        wanted = torch.softmax(judged[mine], 0)
        orders.append(-(wanted * torch.log_softmax(scores[mine], 0)).sum())
    return torch.stack(orders).mean() + _NUMBERS * nn.functional.mse_loss(scores, judged)
