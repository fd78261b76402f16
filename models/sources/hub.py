"""Weights from a model hub that speaks the Hugging Face file protocol.

`GET {endpoint}/{repository}/resolve/{revision}/{path}`, redirects followed, `Range` to go on where an
earlier try ended. `HF_ENDPOINT` names a mirror, `HF_TOKEN` a token, which is sent to the hub only and
never to where it redirects.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from models.catalog import File, Hub, Model
from models.errors import TEXTS, CorruptModelError, ResourceError, Stopped
from models.files import file_sha256, write_error
from models.sources import Report, ShouldStop, offset

_ENDPOINT = "https://huggingface.co"
_CHUNK = 1 << 18
_TIMEOUT = 30


class _KeepTokenHome(urllib.request.HTTPRedirectHandler):
    """Follows redirects without the token: they lead to other hosts."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> urllib.request.Request | None:
        request = super().redirect_request(*args, **kwargs)
        if request is not None:
            request.headers.pop("Authorization", None)
        return request


class HubSource:
    """The source `hub`."""

    name = "hub"

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
        self._open = urllib.request.build_opener(_KeepTokenHome)

    def fetch(self, model: Model, into: Path, report: Report, should_stop: ShouldStop) -> None:
        """See `Source.fetch`. Resumes at the byte."""
        if model.hub is None:
            raise ResourceError(TEXTS("not_on_hub", name=model.id))
        into.mkdir(parents=True, exist_ok=True)
        done = 0
        for file in model.files:
            target = into / file.path
            if not (target.is_file() and target.stat().st_size == file.bytes):
                self._file(model.hub, file, target, offset(report, done), should_stop)
            if file_sha256(target, should_stop) != file.sha256:
                target.unlink()
                raise CorruptModelError(TEXTS("wrong_hash", name=f"{model.id}/{file.path}"))
            done += file.bytes
            report(done)

    def _file(
        self, hub: Hub, file: File, target: Path, report: Report, should_stop: ShouldStop
    ) -> None:
        """Fetch one file into `<target>.part`, going on where that ends, and land it."""
        part = target.with_name(target.name + ".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        start = part.stat().st_size if part.is_file() else 0
        url = (
            f"{self.endpoint}/{hub.repository}/resolve/{hub.revision}/{quote(hub.files[file.path])}"
        )
        request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
        token = os.environ.get("HF_TOKEN")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with self._open.open(request, timeout=_TIMEOUT) as answer:
                if start and answer.status != 206:
                    start = 0  # this server gives the whole file or nothing
                _save(answer, part, start, report, should_stop)
        except urllib.error.HTTPError as error:
            raise ResourceError(
                TEXTS("hub_failed", host=urlsplit(url).netloc, reason=f"HTTP {error.code}")
            ) from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise ResourceError(
                TEXTS("hub_failed", host=urlsplit(url).netloc, reason=reason)
            ) from error
        if part.stat().st_size < file.bytes:
            raise ResourceError(
                TEXTS("hub_failed", host=urlsplit(url).netloc, reason=f"{part.stat().st_size} B")
            )
        part.replace(target)


def _save(answer: Any, part: Path, start: int, report: Report, should_stop: ShouldStop) -> None:
    """Append what comes to the part file."""
    try:
        with part.open("r+b" if start else "wb") as out:
            out.seek(start)
            done = start
            while block := answer.read(_CHUNK):
                out.write(block)
                done += len(block)
                report(done)
                if should_stop():
                    raise Stopped
            out.truncate()
    except OSError as error:
        if isinstance(error, ConnectionError | TimeoutError):
            raise
        raise write_error(part, error) from error
