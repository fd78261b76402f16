"""What comes with Inhouse for models is what was made, or nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from assets import READERS
from models.adapters import finding_changes, reading_adapter
from models.encoders import change
from models.errors import CorruptModelError

READER = "qwen2.5-coder-1.5b-instruct"
FINDERS = ("multilingual-e5-small", "all-mpnet-base-v2", "all-minilm-l6-v2")


def test_a_model_that_was_taught_has_its_changes() -> None:
    assert reading_adapter(READER) == READERS / f"{READER}.gguf"
    assert reading_adapter("smollm2-135m-instruct") is None
    assert [finding_changes(name) for name in FINDERS] == [
        READERS / f"{name}.safetensors" for name in FINDERS
    ]
    assert finding_changes("whisper-base") is None


@pytest.mark.parametrize("content", [b"GGUF something else", None])
@pytest.mark.parametrize(
    ("of", "name"),
    [(reading_adapter, f"{READER}.gguf"), (finding_changes, f"{FINDERS[0]}.safetensors")],
)
def test_another_file_is_not_loaded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
    of: Callable[[str], Path | None],
    name: str,
) -> None:
    monkeypatch.setattr("models.adapters.READERS", tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CorruptModelError, match="damaged or missing"):
        of(Path(name).stem)


def test_a_change_is_added_to_the_layers_it_names(tmp_path: Path) -> None:
    encoder = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 3))
    first, second = (layer.weight.detach().clone() for layer in encoder)
    down, up = torch.randn(2, 4), torch.randn(3, 2)
    save_file({"0.down": down.half(), "0.up": up.half()}, tmp_path / "changes.safetensors")
    change(encoder, tmp_path / "changes.safetensors")
    assert torch.allclose(encoder[0].weight, first + up @ down, atol=1e-2)
    assert torch.equal(encoder[1].weight, second)
