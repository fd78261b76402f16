"""What the names of groups tell: heard where they tell texts apart and the teacher is not of one mind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets import SAMPLES
from models.runtimes import Runtimes
from skills.classify.face import ClassifyRequest
from skills.classify.heads import encoded
from skills.classify.names import evened, looked_for, nearness, trust_in, with_names
from skills.classify.run import Classify
from skills.classify.student import read_all
from skills.classify.teacher import Teacher
from skills.contract import Context
from skills.events import Answer, Assumption
from skills.linear import Vectors
from skills.readers.tables import read_table
from tests.skills.test_student import Knowing, result_of

TOPICS = {
    "cancel an order": (
        "please cancel my order",
        "I ordered by mistake, stop it",
        "cancel today's order",
    ),
    "delivery time": (
        "when does my parcel arrive?",
        "how long is delivery?",
        "is it delivered by Friday?",
    ),
    "forgotten password": (
        "I can't log in any more",
        "reset my password please",
        "what was my password?",
    ),
}
TEXTS = [text for texts in TOPICS.values() for text in texts]
TRUTH = [topic for topic, texts in TOPICS.items() for _ in texts]


@pytest.fixture
def vectors(small: Runtimes, home: Path) -> Vectors:
    return encoded(TEXTS, "en", Context(small, home))


def shares(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, np.float64)


def test_a_model_of_one_mind_is_trusted() -> None:
    first = np.eye(3)[np.arange(60) % 3] * 0.94 + 0.02
    assert trust_in(first, first) > 0.9
    assert trust_in(first, first[::-1]) < trust_in(first, first)
    assert trust_in(np.zeros((0, 3)), np.zeros((0, 3))) == 1.0


def test_what_an_order_makes_it_say_always_is_no_other_mind() -> None:
    """A model that prefers what comes first, but orders texts alike, says the same once that is out."""
    draw = np.random.default_rng(0)
    logs = 2.0 * draw.normal(size=(60, 4))
    lean = np.array([2.0, 0.0, 0.0, 0.0])
    one, other = (
        np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for x in (logs + lean, logs + lean[::-1])
    )
    random = np.exp(2.0 * draw.normal(size=(60, 4)))
    assert (one.argmax(axis=1) == other.argmax(axis=1)).mean() < 0.7
    guessed = trust_in(one, random / random.sum(axis=1, keepdims=True))
    assert trust_in(one, other) > 2 * guessed


def test_names_decide_as_far_as_the_model_is_not_trusted() -> None:
    own = shares([[0.9, 0.05, 0.05]])
    near = shares([[-3.0, 6.0, -3.0]])
    assert with_names(own, near / 10, 1.0).argmax() == 0
    assert with_names(own, near / 10, 0.1).argmax() == 1
    assert with_names(own, near, 0.5).sum() == pytest.approx(1.0)


def test_what_a_model_would_rather_say_is_taken_off_in_part_but_not_of_two_names() -> None:
    often = np.tile([0.5, 0.3, 0.2], (80, 1))
    assert 1 / 3 < evened(often, ["a", "b", "c"])[0, 0] < 0.5
    two = np.tile([0.9, 0.1], (80, 1))
    assert evened(two, ["delivery", "quality"]) == pytest.approx(two)
    assert 0.5 < evened(two, ["delivery", "other"])[0, 0] < 0.8
    assert evened(two[:1], ["delivery", "other"])[0, 0] > 0.85  # of one text little can be seen


@pytest.mark.parametrize(
    ("labels", "place"),
    [
        (["refund", "other"], 0), (["其他", "退款"], 1), (["refund", "not a refund"], 0),
        (["无线耳机", "有线耳机"], None), (["非常满意", "满意"], None), (["a", "b", "other"], None),
        (["other", "none"], None),
    ],
)  # fmt: skip
def test_which_group_is_looked_for(labels: list[str], place: int | None) -> None:
    assert looked_for(labels) == place


@pytest.mark.small
def test_names_that_are_about_something_are_heard_and_moods_are_not(
    small: Runtimes, home: Path, vectors: Vectors
) -> None:
    context = Context(small, home)
    near = nearness(TEXTS, vectors, "en", dict.fromkeys(TOPICS, ""), context)
    assert near is not None
    assert [list(TOPICS)[i] for i in near.argmax(axis=1)] == TRUTH
    for names in (["positive", "negative"], ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]):
        assert nearness(TEXTS, vectors, "en", dict.fromkeys(names, ""), context) is None


@pytest.mark.small
def test_names_in_a_language_that_no_encoder_knows_are_not_heard(
    small: Runtimes, home: Path, vectors: Vectors
) -> None:
    context = Context(small, home)
    assert (
        nearness(TEXTS, vectors, "en", dict.fromkeys(["取消订单", "忘记密码"], ""), context) is None
    )


@pytest.mark.small
def test_what_a_group_means_counts(small: Runtimes, home: Path, vectors: Vectors) -> None:
    context = Context(small, home)
    codes = {f"code {letter}": topic for letter, topic in zip("abc", TOPICS, strict=True)}
    near = nearness(TEXTS, vectors, "en", codes, context)
    assert near is not None
    assert [list(TOPICS)[i] for i in near.argmax(axis=1)] == TRUTH


@pytest.mark.small
def test_a_teacher_that_guesses_is_mended_by_the_names(small: Runtimes, home: Path) -> None:
    """It always names the group that it is told first."""
    labels = list(TOPICS)
    seen: list[str] = []
    guess = dict.fromkeys(TEXTS, labels[0])
    judges: Any = [
        Knowing(labels, guess, seen),
        Knowing(labels[::-1], dict.fromkeys(TEXTS, labels[-1]), seen),
    ]
    context = Context(small, home)
    _, taught = result_of(read_all(TEXTS, Teacher(judges, context), context))
    assert [labels[i] for i in taught.shares.argmax(axis=1)] == TRUTH
    assert taught.trust < 0.5
    deaf = Teacher(judges, context)
    deaf.hears_names = False
    _, alone = result_of(read_all(TEXTS, deaf, context))
    assert [labels[i] for i in alone.shares.argmax(axis=1)] != TRUTH
    assert alone.trust == 1.0


@pytest.mark.small
def test_a_message_is_told_that_names_counted(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    asked = ClassifyRequest(text="I can't log in any more", labels=list(TOPICS))
    answer = list(Classify().run(asked, context))[-1]
    assert isinstance(answer, Answer)
    assert answer.data["label"] == "forgotten password"
    assert sum(answer.data["shares"].values()) == pytest.approx(1.0)
    assert any(isinstance(one, Assumption) and "name" in one.text for one in answer.evidence)


@pytest.mark.small
def test_one_group_is_found_among_texts_that_have_no_name(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    texts = [f"{text} {n}" for n in range(4) for text in TEXTS]
    vectors = encoded(texts, "en", context)
    near = nearness(texts, vectors, "en", {"other": "", "forgotten password": ""}, context)
    assert near is not None
    found = [text for text, (other, wanted) in zip(texts, near, strict=True) if wanted > other]
    assert found == [text for text in texts if text[:-2] in TOPICS["forgotten password"]]


@pytest.mark.small
@pytest.mark.parametrize("mood", ["angry", "positive"])
def test_the_name_of_a_mood_says_little(small: Runtimes, home: Path, mood: str) -> None:
    context = Context(small, home)
    reviews = [
        text for text in read_table(SAMPLES / "reviews.csv").column("review") if text.isascii()
    ]
    vectors = encoded(reviews, "en", context)
    near = nearness(reviews, vectors, "en", {mood: "", "other": ""}, context)
    assert near is not None
    assert np.median(abs(near[:, 0])) < 1.0


@pytest.mark.small
def test_a_message_that_is_read_once_is_not_encoded(
    small: Runtimes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Triage reads each message once a sheet; no encoder is loaded for that."""

    def encode(*_: object) -> Vectors:
        raise AssertionError("nothing needs vectors")

    monkeypatch.setattr("skills.classify.student.encoded", encode)
    asked = ClassifyRequest(text="I can't log in any more", labels=list(TOPICS), once=True)
    answer = list(Classify().run(asked, Context(small, home)))[-1]
    assert isinstance(answer, Answer)
    assert answer.data["label"] in TOPICS
