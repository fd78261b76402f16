"""What is unlike anything learned, and which vectors suit a task."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.embedder import BOTH, FINDER, MULTILINGUAL, SideBySide
from skills.classify import heads
from skills.classify.heads import better_vectors
from skills.classify.novelty import Novelty
from skills.contract import Context
from skills.measures import auroc

_DRAW = np.random.default_rng(0)
_CENTRES = np.eye(4, 16, dtype=np.float32)


def vectors(centre: int, count: int) -> Any:
    """Unit vectors around one of four directions, shape (count, 16)."""
    made = _CENTRES[centre] + 0.1 * _DRAW.standard_normal((count, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_a_group_that_was_not_learned_is_new() -> None:
    x, y = np.vstack([vectors(c, 40) for c in range(3)]), np.repeat(np.arange(3), 40)
    novelty = Novelty.fit(x, y, x @ _CENTRES[:3].T)
    again = Novelty.of(novelty.arrays())
    assert again is not None
    known, new = np.vstack([vectors(c, 30) for c in range(3)]), vectors(3, 30)
    scores = [again.scores(some, some @ _CENTRES[:3].T) for some in (known, new)]
    assert auroc(scores[0], scores[1]) > 0.99
    again.set_threshold(known, known @ _CENTRES[:3].T)
    assert (scores[1] < again.least).mean() > 0.9
    assert (scores[0] < again.least).mean() < 0.1


def test_neighbours_of_other_groups_make_a_text_doubtful() -> None:
    x, y = np.vstack([vectors(c, 40) for c in range(2)]), np.repeat(np.arange(2), 40)
    novelty = Novelty.fit(x, y, x @ _CENTRES[:2].T)
    asked = vectors(0, 1)
    right, wrong = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert novelty.scores(asked, right)[0] > novelty.scores(asked, wrong)[0]


def test_what_was_kept_by_an_older_version_tells_nothing() -> None:
    x, y = vectors(0, 30), np.zeros(30, np.int64)
    kept = Novelty.fit(x, y, x @ _CENTRES[:1].T).arrays()
    del kept["novelty_groups"]
    assert Novelty.of(kept) is None


@pytest.mark.parametrize(
    ("here", "others", "best"),
    [
        ({MULTILINGUAL, FINDER}, ("zh", BOTH), BOTH),
        ({MULTILINGUAL}, ("zh", BOTH), "zh"),
        (set[str](), ("zh", BOTH), "en"),
        ({MULTILINGUAL, FINDER}, ("zh",), "zh"),
    ],
)
def test_the_vectors_that_win_beyond_chance_are_taken(
    here: set[str], others: tuple[str, ...], best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = np.tile(np.arange(2), 100)
    usual = _DRAW.standard_normal((200, 8)).astype(np.float32)

    def hinted(strength: float) -> Any:
        return usual + strength * np.outer(y, np.ones(8)).astype(np.float32)

    made = {"zh": hinted(0.6), BOTH: hinted(2.0)}
    monkeypatch.setattr(
        heads, "encoded", lambda texts, language, context: made[language][list(map(int, texts))]
    )
    runtimes = SimpleNamespace(store=SimpleNamespace(has=here.__contains__))
    context = Context(cast(Any, runtimes), Path())
    assert better_vectors([str(i) for i in range(200)], usual, y, context, others) == best


def test_two_encoders_side_by_side_give_vectors_of_length_one() -> None:
    def part(name: str, size: int) -> Any:
        made = np.full((3, size), size**-0.5, np.float32)
        return SimpleNamespace(name=name, bytes=5, encode=lambda texts, **_: made)

    both = SideBySide([part("a", 4), part("b", 9)])
    found = both.encode(["x", "y", "z"])
    assert found.shape == (3, 13)
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert (both.name, both.bytes) == ("a + b", 10)
