"""The language model's second look at what a trained model is unsure of."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from assets import SAMPLES
from models.errors import Stopped
from models.runtimes import Runtimes
from models.steps import result_of
from skills.classify import course
from skills.classify.evaluating import Compare, Evaluate
from skills.classify.face import ClassifyRequest
from skills.classify.judge import Verdict
from skills.classify.operations import CompareRequest, EvaluateRequest, TrainRequest
from skills.classify.run import Classify
from skills.classify.second import Second, judge_of, look, seen_again
from skills.classify.textmodel import TextModel
from skills.classify.training import Train
from skills.contract import Context
from skills.events import Assumption, Metric
from skills.trained import find, read_card
from tests.skills.test_training import examples, final, write

LABELS = ["bad", "good"]
FOREVER = float("inf")
NOWHERE = Context(cast(Any, None), Path())


@dataclass
class Reader:
    """A judge that says what `says` returns for a text: the share of each group."""

    says: Callable[[str], Sequence[float]]
    labels: list[str] = field(default_factory=lambda: list(LABELS))
    reader: str = "reader"
    name: str = "reader"
    meanings: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def __call__(self, text: str, should_stop: object) -> Verdict:
        self.read.append(text)
        shares = tuple(self.says(text))
        best = int(np.argmax(shares))
        return Verdict(self.labels[best], shares[best], shares)


def leaning(right: float, n: int = 1000, seed: int = 0) -> tuple[Any, Any, Any]:
    """Return classes (n,), probabilities (n, 2) of a model that is unsure of a fifth, and of a reader.

    The reader is right of a row with that probability, whatever the model says.
    """
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 2, n)
    sure = np.arange(n) >= n // 5
    of_right = np.where(sure, 0.97, draw.uniform(0.35, 0.68, n))
    own = np.where(np.eye(2)[y] == 1, of_right[:, None], 1 - of_right[:, None])
    said = np.where(draw.random(n) < right, y, 1 - y)
    return y, own, np.where(np.eye(2)[said] == 1, 0.9, 0.1)


def looked(right: float, *, seed: int = 0, deadline: float = FOREVER) -> Any:
    y, own, read = leaning(right, seed=seed)
    texts = [str(i) for i in range(len(y))]
    reader = Reader(lambda text: read[int(text)])
    work = look(texts, own, y, cast(Any, reader), NOWHERE, deadline=deadline)
    return result_of(work), reader


def test_a_reader_that_errs_differently_is_kept() -> None:
    found, reader = looked(0.85)
    assert found.second is not None
    assert found.both.mean() > found.own.mean() + 0.1
    assert {int(text) for text in reader.read} <= set(range(200)), "sure rows need not be read"
    assert found.second.read > 0
    sure, both = np.array([[0.6, 0.4]]), found.second.shares
    assert both(sure, np.array([[0.1, 0.9]])).argmax() == 1
    assert both(sure, np.array([[0.9, 0.1]])).argmax() == 0


def test_a_reader_that_knows_nothing_is_not_kept() -> None:
    kept = [looked(0.5, seed=seed)[0].second for seed in range(10)]
    assert sum(second is not None for second in kept) <= 2


def test_without_time_nothing_is_tried() -> None:
    found, reader = looked(0.9, deadline=0.0)
    assert found is None
    assert not reader.read


def contradicted(n: int) -> tuple[list[tuple[str, str]], Reader]:
    """Return n rows, half of whose labels contradict their texts, and a reader who knows them."""
    rows = [(text, label if i % 2 else "other") for i, (text, label) in enumerate(examples(n))]
    truth = dict(rows)
    labels = sorted(set(truth.values()))
    shares = np.eye(len(labels)) * 0.9 + 0.025
    return rows, Reader(lambda text: tuple(shares[labels.index(truth[text])]), labels=labels)


def still(features: object, y: object, found: Any, *_: object) -> Any:
    """Tune nothing."""
    return found
    yield


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader | None], None]:
    """Put a reader in the place of the language model."""

    def put(reader: Reader | None) -> None:
        monkeypatch.setattr("skills.classify.second.judge_of", lambda *_: reader)

    return put


def test_the_least_sure_are_read_first(reading: Callable[[Reader | None], None]) -> None:
    reader = Reader(lambda _: (0.99, 0.01))
    reading(reader)
    second = Second(LABELS, "reader", 0.8, 0.5, 1.0, [0.0, 0.0], {})
    shares = np.array([[0.3, 0.7], [0.45, 0.55], [0.1, 0.9]])
    seen = result_of(seen_again(["a", "b", "c"], shares, second, NOWHERE, minutes=1))
    assert reader.read == ["b", "a"]
    assert seen.rows.tolist() == [1, 0]
    assert seen.shares.argmax(axis=1).tolist() == [0, 0, 1]
    assert (shares.argmax(axis=1) == 1).all(), "what was given stays as it was"
    untouched = result_of(seen_again(["a"], shares[:1], second, NOWHERE, minutes=0))
    assert (untouched.shares == shares[:1]).all()
    assert seen.whole
    assert not untouched.whole
    reading(None)
    alone = result_of(seen_again(["a"], shares[:1], second, NOWHERE, minutes=1))
    assert (alone.shares == shares[:1]).all()
    assert not alone.whole
    assert "reader" in alone.evidence(NOWHERE)[0].text


def test_who_stops_the_reading_keeps_what_is_there(
    reading: Callable[[Reader | None], None],
) -> None:
    reader = Reader(lambda _: (0.99, 0.01))
    reading(reader)
    second = Second(LABELS, "reader", 0.8, 0.5, 1.0, [0.0, 0.0], {})
    shares = np.array([[0.3, 0.7], [0.45, 0.55], [0.4, 0.6]])
    context = Context(cast(Any, None), Path(), should_stop=lambda: len(reader.read) >= 2)
    seen = result_of(seen_again(["a", "b", "c"], shares, second, context, minutes=1))
    assert reader.read == ["b", "c"]
    assert (seen.rows.tolist(), seen.unsure, seen.whole) == ([1, 2], 3, False)
    work = look(["a"] * 300, np.full((300, 2), 0.5), np.zeros(300, np.int64), cast(Any, reader), context,
                deadline=FOREVER)  # fmt: skip
    with pytest.raises(Stopped):  # training that is stopped does not go on without it
        result_of(work)


def test_it_is_kept_with_the_model(tmp_path: Path) -> None:
    second = Second(LABELS, "reader", 0.8, 0.5, 1.0, [0.1, -0.1], {"bad": "no good"})
    model = TextModel(LABELS, "words", "en", None, None, None, {"words": 1.0}, 0.5, second=second)
    model.save(tmp_path / "m")
    assert TextModel.load(tmp_path / "m").second == second


@pytest.mark.small
def test_unsure_rows_of_a_table_are_read(
    small: Runtimes,
    home: Path,
    tmp_path: Path,
    reading: Callable[[Reader | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = Context(small, home, out=tmp_path)
    tickets = write(tmp_path / "tickets.csv", [*examples(300)])
    list(Train().run(TrainRequest(file=tickets, name="m"), context))
    model = TextModel.load(find(home, "m"))
    repair = np.eye(3)[model.labels.index("repair")] * 0.97 + 0.01
    reader = Reader(lambda text: tuple(repair), labels=model.labels)
    model.second = Second(model.labels, "reader", 1.1, 0.0, 1.0, [0.0] * 3, {})
    model.save(find(home, "m"))
    rows = [("where is my parcel", "delivery"), ("", "returns"), ("I want a refund", "returns")]
    table = write(tmp_path / "x.csv", rows)
    reading(reader)
    answer = final(Classify().run(ClassifyRequest(file=table, model="m"), context))
    assert answer.data["read"] == 2
    monkeypatch.setattr("skills.classify.bulk._MOST_AGAIN", 1)
    answer = final(Classify().run(ClassifyRequest(file=table, model="m"), context))
    assert answer.data["read"] == 1
    assert any("1 of the 2 texts" in e.text for e in answer.evidence if isinstance(e, Assumption))
    with (tmp_path / "x-labelled.csv").open(encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["repair", "", "repair"]
    said = final(Classify().run(ClassifyRequest(text="a refund", model="m"), context))
    assert said.data["label"] == "repair"
    test = write(
        tmp_path / "test.csv", [("where is my parcel", "delivery"), ("a flat tyre", "repair")]
    )
    measured = final(Evaluate().run(EvaluateRequest(name="m", file=test), context))
    assert measured.data["accuracy"][0] == 0.5
    alone = final(Evaluate().run(EvaluateRequest(name="m", file=test, minutes=0), context))
    assert alone.data["accuracy"][0] == 1.0
    both = CompareRequest(first="m", second="m", file=test)
    assert any("second look" in str(item) for item in final(Compare().run(both, context)).evidence)
    reading(None)
    answer = final(Classify().run(ClassifyRequest(file=table, model="m"), context))
    assert answer.data["read"] == 0
    assert any(
        "takes reader" in item.text for item in answer.evidence if isinstance(item, Assumption)
    )


@pytest.mark.small
def test_training_tries_it_within_its_time(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, reader = contradicted(400)
    for module in ("second", "course"):
        monkeypatch.setattr(f"skills.classify.{module}.judge_of", lambda *_: reader)
    monkeypatch.setattr("skills.classify.course.can_look", lambda *_: True)
    tickets = write(tmp_path / "tickets.csv", rows)
    request = TrainRequest(file=tickets, name="m", minutes=0.1, tuned="never")
    answer = final(Train().run(request, Context(small, home, out=tmp_path)))
    found = [item for item in answer.evidence if isinstance(item, Metric)]
    assert any("second look" in item.name and item.value > item.baseline for item in found)
    second = TextModel.load(find(home, "m")).second
    assert second is not None
    assert second.labels == reader.labels
    assert second.reader == "reader"
    card = read_card(find(home, "m"))
    assert card["second_look"]["kept"]
    assert card["second_look"]["accuracy"] > card["second_look"]["accuracy_alone"]
    assert card["held_out"]["accuracy"][0] >= card["held_out"]["accuracy_alone"][0]


@pytest.mark.small
def test_a_fine_tuned_encoder_has_one_too(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frozen candidates are made to be wrong, so that fine-tuning wins on the fold it did not see."""
    rows, reader = contradicted(150)
    usual = course.compete

    def wrong(features: Any, y: Any, context: Context) -> Any:
        found = usual(features, y, context)
        return replace(found, logits=dict.fromkeys(found.logits, 5 * np.eye(4)[(y + 1) % 4]))

    monkeypatch.setattr(course, "compete", wrong)
    monkeypatch.setattr(course, "can_look", lambda *_: True)
    monkeypatch.setattr(course, "tune", still)
    for module in ("second", "course"):
        monkeypatch.setattr(f"skills.classify.{module}.judge_of", lambda *_: reader)
    monkeypatch.setattr("skills.classify.second._SHARE", 1.0)
    monkeypatch.setattr("skills.classify.second._LEAST_ROWS", 10)
    monkeypatch.setattr("skills.classify.finetuned._LEAST_SECONDS", 1.0)
    tickets = write(tmp_path / "tickets.csv", rows)
    request = TrainRequest(file=tickets, name="m", minutes=0.3)
    final(Train().run(request, Context(small, home, out=tmp_path)))
    model = TextModel.load(find(home, "m"))
    assert model.kind == "tuned"
    assert model.second is not None
    assert read_card(find(home, "m"))["second_look"]["rows"] < 40, "one fold of the training rows"


@pytest.mark.standard
def test_the_language_model_helps_where_a_model_knows_nothing(
    standard: Runtimes, home: Path
) -> None:
    context = Context(standard, home)
    with (SAMPLES / "reviews.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["gold"]]
    labels = sorted({row["gold"] for row in rows})
    judge = judge_of(labels, {}, context)
    assert judge is not None
    assert judge_of([str(n) for n in range(40)], {}, context) is None, "too many groups"
    draw = np.random.default_rng(0)
    own = draw.dirichlet(np.full(len(labels), 20.0), len(rows))  # a model that guesses
    y = np.array([labels.index(row["gold"]) for row in rows])
    texts = [row["review"] for row in rows]
    found = result_of(look(texts, own, y, judge, context, deadline=FOREVER))
    assert found is not None
    assert found.second is not None
    assert found.second.reader == standard.llm().name
    assert found.both.mean() > 0.8 > found.own.mean()
