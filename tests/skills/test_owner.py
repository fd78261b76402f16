"""Open questions: grouped, answered once for all of a group, marked wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import SAMPLES
from models.errors import UsageError
from models.runtimes import Runtimes
from models.steps import result_of
from skills.contract import Context
from skills.events import Answer
from skills.faq.bases import Knowledge, of_file, save_base
from skills.faq.face import FaqRequest
from skills.faq.gaps import Gaps
from skills.faq.index import open_base
from skills.faq.operations import OfBase
from skills.faq.owner import answer, groups
from skills.faq.run import Faq
from skills.faq.unanswered import every, keep
from tests.conftest import Program

FAQ = SAMPLES / "faq.md"
ASKED = (
    "do you rent out electric scooters", "can I hire an electric scooter for a day",
    "is there a scooter rental", "do you sell gift vouchers for yoga", "rent a scooter?",
)  # fmt: skip


@pytest.mark.small
def test_a_group_is_answered_once(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    base = of_file(FAQ)
    for question in ASKED:
        keep(home, base, question, "Do you rent bicycles?", 0.3)
    shown = list(Gaps().run(OfBase(), context))[-1]
    assert isinstance(shown, Answer)
    first, *rest = shown.data["groups"]
    assert set(first) == {q for q in ASKED if "scooter" in q}
    assert rest == [["do you sell gift vouchers for yoga"]]
    told, count = answer(home, first[1].upper(), "Scooters can be rented for 20 euros a day.")
    assert (told.key, count) == (base.key, 4)
    assert [q.question for q in every(home)] == ["do you sell gift vouchers for yoga"]
    reply = list(Faq().run(FaqRequest(question="could I rent a scooter", file=FAQ), context))[-1]
    assert isinstance(reply, Answer)
    assert reply.text == "Scooters can be rented for 20 euros a day."
    opened = result_of(open_base(base, context, language="en"))
    assert len(opened.contents.written) == 1  # the other wordings lead there, too


@pytest.mark.small
def test_of_very_many_the_latest_are_grouped(
    small: Runtimes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skills.faq.gaps._MOST_GROUPED", 3)
    for question in ASKED:
        keep(home, of_file(FAQ), question, "Do you rent bicycles?", 0.3)
    shown = list(Gaps().run(OfBase(), Context(small, home)))[-1]
    assert isinstance(shown, Answer)
    assert sorted(q for group in shown.data["groups"] for q in group) == sorted(ASKED[-3:])
    assert any("latest 3 of 5" in item.text for item in shown.evidence)  # type: ignore[union-attr]


def test_answers_need_a_question_and_words(home: Path) -> None:
    with pytest.raises(UsageError, match="not among"):
        answer(home, "never asked", "yes")
    keep(home, of_file(FAQ), "asked", "x", 0.1)
    with pytest.raises(UsageError, match="words"):
        answer(home, "asked", "  ")
    assert len(groups(home)) == 1


def test_a_named_base_is_found_again(home: Path) -> None:
    save_base(home, Knowledge("Shop", (str(FAQ),)))
    keep(home, Knowledge("Shop", (str(FAQ),)), "asked", "x", 0.1, wrong=True)
    (question,) = every(home)
    assert question.wrong
    assert question.base.key == Knowledge("shop", ()).key
    base, _ = answer(home, "asked", "An answer.")
    assert (base.folder(home) / "added.jsonl").exists()
    assert (base.folder(home) / "added.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.small
def test_the_command_line_answers(inhouse: Program, home: Path) -> None:
    question = "who painted the Mona Lisa?"
    assert inhouse("faq", question, "--file", FAQ, "--json").last["refused"]
    told = inhouse("unanswered", "answer", question, "Leonardo did.", "--json")
    assert told.last["answered"] == 1
    assert inhouse("faq", question, "--file", FAQ, "--json").last["text"] == "Leonardo did."
    assert inhouse("unanswered", "answer", question, "Again.").status == 2
