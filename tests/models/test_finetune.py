"""Encoders that are trained: losses, early ends, exports, and two processes that agree with one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.devices import Use
from models.embedder import Embedder
from models.errors import TEXTS, BadInputError, Stopped
from models.runtimes import Runtimes
from models.tokens import Tokens
from tests.skills.test_training import examples

pytestmark = pytest.mark.small
STEPS = 12


@pytest.fixture(scope="module")
def base(small: Runtimes) -> Path:
    return small.store.folder("all-minilm-l6-v2")


def rows(count: int = 96) -> tuple[list[str], np.ndarray]:
    found = examples(count)
    labels = sorted({label for _, label in found})
    return [text for text, _ in found], np.array([labels.index(label) for _, label in found])


def test_the_contrastive_loss_rewards_close_classes() -> None:
    import torch

    from models.objectives import contrast

    near = torch.nn.functional.normalize(
        torch.tensor([[1, 0.1], [1, 0], [0.1, 1], [0, 1.0]]), dim=1
    )
    target = torch.tensor([0, 0, 1, 1])
    assert contrast(near, target) < contrast(near, torch.tensor([0, 1, 0, 1]))
    assert torch.isfinite(contrast(near, torch.tensor([0, 1, 2, 3])))


def test_an_exported_encoder_gives_the_same_vectors(base: Path, tmp_path: Path) -> None:
    from models import encoders, finetune

    texts = [text for text, _ in examples(20)]
    ids = Tokens(base).ids(texts)
    encoder = encoders.load_encoder(base)
    expected = finetune.vectors_of(encoder, ids)
    encoders.export(encoder, tmp_path / "full.onnx")
    encoders.keep_encoder(tmp_path / "full.onnx", base, "all-minilm-l6-v2", tmp_path / "own")
    use = Use("ONNX Runtime", "cpu", TEXTS("stopped"))
    made = Embedder(tmp_path / "own", "all-minilm-l6-v2", use, 1).encode(texts)
    assert np.allclose(made, expected, atol=1e-4)
    encoders.quantize_dynamic(tmp_path / "full.onnx", tmp_path / "own" / "model.onnx")
    small = Embedder(tmp_path / "own", "all-minilm-l6-v2", use, 1).encode(texts)
    assert ((small * expected).sum(1) > 0.97).all()
    full = (tmp_path / "full.onnx").stat().st_size
    assert (tmp_path / "own" / "model.onnx").stat().st_size < 0.3 * full
    encoder.keep([0, 2, 4, 5])  # type: ignore[operator]
    assert finetune.vectors_of(encoder, ids[:2]).shape == (2, 384)
    with pytest.raises(BadInputError, match="no encoder"):
        encoders.load_encoder(tmp_path)


@pytest.mark.parametrize("aim", ["contrast", "classes"])
def test_training_separates_classes(base: Path, aim: Any) -> None:
    from models import encoders, finetune
    from models.objectives import Data

    texts, y = rows()
    ids = Tokens(base).ids(texts)

    def apart(vectors: np.ndarray) -> float:
        same = y[:, None] == y[None]
        cosines = vectors @ vectors.T
        return float(cosines[same].mean() - cosines[~same].mean())

    encoder = encoders.load_encoder(base)
    before = apart(finetune.vectors_of(encoder, ids))
    plan = finetune.Plan(aim, STEPS, 24, 1e-4)
    tuned = finetune.train(encoder, Data(ids, y), plan)
    assert apart(finetune.vectors_of(tuned.encoder, ids)) > before + 0.05
    assert (tuned.head is not None) == (aim == "classes")
    with pytest.raises(Stopped):
        finetune.train(encoder, Data(ids, y), plan, lambda: True)


def test_two_processes_agree_with_one(base: Path, tmp_path: Path) -> None:
    texts, y = rows(97)  # an epoch's last batch is one row, too few for two processes
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({"text": t, "label": int(c)}) for t, c in zip(texts, y, strict=True)]
    path.write_text("\n".join(lines))
    told = {
        "base": str(base),
        "rows": str(path),
        "aim": "classes",
        "steps": 20,
        "batch": 24,
        "rate": 5e-5,
        "seconds": 200.0,
    }
    (tmp_path / "plan.json").write_text(json.dumps(told))
    module = ["-m", "models.finetune", str(tmp_path / "plan.json")]
    port = str(random.randrange(20_000, 50_000))
    several = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port]
    for name, start in (("one", []), ("two", several)):
        command = [sys.executable, *start, *module, str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
        assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads((tmp_path / "two" / "told.json").read_text())["processes"] == 2
    from models import encoders, finetune

    ids = Tokens(base).ids(texts)
    right = []
    for name in ("one", "two"):
        encoder = encoders.load_encoder(base)
        encoders.restore(encoder, tmp_path / name)
        with np.load(tmp_path / name / "head.npz") as head:
            logits = finetune.vectors_of(encoder, ids) @ head["weights"] + head["biases"]
        right.append(logits.argmax(axis=1) == y)
    assert right[0].mean() > 0.9
    assert abs(right[0].mean() - right[1].mean()) <= 0.05
