"""The second reading: when it is needed, what it changes, and that it leaves the rest alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from assets import SAMPLES
from benchmarks.faq import base_of
from models.embedder import FINDER
from models.errors import Stopped
from models.runtimes import Runtimes
from models.steps import result_of
from skills.contract import Context
from skills.events import Answer, Assumption, Progress
from skills.faq.bases import of_file
from skills.faq.desk import _TWINS, _TWINS_TAUGHT, Desk, Found, twins
from skills.faq.entries import Entry
from skills.faq.face import FaqRequest
from skills.faq.index import Base, Calibration, Hit
from skills.faq.reading import Verdict
from skills.faq.run import Faq
from skills.faq.second import most_read, open_to, ordered, read_again
from skills.faq.sources import Contents


def base(threshold: float = 0.5, spread: float = 0.1, encoder: str = "all-minilm-l6-v2") -> Base:
    calibration = Calibration(threshold, spread, 0.0)
    nothing: Any = None
    contents = Contents([Entry("q", "a", "")], {}, [])
    made = Base(of_file(Path("faq.md")), contents, calibration, nothing, nothing, nothing, {})
    return dataclasses.replace(made, embedder=cast(Any, SimpleNamespace(name=encoder)))


@dataclass
class Reading:
    """A second reader with a verdict for each place; it says what it was asked."""

    verdict: Callable[[int], Verdict] = lambda place: Verdict(0.0)
    agrees: float = 0.0
    decides: bool = False
    name: str = "reading"
    read_entries: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def prepare(self, *_: object) -> None:
        pass

    def read(self, question: str, entries: Sequence[Entry], *_: object) -> list[Verdict]:
        self.questions.append(question)
        self.read_entries.extend(entry.question for entry in entries)
        return [self.verdict(place) for place in range(len(entries))]

    def agreement(self, question: str, entry: Entry, *_: object) -> float:
        self.questions.append(question)
        self.compared.append(entry.question)
        return self.agrees


UNTAUGHT, TAUGHT = (cast(Any, SimpleNamespace(decides=decides)) for decides in (False, True))


def hits(*scores: float) -> list[Hit]:
    return [Hit(Entry(f"question {n}", "answer", ""), score) for n, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ((0.9, 0.6), 1),  # no other comes near
        ((0.9, 0.85, *[0.6] * 8), 2),  # two alike
        ((0.9, *[0.85] * 9), 8),
        ((0.52, 0.3), 1),
        ((0.45, 0.2), 1),  # just below the threshold
        ((0.45, 0.4), 2),
        ((0.3, 0.29), 0),  # far from all
        ((0.9,), 1),  # nothing to compare
        ((), 0),
    ],
)
def test_it_reads_only_what_is_open(scores: tuple[float, ...], wanted: int) -> None:
    assert open_to(hits(*scores), base(), UNTAUGHT) == wanted
    assert open_to(hits(*scores), base(spread=0.0), UNTAUGHT) == 0


def test_behind_a_better_encoder_fewer_are_read() -> None:
    behind = base(encoder=FINDER)
    assert open_to(hits(*[0.9] * 9), behind, UNTAUGHT) == most_read(behind, UNTAUGHT) == 5
    assert open_to(hits(*[0.9] * 9), behind, TAUGHT) == most_read(behind, TAUGHT) == 5
    assert open_to(hits(*[0.9] * 9), base(), TAUGHT) == most_read(base(), TAUGHT) == 8
    assert open_to(hits(0.9, 0.7), base(), TAUGHT) == 2  # it looks farther


@pytest.mark.parametrize(
    ("encoder", "first", "answered"),
    [
        ("all-minilm-l6-v2", "question 1", True),  # all of a gain counts
        (FINDER, "question 0", False),  # what orders well keeps its order, and the first is refused
    ],
)
def test_a_good_order_is_not_overruled(encoder: str, first: str, answered: bool) -> None:
    asked = base(encoder=encoder)
    found, rest = ordered(hits(0.6, 0.5), [Verdict(-2.0), Verdict(1.0)], asked, UNTAUGHT)
    assert found[0].entry.question == first
    assert (found[0].score >= asked.threshold - rest) is answered


def test_the_entry_that_makes_the_message_likelier_comes_first() -> None:
    """It changes the order, and not whether the first one is the answer."""
    asked = base()
    found, rest = ordered(
        hits(0.6, 0.55), [Verdict(0.0, -30.0), Verdict(0.0, -20.0)], asked, UNTAUGHT
    )
    assert found[0].entry.question == "question 1"
    assert found[0].score + rest == pytest.approx(0.55)
    kept, rest = ordered(
        hits(0.6, 0.55), [Verdict(0.0, -21.0), Verdict(0.0, -20.0)], asked, UNTAUGHT
    )
    assert kept[0].entry.question == "question 0"
    assert kept[0].score + rest == pytest.approx(0.6)


def test_what_is_not_read_stays_behind() -> None:
    sure = Reading(lambda place: Verdict(-8.0))
    asked = base(encoder=FINDER)
    alone = result_of(read_again("q", hits(0.9, 0.6, 0.5), asked, sure, "en"))
    assert alone.read == 1
    assert [hit.entry.question for hit in alone.hits] == ["question 0", "question 1", "question 2"]
    assert alone.hits[0].score < alone.threshold
    steps = read_again("q", hits(0.9, 0.85, 0.5), asked, sure, "en")
    assert list(steps) == [(0, 2), (1, 2)]


def test_the_nearest_gists_are_read_first() -> None:
    """An entry that the first reading finds sixth is read, and it costs its place no agreement."""
    plain = Reading()
    read = plain.read_entries

    class Said:
        def nearness(self, question: str, entries: Sequence[Entry]) -> Any:
            yield 0, 1
            return np.array([0.0] * 5 + [1.0] + [-0.6] * (len(entries) - 6))

    class Agreeing:
        def nearness(self, question: str, entries: Sequence[Entry]) -> Any:
            yield 0, 1
            return np.array([2.0] + [-0.5] * (len(entries) - 1))

    near = hits(0.6, *[0.55] * 13)
    work = read_again("q", near, base(), plain, "en", gists=cast(Any, Said()))
    reading = result_of(work)
    assert read == ["question 5", "question 0", "question 1"]
    assert reading.read == 3
    assert [hit.entry.question for hit in reading.hits[:3]] == read
    assert len(reading.hits) == 12
    assert sorted(reading.hits, key=lambda hit: -hit.score) == reading.hits
    assert reading.hits[0].score == pytest.approx(0.55)
    assert reading.threshold == pytest.approx(0.45)
    read.clear()
    away = hits(0.8, *[0.6] * 13)  # the gists disagree with one that lies alone
    result_of(read_again("q", away, base(), plain, "en", gists=cast(Any, Said())))
    assert read == ["question 0", "question 5"]
    read.clear()
    alone = hits(0.9, *[0.4] * 4)
    result_of(read_again("q", alone, base(), plain, "en", gists=cast(Any, Agreeing())))
    assert read == ["question 0"]


@pytest.mark.parametrize(("gain", "answered"), [(0.1, True), (-0.1, False)])
@pytest.mark.parametrize("score", [0.9, 0.4])
def test_a_reader_that_was_taught_decides(*, gain: float, answered: bool, score: float) -> None:
    deciding = Reading(lambda place: Verdict(gain - place, -10.0 - place), decides=True)
    reading = result_of(read_again("q", hits(score, score - 0.02), base(), deciding, "en"))
    assert reading.hits[0].entry.question == "question 0"
    assert (reading.hits[0].score >= reading.threshold) is answered
    assert not deciding.compared


@pytest.mark.parametrize(
    ("second", "threshold", "decides", "asked"),
    [
        (0.58, 0.5, False, 2),  # within 0.3 spreads of 0.1
        (0.55, 0.5, False, 1),
        (0.45, 0.3, True, 2),  # a taught reader likes both
        (0.45, 0.5, True, 1),  # it likes one
        (0.35, 0.3, True, 1),
    ],
)
def test_the_customer_chooses_between_two_that_are_close(
    *, second: float, threshold: float, decides: bool, asked: int
) -> None:
    near = [Hit(Entry("one", "first answer", ""), 0.6), Hit(Entry("two", "other", ""), second)]
    apart = _TWINS_TAUGHT if decides else _TWINS
    assert len(twins(Found(near, threshold, apart=apart), base())) == asked


@pytest.mark.parametrize(("agreement", "answered"), [(1.0, True), (-4.0, False)])
def test_what_both_questions_ask_decides_on_the_first(*, agreement: float, answered: bool) -> None:
    """It tells whether the first entry is the answer, and changes no order."""
    comparing = Reading(agrees=agreement)
    asked = base(encoder=FINDER)
    reading = result_of(read_again("q", hits(0.55, 0.5), asked, comparing, "en"))
    assert comparing.compared == ["question 0"]
    assert [hit.score for hit in reading.hits] == [0.55, 0.5]
    assert (reading.hits[0].score >= reading.threshold) is answered


class Endless:
    """A second reader that a person stops."""

    name = "endless"
    decides = False

    def prepare(self, *_: object) -> None:
        raise Stopped

    def read(self, *_: object) -> list[Verdict]:
        raise Stopped

    def agreement(self, *_: object) -> float:
        raise Stopped


@pytest.mark.parametrize(
    ("question", "answered"),
    [("is the jacket waterproof?", True), ("who was the first man on the moon", False)],
)
def test_a_stopped_second_reading_leaves_the_first_answer(
    small: Runtimes, home: Path, question: str, answered: bool
) -> None:
    context = Context(small, home)
    request = FaqRequest(question=question, file=SAMPLES / "faq.md")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skills.faq.desk.is_open", lambda hits, base: True)
        patch.setattr("skills.faq.second.open_to", lambda hits, base, reader: 1)
        patch.setattr("skills.faq.desk.Desk._second", lambda self: Endless())
        run = Faq().run(request, context)
        if not answered:
            with pytest.raises(Stopped):
                list(run)
            return
        last = list(run)[-1]
    assert isinstance(last, Answer)
    assert not last.refused
    assert "rain jackets" in last.data["question"]
    assert any("was stopped" in str(item) for item in last.evidence)


@pytest.mark.small
def test_a_question_that_continues_another_is_read_with_it(small: Runtimes, home: Path) -> None:
    listening = Reading()
    read = listening.questions
    context = Context(small, home)
    desk = Desk(base_of(SAMPLES / "faq.md", context, "en"), context)
    desk._reader = listening
    before = "I want to send my bike in for a repair"
    result_of(desk.ask("how long does that take then", before=before))
    assert set(read) == {f"{before} how long does that take then"}
    read.clear()
    result_of(desk.ask("my helmet is too small, will you take it back", before="hello"))
    assert set(read) == {"my helmet is too small, will you take it back"}


@pytest.mark.standard
def test_a_question_in_own_words_is_read_again(standard: Runtimes, home: Path) -> None:
    context = Context(standard, home)
    request = FaqRequest(
        question="what do I ride while mine is in the workshop", file=SAMPLES / "faq.md"
    )
    events = list(Faq().run(request, context))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert not answer.refused
    assert "lend" in answer.data["question"].lower() or "while" in answer.data["question"].lower()
    said = [item.text for item in answer.evidence if isinstance(item, Assumption)]
    assert any("read a second time by qwen" in text for text in said)
    assert any(isinstance(event, Progress) and event.total for event in events)
    clear = FaqRequest(question="Can I return a helmet?", file=SAMPLES / "faq.md")
    last = list(Faq().run(clear, context))[-1]
    assert isinstance(last, Answer)
    assert not any("second time" in str(item) for item in last.evidence)


@pytest.mark.small
def test_a_weak_model_does_not_read(small: Runtimes, home: Path) -> None:
    request = FaqRequest(
        question="what do I ride while mine is in the workshop", file=SAMPLES / "faq.md"
    )
    last = list(Faq().run(request, Context(small, home)))[-1]
    assert isinstance(last, Answer)
    assert not any("second time" in str(item) for item in last.evidence)
