"""Log-probabilities against a plain evaluation, states kept and put back, no harm to others."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Stopped
from models.likelihood import Choice, Likelihood
from models.llm import Turn
from models.runtimes import Runtimes
from models.scoring import LabelScorer
from skills.faq.reading import _ASKS

pytestmark = pytest.mark.small
PREFIX = "The shop is open from nine to six.\n\nA customer asks:\n"


def plain(small: Runtimes, prefix: str, text: str) -> float:
    """Evaluate token by token and read the last row each time."""
    model = small.llm()
    raw = model.raw
    raw.reset()
    raw.eval(model.tokens(prefix))
    total = 0.0
    for token in model.tokens(text):
        row = np.ctypeslib.as_array(raw._ctx.get_logits_ith(-1), shape=(raw.n_vocab(),))
        row = row.astype(np.float64)
        total += row[token] - np.logaddexp.reduce(row)
        raw.eval([token])
    return total


def test_sums_are_those_of_a_plain_evaluation(small: Runtimes) -> None:
    likelihood = Likelihood(small.llm())
    for text in ("When do you open?", "开门", "x"):
        expected = plain(small, PREFIX, text)
        fresh = likelihood(PREFIX, text)
        likelihood("Something else altogether.\n\n", "noise between")
        again = likelihood(PREFIX, text)
        assert fresh == pytest.approx(expected, abs=0.05 * abs(expected) + 0.3)
        assert again == pytest.approx(fresh, abs=0.05 * abs(fresh) + 0.3)


def test_what_fits_is_likelier(small: Runtimes) -> None:
    likelihood = Likelihood(small.llm())
    other = "We repair bicycles of all makes.\n\nA customer asks:\n"
    question = "When does the shop open?"
    assert likelihood(PREFIX, question) > likelihood(other, question)


def test_one_evaluation_gives_both(small: Runtimes) -> None:
    likelihood = Likelihood(small.llm())
    asks = Choice("\nIs that answered above? yes or no: ", (" yes", "yes"), (" no", "no"))
    alone = likelihood(PREFIX, "When do you open?")
    likely, odds = likelihood.judged(PREFIX, "When do you open?", asks)
    assert likely == pytest.approx(alone, abs=0.05 * abs(alone) + 0.3)
    turned = Choice(asks.question, asks.no, asks.yes)
    assert likelihood.judged(PREFIX, "When do you open?", turned)[1] == pytest.approx(
        -odds, abs=0.2
    )
    assert likelihood.judged(PREFIX, "", asks) == (0.0, 0.0)


@pytest.mark.standard
def test_yes_is_likelier_where_the_entry_answers(standard: Runtimes) -> None:
    likelihood = Likelihood(standard.llm())
    asks = _ASKS["en"]
    right = likelihood.judged(PREFIX, "can I come at ten in the morning?", asks)[1]
    wrong = likelihood.judged(PREFIX, "do you sell bicycle helmets?", asks)[1]
    assert right > wrong


def test_others_are_not_disturbed(small: Runtimes) -> None:
    model = small.llm()
    turns = [Turn(role="user", content=f"Is this about food? {LabelScorer.slot()}")]
    scorer = LabelScorer(model, turns, ["yes", "no"])
    before = scorer.score("bread")
    Likelihood(model)(PREFIX, "When do you open?")
    assert np.allclose(before, scorer.score("bread"), atol=0.05)
    assert "".join(model.chat([Turn(role="user", content="Say hello.")], max_tokens=8))


def test_long_texts_and_prefixes_are_cut(small: Runtimes) -> None:
    likelihood = Likelihood(small.llm())
    assert np.isfinite(likelihood("word " * 3000 + "\n\nA customer asks:\n", "why " * 500))
    assert likelihood(PREFIX, "") == 0.0


def test_states_leave_when_they_are_too_many(
    small: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    likelihood = Likelihood(small.llm())
    likelihood(PREFIX, "a")
    monkeypatch.setattr("models.likelihood._CACHE_BYTES", 3 * likelihood._bytes)
    for number in range(8):
        likelihood(f"Entry {number}: {PREFIX}", "a")
    assert len(likelihood._states) < 8
    assert likelihood._bytes == sum(len(state.data) for state in likelihood._states.values())


def test_it_stops(small: Runtimes) -> None:
    with pytest.raises(Stopped):
        Likelihood(small.llm())("word " * 300 + "\n\nA customer asks:\n", "why", lambda: True)
