"""Learning at night: what is written is tested, kept only where it helps, and resumed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.errors import UsageError
from models.runtimes import Runtimes
from skills.contract import Context
from skills.events import Answer, Metric
from skills.faq.bases import of_file
from skills.faq.evaluate import Evaluate
from skills.faq.learning import Learn
from skills.faq.operations import EvaluateRequest, LearnRequest
from skills.faq.sources import written_questions
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
    assert metrics[0].baseline is not None
    assert metrics[1].low is not None
    kept = written_questions(of_file(faq).folder(home))
    assert bool(kept) == answer.data["used"]
    again = Context(standard, home, ledger=Ledger(home / "ledger.jsonl"))
    repeated = final(Learn().run(LearnRequest(file=faq, each=3), again))
    assert repeated.data == answer.data  # from the ledger, not written once more


@pytest.mark.small
def test_a_weak_model_does_not_write(small: Runtimes, home: Path, faq: Path) -> None:
    with pytest.raises(UsageError, match="too small"):
        list(Learn().run(LearnRequest(file=faq), Context(small, home)))


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
