"""Zero labels: a sample spread over all kinds, a student of probabilities, the unsure re-read."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.errors import Stopped
from models.runtimes import Runtimes
from models.store import Store
from skills.classify.face import ClassifyRequest
from skills.classify.judge import Verdict
from skills.classify.run import Classify
from skills.classify.student import joined, read_all, spread_over, student_of, teach
from skills.classify.teacher import Teacher
from skills.contract import Context
from skills.events import Answer, Event, Metric, Progress, Table
from tests.skills.test_training import PARTS, examples

LABELS = sorted(PARTS)


class Knowing:
    """A judge that knows the truth, leaning towards the group that it is told first."""

    def __init__(
        self, labels: list[str], truth: dict[str, str], seen: list[str], sure: Collection[str] = ()
    ) -> None:
        self.labels, self._truth, self._seen, self._sure = labels, truth, seen, sure
        self.name, self.meanings = f"knowing {labels}", {}

    def __call__(self, text: str, should_stop: Callable[[], bool]) -> Verdict:
        self._seen.append(text)
        shares = np.array([0.6 if label == self._truth[text] else 0.2 for label in self.labels])
        shares[0] += 0.45  # position bias: alone it would win
        if text in self._sure:
            shares = np.array(
                [0.98 if label == self._truth[text] else 0.01 for label in self.labels]
            )
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
    assert len(seen) == 2 * len(taught.read)  # it is unsure of all: in both orders, none twice
    assert taught.agreement.mean() > 0.8
    assert len(taught.useful) <= 10
    assert events


@pytest.mark.small
def test_a_table_is_sorted_where_only_its_reader_fits_into_memory(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "messages.csv"
    table.write_text("text\n" + "\n".join(sorted(dict(examples(41)))), encoding="utf-8")
    context = Context(Runtimes(small.store, "cpu"), home)
    context.runtimes.llm()
    monkeypatch.setattr(
        "models.runtimes.psutil.virtual_memory", lambda: SimpleNamespace(available=1000)
    )
    request = ClassifyRequest(file=table, labels=LABELS)
    answer = list(Classify().run(request, context))[-1]
    assert isinstance(answer, Answer)
    assert sum(answer.data["counts"].values()) == 41
    assert set(context.runtimes.loaded) == {"smollm2-135m-instruct"}


@pytest.mark.small
def test_the_orders_cancel_the_bias(small: Runtimes, home: Path) -> None:
    truth = dict(examples(30))
    texts = sorted(truth)
    teacher = knowing(truth, Context(small, home), [])
    result_of(teacher.read(texts, np.arange(30), 0.0))
    said = [LABELS[int(teacher.shares[i].argmax())] for i in range(30)]
    assert sum(a == truth[t] for a, t in zip(said, texts, strict=True)) >= 27


@pytest.mark.small
def test_what_is_sure_is_read_once(small: Runtimes, home: Path) -> None:
    truth = dict(examples(30))
    texts, seen = sorted(truth), []
    context = Context(small, home)
    sure: Any = Knowing(LABELS, truth, seen, sure=set(texts[:20]))
    turned: Any = Knowing(LABELS[::-1], truth, seen)
    teacher = Teacher([sure, turned], context)
    result_of(teacher.read(texts, np.arange(30), 0.0))
    assert sorted(seen) == sorted(texts + texts[20:])
    assert teacher.found()[1].sum(axis=1) == pytest.approx(1.0)


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
    vectors = np.eye(5, dtype=np.float32)
    student = student_of(vectors, teacher)
    assert (student.shares(vectors).argmax(axis=1) == 0).all()
    own = teacher.found()[1]
    assert joined(own, student) == pytest.approx(own)


def of_two_kinds(n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, what they are, and what a teacher makes of them that errs, unsurely, in a tenth."""
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, n)
    vectors = (np.eye(8)[y] + 0.2 * draw.normal(size=(n, 8))).astype(np.float32)
    errs = draw.random(n) < 0.1
    share = np.where(errs, 0.3, 0.9)
    shares = np.where(np.arange(2) == y[:, None], share[:, None], 1 - share[:, None])
    return vectors, y, shares


def taught_by(shares: np.ndarray, home: Path) -> Teacher:
    labels = LABELS[: shares.shape[1]]
    teacher = Teacher([Knowing(labels, {}, [])], Context(Runtimes(), home))  # type: ignore[list-item]
    teacher.shares = dict(enumerate(shares))
    return teacher


def test_a_student_mends_what_its_teacher_read_wrongly(home: Path) -> None:
    vectors, y, shares = of_two_kinds()
    student = student_of(vectors, taught_by(shares, home))
    both = joined(shares, student)
    assert (shares.argmax(axis=1) == y).mean() < 0.93
    assert (both.argmax(axis=1) == y).mean() > 0.98
    assert both.sum(axis=1) == pytest.approx(1.0)


def test_a_student_that_knows_nothing_moves_next_to_nothing(home: Path) -> None:
    _, _, shares = of_two_kinds()
    vectors = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
    both = joined(shares, student_of(vectors, taught_by(shares, home)))
    assert (both.argmax(axis=1) != shares.argmax(axis=1)).mean() < 0.02


def test_a_teacher_that_is_sure_of_nearly_all_is_left_alone(home: Path) -> None:
    vectors, y, shares = of_two_kinds()
    sure = np.where(shares > 0.5, 0.97, 0.03)
    both = joined(sure, student_of(vectors, taught_by(sure, home)))
    assert both == pytest.approx(sure)
    assert (both.argmax(axis=1) == y).mean() < 0.93


def test_how_frequent_a_group_is_counts_with_two_groups_only(home: Path) -> None:
    """A student that knows nothing says what most rows are; of three groups it says nothing."""
    draw = np.random.default_rng(1)
    vectors = draw.normal(size=(200, 8)).astype(np.float32)
    often = np.tile([0.9, 0.1], (200, 1))
    often[:20] = 0.1, 0.9
    two = student_of(vectors, taught_by(often, home)).said.mean(axis=0)
    assert two[0] - two[1] > 1.0
    third = np.c_[often * 0.98, np.full(200, 0.02)]
    third[20:30] = 0.05, 0.05, 0.9
    three = student_of(vectors, taught_by(third, home)).said.mean(axis=0)
    assert abs(three[0] - three[1]) < 0.5


def test_a_sure_teacher_keeps_a_group_that_the_student_never_saw(home: Path) -> None:
    vectors, _, two = of_two_kinds()
    shares = np.c_[two * 0.999, np.full(200, 0.001)]
    shares[0] = 0.002, 0.001, 0.997
    both = joined(shares, student_of(vectors, taught_by(shares, home)))
    assert both[0].argmax() == 2


@pytest.mark.small
def test_all_rows_are_read_and_the_student_has_its_say(small: Runtimes, home: Path) -> None:
    truth = dict(examples(120))
    texts, seen = sorted(truth), []
    context = Context(small, home)
    events, taught = result_of(read_all(texts, knowing(truth, context, seen), context))
    assert len(seen) == 2 * len(texts) == 2 * len(taught.read)
    right = [LABELS[int(s.argmax())] == truth[t] for t, s in zip(texts, taught.shares, strict=True)]
    assert np.mean(right) > 0.95
    assert taught.agreement.mean() > 0.8
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert done[-1] == len(texts)
    assert len(set(done)) > len(texts) / 2  # one by one, not in parts


@pytest.mark.parametrize("count", [30, 90])
def test_without_enough_rows_or_an_encoder_the_teacher_decides(home: Path, count: int) -> None:
    truth = dict(examples(count))
    texts = sorted(truth)
    context = Context(Runtimes(Store(home / "nothing")), home)
    _, taught = result_of(read_all(texts, knowing(truth, context, []), context))
    assert len(taught.read) == len(texts)
    assert not len(taught.agreement)
    assert taught.changed == 0


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
