"""How much of a model goes onto a GPU: sums on real files, no GPU needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import devices, offload
from models.catalog import Model
from models.devices import Hardware, Kind, Use, choose
from models.errors import TEXTS
from models.llm import LanguageModel
from models.offload import fit, layers_for, shape_of
from models.runtimes import Runtimes
from models.store import Store


@given(
    st.integers(0, 10**11), st.integers(10**6, 10**11), st.integers(1, 200), st.integers(0, 10**8)
)
def test_what_is_chosen_fits_and_one_more_would_not(
    free: int, size: int, layers: int, cache: int
) -> None:
    n = fit(free, size, layers, cache)
    each = size / (layers + 1) + cache
    assert 0 <= n <= layers + 1
    assert n == 0 or n * each <= free - 700_000_000 + 1
    assert n == layers + 1 or (n + 1) * each > free - 700_000_000 - each


@pytest.mark.small
def test_the_shape_of_a_real_model(small: Runtimes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small.store.file("smollm2-135m-instruct", "model.gguf")
    layers, cache = shape_of(path, 4096)
    assert (layers, cache) == (30, 2 * 2 * 576 // 9 * 3 * 4096)
    assert layers_for(path, "cpu", 4096) == (0, 0)
    monkeypatch.setattr(offload, "free_memory", lambda kind: 750_000_000)
    some, of = layers_for(path, "cuda", 4096)
    assert 0 < some < of == 30
    monkeypatch.setattr(offload, "free_memory", lambda kind: 80_000_000_000)
    assert layers_for(path, "cuda", 4096) == (-1, 30)
    monkeypatch.setattr(offload, "free_memory", lambda kind: None)
    assert layers_for(path, "vulkan", 4096) == (-1, 30)


@pytest.mark.small
def test_a_gpu_that_does_not_take_the_model(
    small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose_gpu(engine: str, wish: str) -> Use:
        return Use(engine, "cuda", TEXTS("device_gpu", gpu="Test 9000"))

    monkeypatch.setattr("models.runtimes.choose", choose_gpu)
    runtimes = Runtimes(Store(small_models))
    tried: list[Kind] = []
    real = runtimes._load_vision

    def load(model: Model, use: Use) -> object:
        tried.append(use.device)
        if use.device != "cpu":
            raise RuntimeError("CUDA driver version is insufficient")
        return real(model, use)

    monkeypatch.setattr(runtimes, "_load_vision", load)
    runtimes.vision()
    (loaded,) = runtimes.loaded.values()
    assert tried == ["cuda", "cpu"]
    assert loaded.use.device == "cpu"
    assert "CUDA could not take the model" in loaded.use.why.to("en")


@pytest.mark.small
def test_a_gpu_that_fails_on_the_persons_own_model(
    small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "INHOUSE_CHAT_MODEL", str(small_models / "smollm2-135m-instruct" / "model.gguf")
    )
    monkeypatch.setattr(
        "models.runtimes.choose",
        lambda engine, wish: Use(engine, "cuda", TEXTS("device_gpu", gpu="Test 9000")),
    )
    real = LanguageModel

    def load(path: Path, name: str, use: Use, threads: int) -> LanguageModel:
        if use.device != "cpu":
            raise ValueError("Failed to load model from file")  # as llama.cpp says without memory
        return real(path, name, use, threads)

    monkeypatch.setattr("models.runtimes.LanguageModel", load)
    runtimes = Runtimes(Store(small_models))
    assert runtimes.llm().use.device == "cpu"


def test_amd_and_intel_are_listed(tmp_path: Path) -> None:
    assert devices._listed_gpu(tmp_path) == ("", None)
    card = tmp_path / "card0" / "device"
    card.mkdir(parents=True)
    (card / "vendor").write_text("0x1002\n")
    (card / "mem_info_vram_total").write_text("8000\n")
    (card / "mem_info_vram_used").write_text("3000\n")
    assert devices._listed_gpu(tmp_path) == ("AMD", "vulkan")
    assert offload._amd_free(tmp_path) == 5000


def test_vulkan_serves_the_language_model_only(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Hardware("x86", 2, 1, "AMD", "vulkan")
    monkeypatch.setattr(devices, "hardware", lambda: found)
    monkeypatch.setattr("llama_cpp.llama_supports_gpu_offload", lambda: True)
    assert choose("llama.cpp", "auto").device == "vulkan"
    assert choose("llama.cpp", "vulkan").device == "vulkan"
    assert choose("ONNX Runtime", "auto").device == "cpu"
    assert choose("CTranslate2", "auto").device == "cpu"
    assert choose("llama.cpp", "cuda").device == "cpu"
