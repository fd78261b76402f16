"""The routes of the service; the README says how they are used."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agents.protocol import Ask, Recall, encode
from app.context import TEXTS
from app.service.guard import (
    RefusedError,
    body_of,
    error_response,
    failure_response,
    keyed,
    status_of,
    text_of,
    wanted_language,
)
from app.service.worker import Worker
from models.errors import InhouseError
from models.home import home
from models.texts import language_of
from skills import registry
from skills.events import FINAL, Answer, Event, Failure, Question, Quote, Text, failure
from skills.trained import TEXT, find, names

_LONGEST_QUESTION = 2_000
_LONGEST_TEXT = 100_000
_MOST_TEXTS = 1_000
_ASSISTANT = "inhouse"
_HERE = ("localhost", "127.0.0.1", "[::1]", "::1")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'"
_PAGE = {
    "title": TEXTS("service_page_title"),
    "greeting": TEXTS("service_page_greeting"),
    "hint": TEXTS("service_page_hint"),
    "send": TEXTS("service_page_send"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is served.

    Attributes:
        desk: Does what customers ask.
        house: Does what programs with the key ask; another engine, so that neither waits for the other.
        key: Who has it may do all.
        source: The knowledge base that customers ask, as fields of the request.
        title: What stands above their page.
        local: Whether only this machine is served.
    """

    desk: Worker
    house: Worker
    key: str
    source: dict[str, str]
    title: str
    local: bool


class Service:
    """Answers requests."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    async def open_desk(self) -> None:
        """Let the desk open its base, so that the first customer does not wait for it."""
        await self.plan.desk.whole(Ask(skill="faq", request=dict(self.plan.source)))

    async def page(self, request: Request) -> Response:
        """The customers' page."""
        language = wanted_language(request)
        page = _asset("page.html").replace("{lang}", language)
        told = {key: message.to(language) for key, message in _PAGE.items()}
        if self.plan.title:
            told["title"] = self.plan.title
        for key, said in told.items():
            page = page.replace("{" + key + "}", escape(said, quote=True))
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    async def script(self, request: Request) -> Response:
        """What moves the page."""
        return Response(_asset("page.js"), media_type="text/javascript")

    async def health(self, request: Request) -> Response:
        """Whether it is up, and how many wait."""
        waiting = {"desk": self.plan.desk.waiting, "house": self.plan.house.waiting}
        return JSONResponse({"ok": True, "waiting": waiting})

    async def ask_desk(self, request: Request) -> Response:
        """A customer's question: the stored answer, word for word, or none. Reaches nothing but the base."""
        body = await body_of(request)
        question = text_of(body, "question", _LONGEST_QUESTION)
        before = text_of(body, "before", _LONGEST_QUESTION, needed=False)
        values = {"question": question, "before": before, **self.plan.source}
        ask = Ask(skill="faq", request=values, language=language_of(question))
        events = await self._whole(request, self.plan.desk, ask)
        final = events[-1]
        if isinstance(final, Failure):  # what the owner could do about it is not for customers
            closed = Failure(TEXTS("service_closed").to(language_of(question)), code=final.code)
            return failure_response(closed)
        asked = next((event for event in events if isinstance(event, Question)), None)
        told = _for_customers(final, asked)
        if not told["answered"] and asked is None:
            told["answer"] = TEXTS("service_refused").to(language_of(question))
        return JSONResponse(told)

    async def skills(self, request: Request) -> Response:
        """What can be asked for, with the schema of each request."""
        listed = []
        for spec in registry.all_specs():
            for one in (spec, *spec.operation_specs.values()):
                schema = one.request_class().model_json_schema()
                listed.append({
                    "name": one.name, "path": f"/v1/skills/{one.name.replace(' ', '/')}",
                    "summary": one.summary("en"), "request": schema,
                })  # fmt: skip
        return JSONResponse({"skills": listed})

    async def run_skill(self, request: Request) -> Response:
        """A skill's own request, as on the command line."""
        name = " ".join(filter(None, map(request.path_params.get, ("skill", "operation"))))
        registry.get(name)
        body = await body_of(request)
        out = body.pop("out", "")
        ask = Ask(skill=name, request=body, out=str(out), language=wanted_language(request))
        return await self._answered(request, ask)

    async def ask(self, request: Request) -> Response:
        """What a person says, in plain words."""
        body = await body_of(request)
        text = text_of(body, "text", _LONGEST_TEXT)
        return await self._answered(request, Ask(text=text, out=str(body.get("out", ""))))

    async def sort(self, request: Request) -> Response:
        """Texts into the groups of a trained model."""
        name = find(home(), request.path_params["name"], TEXT).name
        texts = _texts((await body_of(request)).get("texts"))
        found = []
        for text in texts:
            values = {"text": text, "model": name, "minutes": 0.0}
            events = await self._whole(
                request, self.plan.house, Ask(skill="classify", request=values)
            )
            if isinstance(events[-1], Failure):
                return failure_response(events[-1])
            found.append(events[-1].data if isinstance(events[-1], Answer) else {})
        return JSONResponse({"model": name, "results": found})

    async def models(self, request: Request) -> Response:
        """The assistant and the trained models, in the form of OpenAI's API."""
        known = [_ASSISTANT, *names(home(), TEXT)]
        listed = [{"id": name, "object": "model", "owned_by": "inhouse"} for name in known]
        return JSONResponse({"object": "list", "data": listed})

    async def complete(self, request: Request) -> Response:
        """Chat completions in the form of OpenAI's API: the assistant, as in the chat.

        Messages before the last one are what it remembers; those of the system are left out.
        """
        body = await body_of(request)
        turns, text = _talk(body.get("messages"))
        ask, memory = Ask(text=text), Recall(turns=turns)
        about = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": str(body.get("model", _ASSISTANT)),
        }
        if body.get("stream"):
            running = self.plan.house.events(ask, memory)
            return StreamingResponse(_chunks(running, about), media_type="text/event-stream")
        final = (await self._whole(request, self.plan.house, ask, memory))[-1]
        if isinstance(final, Failure):
            return failure_response(final)
        said = {"role": "assistant", "content": final.text if isinstance(final, Answer) else ""}
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        return JSONResponse({**about, "object": "chat.completion", "choices": [choice]})

    async def _answered(self, request: Request, ask: Ask) -> Response:
        """Stream the events of an ask if that is accepted, or return the final one."""
        if "text/event-stream" in request.headers.get("accept", ""):
            running = self.plan.house.events(ask)
            return StreamingResponse(_lines(running), media_type="text/event-stream")
        final = (await self._whole(request, self.plan.house, ask))[-1]
        status = status_of(final.code) if isinstance(final, Failure) else 200
        return Response(encode(final), status, media_type="application/json")

    async def _whole(
        self, request: Request, worker: Worker, ask: Ask, memory: Recall | None = None
    ) -> list[Event]:
        """Return all events of an ask; it is stopped when who asked has left."""
        events: list[Event] = []
        async with contextlib.aclosing(worker.events(ask, memory)) as running:
            async for event in running:
                events.append(event)
                if await request.is_disconnected():
                    raise RefusedError("service_left", 499)
        return events


def _for_customers(final: Event, asked: Question | None) -> dict[str, Any]:
    """Return what a customer may see of an answer: no paths, no scores."""
    if not isinstance(final, Answer):
        return {"answered": False, "answer": ""}
    quotes = [item for item in final.evidence if isinstance(item, Quote)]
    return {
        "answered": not final.refused and asked is None,
        "answer": asked.prompt if asked else final.text,
        "choices": list(asked.choices) if asked else [],
        "where": quotes[0].where if quotes and not final.refused and not asked else "",
    }


def _texts(given: Any) -> list[str]:
    """Return a list of texts that is one."""
    texts = given if isinstance(given, list) else []
    if not 0 < len(texts) <= _MOST_TEXTS or not all(
        isinstance(t, str) and t.strip() for t in texts
    ):
        raise RefusedError("service_bad_texts", 400, most=_MOST_TEXTS)
    return texts


def _talk(messages: Any) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the turns before the last message of a user, and that."""
    plain = [
        (str(one.get("role")), _content(one.get("content")))
        for one in (messages if isinstance(messages, list) else [])
        if isinstance(one, dict) and one.get("role") in {"user", "assistant"}
    ]
    if not plain or plain[-1][0] != "user" or not plain[-1][1].strip():
        raise RefusedError("service_no_message", 400)
    turns: list[tuple[str, str]] = []
    for (role, said), (next_role, answered) in itertools.pairwise(plain):
        if (role, next_role) == ("user", "assistant"):
            turns.append((said, answered))
    return tuple(turns), plain[-1][1][:_LONGEST_TEXT]


def _content(content: Any) -> str:
    """Return a message's text; it may come in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


async def _told(running: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
    """Yield events; an error of ours, which can't have a status any more, is told as the last one."""
    async with contextlib.aclosing(running):
        try:
            async for event in running:
                yield event
        except InhouseError as error:
            yield failure(error, "en")


async def _lines(running: AsyncGenerator[Event]) -> AsyncIterator[bytes]:
    """Yield events as server-sent events."""
    async with contextlib.aclosing(_told(running)) as events:
        async for event in events:
            yield b"data: " + encode(event) + b"\n"


async def _chunks(running: AsyncGenerator[Event], about: dict[str, Any]) -> AsyncIterator[str]:
    """Yield an answer in the form of OpenAI's streamed chunks."""

    def chunk(delta: dict[str, str], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        whole = {**about, "object": "chat.completion.chunk", "choices": [choice]}
        return f"data: {json.dumps(whole, ensure_ascii=False)}\n\n"

    streamed = ""
    async with contextlib.aclosing(_told(running)) as events:
        async for event in events:
            if isinstance(event, Text):
                streamed += event.delta
                yield chunk({"content": event.delta})
            elif isinstance(event, FINAL):
                said = event.text if isinstance(event, Answer) else event.message
                if not streamed:  # a skill's answer comes whole
                    yield chunk({"content": said})
    yield chunk({}, "stop")
    yield "data: [DONE]\n\n"


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, InhouseError)
    return error_response(error, wanted_language(request))


async def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return error_response(RefusedError("service_no_route", status), wanted_language(request))


def application(plan: Plan) -> Starlette:
    """Return the ASGI application."""
    service = Service(plan)
    key = partial(keyed, key=plan.key)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        opening = asyncio.create_task(service.open_desk())
        yield
        opening.cancel()
        plan.desk.close()
        plan.house.close()

    return Starlette(
        routes=[
            Route("/", service.page),
            Route("/page.js", service.script),
            Route("/health", service.health),
            Route("/desk", service.ask_desk, methods=["POST"]),
            Route("/v1/skills", key(service.skills)),
            Route("/v1/skills/{skill}", key(service.run_skill), methods=["POST"]),
            Route("/v1/skills/{skill}/{operation}", key(service.run_skill), methods=["POST"]),
            Route("/v1/ask", key(service.ask), methods=["POST"]),
            Route("/v1/trained/{name}", key(service.sort), methods=["POST"]),
            Route("/v1/models", key(service.models)),
            Route("/v1/chat/completions", key(service.complete), methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(_HERE))]
        if plan.local
        else [],
        exception_handlers={InhouseError: _refused, HTTPException: _not_found},
        lifespan=lifespan,
    )
