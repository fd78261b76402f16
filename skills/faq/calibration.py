"""What a knowledge base says about itself: how much words weigh beside vectors, and when to refuse.

Nothing here sees a customer's question. The base's own questions are the test: with their entry left out
they are as near as an unanswered one in the shop's words may come, and a question that finds its own
answer, which shares few of its words, is asked much as a customer asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from models.embedder import Kind
from models.texts import text_lines
from skills.faq.entries import Entry
from skills.faq.lexical import Lexical

Floats = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str], Kind], Floats]
"""Turns texts into vectors, as `query` or as `passage`."""
_SAMPLE = 1000
_SELF_TEST = 300
_SHARES = (0.0, 0.6, 1.2, 2.1, 3.0, 4.5)
_USUAL = 2.1  # where a self-test tells nothing, and for passages without questions
_LEAST = 3


def spread_of(vectors: Floats) -> float:
    """Return the standard deviation of the cosines between different vectors; 0.0 for fewer than 3."""
    some = vectors[:_SAMPLE]
    if len(some) < _LEAST:
        return 0.0
    cosines = some @ some.T
    return float(cosines[~np.eye(len(some), dtype=bool)].std())


def lexical_weight(entries: Sequence[Entry], spread: float, encode: Encode) -> float:
    """Return what a full match of words adds to a cosine, chosen by a self-test, in units of cosine.

    Own questions are asked of the answers alone. Of weights that do equally well the one nearest to the
    usual is taken. A base of passages has no questions to ask: the usual one.
    """
    asked = [entry for entry in entries if entry.question and entry.question != entry.answer]
    asked = asked[:_SELF_TEST]
    if len(asked) < _LEAST:
        return _USUAL * spread
    answers = [entry.answer for entry in asked]
    questions = [entry.question for entry in asked]
    cosines = encode(questions, "query") @ encode(answers, "passage").T
    index = Lexical.build(answers)
    words = np.stack([index.scores(question) for question in questions])
    own = np.arange(len(asked))

    def found(share: float) -> float:
        return float(((cosines + share * spread * words).argmax(axis=1) == own).mean())

    best = max(_SHARES, key=lambda share: (found(share), -abs(share - _USUAL)))
    return best * spread


Best = Callable[[Sequence[str], Sequence[int] | None], npt.NDArray[np.float64]]
"""Returns the best score of each question, shape (questions,), each without the entry that owns it."""


def threshold_of(
    entries: Sequence[Entry], best: Best, language: str, *, same_language: bool
) -> float:
    """Return the score below which nothing counts as an answer.

    It lies half way between what questions about anything else reach (95th percentile) and what the
    base's own questions reach among the other entries (lower quartile). For questions in another
    language than the base's only the first can be known, so its 90th percentile is the threshold.
    """
    far = best(text_lines("skills.faq", f"background.{language}.txt"), None)
    if len(entries) < _LEAST or not same_language:
        return float(np.quantile(far, 0.9))
    owners = np.unique(np.linspace(0, len(entries) - 1, _SELF_TEST, dtype=int)).tolist()
    own = [entries[owner].question or entries[owner].answer for owner in owners]
    near = float(np.quantile(best(own, owners), 0.25))
    chance = float(np.quantile(far, 0.95))
    return (chance + max(near, chance)) / 2
