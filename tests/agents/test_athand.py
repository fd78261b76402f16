"""The file that an ask means and does not name, and what a reply with a file makes of the ask before."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import skills
from agents.assistant import Assistant
from agents.protocol import Ask, Done, Recall
from agents.router import Route
from assets import SAMPLES
from models.runtimes import Runtimes
from skills.contract import RESULTS, Said
from skills.events import Answer, Assumption, Event, Question

pytestmark = pytest.mark.small


@pytest.fixture
def assistant(small: Runtimes) -> Assistant:
    return Assistant(small)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a shop: sales by the day, orders by the line, reviews; older ones first."""
    days = [f"2026-{month:02}-{day:02}" for month in (3, 4, 5) for day in range(1, 29)]
    sales = [f"{day},{100 + 7 * (n % 7)},{50 + n % 7}" for n, day in enumerate(days)]
    orders = [f"{day},{('helmet', 'lamp')[n % 2]},{3 + n % 5}" for n, day in enumerate(days)]
    reviews = [f"{n},the bell fell off on day {n}" for n in range(4)]
    tables = {
        "sales.csv": ["day,revenue,visitors", *sales], "orders 2026.csv": ["day,item,pieces", *orders],
        "reviews.csv": ["id,review", *reviews],
    }  # fmt: skip
    for age, (name, lines) in enumerate(tables.items()):
        path = tmp_path / name
        path.write_text("\n".join(lines), encoding="utf-8")
        os.utime(path, (age, age))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _answer(assistant: Assistant, text: str, **fields: Any) -> Answer:
    return _events(assistant, text, **fields)[-1]  # type: ignore[return-value]


def _events(assistant: Assistant, text: str, **fields: Any) -> list[Event]:
    errors: list[BaseException] = []
    events = list(assistant.answer(Ask(text=text, **fields), lambda: False, errors.append))
    assert errors == []
    assert isinstance(events[-1], Answer), events[-1]
    return events


def _assumed(answer: Answer) -> str:
    return " ".join(one.text for one in answer.evidence if isinstance(one, Assumption))


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        ("forecast the sales", "sales.csv"),
        ("forecast my orders", "orders 2026.csv"),
        ("how many visitors will come in the next 2 weeks", "sales.csv"),  # a column
        ("forecast the next 2 weeks of helmets", "orders 2026.csv"),  # a row
    ],
)
def test_a_file_that_an_ask_speaks_of(
    assistant: Assistant, here: Path, ask: str, name: str
) -> None:
    answer = _answer(assistant, ask)
    assert answer.request["file"] == str(here / name)
    assert name in _assumed(answer)


def test_what_a_talk_was_about(assistant: Assistant, here: Path) -> None:
    _answer(assistant, "Forecast sales.csv")
    _answer(assistant, "Sort reviews.csv into praise and complaint")
    answer = _answer(assistant, "which messages are about delivery problems?")
    assert answer.request["file"] == str(here / "reviews.csv")
    assert "none was named" in _assumed(answer)
    # the last table has no numbers to go by
    assert (
        _answer(assistant, "what will next month look like").request["file"].endswith("sales.csv")
    )


def test_what_is_complete_goes_before_what_is_likelier(
    assistant: Assistant, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sounds like a question to a FAQ, but none was named, and a table of messages was."""
    _answer(assistant, "Sort reviews.csv into praise and complaint")
    route = Route("faq", 0.6, "", (("faq", 0.6), ("classify", 0.3)))
    monkeypatch.setattr(assistant.router, "route", lambda *_: route)
    answer = _answer(assistant, "which ones are about damaged goods?")
    assert answer.skill == "classify"
    assert answer.request["labels"] == ["damaged goods", "other"]
    assert answer.request["file"] == str(here / "reviews.csv")


def test_what_another_skill_used_is_one_of_several(assistant: Assistant, here: Path) -> None:
    """Revenue was forecast from the scores of reviews that had been sorted before."""
    lines = (here / "sales.csv").read_text(encoding="utf-8").splitlines()
    scores = [f"{line},the bell fell off" for line in lines[1:]]
    (here / "reviews.csv").write_text("\n".join(["day,score,no,review", *scores]), "utf-8")
    _answer(assistant, "Sort reviews.csv into praise and complaint")
    asked = _events(assistant, "what will our turnover be next month")
    assert any(isinstance(event, Question) and len(event.choices) == 3 for event in asked)


def test_what_was_taken_is_told_after_another_question_back(
    assistant: Assistant, here: Path
) -> None:
    asked = _events(assistant, "sort the reviews")
    assert any(isinstance(event, Question) and event.field == "labels" for event in asked)
    answer = _answer(assistant, "praise and complaint")
    assert answer.request["file"] == str(here / "reviews.csv")
    assert "none was named" in _assumed(answer)


def test_a_talk_that_goes_on(assistant: Assistant, here: Path) -> None:
    (here / "sub").mkdir()
    os.chdir(here / "sub")
    request = {"file": str(here / "sales.csv")}
    results = (("forecast", "I expect 100."),)
    assistant.recall(Recall(results=results, done=(Done("forecast", request),)))
    assert assistant.talk._results == list(results)
    answer = _answer(assistant, "predict the demand for the coming quarter")
    assert answer.request["file"] == str(here / "sales.csv")


def test_several_are_offered_and_one_is_chosen(assistant: Assistant, here: Path) -> None:
    asked = _events(assistant, "predict the demand for the next 3 weeks")
    question = next(event for event in asked if isinstance(event, Question))
    assert question.choices == (
        "orders 2026.csv",
        "sales.csv",
    )  # reviews.csv has nothing to forecast
    answer = _answer(assistant, "2")
    assert answer.request["file"] == str(here / "sales.csv")
    assert (answer.request["horizon"], answer.request["unit"]) == (3, "week")


def test_a_reply_with_a_file_is_read_with_the_ask_before_it(
    assistant: Assistant, here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    os.chdir(empty)
    asked = _events(assistant, "predict the visitors of the next 3 weeks")
    assert any(isinstance(event, Question) and not event.choices for event in asked)
    answer = _answer(assistant, str(here / "sales.csv"))
    assert answer.request["value"] == "visitors"
    assert answer.request["horizon"] == 3


def test_results_are_not_taken_for_what_they_are_of(assistant: Assistant, here: Path) -> None:
    for name in ("sales-forecast.csv", "sales-forecast-2.csv", "sales-labelled.csv"):
        shutil.copy(here / "sales.csv", here / name)
    assert _answer(assistant, "forecast the sales").request["file"] == str(here / "sales.csv")


def test_all_results_are_known_by_their_names() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(skills.__path__[0]).rglob("*.py")]
    tails = {tail for text in sources for tail in re.findall(r'result_path\(.*"-(\w+)"\)', text)}
    assert tails == set(RESULTS)


def test_a_folder_full_of_other_things_offers_nothing(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"no picture")
    (tmp_path / "broken.xlsx").write_bytes(b"no table")
    monkeypatch.chdir(tmp_path)
    asked = _events(assistant, "predict the demand for the next 3 weeks")
    assert any(isinstance(event, Question) and not event.choices for event in asked)


def test_pictures_that_lie_here(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for photo in (SAMPLES / "photos").iterdir():
        shutil.copy(photo, tmp_path)
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer = _answer(assistant, "tag the photos here")
    assert len(answer.request["files"]) == len(list((SAMPLES / "photos").iterdir()))
    assert f"in {tmp_path}" in _assumed(answer)
    monkeypatch.setenv("HOME", str(tmp_path))  # nobody means all that lies about there
    asked = _events(assistant, "tag the photos here")
    assert any(isinstance(event, Question) for event in asked)


@pytest.fixture
def alike(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Makes any ask as likely for one skill as for another."""

    def make(first: str, second: str) -> None:
        route = Route(first, 0.4, second, ((first, 0.4), (second, 0.4)))
        monkeypatch.setattr(assistant.router, "route", lambda *_: route)

    return make


def test_one_of_two_skills_is_chosen_by_its_number(
    assistant: Assistant, here: Path, alike: Callable[[str, str], None]
) -> None:
    alike("classify", "forecast")
    asked = _answer(assistant, "what about the visitors")
    assert "2. forecast" in asked.text
    answer = _answer(assistant, "2")
    assert (answer.skill, answer.request["value"]) == ("forecast", "visitors")


def test_of_two_that_are_as_likely_the_one_is_taken_that_finds_all(
    assistant: Assistant, here: Path, alike: Callable[[str, str], None]
) -> None:
    alike("triage", "classify")
    answer = _answer(assistant, "Is this praise or a complaint: the bell fell off on day one")
    assert answer.skill == "classify"


def test_a_refusal_is_no_part_of_the_talk(assistant: Assistant) -> None:
    """The language model answered `I don't have that … it is kept for you` by itself: nothing was kept."""
    refused = _answer(assistant, f"Answer from {SAMPLES / 'faq.md'}: who painted the mona lisa?")
    assert refused.refused
    told = _answer(assistant, f"Answer from {SAMPLES / 'faq.md'}: when do you open?")
    assert [found for _, found in assistant.talk._results] == [told.text]
    assert assistant.talk._turns == []  # it would repeat in its own words what a skill found


def test_questions_to_the_desk_come_in_a_row(assistant: Assistant) -> None:
    """On its own it sounds like something to sort; after another question of a customer it does not."""
    route = assistant.router.route
    assert route("are the chairs comfy", (), "en").skill == "classify"
    assert route("are the chairs comfy", (), "en", "faq").skill == "faq"
    assert route("thanks, that's all", (), "en", "faq").skill == ""
    assert route("forecast the next month", (), "en", "faq").skill == "forecast"


def _sorted_reviews(here: Path) -> Path:
    """Write what a sorting of the reviews would, beside them."""
    lines = [
        "id,review,label",
        *(f"{n},the bell fell off on day {n},{('praise', 'complaint')[n % 2]}" for n in range(4)),
    ]
    path = here / "reviews-labelled.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("ask", "of_result"),
    [
        ("how many are complaints?", True),
        ("show me the praise", True),
        ("which of them mention the bell", False),  # that is read, not looked up
        ("sort them into praise and complaint", False),
        ("forecast the sales", False),
    ],
)
def test_what_is_asked_of_a_result(
    assistant: Assistant, here: Path, ask: str, of_result: bool
) -> None:
    result = _sorted_reviews(here)
    assistant.at_hand.remember("classify", {"file": str(here / "reviews.csv")}, [str(result)])
    about = assistant.at_hand.asks_of_result(Said(ask, ask, (), "en"))
    assert (about is not None) == of_result
    if about:
        assert (about[0].name, about[1].path) == ("figures", result)


def test_a_question_about_a_result_leaves_it_the_result(assistant: Assistant, here: Path) -> None:
    result = _sorted_reviews(here)
    assistant.at_hand.remember("classify", {"file": str(here / "reviews.csv")}, [str(result)])
    first = _answer(assistant, "how many are complaints?")
    assert (first.skill, first.data["value"]) == ("figures", 2)
    assert "reviews-labelled.csv" in _assumed(first)
    assert _answer(assistant, "and how many are praise?").data["value"] == 2


def test_what_leans_on_the_last_table_is_reckoned_and_not_talked_about(
    assistant: Assistant, here: Path
) -> None:
    _answer(assistant, "forecast the next 14 days of revenue in sales.csv")
    why = _answer(assistant, "why is it so low in April?")
    assert (why.skill, why.request["file"]) == ("figures", str(here / "sales.csv"))
    assert why.request["why"]
    assert (
        assistant.at_hand.leans_on(Said("why is the sky blue", "why is the sky blue", (), "en"))
        is None
    )
    march = _answer(assistant, "and in March?")
    assert march.request["period"] == "--03"
    assert _answer(assistant, "why was it so low?").request["period"] == "--03"
    best = _answer(assistant, "which weekday is the best?")
    assert (best.request["file"], best.request["by"]) == (str(here / "sales.csv"), "weekday")


def test_words_that_were_not_understood_are_said(assistant: Assistant, here: Path) -> None:
    told = _answer(assistant, "how many pieces did the regulars buy in orders 2026.csv?")
    assert told.skill == "figures"
    assert "Not understood, and left out of this: regulars" in told.text


def test_results_are_at_hand_after_a_restart(assistant: Assistant, here: Path) -> None:
    result = _sorted_reviews(here)
    sorting = Done("classify", {"file": str(here / "reviews.csv")}, (str(result),))
    assistant.recall(Recall(done=(sorting, Done("gone", {}), Done("figures", sorting.request))))
    assert _answer(assistant, "how many are complaints?").data["value"] == 2
    result.unlink()
    assistant.recall(Recall(done=(sorting,)))
    assert assistant.at_hand.asks_of_result(Said("how many?", "how many?", (), "en")) is None


def test_a_follow_up_names_another_file_by_a_word_of_its_name(
    assistant: Assistant, here: Path
) -> None:
    sales = (here / "sales.csv").read_text(encoding="utf-8")
    for name in ("alipay statement.csv", "bank statement.csv"):
        (here / name).write_text(sales, encoding="utf-8")
    first = _answer(assistant, "total revenue in April in bank statement.csv")
    assert first.request["file"] == str(here / "bank statement.csv")
    other = _answer(assistant, "and the alipay one?")
    assert (other.skill, other.request["file"]) == ("figures", str(here / "alipay statement.csv"))
    assert other.request["period"] == first.request["period"]


def test_a_forecast_goes_on_with_the_table_whose_figures_were_asked_about(
    assistant: Assistant, here: Path
) -> None:
    _answer(assistant, "how much revenue did we have in April in sales.csv")
    answer = _answer(assistant, "what should we expect for the next 2 weeks")
    assert (answer.skill, answer.request["file"]) == ("forecast", str(here / "sales.csv"))
