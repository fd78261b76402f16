"""Odds against a plain evaluation, states kept and put back, no harm to others."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Stopped
from models.llm import ShouldStop, Turn, never
from models.odds import Choice, Frame, Judged, Odds
from models.runtimes import Runtimes
from models.scoring import LabelScorer, last_logits

pytestmark = pytest.mark.small
YES_OR_NO = Choice(("yes", "Yes"), ("no", "No"))
ENTRY = "The shop is open from nine to six."


def framed(odds: Odds, entry: str = ENTRY) -> Frame:
    content = f"{entry}\n\nA customer asks: {LabelScorer.slot()}\n\nIs that answered? yes or no"
    return odds.frame([Turn(role="user", content=content)])


def judged(
    odds: Odds, frame: Frame, text: str, choice: Choice = YES_OR_NO, stop: ShouldStop = never
) -> Judged:
    return odds.judge([frame], text, choice, stop)[0]


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
        fresh = judged(odds, frame, text).odds
        judged(odds, framed(odds, "Something else altogether."), "noise between")
        odds._found.clear()
        again = judged(odds, frame, text).odds
        assert fresh == pytest.approx(expected, abs=0.4)
        assert again == pytest.approx(fresh, abs=0.4)


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
    found = judged(odds, frame, "When do you open?").likelihood
    assert found == pytest.approx(expected, abs=0.5)
    assert found > judged(odds, frame, "open do When you?").likelihood
    assert judged(odds, frame, "").likelihood == 0


def test_hidden_states_are_those_of_a_plain_evaluation(small: Runtimes) -> None:
    odds = Odds(small.llm())
    turns = [
        Turn(role="system", content="Say in one word what is asked."),
        Turn(role="user", content=LabelScorer.slot()),
    ]
    asking = odds.frame(turns, 'It is about "')
    first = odds.hidden(asking, "When do you open?")
    yes = judged(odds, framed(odds), "When do you open?").odds
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
    assert judged(odds, framed(odds), "When do you open?").odds == pytest.approx(yes, abs=0.4)
    with pytest.raises(Stopped):
        odds.hidden(asking, "When do you open?", lambda: True)


def test_what_beginnings_share_is_read_once(
    small: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    odds = Odds(small.llm())
    first = framed(odds)
    odds.begin(first)
    read: list[int] = []
    evaluate = odds._sequences._evaluate
    monkeypatch.setattr(odds._sequences, "_evaluate", lambda parts: (
        read.extend(len(tokens) for _, _, tokens, _ in parts), evaluate(parts)
    )[1])  # fmt: skip
    odds.begin(framed(odds, "The shop is open from ten to six."))
    assert 0 < read[0] < len(first.head) - 5
    odds.begin(first)
    assert len(read) == 1


def test_several_frames_at_once_are_judged_as_one_by_one(small: Runtimes) -> None:
    odds = Odds(small.llm())
    frames = [framed(odds, f"Entry {number}: " + "we are open. " * number) for number in range(20)]
    asked = "When do you open?"
    alone = [judged(odds, frame, asked) for frame in frames]
    odds._found.clear()
    together = odds.judge(frames, asked, YES_OR_NO)
    assert np.allclose([j.odds for j in alone], [j.odds for j in together], atol=0.4)
    assert np.allclose([j.likelihood for j in alone], [j.likelihood for j in together], atol=1.5)
    again = odds.judge([frames[3], frames[3]], asked, YES_OR_NO)
    assert again == [together[3]] * 2


def test_a_beginning_that_is_too_long_is_refused(small: Runtimes) -> None:
    odds = Odds(small.llm())
    with pytest.raises(ValueError, match="beginning"):
        odds.begin(framed(odds, "word " * 900))


def test_what_was_found_is_remembered(small: Runtimes, monkeypatch: pytest.MonkeyPatch) -> None:
    odds = Odds(small.llm())
    frame = framed(odds)
    found = judged(odds, frame, "When do you open?").odds
    monkeypatch.setattr(odds, "_sequences", None)
    assert judged(odds, frame, "When do you open?").odds == found
    monkeypatch.undo()
    monkeypatch.setattr("models.odds._MOST_REMEMBERED", 1)
    judged(odds, frame, "Where are you?")
    assert len(odds._found) == 1


def test_yes_and_no_are_each_others_opposite(small: Runtimes) -> None:
    odds = Odds(small.llm())
    frame = framed(odds)
    found = judged(odds, frame, "When do you open?").odds
    odds._found.clear()
    turned = Choice(YES_OR_NO.no, YES_OR_NO.yes)
    assert judged(odds, frame, "When do you open?", turned).odds == pytest.approx(-found, abs=0.4)


def test_others_are_not_disturbed(small: Runtimes) -> None:
    model = small.llm()
    turns = [Turn(role="user", content=f"Is this about food? {LabelScorer.slot()}")]
    scorer = LabelScorer(model, turns, ["yes", "no"])
    before = scorer.score("bread")
    odds = Odds(model)
    judged(odds, framed(odds), "When do you open?")
    assert np.allclose(before, scorer.score("bread"), atol=0.05)
    assert "".join(model.chat([Turn(role="user", content="Say hello.")], max_tokens=8))


def test_long_texts_are_cut(small: Runtimes) -> None:
    odds = Odds(small.llm())
    assert np.isfinite(judged(odds, framed(odds), "why " * 500).odds)
    model = small.llm()
    assert model.cut("a b c", 100) == "a b c"
    assert len(model.tokens(model.cut("word " * 50, 7))) == 7


def test_states_leave_when_they_are_too_many(
    small: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    odds = Odds(small.llm())
    judged(odds, framed(odds), "a")
    sequences = odds._sequences
    monkeypatch.setattr("models.sequences._CACHE_BYTES", 3 * sequences._bytes)
    for number in range(8):
        judged(odds, framed(odds, f"Entry {number}: we are open."), "a")
    assert len(sequences._states) < 8
    assert sequences._bytes == sum(len(data) for data in sequences._states.values())


def test_it_stops(small: Runtimes) -> None:
    odds = Odds(small.llm())
    frame = framed(odds, "word " * 300)
    with pytest.raises(Stopped):
        judged(odds, frame, "why", stop=lambda: True)
    assert np.isfinite(judged(odds, frame, "why").odds)
