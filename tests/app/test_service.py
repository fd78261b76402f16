"""The service over HTTP: who may ask what, and what comes back; in one test through the real program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agents.protocol import Ask, Recall
from app.service.guard import service_key
from app.service.server import Plan, application
from app.service.worker import BusyError, Worker
from models.errors import UsageError
from skills.events import Answer, Event, Failure, Question, Quote, Text
from skills.faq.bases import Knowledge, of_file, remember_last, save_base
from skills.trained import IMAGE, TEXT, free_folder, write_card

KEY = "the-key"
BEARER = {"Authorization": f"Bearer {KEY}"}


class Played(Worker):
    """Answers with given events, and remembers what it was asked."""

    def __init__(self, *events: Event) -> None:
        super().__init__("cpu", 4)
        self.played = events
        self.asked: list[Ask] = []
        self.memory: list[Recall | None] = []

    async def events(self, ask: Ask, memory: Recall | None = None) -> AsyncGenerator[Event]:
        self.asked.append(ask)
        self.memory.append(memory)
        for event in self.played:
            yield event


def client(desk: Worker, house: Worker | None = None, *, local: bool = True) -> TestClient:
    plan = Plan(desk, house or Played(), KEY, {"base": "shop"}, "Pedal <Pine>", local)
    return TestClient(application(plan), base_url="http://localhost", raise_server_exceptions=False)


ANSWER = Answer(
    "Within 30 days.",
    skill="faq",
    evidence=(Quote("Within 30 days.", "/home/owner/faq.md", 0.9, "Returns"),),
)


def test_a_customers_question() -> None:
    desk = Played(ANSWER)
    told = client(desk).post("/desk", json={"question": " can I return it? ", "before": "helmets"})
    assert told.status_code == 200
    assert told.json() == {
        "answered": True, "answer": "Within 30 days.", "choices": [], "where": "Returns",
    }  # fmt: skip
    (ask,) = desk.asked
    assert ask.skill == "faq"
    assert ask.request == {"question": "can I return it?", "before": "helmets", "base": "shop"}
    assert "/home/owner" not in told.text


def test_customers_reach_nothing_but_the_base() -> None:
    desk = Played(ANSWER)
    fields = {"question": "hello", "file": "/etc/passwd", "base": "secrets", "draft": True}
    client(desk).post("/desk", json=fields)
    assert desk.asked[0].request == {"question": "hello", "before": "", "base": "shop"}


def test_customers_do_not_read_what_is_for_the_owner() -> None:
    desk = Played(Failure("/home/owner/faq.md is gone.", "inhouse faq add", "bad_input"))
    told = client(desk).post("/desk", json={"question": "hello there"})
    assert told.status_code == 422
    assert "owner" not in told.text
    assert "inhouse" not in told.text


def test_the_base_is_fixed_when_the_service_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the owner asks later, customers are answered from the same."""
    from app.commands.serve import _source

    monkeypatch.setenv("INHOUSE_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="nothing yet"):
        _source("")
    faq = tmp_path / "faq.md"
    faq.write_text("## Open?")
    remember_last(tmp_path, of_file(faq))
    assert _source("") == {"file": str(faq)}
    shop = Knowledge("Shop", (str(faq),))
    save_base(tmp_path, shop)
    remember_last(tmp_path, shop)
    assert _source("") == _source("shop") == {"base": "Shop"}
    with pytest.raises(UsageError, match="Shop"):
        _source("other")


async def test_the_desk_is_opened_before_the_first_customer() -> None:
    desk = Played(ANSWER)
    with TestClient(application(Plan(desk, Played(), KEY, {"base": "shop"}, "", True))) as asking:
        asking.get("/health", headers={"host": "localhost"})
    assert desk.asked[0].request == {"base": "shop"}


def test_a_refusal_and_a_question_back() -> None:
    refusal = Answer("I don't have that: inhouse unanswered", skill="faq", refused=True)
    told = client(Played(refusal)).post("/desk", json={"question": "能租滑板车吗"}).json()
    assert told["answered"] is False
    assert "已记下" in told["answer"]
    assert "inhouse" not in told["answer"]
    which = Question("Which do you mean?", "question", ("a?", "b?"))
    told = client(Played(which, ANSWER)).post("/desk", json={"question": "which"}).json()
    assert told["choices"] == ["a?", "b?"]
    assert told["answered"] is False


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"not json", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"question": ""}', "application/json", 400),
        (b'{"question": 3}', "application/json", 400),
        (json.dumps({"question": "x" * 2001}).encode(), "application/json", 400),
        (b'{"question": "hello"}', "text/plain", 415),
        (b'{"question": "' + b"x" * 1_000_001, "application/json", 413),
    ],
)
def test_bodies_that_are_none(body: bytes, kind: str, status: int) -> None:
    desk = Played(ANSWER)
    told = client(desk).post("/desk", content=body, headers={"content-type": kind})
    assert told.status_code == status
    assert told.json()["error"]["message"]
    assert not desk.asked


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/skills"), ("POST", "/v1/skills/faq"), ("POST", "/v1/skills/faq/add"),
        ("POST", "/v1/ask"), ("POST", "/v1/trained/x"), ("GET", "/v1/models"),
        ("POST", "/v1/chat/completions"),
    ],
)  # fmt: skip
def test_all_else_needs_the_key(method: str, path: str) -> None:
    house = Played(ANSWER)
    asking = client(Played(), house)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}):
        told = asking.request(method, path, headers=headers)
        assert told.status_code == 401
        assert told.headers["www-authenticate"] == "Bearer"
    assert not house.asked


def test_another_hosts_name_is_not_answered() -> None:
    """A page elsewhere whose name was made to point here gets nothing (DNS rebinding)."""
    named = {"host": "evil.example"}
    assert client(Played(ANSWER)).get("/", headers=named).status_code == 400
    assert client(Played(ANSWER), local=False).get("/", headers=named).status_code == 200


def test_the_page() -> None:
    page = client(Played()).get("/", headers={"accept-language": "zh-CN,zh"})
    assert 'lang="zh"' in page.text
    assert "Pedal &lt;Pine&gt;" in page.text
    assert "{" not in page.text.split("</style>")[1]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert client(Played()).get("/page.js").headers["content-type"].startswith("text/javascript")
    assert client(Played()).get("/nothing").json()["error"]["code"] == "refused"


def test_skills_are_listed_and_run() -> None:
    house = Played(ANSWER)
    asking = client(Played(), house)
    listed = asking.get("/v1/skills", headers=BEARER).json()["skills"]
    evaluate = next(one for one in listed if one["name"] == "tag evaluate")
    assert evaluate["path"] == "/v1/skills/tag/evaluate"
    assert "folder" in evaluate["request"]["properties"]
    body = {"name": "x", "folder": "/photos", "out": "/results"}
    told = asking.post("/v1/skills/tag/evaluate", json=body, headers=BEARER)
    assert told.json()["text"] == "Within 30 days."
    (ask,) = house.asked
    assert (ask.skill, ask.out) == ("tag evaluate", "/results")
    assert ask.request == {"name": "x", "folder": "/photos"}
    assert asking.post("/v1/skills/nothing", json={}, headers=BEARER).status_code == 400


def test_a_failure_has_a_status() -> None:
    for code, status in (("bad_input", 422), ("model_missing", 503), ("failed", 500)):
        asking = client(Played(), Played(Failure("No.", "Do this.", code)))
        told = asking.post("/v1/ask", json={"text": "hi"}, headers=BEARER)
        assert told.status_code == status


def test_events_as_they_come() -> None:
    asking = client(Played(), Played(Text("Hel"), Text("lo"), Answer("Hello")))
    headers = {**BEARER, "accept": "text/event-stream"}
    told = asking.post("/v1/ask", json={"text": "hi"}, headers=headers)
    lines = [json.loads(line[6:]) for line in told.text.splitlines() if line.startswith("data: ")]
    assert [line["event"] for line in lines] == ["text", "text", "answer"]


def test_chat_completions() -> None:
    house = Played(Text("Hel"), Text("lo"), Answer("Hello"))
    asking = client(Played(), house)
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "I am Ann"},
        {"role": "assistant", "content": "Hello Ann"},
        {"role": "user", "content": [{"type": "text", "text": "who am I?"}]},
    ]
    body = {"model": "inhouse", "messages": messages}
    told = asking.post("/v1/chat/completions", json=body, headers=BEARER).json()
    assert told["choices"][0]["message"] == {"role": "assistant", "content": "Hello"}
    assert house.asked[0].text == "who am I?"
    assert house.memory == [Recall(turns=(("I am Ann", "Hello Ann"),))]
    streamed = asking.post(
        "/v1/chat/completions", json={**body, "stream": True}, headers=BEARER
    ).text
    chunks = [line[6:] for line in streamed.splitlines() if line.startswith("data: ")]
    assert chunks[-1] == "[DONE]"
    said = [json.loads(chunk)["choices"][0]["delta"].get("content", "") for chunk in chunks[:-1]]
    assert "".join(said) == "Hello"
    for wrong in ([], [{"role": "assistant", "content": "hi"}], "hi", None):
        bad = asking.post("/v1/chat/completions", json={"messages": wrong}, headers=BEARER)
        assert bad.status_code == 400


class Full(Worker):
    """Has no room for anyone."""

    def __init__(self) -> None:
        super().__init__("cpu", 0)


def test_who_is_turned_away_is_told_so_in_every_form() -> None:
    asking = client(Full(), Full())
    told = asking.post("/desk", json={"question": "hello there"})
    assert told.status_code == 503
    assert told.headers["retry-after"]
    assert "waiting" in told.json()["error"]["message"]
    events = {**BEARER, "accept": "text/event-stream"}
    lines = asking.post("/v1/ask", json={"text": "hi"}, headers=events).text
    assert json.loads(lines.removeprefix("data: "))["code"] == "busy"
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
    chunks = asking.post("/v1/chat/completions", json=body, headers=BEARER).text
    assert "waiting" in chunks
    assert chunks.rstrip().endswith("[DONE]")


def test_texts_are_sorted_by_a_trained_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHOUSE_HOME", str(tmp_path))
    for name, task in (("topics", TEXT), ("clothes", IMAGE)):
        write_card(free_folder(tmp_path, name, task), {"task": task})
    house = Played(Answer("Delivery", data={"label": "delivery"}))
    asking = client(Played(), house)
    ids = [m["id"] for m in asking.get("/v1/models", headers=BEARER).json()["data"]]
    assert ids == ["inhouse", "topics"]
    told = asking.post("/v1/trained/topics", json={"texts": ["late", "lost"]}, headers=BEARER)
    assert told.json()["results"] == [{"label": "delivery"}] * 2
    assert house.asked[1].request == {"text": "lost", "model": "topics", "minutes": 0.0}
    for texts in ([], "late", ["", "x"], [1]):
        bad = asking.post("/v1/trained/topics", json={"texts": texts}, headers=BEARER)
        assert bad.status_code == 400
    assert (
        asking.post("/v1/trained/clothes", json={"texts": ["x"]}, headers=BEARER).status_code == 400
    )


class Slow:
    """An engine whose answer comes when it is let go, or when it is stopped."""

    def __init__(self) -> None:
        self.go, self.stopped = asyncio.Event(), 0
        self.recalled: list[Recall] = []

    def start(self) -> None:
        pass

    def recall(self, frame: Recall) -> None:
        self.recalled.append(frame)

    def cancel(self) -> None:
        self.stopped += 1

    async def ask(self, ask: Ask, language: str) -> AsyncGenerator[Event]:
        yield Text("…")
        await self.go.wait()
        yield Answer(ask.text)


def slow_worker(most: int) -> tuple[Worker, Slow]:
    worker, engine = Worker("cpu", most), Slow()
    worker._engine = engine  # type: ignore[assignment]
    return worker, engine


async def test_one_after_another_and_one_too_many() -> None:
    worker, engine = slow_worker(2)
    first = asyncio.create_task(worker.whole(Ask(text="one")))
    second = asyncio.create_task(worker.whole(Ask(text="two"), Recall(turns=(("a", "b"),))))
    await asyncio.sleep(0.01)
    with pytest.raises(BusyError):
        await worker.whole(Ask(text="three"))
    engine.go.set()
    assert [event.text for event in (await first)[1:] if isinstance(event, Answer)] == ["one"]
    assert (await second)[-1] == Answer("two")
    assert worker.waiting == 0
    assert engine.recalled == [Recall(fresh=True), Recall(turns=(("a", "b"),), fresh=True)]
    assert engine.stopped == 0


async def test_who_leaves_stops_the_work() -> None:
    worker, engine = slow_worker(2)
    async with contextlib.aclosing(worker.events(Ask(text="one"))) as running:
        assert await anext(running) == Text("…")
    assert engine.stopped == 1
    assert worker.waiting == 0


def test_the_key_is_made_once_and_kept_privately(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHOUSE_HOME", str(tmp_path))
    monkeypatch.delenv("INHOUSE_KEY", raising=False)
    made = service_key()
    assert len(made) >= 32
    assert service_key() == made
    assert (tmp_path / "service.key").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("INHOUSE_KEY", "mine")
    assert service_key() == "mine"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """The real program with a base; its address and key."""
    environment = {**os.environ, "INHOUSE_HOME": str(tmp_path / "home")}
    program = [sys.executable, "-m", "app"]
    added = [*program, "faq", "add", "assets/samples/faq.md", "--base", "shop"]
    subprocess.run(added, env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        [*program, "serve", "--port", "0", "--base", "shop", "--json"],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    yield told["url"], told["key"], process
    process.kill()
    process.wait()


def post(url: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {key}"} if key else {}
    )
    asked = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=120) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


@pytest.mark.small
def test_through_the_program(
    served: tuple[str, str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    url, key, process = served
    told = post(f"{url}/desk", {"question": "Can I return a helmet?"})
    assert told["answered"]
    assert "seal" in told["answer"]
    far = post(f"{url}/desk", {"question": "Who won the football match last night?"})
    assert not far["answered"]
    sales = str(Path("assets/samples/sales.csv").absolute())
    body = {"file": sales, "horizon": 7, "out": str(tmp_path)}
    forecast = post(f"{url}/v1/skills/forecast", body, key)
    assert len(forecast["data"]["mean"]) == 7
    assert Path(forecast["artifacts"][0]).parent == tmp_path
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
