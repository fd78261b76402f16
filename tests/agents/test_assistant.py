"""From an ask to events, without a process: questions back, replies, slash commands, errors."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from agents.assistant import Assistant
from agents.protocol import Ask
from agents.replies import as_choice
from models.runtimes import Runtimes
from skills.events import Answer, Event, Failure, Question, Step

pytestmark = pytest.mark.small
SAMPLES = Path(__file__).parents[2] / "assets" / "samples"


@pytest.fixture
def assistant(small: Runtimes) -> Assistant:
    return Assistant(small)


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text("id,review\n1,I love it so much\n2,It broke after a day\n")
    return path


def _events(assistant: Assistant, text: str, **fields: Any) -> list[Event]:
    errors: list[BaseException] = []
    events = list(assistant.answer(Ask(text=text, **fields), lambda: False, errors.append))
    assert errors == []
    finals = [event for event in events if isinstance(event, Answer | Failure)]
    assert finals == events[-1:]
    return events


def test_a_request_is_understood_and_announced(assistant: Assistant, reviews: Path) -> None:
    events = _events(assistant, f"Sort {reviews} into praise and complaint")
    step = next(event for event in events if isinstance(event, Step))
    assert step.skill == "classify"
    assert step.request == {"file": str(reviews), "labels": ["praise", "complaint"]}
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.request == step.request
    assert len(answer.artifacts) == 1


def test_a_missing_thing_is_asked_for_and_the_reply_is_used(
    assistant: Assistant, reviews: Path
) -> None:
    asked = _events(assistant, f"sort {reviews}")
    assert any(isinstance(event, Question) and event.field == "labels" for event in asked)
    answer = _events(assistant, "praise and complaint")[-1]
    assert isinstance(answer, Answer)
    assert answer.request["labels"] == ["praise", "complaint"]


def test_a_missing_file_is_asked_for(assistant: Assistant, reviews: Path) -> None:
    asked = _events(assistant, "/classify into praise and complaint")
    assert any(isinstance(event, Question) and event.field == "file" for event in asked)
    answer = _events(assistant, str(reviews))[-1]
    assert isinstance(answer, Answer)
    assert answer.request == {"file": str(reviews), "labels": ["praise", "complaint"]}


def test_something_new_instead_of_a_reply(assistant: Assistant, reviews: Path) -> None:
    _events(assistant, f"sort {reviews}")
    answer = _events(assistant, f"Answer from {SAMPLES / 'faq.md'}: when do you open?")[-1]
    assert isinstance(answer, Answer)
    assert answer.skill == "faq"


def test_a_whole_new_ask_is_no_reply(assistant: Assistant, reviews: Path) -> None:
    _events(assistant, f"sort {reviews}")
    answer = _events(assistant, "Is this praise or a complaint: the bell fell off on day one")[-1]
    assert isinstance(answer, Answer)
    assert answer.request["text"] == "the bell fell off on day one"
    assert answer.request["labels"] == ["praise", "complaint"]


def test_an_ask_for_another_skill_is_no_reply(assistant: Assistant, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "sales.csv", tmp_path)
    asked = _events(assistant, "transcribe my voice messages please")
    assert any(isinstance(event, Question) for event in asked)
    text = f"Forecast the next 4 weeks of revenue in {tmp_path / 'sales.csv'}"
    answer = _events(assistant, text)[-1]
    assert isinstance(answer, Answer)
    assert answer.skill == "forecast"


def test_a_question_with_groups_in_it_is_a_request(assistant: Assistant) -> None:
    answer = _events(assistant, "Is this praise or a complaint: the bell fell off on day one")[-1]
    assert isinstance(answer, Answer)
    assert answer.skill == "classify"


def test_slash_commands(assistant: Assistant, reviews: Path) -> None:
    answer = _events(assistant, f"/faq {SAMPLES / 'faq.md'}: when do you open?")[-1]
    assert isinstance(answer, Answer)
    assert answer.skill == "faq"


def test_a_bare_name_after_a_slash_command(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLES / "photos", tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    answer = _events(assistant, "/tag photos")[-1]
    assert isinstance(answer, Answer)
    assert answer.request["files"] == [str(tmp_path / "photos")]


def test_failures_are_sentences(assistant: Assistant, tmp_path: Path) -> None:
    for text, words in (
        ("forecast nowhere.csv", "There is no file"),
        ("   ", "Nothing was asked"),
        (f"transcribe {tmp_path}", "There is no recording"),
    ):
        final = _events(assistant, text)[-1]
        assert isinstance(final, Failure)
        assert words in final.message
        assert final.remedy
    (tmp_path / "sales.csv").write_text("date,n\n2024-01-01,1\n")
    typo = _events(assistant, f"forecast {tmp_path / 'salse.csv'}")[-1]
    assert isinstance(typo, Failure)
    assert typo.remedy == "Did you mean sales.csv?"
    chinese = _events(assistant, "预测 没有.csv")[-1]
    assert isinstance(chinese, Failure)
    assert "找不到文件" in chinese.message


def test_results_go_where_they_are_wanted(
    assistant: Assistant, reviews: Path, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "results"
    answer = _events(assistant, f"Sort {reviews} into a and b", out=str(out))[-1]
    assert isinstance(answer, Answer)
    assert Path(answer.artifacts[0]).parent == out


def test_a_bad_request_by_a_program(assistant: Assistant) -> None:
    ask = {"skill": "forecast", "request": {"file": "x.csv", "horizon": -3}}
    final = _events(assistant, "", **ask)[-1]
    assert isinstance(final, Failure)
    assert (final.code, final.exit_status) == ("usage", 2)
    assert "horizon" in final.message
    final = _events(assistant, "", skill="juggle", request={})[-1]
    assert isinstance(final, Failure)
    assert "juggle" in final.message


def test_an_unexpected_error_is_logged_without_words(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(assistant.router, "route", broken)
    errors: list[BaseException] = []
    events = list(assistant.answer(Ask(text="hello"), lambda: False, errors.append))
    final = events[-1]
    assert isinstance(final, Failure)
    assert "secret" not in final.message + final.remedy
    assert isinstance(errors[0], ZeroDivisionError)


def test_a_name_with_spaces_and_in_chinese(assistant: Assistant, tmp_path: Path) -> None:
    faq = Path(shutil.copy(SAMPLES / "faq.md", tmp_path / "our 常见 faq.md"))
    answer = _events(assistant, f"Answer from {faq}: do you sell gift cards?")[-1]
    assert isinstance(answer, Answer)
    assert answer.text.startswith("Yes, over any amount")


def test_several_steps_are_known_as_a_plan(assistant: Assistant, tmp_path: Path) -> None:
    answer = _events(
        assistant,
        "Transcribe the recordings in the calls folder, then sort them into praise and complaint",
    )[-1]
    assert isinstance(answer, Answer)
    assert answer.skill == "plan"
    assert [step["skill"] for step in answer.request["steps"]] == ["transcribe", "classify"]


def test_one_step_with_many_words_is_no_plan(assistant: Assistant, reviews: Path) -> None:
    for text in (
        f"Sort {reviews} into praise, complaint and question",
        f"Go through {reviews} and sort it into praise, complaint and question, please",
        "Write a letter and then a poem",
    ):
        assert assistant.understand(text)["skill"] != "plan"


def test_understanding_without_doing(assistant: Assistant, reviews: Path) -> None:
    understood = assistant.understand(f"Sort {reviews} into praise and complaint")
    assert understood["skill"] == "classify"
    assert 0 < understood["confidence"] <= 1
    assert understood["request"] == {"file": str(reviews), "labels": ["praise", "complaint"]}
    assert assistant.understand("Good morning, how are you?")["skill"] == "chat"


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("2", "South shop"), ("the second", "South shop"), ("第一个", "North shop"),
        ("south shop", "South shop"), ("North shp", "North shop"), ("what about returns?", ""),
        ("7", ""),
    ],
)  # fmt: skip
def test_a_reply_names_a_choice(reply: str, choice: str) -> None:
    assert as_choice(reply, ("North shop", "South shop")) == choice


@pytest.mark.small
def test_a_question_of_a_skill_is_answered_by_a_number(small: Runtimes, tmp_path: Path) -> None:
    path = tmp_path / "faq.md"
    path.write_text(
        "## Is parking free at the north shop?\nYes, it is.\n\n"
        "## Is parking free at the south shop?\nNo, two euros an hour.\n\n"
        "## Do you repair bicycles?\nYes, on Mondays.\n\n## Do you sell tea?\nOnly mint.\n"
    )
    assistant = Assistant(small)

    def answer(text: str) -> Answer:
        last = list(assistant.answer(Ask(text), lambda: False, lambda error: None))[-1]
        assert isinstance(last, Answer), last
        return last

    asked = answer(f"Answer from {path}: Is parking free?")
    assert len(asked.data["choices"]) == 2
    chosen = answer("2")
    assert chosen.data["question"] == asked.data["choices"][1]
    assert not chosen.refused
