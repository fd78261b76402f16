"""Zero labels: a sample spread over all kinds, a student of probabilities, the unsure re-read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import Stopped
from models.runtimes import Runtimes
from skills.classify.face import ClassifyRequest
from skills.classify.judge import Verdict
from skills.classify.run import Classify
from skills.classify.student import Teacher, spread_over, student_of, teach
from skills.contract import Context
from skills.events import Answer, Event, Metric, Table
from tests.skills.test_training import PARTS, examples

LABELS = sorted(PARTS)


class Knowing:
    """A judge that knows the truth, leaning towards the group that it is told first."""

    def __init__(self, labels: list[str], truth: dict[str, str], seen: list[str]) -> None:
        self.labels, self._truth, self._seen = labels, truth, seen
        self.name = f"knowing {labels}"

    def __call__(self, text: str, should_stop: Callable[[], bool]) -> Verdict:
        self._seen.append(text)
        shares = np.array([0.6 if label == self._truth[text] else 0.2 for label in self.labels])
        shares[0] += 0.45  # position bias: alone it would win
        shares /= shares.sum()
        best = int(shares.argmax())
        return Verdict(self.labels[best], float(shares[best]), tuple(shares.tolist()))


def result_of(work: Any) -> tuple[list[Event], Any]:
    events = []
    while True:
        try:
            events.append(next(work))
        except StopIteration as end:
            return events, end.value


def knowing(truth: dict[str, str], context: Context, seen: list[str]) -> Teacher:
    judges: Any = [Knowing(LABELS, truth, seen), Knowing(LABELS[::-1], truth, seen)]
    return Teacher(judges, context)


@pytest.mark.small
def test_a_student_learns_from_few_readings(small: Runtimes, home: Path) -> None:
    truth = dict(examples(600))
    texts, seen = sorted(truth), []
    context = Context(small, home)
    events, taught = result_of(teach(texts, knowing(truth, context, seen), 0.2, context))
    right = [LABELS[int(s.argmax())] == truth[t] for t, s in zip(texts, taught.shares, strict=True)]
    assert np.mean(right) > 0.9
    assert 40 <= len(taught.read) <= 600
    assert len(seen) == 2 * len(taught.read)  # each in both orders, none twice
    assert taught.agreement.mean() > 0.8
    assert len(taught.useful) <= 10
    assert events


@pytest.mark.small
def test_the_orders_cancel_the_bias(small: Runtimes, home: Path) -> None:
    truth = dict(examples(30))
    texts = sorted(truth)
    teacher = knowing(truth, Context(small, home), [])
    result_of(teacher.read(texts, np.arange(30), 0.0))
    said = [LABELS[int(teacher.shares[i].argmax())] for i in range(30)]
    assert sum(a == truth[t] for a, t in zip(said, texts, strict=True)) >= 27


def test_the_sample_covers_every_kind(home: Path) -> None:
    draw = np.random.default_rng(0)
    centres = np.eye(8, dtype=np.float32)
    kinds = np.r_[np.zeros(700, int), np.repeat(np.arange(1, 8), 20)]
    vectors = (centres[kinds] + 0.05 * draw.normal(size=(840, 8))).astype(np.float32)
    order = spread_over(vectors, 100, Context(Runtimes(), home))
    assert len(set(order.tolist())) == 100
    assert set(kinds[order]) == set(range(8))


def test_a_teacher_that_finds_one_group_only(home: Path) -> None:
    teacher = Teacher([Knowing(LABELS, {}, [])], Context(Runtimes(), home))  # type: ignore[list-item]
    for row in range(5):
        teacher.shares[row] = np.array([0.9, 0.05, 0.05])
    head, _ = student_of(np.eye(5, dtype=np.float32), teacher)
    assert (head(np.eye(5, dtype=np.float32)).argmax(axis=1) == 0).all()


@pytest.mark.small
def test_many_rows_are_not_all_read(small: Runtimes, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    rows = [{"text": text} for text, _ in examples(400)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    context = Context(small, home)
    request = ClassifyRequest(file=path, labels=("delivery", "returns"), minutes=0.05)
    events = list(Classify().run(request, context))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert sum(answer.data["counts"].values()) == 400
    assert "of 400 different texts" in " ".join(str(item) for item in answer.evidence)
    assert any(isinstance(item, Metric) and "student" in item.name for item in answer.evidence)
    assert any(isinstance(event, Table) and "label these" in event.title for event in events)
    with pytest.raises(Stopped):
        list(Classify().run(request, Context(small, home, should_stop=lambda: True)))
