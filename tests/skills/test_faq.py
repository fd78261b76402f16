"""Answers from the FAQ: read, quoted, refused; rebuilt when the file changes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import BadInputError, ModelMissingError, Stopped, UsageError
from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Answer, Quote
from skills.faq.bases import of_file, remember_last
from skills.faq.entries import read_entries
from skills.faq.face import FaqRequest, fill
from skills.faq.index import Base, open_base
from skills.faq.run import Faq
from skills.readers.files import find_files
from tests.conftest import Program

pytestmark = pytest.mark.small
SAMPLES = Path(__file__).parents[2] / "assets" / "samples"
QUESTIONS = Path(__file__).parents[1] / "data" / "faq_questions.jsonl"


def _open(path: Path, context: Context) -> Base:
    made: list[Base] = []

    def work() -> Iterator[object]:
        made.append((yield from open_base(of_file(path), context, language="en")))

    list(work())
    return made[0]


def _ask(question: str, file: Path | None, context: Context) -> Answer:
    answer = list(Faq().run(FaqRequest(question=question, file=file), context))[-1]
    assert isinstance(answer, Answer)
    return answer


def test_the_answer_is_the_stored_one_with_its_source(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    answer = _ask("are you there on sunday?", SAMPLES / "faq.md", context)
    entry = next(e for e in read_entries(SAMPLES / "faq.md") if e.question == "When are you open?")
    assert answer.text == entry.answer
    quote = answer.evidence[0]
    assert isinstance(quote, Quote)
    assert quote.source == "faq.md"
    assert quote.where.endswith("Shop and service › When are you open?")
    assert not answer.refused


def test_far_questions_are_refused(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    for question in ("who was the first man on the moon", "how do I cook rice"):
        answer = _ask(question, SAMPLES / "faq.md", context)
        assert answer.refused
        assert "don't have that" in answer.text


def _rates(file: str, runtimes: Runtimes, home: Path) -> tuple[float, float]:
    """Return how many own-words questions are answered rightly, and how many far ones refused.

    To ask which of two is meant is right where the right one is among them.
    """
    rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    right, refused = [], []
    for row in (row for row in rows if row["file"] == file):
        answer = _ask(row["question"], SAMPLES / file, Context(runtimes, home))
        if row["entry"]:
            offered = answer.data.get("choices") or [answer.data["question"]]
            right.append(not answer.refused and row["entry"] in offered)
        elif row["kind"] == "far":
            refused.append(answer.refused)
    return sum(right) / len(right), sum(refused) / len(refused)


def test_people_ask_in_their_own_words(small: Runtimes, home: Path) -> None:
    right, refused = _rates("faq.md", small, home)
    assert right >= 0.65
    assert refused == 1


@pytest.mark.standard
def test_people_ask_in_chinese(standard: Runtimes, home: Path) -> None:
    right, refused = _rates("常见问题.md", standard, home)
    assert right >= 0.65
    assert refused >= 0.8
    crossing = _ask("头盔可以退货吗", SAMPLES / "faq.md", Context(standard, home))
    assert crossing.data["question"] == "Can I return a helmet?"


def test_a_chinese_question_needs_the_multilingual_model(small: Runtimes, home: Path) -> None:
    with pytest.raises(ModelMissingError, match="multilingual-e5-small"):
        _ask("几点开门", SAMPLES / "常见问题.md", Context(small, home))


def test_a_changed_file_is_read_anew(small: Runtimes, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "我们的 FAQ.md"
    path.write_text(
        "# Do you sell tea?\nYes, green and black.\n\n# Is there parking?\nNo, sorry.\n"
    )
    context = Context(small, home)
    assert _ask("do you have tea", path, context).text == "Yes, green and black."
    assert not _open(path, context).fresh
    path.write_text(path.read_text().replace("green and black", "only mint"))
    assert _ask("do you have tea", path, context).text == "Yes, only mint."
    assert _ask("do you have tea", None, context).text == "Yes, only mint."  # the last one used


def test_a_broken_index_is_rebuilt(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    base = _open(SAMPLES / "faq.md", context)
    first = base.entries()[0]
    base.collection.delete(ids=[f"q-{first.key}", f"b-{first.key}"])
    mended = _open(SAMPLES / "faq.md", context)
    assert mended.fresh
    assert mended.search(first.question)[0].entry == first


def test_a_stop_while_indexing(small: Runtimes, home: Path) -> None:
    with pytest.raises(Stopped):
        _ask("x", SAMPLES / "faq.md", Context(small, home, should_stop=lambda: True))
    assert _ask("when are you open?", SAMPLES / "faq.md", Context(small, home)).text.startswith(
        "Monday"
    )


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("# FAQ\n\n## When?\nNow.\n\n## Where?\nHere.\n", [("When?", "Now."), ("Where?", "Here.")]),
        ("Q: When?\nA: Now.\nAnd later.\n\nQ: Where?\nA: Here.\n",
         [("When?", "Now.\nAnd later."), ("Where?", "Here.")]),
        ("问：几点开门？\n答：九点。\n\n问：在哪里？\n答：这里。\n",
         [("几点开门？", "九点。"), ("在哪里？", "这里。")]),
        ("**When do you open?**\nAt nine.\n\n1. **Where are you?**\nHere.\n",
         [("When do you open?", "At nine."), ("Where are you?", "Here.")]),
        ("When do you open?\nAt nine.\nWhere are you?\nHere.\n",
         [("When do you open?", "At nine."), ("Where are you?", "Here.")]),
        ("# Delivery\nThree days.\n# Returns\nThirty days.\n",
         [("Delivery", "Three days."), ("Returns", "Thirty days.")]),
        ("Just one passage of text.", [("", "Just one passage of text.")]),
    ],
)  # fmt: skip
def test_faqs_of_every_form(tmp_path: Path, text: str, pairs: list[tuple[str, str]]) -> None:
    path = tmp_path / "faq.md"
    path.write_text(text)
    assert [(entry.question, entry.answer) for entry in read_entries(path)] == pairs


def test_the_samples_are_whole() -> None:
    entries = read_entries(SAMPLES / "faq.md")
    assert len(entries) == 40
    questions = {entry.question for entry in entries}
    questions |= {entry.question for entry in read_entries(SAMPLES / "常见问题.md")}
    rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    assert {row["entry"] for row in rows if row["entry"]} <= questions


def test_a_table_of_questions(tmp_path: Path) -> None:
    path = tmp_path / "help.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["id", "Answer", "Question"], ["1", "At nine.", "When?"], ["2", "", "Why?"]]
        )
    (entry,) = read_entries(path)
    assert (entry.question, entry.answer, entry.where) == ("When?", "At nine.", "row 2")


def test_bad_faqs_are_named(tmp_path: Path, small: Runtimes, home: Path) -> None:
    (tmp_path / "empty.md").touch()
    (tmp_path / "blank.md").write_text("\n\n# Title\n\n")
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "binary.md").write_bytes(b"\x00\x01\x02" * 50)
    (tmp_path / "one.csv").write_text("name\nx\ny\n")
    for name in ("empty.md", "blank.md", "x.pdf", "binary.md", "one.csv", "gone.md"):
        with pytest.raises(BadInputError, match=name):
            _ask("when?", tmp_path / name, Context(small, home))
    with pytest.raises(UsageError, match="Which file"):
        _ask("when?", None, Context(small, home))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Answer from {f}: can I return a helmet?", "can I return a helmet?"),
        ("用 {f} 回答顾客：几点开门", "几点开门"),
        ("What does {f} say about opening hours?", "What does say about opening hours?"),
        ("Using {f}, when do you open?", "when do you open?"),
        ("according to {f} is there parking", "is there parking"),
        ("根据 {f} 回复顾客，几点开门", "几点开门"),
        ("在 {f} 里查一下能不能退货", "能不能退货"),
        ('look in {f} for "is there parking?"', "is there parking?"),
        ("add {f} to what you know", None),
        ("把 {f} 加入知识库", None),
    ],
)
def test_filling_a_request(text: str, question: str | None) -> None:
    said = text.replace("{f}", str(SAMPLES / "faq.md"))
    files, bare = find_files(said)
    filled = fill(Said(said, bare, files, "en"))
    assert filled.values.get("question") == question
    assert filled.values["file"] == str(SAMPLES / "faq.md")


def test_a_question_without_a_file(home: Path) -> None:
    said = Said("do you ship to France?", "do you ship to France?", (), "en")
    assert fill(said).missing == "file"
    remember_last(home, of_file(SAMPLES / "faq.md"))
    assert fill(said).values == {"question": "do you ship to France?"}
    assert not fill(said).missing


def test_through_the_program(inhouse: Program, tmp_path: Path) -> None:
    faq = Path(shutil.copy(SAMPLES / "faq.md", tmp_path / "faq.md"))
    done = inhouse("faq", "will you take the helmet back", "--file", faq, "--json")
    assert done.status == 0, done.err
    assert done.last["evidence"][0]["kind"] == "quote"
    again = inhouse("faq", "who painted the mona lisa", "--json")
    assert (again.status, again.last["refused"]) == (0, True)
