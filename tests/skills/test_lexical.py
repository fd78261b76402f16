"""Words beside vectors: against a plain BM25, kept and damaged, typos, and its self-test."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.runtimes import Runtimes
from models.steps import result_of
from skills.contract import Context
from skills.faq.bases import of_file
from skills.faq.calibration import lexical_weight, spread_of
from skills.faq.entries import Entry
from skills.faq.index import Base, open_base
from skills.faq.lexical import Lexical, grams

TEXTS = st.lists(st.text(alphabet="abc dé1开门几点", max_size=20), min_size=1, max_size=6)


def plain(texts: list[str], question: str) -> list[float]:
    """BM25, straight from the formula."""
    counted = [Counter(grams(text)) for text in texts]
    n = len(texts)
    mean = max(1.0, sum(sum(c.values()) for c in counted) / n)
    scores, most = [0.0] * n, 0.0
    for gram in set(grams(question)):
        held = sum(gram in c for c in counted)
        rarity = math.log(1 + (n - held + 0.5) / (held + 0.5))
        most += rarity * 2.2
        for i, c in enumerate(counted):
            tf = c[gram]
            length = sum(c.values())
            scores[i] += rarity * tf * 2.2 / (tf + 1.2 * (0.5 + 0.5 * length / mean)) if tf else 0.0
    return [score / most if most else 0.0 for score in scores]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(TEXTS, st.text(alphabet="abc dé1开门几点", max_size=20))
def test_scores_are_the_formula_s(tmp_path: Path, texts: list[str], question: str) -> None:
    index = Lexical.build(texts)
    expected = plain(texts, question)
    assert np.allclose(index.scores(question), expected, atol=1e-4)
    index.save(tmp_path / "words.npz")
    again = Lexical.load(tmp_path / "words.npz")
    assert again is not None
    assert np.array_equal(again.scores(question), index.scores(question))
    assert ((index.scores(question) >= 0) & (index.scores(question) <= 1.0001)).all()


def test_a_damaged_index_is_none(tmp_path: Path) -> None:
    path = tmp_path / "words.npz"
    assert Lexical.load(path) is None
    Lexical.build(["one", "two"]).save(path)
    whole = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    for damaged in (b"", b"nothing", whole[:50], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        assert Lexical.load(path) is None


def test_typos_still_find_the_word() -> None:
    index = Lexical.build(["Can I return a helmet?", "When are you open?", "Do you repair tyres?"])
    for number, question in enumerate(
        ("retrun a helmt", "when are yuo opne", "do you repiar tires")
    ):
        assert int(index.scores(question).argmax()) == number


def test_the_weight_is_what_the_base_needs() -> None:
    entries = [
        Entry(f"What about {word}?", f"{word} is fine.", "")
        for word in ("zebra", "lion", "ape", "owl")
    ]

    def blind(texts: object, kind: object) -> np.ndarray:  # vectors that tell nothing apart
        return np.full((len(list(texts)), 4), 0.5, np.float32)  # type: ignore[call-overload]

    assert lexical_weight(entries, 0.1, blind) > 0
    passages = [Entry("", f"passage {n}", "") for n in range(5)]
    assert lexical_weight(passages, 0.1, blind) == pytest.approx(0.21)
    assert spread_of(np.eye(2, dtype=np.float32)) == 0.0


@pytest.mark.small
def test_words_that_the_vectors_miss_are_found(small: Runtimes, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "parts.md"
    lines = [f"## Part XQ-{n * 37:04}\nShelf {n} holds part XQ-{n * 37:04}.\n" for n in range(60)]
    path.write_text("\n".join(lines))
    context = Context(small, home)
    base: Base = result_of(open_base(of_file(path), context, language="en"))
    best = base.search("where is XQ-1517")[0]
    assert "XQ-1517" in best.entry.answer
    kept = list((home / "knowledge" / "bases").glob("*/words-*"))
    assert len(kept) == 1
    kept[0].write_bytes(b"damaged")
    again: Base = result_of(open_base(of_file(path), context, language="en"))
    assert again.search("where is XQ-1517")[0].entry == best.entry
    path.write_text(path.read_text() + "\n## Part ZZ-9\nShelf 99.\n")
    result_of(open_base(of_file(path), context, language="en"))
    assert len(list((home / "knowledge" / "bases").glob("*/words-*"))) == 1
