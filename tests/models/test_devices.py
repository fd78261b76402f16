"""Which device is used, and why, in words."""

from __future__ import annotations

import pytest

from models import devices
from models.devices import Hardware, Kind, choose
from models.preferences import Wish


@pytest.mark.parametrize(
    ("gpu", "wish", "built", "device", "why"),
    [
        ("", "auto", True, "cpu", "no GPU was found"),
        ("", "cuda", True, "cpu", "no GPU was found"),
        ("NVIDIA T4", "cpu", True, "cpu", "the CPU was asked for"),
        ("NVIDIA T4", "auto", True, "cuda", "NVIDIA T4 was found"),
        ("NVIDIA T4", "metal", True, "cpu", "metal was asked for"),
        ("NVIDIA T4", "auto", False, "cpu", "built without"),
        ("Apple", "auto", True, "metal", "Apple was found"),
    ],
)
def test_the_choice(
    monkeypatch: pytest.MonkeyPatch,
    gpu: str,
    wish: Wish,
    built: bool,
    device: str,
    why: str,
) -> None:
    kinds: dict[str, Kind] = {"NVIDIA T4": "cuda", "Apple": "metal"}
    kind = kinds.get(gpu)
    monkeypatch.setattr(devices, "hardware", lambda: Hardware("x", 2, 8 << 30, gpu, kind))
    monkeypatch.setattr(devices, "_built_for", lambda engine, kind: built)
    use = choose("ONNX Runtime", wish)
    assert use.device == device
    assert why in use.why.to("en")
    assert use.why.to("zh")


@pytest.mark.parametrize("engine", devices.ENGINES)
def test_the_engines_answer_for_themselves(engine: str) -> None:
    assert isinstance(devices._built_for(engine, "cuda"), bool)


def test_threads_are_sane() -> None:
    assert 1 <= devices.threads() <= 8
