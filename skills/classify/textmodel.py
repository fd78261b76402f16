"""A trained text classifier: a folder of arrays and a card, used by name.

trained/NAME/card.json      task, labels, data, split, held-out figures, sizes (see `training`)
trained/NAME/heads.npz      weights of each part
trained/NAME/words.json     vocabulary of the TF-IDF part, if it has one
trained/NAME/encoder/       an encoder of its own, if it was fine-tuned: model.onnx, tokenizer.json
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from models.arrays import write_arrays
from models.errors import CorruptModelError
from models.files import atomic_write
from models.home import private_dir
from models.llm import ShouldStop, never
from models.runtimes import Runtimes
from models.texts import Catalogue
from skills.classify.heads import Competition, Features, fit_vectors, fit_words
from skills.classify.novelty import Novelty
from skills.classify.second import Second
from skills.classify.words import Words
from skills.linear import Classes, Floats, Linear, fit_centroids, log_softmax

TEXTS = Catalogue(__package__)
Encode = Callable[..., npt.NDArray[np.float32]]


@dataclass(slots=True)
class TextModel:
    """A classifier.

    Attributes:
        labels: In the order of the probabilities.
        kind: Which candidate it is.
        language: Of the sentence vectors: `en`, `zh` or `BOTH`.
        vectors: Head over sentence vectors, if it uses them.
        words: Head over TF-IDF, and its vocabulary, if it uses that.
        scales: Calibration: factors of both parts and of their blend.
        mix: Share of the vectors in a blend.
        least: Confidence below which a person should decide.
        encoder: The folder of an encoder of its own; empty for the store's.
        novelty: Tells texts that are unlike anything learned, where it can.
        second: How the language model's opinion of unsure texts is joined to its own, where that helps.
    """

    labels: list[str]
    kind: str
    language: str
    vectors: Linear | None
    words: Linear | None
    vocabulary: Words | None
    scales: dict[str, float]
    mix: float
    least: float = 0.0
    encoder: str = ""
    novelty: Novelty | None = None
    second: Second | None = None

    def shares(
        self, texts: Sequence[str], encode: Encode, should_stop: ShouldStop = never
    ) -> Floats:
        """Return calibrated probabilities, shape (texts, labels).

        Raises:
            Stopped: `should_stop` said so.
        """
        return self.judged(texts, encode, should_stop)[0]

    def judged(
        self, texts: Sequence[str], encode: Encode, should_stop: ShouldStop = never
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return calibrated probabilities, and which texts are unlike anything learned, shape (texts,).

        Raises:
            Stopped: `should_stop` said so.
        """
        parts: dict[str, Floats] = {}
        new = np.zeros(len(texts), bool)
        if self.vectors is not None:
            name = "centroids" if self.kind == "centroids" else "vectors"
            x = encode(list(texts), should_stop=should_stop)
            scores = self.vectors(x)
            if self.novelty is not None:
                new = self.novelty.scores(x, scores) < self.novelty.least
            parts[name] = log_softmax(scores * self.scales[name])
        if self.words is not None and self.vocabulary is not None:
            scores = self.words(self.vocabulary.transform(texts))
            parts["words"] = log_softmax(scores * self.scales["words"])
        if len(parts) == 2:
            mixed = self.mix * parts["vectors"] + (1 - self.mix) * parts["words"]
            return np.exp(log_softmax(mixed * self.scales["blend"])), new
        return np.exp(next(iter(parts.values()))), new

    def save(self, folder: Path) -> None:
        """Write the arrays and the vocabulary, each whole or not at all.

        Raises:
            ResourceError: The disk is full.
        """
        private_dir(folder)
        arrays: dict[str, Any] = {}
        for name, head in (("vectors", self.vectors), ("words", self.words)):
            if head is not None:
                arrays |= {f"{name}_weights": head.weights, f"{name}_biases": head.biases}
        told = {
            "labels": self.labels, "kind": self.kind, "language": self.language,
            "scales": self.scales, "mix": self.mix, "least": self.least, "encoder": self.encoder,
            "second": msgspec.to_builtins(self.second),
        }  # fmt: skip
        if self.vocabulary is not None:
            arrays |= {f"rarity_{i}": rarity for i, rarity in enumerate(self.vocabulary.rarity)}
            terms = json.dumps(list(self.vocabulary.terms), ensure_ascii=False)
            atomic_write(folder / "words.json", terms, mode=0o600)
        if self.novelty is not None:
            arrays |= self.novelty.arrays()
        arrays["told"] = np.array(json.dumps(told))
        write_arrays(folder / "heads.npz", arrays)

    @classmethod
    def load(cls, folder: Path) -> TextModel:
        """Read a model.

        Raises:
            CorruptModelError: A file is damaged or missing.
        """
        try:
            with np.load(folder / "heads.npz", allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            told = json.loads(str(arrays["told"]))
            told["second"] = msgspec.convert(told.get("second"), Second | None)
            vocabulary = None
            if "words_weights" in arrays:
                terms = json.loads((folder / "words.json").read_text(encoding="utf-8"))
                rarity = tuple(arrays[f"rarity_{i}"] for i in range(len(terms)))
                vocabulary = Words(tuple(terms), rarity)
            return cls(
                vectors=_head(arrays, "vectors"), words=_head(arrays, "words"),
                vocabulary=vocabulary, novelty=Novelty.of(arrays), **told,
            )  # fmt: skip
        except Exception as error:  # whatever a damaged archive makes numpy raise
            raise CorruptModelError(
                TEXTS("model_damaged", path=folder, reason=type(error).__name__)
            ) from error


def _head(arrays: dict[str, Any], name: str) -> Linear | None:
    if f"{name}_weights" not in arrays:
        return None
    return Linear(arrays[f"{name}_weights"], arrays[f"{name}_biases"])


def fitted(
    competition: Competition, features: Features, y: Classes, labels: Sequence[str]
) -> TextModel:
    """Fit the winner of a competition on all rows."""
    chosen, kind = competition.settings, competition.winner
    vectors = words = None
    if kind == "centroids":
        vectors = fit_centroids(features.vectors, y, len(labels))
    if kind in {"vectors", "blend"}:
        names = features.names if competition.named else None
        vectors = fit_vectors(features.vectors, y, chosen, names)
    if kind in {"words", "blend"}:
        words = fit_words(features.words, y, chosen)
    return TextModel(
        list(labels), kind, features.language, vectors, words, features.vocabulary if words else None,
        {str(name): scale for name, scale in competition.scales.items()}, competition.mix,
    )  # fmt: skip


def encoder_of(model: TextModel, folder: Path | None, runtimes: Runtimes) -> Encode:
    """Return what turns texts into vectors for a model: its own encoder, or the store's."""
    if model.encoder and folder is not None:
        return runtimes.own_embedder(folder / model.encoder).encode
    return runtimes.fast_embedder(model.language).encode


def weights_bytes(folder: Path) -> int:
    """Return the bytes of a model's weights: heads, vocabulary, an encoder of its own."""
    kept = {".npz", ".onnx"}
    weights = (p for p in folder.rglob("*") if p.suffix in kept or p.name == "words.json")
    return sum(path.stat().st_size for path in weights)
