"""Who may ask what: a key for all but the customers' desk, bodies of a sensible size, no foreign page.

A page elsewhere can't use the service through a visitor's browser: what needs the key wants it in a header,
which such a page does not have, and on this machine alone the service answers to no other host's name
(DNS rebinding).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.context import TEXTS
from models.errors import InhouseError
from models.files import atomic_write
from models.home import home, private_dir
from models.texts import Language
from skills.events import Failure, failure

MOST_BYTES = 1_000_000
_STATUS = {"busy": 503, "usage": 400, "bad_input": 422, "model_missing": 503, "engine_died": 502}
Endpoint = Callable[[Request], Awaitable[Response]]


class RefusedError(InhouseError):
    """A request that is not answered, with its HTTP status."""

    code = "refused"

    def __init__(self, key: str, status: int, **values: Any) -> None:
        super().__init__(TEXTS(key, **values))
        self.status = status


def service_key() -> str:
    """Return the key of this machine's service: `INHOUSE_KEY`, or one made once and kept privately."""
    given = os.environ.get("INHOUSE_KEY", "")
    if given:
        return given
    path = private_dir(home()) / "service.key"
    if path.exists():
        kept = path.read_text(encoding="ascii", errors="replace").strip()
        if kept:
            return kept
    made = secrets.token_urlsafe(24)
    atomic_write(path, made + "\n", mode=0o600)
    return made


def keyed(endpoint: Endpoint, key: str) -> Endpoint:
    """Return an endpoint that answers only who has the key, as `Authorization: Bearer KEY`."""

    async def guarded(request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = secrets.compare_digest(given.strip().encode(), key.encode())
        if scheme.lower() != "bearer" or not right:
            raise RefusedError("service_key_wanted", 401)
        return await endpoint(request)

    return guarded


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises:
        RefusedError: It is none, or larger than a megabyte.
    """
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise RefusedError("service_no_json", 415)
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise RefusedError("service_too_large", 413)
    try:
        found = json.loads(data)
    except ValueError as error:
        raise RefusedError("service_no_json", 400) from error
    if not isinstance(found, dict):
        raise RefusedError("service_no_json", 400)
    return found


def text_of(body: dict[str, Any], name: str, most: int, *, needed: bool = True) -> str:
    """Return a field that is a text of at most so many characters.

    Raises:
        RefusedError: It is missing, no text, or too long.
    """
    text = body.get(name, "")
    if not isinstance(text, str) or len(text) > most or (needed and not text.strip()):
        raise RefusedError("service_bad_field", 400, field=name, most=most)
    return text.strip()


def status_of(code: str) -> int:
    """Return the HTTP status for the code of an error or a failure."""
    return _STATUS.get(code, 500)


def failure_response(final: Failure, status: int = 0) -> JSONResponse:
    """Return a failure as JSON: what went wrong and what to do next."""
    status = status or status_of(final.code)
    headers = {"Retry-After": "5"} if final.code == "busy" else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    told = {"code": final.code, "message": final.message, "remedy": final.remedy}
    return JSONResponse({"error": told}, status, headers)


def error_response(error: InhouseError, language: Language = "en") -> JSONResponse:
    """Return an error as JSON."""
    status = error.status if isinstance(error, RefusedError) else 0
    return failure_response(failure(error, language), status)


def wanted_language(request: Request) -> Language:
    """Return the language that a browser prefers."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"
