"""Odds against a plain evaluation, states kept and put back, no harm to others."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Stopped
from models.llm import Turn
from models.odds import Choice, Frame, Odds
from models.runtimes import Runtimes
from models.scoring import LabelScorer, last_logits

pytestmark = pytest.mark.small
YES_OR_NO = Choice(("yes", "Yes"), ("no", "No"))
ENTRY = "The shop is open from nine to six."


def framed(odds: Odds, entry: str = ENTRY) -> Frame:
    content = f"{entry}\n\nA customer asks: {LabelScorer.slot()}\n\nIs that answered? yes or no"
    return odds.frame([Turn(role="user", content=content)])


def plain(small: Runtimes, frame: Frame, text: str) -> float:
    """Evaluate everything at once, without a state."""
    model = small.llm()
    model.raw.reset()
    model.raw.eval([*frame.head, *model.tokens(text), *frame.tail])
    logits = last_logits(model)
    yes, no = ([logits[model.tokens(word)[0]] for word in words] for words in (
        YES_OR_NO.yes, YES_OR_NO.no,
    ))  # fmt: skip
    return float(np.logaddexp.reduce(yes) - np.logaddexp.reduce(no))


def test_odds_are_those_of_a_plain_evaluation(small: Runtimes) -> None:
    odds = Odds(small.llm())
    frame = framed(odds)
    for text in ("When do you open?", "开门", ""):
        expected = plain(small, frame, text)
        fresh = odds.judge(frame, text, YES_OR_NO).odds
        odds.judge(framed(odds, "Something else altogether."), "noise between", YES_OR_NO)
        odds._found.clear()
        again = odds.judge(frame, text, YES_OR_NO).odds
        assert fresh == pytest.approx(expected, abs=0.15)
        assert again == pytest.approx(fresh, abs=0.15)


def test_likelihoods_are_those_of_a_plain_evaluation(small: Runtimes) -> None:
    odds = Odds(small.llm())
    model, frame = small.llm(), framed(odds)
    tokens = model.tokens("When do you open?")
    model.raw.reset()
    model.raw.eval(frame.head)
    expected = 0.0
    for token in tokens:
        logits = last_logits(model)
        expected += logits[token] - np.logaddexp.reduce(logits)
        model.raw.eval([token])
    found = odds.judge(frame, "When do you open?", YES_OR_NO).likelihood
    assert found == pytest.approx(expected, abs=0.5)
    assert found > odds.judge(frame, "open do When you?", YES_OR_NO).likelihood
    assert odds.judge(frame, "", YES_OR_NO).likelihood == 0


def test_hidden_states_are_those_of_a_plain_evaluation(small: Runtimes) -> None:
    odds = Odds(small.llm())
    turns = [
        Turn(role="system", content="Say in one word what is asked."),
        Turn(role="user", content=LabelScorer.slot()),
    ]
    asking = odds.frame(turns, 'It is about "')
    first = odds.hidden(asking, "When do you open?")
    yes = odds.judge(framed(odds), "When do you open?", YES_OR_NO).odds
    again = odds.hidden(asking, "When do you open?")
    other = odds.hidden(asking, "Do you sell bread?")
    assert first.shape == (small.llm().raw.n_embd(),)
    assert np.allclose(first, again, atol=0.3)
    assert not np.allclose(first, other, atol=0.3)
    whole = odds.frame(
        [turns[0], Turn(role="user", content=f"When do {LabelScorer.slot()}")], 'It is about "'
    )
    assert np.dot(first, odds.hidden(whole, "you open?")) > 0.99 * np.dot(first, first)
    odds._found.clear()
    assert odds.judge(framed(odds), "When do you open?", YES_OR_NO).odds == pytest.approx(
        yes, abs=0.15
    )
    with pytest.raises(Stopped):
        odds.hidden(asking, "When do you open?", lambda: True)


def test_what_is_in_the_cache_is_not_read_again(
    small: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    odds = Odds(small.llm())
    raw = small.llm().raw
    raw.reset()
    first = framed(odds)
    odds.judge(first, "When?", YES_OR_NO)
    read: list[int] = []
    monkeypatch.setattr(raw, "eval", lambda tokens: read.append(len(tokens)))
    odds._begin(framed(odds, "The shop is open from ten to six.").head)
    assert 0 < read[0] < len(first.head) - 5
    raw.reset()


def test_what_was_found_is_remembered(small: Runtimes, monkeypatch: pytest.MonkeyPatch) -> None:
    odds = Odds(small.llm())
    frame = framed(odds)
    found = odds.judge(frame, "When do you open?", YES_OR_NO).odds
    monkeypatch.setattr(odds, "_restore", None)
    assert odds.judge(frame, "When do you open?", YES_OR_NO).odds == found
    monkeypatch.undo()
    monkeypatch.setattr("models.odds._MOST_REMEMBERED", 1)
    odds.judge(frame, "Where are you?", YES_OR_NO)
    assert len(odds._found) == 1


def test_yes_and_no_are_each_others_opposite(small: Runtimes) -> None:
    odds = Odds(small.llm())
    frame = framed(odds)
    found = odds.judge(frame, "When do you open?", YES_OR_NO).odds
    odds._found.clear()
    turned = Choice(YES_OR_NO.no, YES_OR_NO.yes)
    assert odds.judge(frame, "When do you open?", turned).odds == pytest.approx(-found, abs=0.15)


def test_others_are_not_disturbed(small: Runtimes) -> None:
    model = small.llm()
    turns = [Turn(role="user", content=f"Is this about food? {LabelScorer.slot()}")]
    scorer = LabelScorer(model, turns, ["yes", "no"])
    before = scorer.score("bread")
    odds = Odds(model)
    odds.judge(framed(odds), "When do you open?", YES_OR_NO)
    assert np.allclose(before, scorer.score("bread"), atol=0.05)
    assert "".join(model.chat([Turn(role="user", content="Say hello.")], max_tokens=8))


def test_long_texts_are_cut(small: Runtimes) -> None:
    odds = Odds(small.llm())
    assert np.isfinite(odds.judge(framed(odds), "why " * 500, YES_OR_NO).odds)
    model = small.llm()
    assert model.cut("a b c", 100) == "a b c"
    assert len(model.tokens(model.cut("word " * 50, 7))) == 7


def test_states_leave_when_they_are_too_many(
    small: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    odds = Odds(small.llm())
    odds.judge(framed(odds), "a", YES_OR_NO)
    monkeypatch.setattr("models.odds._CACHE_BYTES", 3 * odds._bytes)
    for number in range(8):
        odds.judge(framed(odds, f"Entry {number}: we are open."), "a", YES_OR_NO)
    assert len(odds._states) < 8
    assert odds._bytes == sum(len(data) for data in odds._states.values())


def test_it_stops(small: Runtimes) -> None:
    odds = Odds(small.llm())
    frame = framed(odds, "word " * 300)
    with pytest.raises(Stopped):
        odds.judge(frame, "why", YES_OR_NO, lambda: True)
