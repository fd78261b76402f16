"""Smaller models with receipts, and encoders that are trained only where that wins."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from models.embedder import BOTH
from models.errors import BadInputError
from models.runtimes import Runtimes
from models.steps import result_of
from skills.classify import compress, heads
from skills.classify.compress import Compress, Variant, chosen
from skills.classify.face import ClassifyRequest
from skills.classify.operations import CompressRequest, TrainRequest
from skills.classify.run import Classify
from skills.classify.training import Train
from skills.contract import Context
from skills.events import Answer, Metric, Table
from skills.ledger import Ledger
from tests.skills.test_training import examples, final, write


def variant(name: str, size: int, p50: float, right: float) -> Variant:
    hits = (np.arange(1000) < right * 1000).astype(float)
    return Variant(name, Path(), size * 1_000_000, p50, p50, 0, hits)


def test_the_smallest_that_loses_little_is_kept() -> None:
    full = variant("fp32", 90, 5.0, 0.9)
    assert chosen([full, variant("a", 23, 3.0, 0.896), variant("b", 16, 2.0, 0.89)]).name == "a"
    assert chosen([full, variant("a", 23, 3.0, 0.895), variant("b", 23, 2.0, 0.896)]).name == "b"
    assert chosen([full, variant("a", 23, 3.0, 0.7)]).name == "fp32"


@pytest.mark.small
def test_a_model_is_compressed_with_receipts(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "simplest", lambda logits, y: "vectors")
    monkeypatch.setattr(compress, "_STEPS", 8)
    context = Context(small, home)
    tickets = write(tmp_path / "tickets.csv", examples(240))
    final(Train().run(TrainRequest(file=tickets, name="m"), context))
    events = list(Compress().run(CompressRequest(name="m"), context))
    answer = events[-1]
    assert isinstance(answer, Answer)
    ways = {v["way"]: v for v in answer.data["variants"]}
    assert {"fp32", "dynamic", "fused", "shorter"} <= set(ways)
    assert ways["dynamic"]["size_ratio"] < 0.3
    assert ways["shorter"]["bytes"] < ways["dynamic"]["bytes"]
    assert any(isinstance(event, Table) and len(event.rows) >= 4 for event in events)
    card = json.loads((home / "trained" / "m" / "card.json").read_text())
    assert card["compression"]["kept"] == answer.data["kept"] != "fp32"
    assert (home / "trained" / "m" / "encoder" / "model.onnx").exists()
    one = final(Classify().run(ClassifyRequest(text="refund please", model="m"), context))
    assert one.data["label"] == "returns"
    final(Compress().run(CompressRequest(name="m"), context))  # once more: from the base again


@pytest.mark.small
def test_few_rows_can_not_be_measured_on(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "simplest", lambda logits, y: "vectors")
    context = Context(small, home)
    few = write(tmp_path / "few.csv", examples(30))
    final(Train().run(TrainRequest(file=few, name="few"), context))
    with pytest.raises(BadInputError, match="held no rows back"):
        list(Compress().run(CompressRequest(name="few"), context))


@pytest.mark.small
def test_an_encoder_is_trained_where_there_is_time(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skills.classify import finetuned

    monkeypatch.setattr(finetuned, "_LEAST_SECONDS", 1.0)
    context = Context(small, home)
    tickets = write(tmp_path / "tickets.csv", examples(130))
    request = TrainRequest(file=tickets, name="m", minutes=0.3)
    answer = final(Train().run(request, context))
    tried = [m for m in answer.evidence if isinstance(m, Metric) and "frozen" in m.baseline_name]
    assert len(tried) == 1
    assert ("kept" in tried[0].note) and (answer.data["kind"] == "tuned") == (
        "not" not in tried[0].note
    )
    assert not (home / "trained" / ".m.encoder").exists()
    one = final(Classify().run(ClassifyRequest(text="refund please", model="m"), context))
    assert one.data["label"] == "returns"


@pytest.mark.small
def test_settings_of_training_are_looked_for_and_kept(
    small: Runtimes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skills.classify import finetuned

    monkeypatch.setattr(finetuned, "_MOST_TRIALS", 3)
    monkeypatch.setattr(finetuned, "_EPOCHS", 1)
    ledger = Ledger(home / "ledger.jsonl")
    context = Context(small, home, ledger=ledger)
    rows = examples(150)
    labels = sorted({label for _, label in rows})
    y = np.array([labels.index(label) for _, label in rows])
    texts = [text for text, _ in rows]
    features = heads.features_of(texts, y, context)
    task = finetuned.Task(texts, y, labels, features, heads.compete(features, y, context))
    name = "all-minilm-l6-v2"
    tuner = finetuned._Tuner(task, finetuned.Base(small.store.folder(name), name), context)
    train, _ = heads.folds(y)[0]
    best = result_of(tuner.effort(train, time.monotonic() + 300))
    usual = finetuned.Effort()
    tuner._context = Context(small, home, ledger=Ledger(home / "ledger.jsonl"))
    ledger = tuner._context.ledger
    assert ledger.get("fine-tune", name, len(train), usual.key) is not None
    found = ledger.get("fine-tune", name, len(train), best.key)
    assert found >= ledger.get("fine-tune", name, len(train), usual.key)
    monkeypatch.setattr(tuner, "train", None)  # a resumed job trains nothing again
    assert result_of(tuner.effort(train, time.monotonic() + 300)) == best
    assert result_of(tuner.effort(train[:60], time.monotonic())) == usual  # no time at all


@pytest.mark.standard
def test_two_encoders_side_by_side_are_compressed_to_one(
    standard: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "simplest", lambda logits, y: "vectors")
    monkeypatch.setattr(heads, "better_vectors", lambda *_: BOTH)
    monkeypatch.setattr(compress, "_STEPS", 2)
    context = Context(standard, home)
    tickets = write(tmp_path / "tickets.csv", examples(120))
    final(Train().run(TrainRequest(file=tickets, name="m"), context))
    card = json.loads((home / "trained" / "m" / "card.json").read_text())
    assert card["base_model"] == "all-minilm-l6-v2 + all-mpnet-base-v2"
    one = ClassifyRequest(text="refund please", model="m")
    assert final(Classify().run(one, context)).data["label"] == "returns"
    answer = final(Compress().run(CompressRequest(name="m"), context))
    ways = [v["way"] for v in answer.data["variants"]]
    assert ways[:2] == ["both", "fp32"]
    sizes = {v["way"]: v["size_ratio"] for v in answer.data["variants"]}
    assert sizes["dynamic"] < sizes["fp32"] < 1
    assert final(Classify().run(one, context)).data["label"] == "returns"
