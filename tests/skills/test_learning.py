"""Learning at night: what is written is tested, kept only where it helps, and resumed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faq import base_of
from models.errors import UsageError
from models.runtimes import Runtimes
from models.steps import result_of
from skills.contract import Context
from skills.events import Answer, Metric
from skills.faq.bases import of_file
from skills.faq.desk import Desk
from skills.faq.distilling import Distiller, Lesson
from skills.faq.entries import Entry
from skills.faq.evaluate import Evaluate
from skills.faq.learning import Learn, copied
from skills.faq.operations import EvaluateRequest, LearnRequest
from skills.faq.reading import SmallReader, drop_reader
from skills.faq.sources import Written, keep_written, written_questions
from skills.ledger import Ledger
from tests.skills.test_training import final

FAQ = """## Can I return a helmet?
A helmet that was never worn can be returned within 30 days.

## When are you open?
Monday to Friday from nine to six.

## Do you repair flat tyres?
Yes, while you wait, for ten euros.
"""


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    path = tmp_path / "faq.md"
    path.write_text(FAQ)
    return path


@pytest.mark.standard
def test_questions_are_written_and_tested(standard: Runtimes, home: Path, faq: Path) -> None:
    ledger = Ledger(home / "ledger.jsonl")
    context = Context(standard, home, ledger=ledger)
    answer = final(Learn().run(LearnRequest(file=faq, each=3), context))
    assert answer.data["written"] >= 3
    assert 0 < answer.data["kept"] <= answer.data["written"]
    metrics = [item for item in answer.evidence if isinstance(item, Metric)]
    assert len(metrics) == 4  # of the written questions, and of the small reader
    assert metrics[0].baseline is not None
    assert metrics[1].low is not None
    reader = of_file(faq).folder(home) / "reader" / "model.onnx"
    assert reader.exists() == answer.data["reader"]
    kept = written_questions(of_file(faq).folder(home))
    assert bool(kept) == answer.data["used"]
    again = Context(standard, home, ledger=Ledger(home / "ledger.jsonl"))
    repeated = final(Learn().run(LearnRequest(file=faq, each=3), again))
    assert repeated.data == answer.data  # from the ledger, not written once more


@pytest.mark.small
def test_what_was_written_changes_neither_the_ledger_nor_what_is_measured(
    small: Runtimes, home: Path, faq: Path
) -> None:
    """A second night, or one that goes on after its questions were indexed, finds what it has done."""
    context = Context(small, home)
    before = base_of(faq, context, "en")
    question = "my wheel went bang"
    plain = [hit.entry.key for hit in before.search_unwritten(question)]
    scores = before.entry_scores([question])
    assert plain[: len(before.entries())] == [hit.entry.key for hit in before.search(question)]
    wrong = next(e for e in before.entries() if e.key != plain[0])
    keep_written(before.knowledge.folder(home), [Written(wrong.key, question)])
    after = base_of(faq, context, "en")
    assert after.search(question)[0].entry.key == wrong.key
    assert [hit.entry.key for hit in after.search_unwritten(question)] == plain
    assert np.array_equal(after.entry_scores([question]), scores)
    assert after.state == before.state


def test_what_repeats_its_entry_teaches_nothing() -> None:
    entry = Entry("Can I return a helmet?", "A helmet that was never worn can be returned.", "")
    assert copied("can I return a helmet?", entry)
    assert copied("A helmet that was never worn can be returned, is it?", entry)
    assert copied("", entry)
    assert not copied("does the helmet go back if it doesn't fit?", entry)


@pytest.mark.small
def test_a_weak_model_does_not_write(small: Runtimes, home: Path, faq: Path) -> None:
    with pytest.raises(UsageError, match="too small"):
        list(Learn().run(LearnRequest(file=faq), Context(small, home)))


@pytest.mark.small
def test_a_small_reader_learns_from_a_judge(
    small: Runtimes, home: Path, tmp_path: Path, faq: Path
) -> None:
    """The judge of this test likes whatever tells of tyres, which no cosine to a greeting knows."""
    context = Context(small, home)
    base = base_of(faq, context, "en")
    entries = base.entries()
    liked = [3.0 if "tyre" in entry.question else -1.0 for entry in entries]
    greetings = [f"hello {word}, one more thing" for word in "abcdefghijklmnopqrstuvwx"]
    lessons = [Lesson(greeting, entries, liked) for greeting in greetings]
    distiller = Distiller(base, context)
    steps = list(distiller.made(lessons, home))
    assert steps[-1][0] == steps[-1][1] - 1
    tyres = next(entry for entry in entries if "tyre" in entry.question)
    asked = [(f"good morning {word}", tyres.key) for word in "abcdef"]
    without, with_ = distiller.right_first(home, asked)
    assert with_.mean() > max(0.8, without.mean())
    reader = SmallReader.of(home, entries, context)
    assert reader is not None
    gains = [one.gain for one in reader.read("hello there", entries, "en")]
    assert np.allclose(gains, liked, atol=1.5)
    assert reader.read("hello", [], "en") == []
    assert (
        SmallReader.of(home, [*entries, Entry("Do you sell lamps?", "Yes.", "")], context) is None
    )
    (home / "reader" / "head.json").write_text("{broken")
    assert SmallReader.of(home, entries, context) is None
    drop_reader(home)
    assert SmallReader.of(home, entries, context) is None


@pytest.mark.small
def test_where_no_language_model_reads_the_small_reader_does(
    small: Runtimes, home: Path, faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skills.faq.desk.is_open", lambda hits, base: True)
    monkeypatch.setattr("skills.faq.second.open_to", lambda hits, base, reader: 8)
    context = Context(small, home)
    base = base_of(faq, context, "en")
    lessons = [Lesson(e.question, base.entries(), [float(o == e) for o in base.entries()])
               for e in base.entries()]  # fmt: skip
    question = "may I bring something back or repair it"
    found = result_of(Desk(base, context).ask(question))
    assert found.model == ""
    list(Distiller(base, context).made(lessons, base.knowledge.folder(home)))
    found = result_of(Desk(base, context).ask(question))
    assert "small reader" in found.model
    assert result_of(Desk(base, context, second=False).ask(question)).model == ""


@pytest.mark.small
def test_a_base_is_evaluated(small: Runtimes, home: Path, faq: Path, tmp_path: Path) -> None:
    rows = [
        {"question": "may I bring a helmet back", "entry": "Can I return a helmet?"},
        {"question": "are you open on monday", "entry": "Monday to Friday from nine to six."},
        {"question": "can you fix a flat tyre", "entry": "do you repair flat tyres"},
        {"question": "who painted the Mona Lisa", "entry": ""},
        {"question": "is there parking", "entry": "Is there parking?"},
        {"question": "", "entry": ""},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer = final(Evaluate().run(EvaluateRequest(questions=path, file=faq), Context(small, home)))
    assert isinstance(answer, Answer)
    assert answer.data["recall@1"][0] == 1.0
    assert answer.data["unanswerable refused"][0] == 1.0
    assert len([e for e in answer.evidence if "no entry" in str(e) or "no question" in str(e)]) == 2
    written = [json.loads(line) for line in (tmp_path / "questions-evaluated.jsonl").open()]
    assert [row["outcome"] for row in written][3:] == ["refused", "left out", "left out"]
