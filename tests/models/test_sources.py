"""Folders, and a hub that is a local server speaking the hub's protocol: ranges, redirects, faults."""

from __future__ import annotations

import hashlib
import threading
from collections import namedtuple
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from models.catalog import File, Hub, Model
from models.errors import CorruptModelError, ModelMissingError, ResourceError, UsageError
from models.sources import ShouldStop
from models.sources.hub import HubSource
from models.sources.local import FolderSource
from models.store import Store, chosen_sources
from tests.conftest import Program

DATA = bytes(range(256)) * 4000
Usage = namedtuple("Usage", "total used free")


def _never() -> bool:
    return False


def _model(data: bytes = DATA) -> Model:
    file = File("model.bin", len(data), hashlib.sha256(data).hexdigest(), ())
    hub = Hub("team/thing", "main", {"model.bin": "weights/model v1.bin"})
    return Model("Demo", "llm", "MIT", ("en",), 1, (), (), (file,), id="demo", hub=hub)


class FakeHub(BaseHTTPRequestHandler):
    """Answers as the hub does; `faults` says what goes wrong, once each."""

    faults: ClassVar[list[str]] = []
    seen: ClassVar[list[tuple[str, str | None, str | None]]] = []
    data = DATA

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Range"], self.headers["Authorization"]))
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "404":
            self.send_error(404)
        elif "/resolve/" in self.path:
            self.send_response(302)
            self.send_header("Location", "/storage/blob")
            self.end_headers()
        else:
            self._send(cut=fault == "cut", whole=fault == "no ranges")

    def _send(self, *, cut: bool, whole: bool) -> None:
        start = 0
        if self.headers["Range"] and not whole:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        body = self.data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def hub() -> Iterator[str]:
    FakeHub.faults, FakeHub.seen, FakeHub.data = [], [], DATA
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeHub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _pull(store: Store, model: Model, should_stop: ShouldStop = _never) -> None:
    store.pull(model, lambda count, note: None, should_stop)


def test_a_file_comes_over_a_redirect_without_the_token(
    hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub)
    monkeypatch.setenv("HF_TOKEN", "secret")
    store = Store(tmp_path, [HubSource()])
    _pull(store, _model())
    assert store.file("demo", "model.bin").read_bytes() == DATA
    first, second = FakeHub.seen
    assert first == ("/team/thing/resolve/main/weights/model%20v1.bin", None, "Bearer secret")
    assert second == ("/storage/blob", None, None)


def test_a_cut_off_download_goes_on_at_the_byte(hub: str, tmp_path: Path) -> None:
    FakeHub.faults = ["", "cut"]
    store = Store(tmp_path, [HubSource(hub)])
    with pytest.raises(ResourceError):
        _pull(store, _model())
    assert not store.has("demo")
    _pull(store, _model())
    assert FakeHub.seen[-1][1] == f"bytes={len(DATA) // 2}-"
    assert store.verify(_model()) == []


def test_a_server_without_ranges_starts_anew(hub: str, tmp_path: Path) -> None:
    FakeHub.faults = ["", "cut", "", "no ranges"]
    store = Store(tmp_path, [HubSource(hub)])
    with pytest.raises(ResourceError):
        _pull(store, _model())
    _pull(store, _model())
    assert store.verify(_model()) == []


def test_a_wrong_hash_is_not_kept(hub: str, tmp_path: Path) -> None:
    FakeHub.data = DATA[::-1]
    store = Store(tmp_path, [HubSource(hub)])
    with pytest.raises(CorruptModelError, match=r"demo/model\.bin"):
        _pull(store, _model())
    assert not list((tmp_path / ".partial").rglob("model.bin*"))


def test_what_is_not_there_and_who_can_t_be_reached(hub: str, tmp_path: Path) -> None:
    FakeHub.faults = ["404"]
    with pytest.raises(ResourceError, match="HTTP 404"):
        _pull(Store(tmp_path, [HubSource(hub)]), _model())
    with pytest.raises(ResourceError, match="could not be reached"):
        _pull(Store(tmp_path, [HubSource("http://127.0.0.1:9")]), _model())


def test_a_folder_is_searched_by_content_and_linked(tmp_path: Path) -> None:
    stick = tmp_path / "stick" / "deep"
    stick.mkdir(parents=True)
    (stick / "sha256-abc").write_bytes(DATA)
    (stick / "other").write_bytes(DATA[::-1])
    store = Store(tmp_path / "models", [FolderSource(tmp_path / "stick")])
    _pull(store, _model())
    assert store.file("demo", "model.bin").samefile(stick / "sha256-abc")


def test_the_next_source_is_asked_when_one_has_nothing(hub: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    store = Store(tmp_path / "models", [FolderSource(tmp_path / "empty"), HubSource(hub)])
    _pull(store, _model())
    assert store.has("demo")


def test_a_full_disk_is_said_before_the_first_byte(
    hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**9, 10**9, 1000))
    with pytest.raises(ResourceError, match="needs 1 MB"):
        _pull(Store(tmp_path, [HubSource(hub)]), _model())
    assert FakeHub.seen == []


def test_two_pulls_at_once_fetch_once(hub: str, tmp_path: Path) -> None:
    store = Store(tmp_path, [HubSource(hub)])
    threads = [threading.Thread(target=_pull, args=(store, _model())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(FakeHub.seen) == 2
    assert store.verify(_model()) == []


def test_removing(hub: str, tmp_path: Path) -> None:
    store = Store(tmp_path, [HubSource(hub)])
    _pull(store, _model())
    assert store.remove("demo") == len(DATA)
    assert not store.has("demo")
    with pytest.raises(ModelMissingError):
        store.remove("demo")


def test_the_order_of_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert [source.name for source in chosen_sources()] == ["wheels"]
    monkeypatch.setenv("INHOUSE_MODEL_FOLDER", str(tmp_path))
    monkeypatch.setenv("INHOUSE_SOURCES", "hub,folder")
    assert [source.name for source in chosen_sources()] == ["hub", "folder"]
    monkeypatch.setenv("INHOUSE_SOURCES", "pigeon")
    with pytest.raises(UsageError, match="pigeon"):
        chosen_sources()


@pytest.mark.small
def test_adopting_and_removing_through_the_program(
    inhouse: Program, small_models: Path, tmp_path: Path
) -> None:
    home = {"INHOUSE_MODELS": str(tmp_path / "models")}
    source = (small_models / "smollm2-135m-instruct").resolve()
    done = inhouse("models", "adopt", source, **home)
    assert done.status == 0, done.err
    assert "ready" in done.err
    assert inhouse("models", "adopt", source, **home).status == 1
    assert "MB are free" in inhouse("models", "remove", "smollm2-135m-instruct", **home).out
    assert inhouse("models", "remove", "smollm2-135m-instruct", **home).status == 3
    assert inhouse("models", "adopt", "/nowhere", **home).status == 1
