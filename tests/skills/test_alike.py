"""Near-duplicates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import Stopped
from skills.classify.alike import ALIKE, cosines, near_duplicates, ngrams
from skills.linear import joined

WORDS = [
    *[
        "the",
        "parcel",
        "came",
        "late",
        "and",
        "broken",
        "i",
        "want",
        "my",
        "money",
        "back",
        "please",
    ],
    "包裹",
    "坏了",
    "退款",
]


def never() -> None:
    """Stop nothing."""


def by_all_pairs(texts: list[str]) -> list[int]:
    grams = ngrams(texts)
    one, other = np.triu_indices(len(texts), 1)
    close = cosines(grams, one, other) >= ALIKE
    return joined(np.arange(len(texts)), one[close], other[close]).tolist()


def parts(clusters: list[int]) -> set[frozenset[int]]:
    return {
        frozenset(i for i, other in enumerate(clusters) if other == one) for one in set(clusters)
    }


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=3, max_size=40), min_size=1, max_size=25),
    st.data(),
)
def test_the_same_clusters_as_by_comparing_all(lines: list[list[str]], data: st.DataObject) -> None:
    texts = [" ".join(line) for line in lines]
    for text in list(texts):  # one a few letters of which are changed
        at = data.draw(st.integers(0, len(text) - 1))
        texts.append(text[:at] + "x" + text[at + 1 :])
    assert parts(near_duplicates(texts, never).tolist()) == parts(by_all_pairs(texts))


def test_thousands_made_from_one_pattern_are_one_cluster() -> None:
    asked = "I want to cancel the order that I made at the beginning of last week, it is number {}"
    texts = [asked.format(1000 + i) for i in range(3000)]
    texts += ["Where is my parcel?", "你们周日开门吗"]
    found = near_duplicates(texts, never)
    assert len(set(found[:3000].tolist())) == 1
    assert len(set(found.tolist())) == 3


@pytest.mark.parametrize("texts", [[], ["one"], ["", ""], ["a", "b"]])
def test_few_and_short_ones(texts: list[str]) -> None:
    assert len(near_duplicates(texts, never)) == len(texts)


def test_it_can_be_stopped() -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        near_duplicates(["one", "two"], stop)
