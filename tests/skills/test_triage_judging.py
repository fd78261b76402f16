"""What a message is about, its mood and its urgency: by examples, and by what a language model adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from benchmarks.triage import messages
from models.errors import ModelMissingError
from models.runtimes import Runtimes
from models.steps import result_of
from models.texts import Language
from skills.contract import Context
from skills.events import Answer, Event
from skills.triage.judging import SHEETS, TEXTS, Judging, written_examples


@pytest.mark.parametrize("language", ["en", "zh"])
def test_examples_are_whole_and_not_those_that_are_asked(language: Language) -> None:
    rows = written_examples(language)
    for sheet, labels in SHEETS.items():
        counts = Counter(row[sheet] for row in rows)
        assert set(counts) == set(labels)
        assert min(counts.values()) >= 20
    texts = {row["text"] for row in rows}
    assert len(texts) == len(rows)
    asked = [row for name in ("developed", "unseen") for row in messages(name)]
    assert not texts & {row["text"] for row in asked}
    for row in asked:
        assert all(set(row[sheet].split("|")) <= set(labels) for sheet, labels in SHEETS.items())


@pytest.mark.small
def test_examples_alone_judge(small: Runtimes, home: Any) -> None:
    judging = Judging(Context(small, home))

    def judged(text: str) -> list[str]:
        return [result_of(judging.judged(sheet, text, "en")) for sheet in SHEETS]

    assert judged("Do you have the jacket in red?") == ["product", "neutral", "can_wait"]
    assert judged("The toaster caught fire this morning!")[1:] == ["negative", "urgent"]
    assert judged("What a lovely shop, thank you!") == ["praise", "positive", "can_wait"]
    assert not judging.read  # the small language model is too small to judge
    with pytest.raises(ModelMissingError, match="multilingual"):
        result_of(judging.judged("intent", "包裹在哪？", "zh"))


@pytest.mark.small
def test_what_the_model_leans_to_is_taken_off_and_found_once(
    small: Runtimes, home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This one always says `other`, a little less so of what has `banana` in it."""
    asked: list[str] = []
    names = [TEXTS(f"label_{label}").to("en") for label in SHEETS["intent"]]

    def final(skill: str, values: dict[str, Any], _: Context) -> Generator[Event, None, Answer]:
        asked.append(values["text"])
        assert (skill, values["labels"]) == ("classify", names)
        shares = dict.fromkeys(names, 0.01) | {"other": 0.94}
        if "banana" in values["text"]:
            shares |= {"complaint": 0.9, "other": 0.04}
        yield from ()
        return Answer("", data={"shares": shares})

    monkeypatch.setattr("skills.triage.judging.final", final)
    monkeypatch.setattr("skills.triage.judging.is_weak", lambda name: False)
    context = Context(small, home)
    first = Judging(context)
    assert result_of(first.judged("intent", "Where is my parcel?", "en")) == "delivery"
    assert first.read
    assert len(asked) == 3 * len(names) + 1
    alone = Judging(context, examples=False)
    assert result_of(alone.judged("intent", "Where is my banana?", "en")) == "complaint"
    assert len(asked) == 3 * len(names) + 2  # the leaning was on disk
