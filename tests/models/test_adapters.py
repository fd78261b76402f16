"""What comes with Inhouse for chat models is what was made, or nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import READERS
from models.adapters import reading_adapter
from models.errors import CorruptModelError

TAUGHT = "qwen2.5-coder-1.5b-instruct"


def test_a_model_that_was_taught_has_an_adapter() -> None:
    assert reading_adapter(TAUGHT) == READERS / f"{TAUGHT}.gguf"
    assert reading_adapter("smollm2-135m-instruct") is None


@pytest.mark.parametrize("content", [b"GGUF something else", None])
def test_another_file_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.setattr("models.adapters.READERS", tmp_path)
    if content is not None:
        (tmp_path / f"{TAUGHT}.gguf").write_bytes(content)
    with pytest.raises(CorruptModelError, match="damaged or missing"):
        reading_adapter(TAUGHT)
