"""Make a trained model smaller and faster, with receipts: size, latency, memory and accuracy of each way.

The baseline is the model's own encoder in fp32 under ONNX Runtime. Beside it: int8 weights with activations
quantized as it runs (dynamic) or beforehand (static), the same with fused attention, and a shorter encoder
that learned to give the longer one's vectors (distillation), quantized, too. After each the head is fitted
again on that encoder's own vectors of the rows the model learned from; that wins back most of what
quantization costs. The smallest that loses at most half a point on the rows held back is kept.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from models.devices import Use
from models.embedder import BOTH, Embedder, SideBySide, name_for, names_for, prefix_of
from models.errors import BadInputError, UsageError
from models.texts import Catalogue
from models.tokens import Tokens
from skills.classify.evaluating import rows_kept
from skills.classify.heads import Settings, fit_vectors
from skills.classify.novelty import Novelty
from skills.classify.operations import CompressRequest
from skills.classify.textmodel import TextModel, weights_bytes
from skills.contract import Context
from skills.events import Answer, Assumption, Event, Evidence, Metric, Notice, Progress, Table
from skills.linear import Floats, Linear, scale_of
from skills.measures import interval
from skills.trained import beside, find, put_in_place, read_card, write_card

TEXTS = Catalogue(__package__)
_LOSS = 0.005
_TIMED = 200
_WARM = 10
_CALIBRATED = 200
_DISTILLED = 3000
_STEPS = 400
_DISTILLING_SECONDS = 150.0
_SHORTER = 4  # layers that a shorter encoder keeps
_MEGA = 1_000_000


@dataclass(slots=True)
class Variant:
    """One way to make the model smaller.

    Attributes:
        name: Which way.
        path: Its ONNX file.
        bytes: Of the encoder and the head.
        p50: Median seconds a text, on one thread, one text at a time.
        p95: So that 19 of 20 texts take less.
        memory: Bytes that the loaded encoder takes.
        right: Which of the rows held back it gets right.
        vectors: Its head.
        scale: What calibrates the head's logits.
        novelty: What tells texts that are unlike anything learned.
    """

    name: str
    path: Path
    bytes: int = 0
    p50: float = 0.0
    p95: float = 0.0
    memory: int = 0
    right: Floats | None = None
    vectors: Linear | None = None
    scale: float = 1.0
    novelty: Novelty | None = None

    @property
    def accuracy(self) -> float:
        """On the rows held back."""
        return float(self.right.mean()) if self.right is not None else 0.0


class Compress:
    """Compress a model."""

    def run(self, request: CompressRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        folder = find(context.home, request.name)
        model = TextModel.load(folder)
        if model.vectors is None:
            raise UsageError(TEXTS("no_encoder_to_compress", name=folder.name))
        with tempfile.TemporaryDirectory() as made:
            work = _Work(model, folder, Path(made), context)
            variants = yield from work.variants()
            yield _receipts(variants, context)
            best = chosen(variants)
            work.keep(variants, best)
        first = variants[0]
        if best is first:
            text = TEXTS("compressed_none", name=folder.name, loss=f"{_LOSS:.1%}")
        else:
            text = TEXTS(
                "compressed", name=folder.name, way=TEXTS(f"way_{best.name}"),
                size=f"{best.bytes / first.bytes:.2f}", latency=f"{best.p50 / first.p50:.2f}",
                lost=f"{100 * (first.accuracy - best.accuracy):+.2f}",
            )  # fmt: skip
        data = {"kept": best.name, "variants": [_as_dict(v, first) for v in variants]}
        yield Answer(context.say(text), evidence=_evidence(first, best, context), data=data)


def chosen(variants: Sequence[Variant]) -> Variant:
    """Return the smallest variant that loses at most half a point to the first; the quicker of equals."""
    good = [v for v in variants if variants[0].accuracy - v.accuracy <= _LOSS + 1e-9]
    return min(good, key=lambda v: (round(v.bytes / _MEGA), v.p50))


class _Work:
    """Makes the variants of one model and measures them side by side."""

    def __init__(
        self,
        model: TextModel,
        folder: Path,
        made: Path,
        context: Context,
    ) -> None:
        self.model, self.folder, self.made, self.context = model, folder, made, context
        learned, held = rows_kept(folder, "learned"), rows_kept(folder, "heldout")
        if not learned or not held:
            raise BadInputError(TEXTS("nothing_to_measure_on", name=folder.name))
        self.learned, self.held = learned, held
        self.own = folder / model.encoder if model.encoder else None
        self.base_name, self.base = self._base()
        self.y = np.array([model.labels.index(label) for _, label in learned], np.int64)
        self.gold = np.array([model.labels.index(label) for _, label in held], np.int64)

    def _base(self) -> tuple[str, Path]:
        """Return the name and folder of the encoder that the model's own came from, or uses."""
        from models.encoders import base_of

        told = base_of(self.own) if self.own else None
        if told:
            return told
        name = name_for(self.model.language)
        return name, self.context.runtimes.store.folder(name)

    def variants(self) -> Generator[Event, None, list[Variant]]:
        """Make and measure every variant; one that can't be made is named and left out."""
        from models import encoders

        found: list[Variant] = []
        if not self.own and self.model.language == BOTH:
            yield Progress(0, None, note=self.context.say(TEXTS("trying", way=TEXTS("way_both"))))
            found.append(self._as_it_is())
        full = self.made / "fp32.onnx"
        tokens = Tokens(self.base)
        yield Progress(0, None, note=self.context.say(TEXTS("exporting")))
        source = encoders.load_encoder(self.base)
        if self.own and (self.own / "encoder.safetensors").exists():
            encoders.restore(source, self.own)
        encoders.export(source, full)
        shape = encoders.shape_of(source)
        ways: dict[str, Any] = {
            "fp32": lambda target: shutil.copyfile(full, target),
            "dynamic": lambda target: encoders.quantize_dynamic(full, target),
            "static": lambda target: encoders.quantize_static(
                full, target, self._ids(tokens, _CALIBRATED)
            ),
            "fused": lambda target: encoders.quantize_fused(full, target, shape),
            "shorter": lambda target: self._shorter(source, tokens, target),
        }
        for number, (name, way) in enumerate(ways.items()):
            note = self.context.say(TEXTS("trying", way=TEXTS(f"way_{name}")))
            yield Progress(number, len(ways), note=note)
            self.context.check()
            target = self.made / f"{name}-made.onnx"
            try:
                way(target)
            except (RuntimeError, ValueError, AttributeError, ImportError) as error:
                reason = type(error).__name__
                said = TEXTS("way_failed", way=TEXTS(f"way_{name}"), reason=reason)
                yield Notice(self.context.say(said), "warning")
                continue
            found.append(self._measured(name, target))
        return found

    def _ids(self, tokens: Tokens, count: int) -> list[list[int]]:
        """Return the token ids of the first texts that the model learned from."""
        return tokens.ids(
            [text for text, _ in self.learned[:count]], prefix=prefix_of(self.base_name)
        )

    def _shorter(self, source: Any, tokens: Any, target: Path) -> None:
        """Teach an encoder with fewer layers to give the same vectors, and quantize it."""
        import copy

        from models import encoders, finetune
        from models.objectives import Data

        count = len(source.layers)
        if count <= _SHORTER:
            raise ValueError("no layers to spare")
        ids = self._ids(tokens, _DISTILLED)
        stop = self.context.should_stop
        vectors = finetune.vectors_of(source, ids, stop)
        small = copy.deepcopy(source)
        small.keep(np.linspace(0, count - 1, _SHORTER).round().astype(int).tolist())
        plan = finetune.Plan("copy", _STEPS, 32, 2e-4, seconds=_DISTILLING_SECONDS)
        finetune.train(small, Data(ids, None, vectors), plan, stop)
        full = self.made / "shorter-fp32.onnx"
        encoders.export(small, full)
        encoders.quantize_dynamic(full, target)

    def _measured(self, name: str, path: Path) -> Variant:
        """Measure an encoder that was made."""
        folder = self.made / name
        folder.mkdir()
        path.rename(folder / "model.onnx")
        for kept in ("tokenizer.json", "charmap.json"):
            if (self.base / kept).exists():
                shutil.copyfile(self.base / kept, folder / kept)
        process = psutil.Process()
        before = process.memory_info().rss
        use = Use("ONNX Runtime", "cpu", TEXTS("exporting"))
        embedder = Embedder(folder, self.base_name, use, 1)
        embedder.encode(["-"])
        made = Variant(name, folder / "model.onnx", embedder.bytes)
        made.memory = max(0, process.memory_info().rss - before)
        return self._judged(made, embedder)

    def _as_it_is(self) -> Variant:
        """Measure the two encoders of the store that a model uses side by side."""
        runtimes = self.context.runtimes
        embedder = runtimes.fast_embedder(BOTH)
        memory = sum(
            one.memory
            for name, one in runtimes.loaded.items()
            if name.split()[0] in names_for(BOTH)
        )
        return self._judged(Variant("both", self.folder, embedder.bytes, memory=memory), embedder)

    def _judged(self, made: Variant, embedder: Embedder | SideBySide) -> Variant:
        """Fit the head anew on an encoder's vectors, and measure it on the rows held back."""
        texts = [text for text, _ in self.held]
        made.p50, made.p95 = _latency(embedder, texts)
        stop = self.context.should_stop
        x = embedder.encode([text for text, _ in self.learned], should_stop=stop)
        made.vectors = fit_vectors(x, self.y, Settings())
        made.scale = self._scale(x)
        made.bytes += made.vectors.weights.nbytes + made.vectors.biases.nbytes
        asked = embedder.encode(texts, should_stop=stop)
        made.novelty = Novelty.fit(x, self.y, made.vectors(x))
        made.novelty.set_threshold(asked, made.vectors(asked))
        shares = self._as_model(made).shares(texts, lambda texts, should_stop: asked, stop)
        made.right = (shares.argmax(axis=1) == self.gold).astype(float)
        return made

    def _scale(self, x: npt.NDArray[np.float32]) -> float:
        """Return what calibrates the head's logits, found on folds."""
        from skills.linear import folds

        held = np.zeros((len(x), len(self.model.labels)))
        for train, test in folds(self.y)[:2]:
            here = np.unique(self.y[train])
            head = fit_vectors(x[train], np.searchsorted(here, self.y[train]), Settings())
            held[np.ix_(test, here)] = head(x[test])
        rows = np.flatnonzero(held.any(axis=1))
        return scale_of(held[rows], self.y[rows])

    def _as_model(self, variant: Variant) -> TextModel:
        """Return the model with a variant's head."""
        kind = "vectors" if self.model.kind == "centroids" else self.model.kind
        scales = {**self.model.scales, "vectors": variant.scale}
        return replace(self.model, kind=kind, vectors=variant.vectors, scales=scales, novelty=None)

    def keep(self, variants: Sequence[Variant], best: Variant) -> None:
        """Put the chosen variant in the model's place, with the receipts on its card."""
        from models.encoders import keep_encoder

        made = beside(self.folder)
        shutil.copytree(self.folder, made)
        card = read_card(self.folder)
        card["compression"] = {
            "kept": best.name,
            "variants": [_as_dict(v, variants[0]) for v in variants],
        }
        if best is not variants[0]:
            model = self._as_model(best)
            model.encoder, model.novelty = "encoder", best.novelty
            keep_encoder(best.path, self.base, self.base_name, made / "encoder")
            model.save(made)
        card["bytes"] = weights_bytes(made)
        write_card(made, card)
        put_in_place(made, self.folder)


def _latency(embedder: Embedder | SideBySide, texts: Sequence[str]) -> tuple[float, float]:
    """Return median and 95th percentile of processor seconds a text, one at a time."""
    asked = [texts[i % len(texts)] for i in range(_TIMED + _WARM)]
    taken = []
    for text in asked:
        started = time.process_time()
        embedder.encode([text])
        taken.append(time.process_time() - started)
    p50, p95 = np.quantile(taken[_WARM:], (0.5, 0.95))
    return float(p50), float(p95)


def _receipts(variants: Sequence[Variant], context: Context) -> Table:
    keys = ("way", "size", "latency", "memory", "accuracy", "lost_points")
    columns = tuple(context.say(TEXTS(key)) for key in keys)
    first, rows = variants[0], []
    for v in variants:
        assert v.right is not None
        assert first.right is not None
        low, high = interval(v.right)
        lost = interval(first.right - v.right)
        rows.append((
            context.say(TEXTS(f"way_{v.name}")),
            f"{v.bytes / _MEGA:.1f} MB ({v.bytes / first.bytes:.2f})",
            f"{1000 * v.p50:.1f} / {1000 * v.p95:.1f} ms ({v.p50 / first.p50:.2f})",
            f"{v.memory / _MEGA:.0f} MB",
            f"{v.accuracy:.3f} [{low:.3f}, {high:.3f}]",
            f"{100 * (first.accuracy - v.accuracy):+.2f} [{100 * lost[0]:+.2f}, {100 * lost[1]:+.2f}]",
        ))  # fmt: skip
    return Table(context.say(TEXTS("receipts_title")), columns, tuple(rows))


def _as_dict(v: Variant, first: Variant) -> dict[str, Any]:
    assert v.right is not None
    return {
        "way": v.name, "bytes": v.bytes, "p50_ms": 1000 * v.p50, "p95_ms": 1000 * v.p95,
        "memory": v.memory, "accuracy": [v.accuracy, *interval(v.right)],
        "size_ratio": v.bytes / first.bytes, "latency_ratio": v.p50 / first.p50,
        "lost": first.accuracy - v.accuracy, "n": len(v.right),
    }  # fmt: skip


def _evidence(first: Variant, best: Variant, context: Context) -> tuple[Evidence, ...]:
    assert best.right is not None
    low, high = interval(best.right)
    name, beside = context.say(TEXTS("accuracy")), context.say(TEXTS("way_fp32"))
    rule = TEXTS("compression_rule", loss=f"{_LOSS:.1%}")
    return (
        Metric(name, best.accuracy, len(best.right), first.accuracy, beside, low=low, high=high),
        Assumption(context.say(rule)),
    )
