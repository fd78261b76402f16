"""Sentence vectors: MiniLM for English, multilingual e5-small for Chinese and the rest. No torch.

For finding among a few thousand English texts there is mpnet, which finds better and takes longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.devices import Use
from models.errors import Stopped
from models.llm import ShouldStop, never
from models.onnx import session
from models.tokens import Tokens

Floats = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]
MULTILINGUAL = "multilingual-e5-small"
_ENGLISH = "all-minilm-l6-v2"
FINDER = "all-mpnet-base-v2"
BOTH = "en+"  # in the place of a language: MiniLM and mpnet side by side
FAST = "fast.onnx"  # the file that reads many texts fast, at a slight loss
TAUGHT = "finder.onnx"  # the file that was taught to find answers to customers' messages
_BATCH = 32


def name_for(language: str) -> str:
    """Return the model for a language: MiniLM for English, multilingual e5-small for anything else."""
    return _ENGLISH if language in ("en", BOTH) else MULTILINGUAL


def names_for(language: str) -> tuple[str, ...]:
    """Return the models whose vectors stand side by side for a language; more than one for `BOTH` only."""
    return (_ENGLISH, FINDER) if language == BOTH else (name_for(language),)


def model_of(name: str) -> str:
    """Return the catalog's name of the model behind an encoder's, which may say more after an @."""
    return name.partition("@")[0]


def prefix_of(name: str, kind: Kind = "query") -> str:
    """Return what a model wants to stand before each text."""
    return f"{kind}: " if name.startswith("multilingual-e5") else ""


class Embedder:
    """Turns texts into L2-normalised vectors; their dot product is the cosine."""

    def __init__(
        self, folder: Path, name: str, use: Use, threads: int, file: str = "model.onnx"
    ) -> None:
        self.name, self.use = name, use
        self._path = folder / file
        self._session = session(self._path, use, threads)
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokens = Tokens(folder)

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Kind = "query",
        should_stop: ShouldStop = never,
    ) -> Floats:
        """Return an array of shape (len(texts), dimension).

        Texts are batched by length, so that short ones do not pay for long ones.

        Raises:
            Stopped: `should_stop` said so, between batches.
        """
        ids = self._tokens.ids(texts, prefix=prefix_of(self.name, kind))
        return self._encoded(ids, should_stop)

    def encode_pairs(
        self, pairs: Sequence[tuple[str, str]], should_stop: ShouldStop = never
    ) -> Floats:
        """Return the vectors of pairs of texts that are read together, shape (len(pairs), dimension).

        Raises:
            Stopped: `should_stop` said so, between batches.
        """
        return self._encoded(self._tokens.pair_ids(pairs), should_stop)

    def _encoded(self, ids: list[list[int]], should_stop: ShouldStop) -> Floats:
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        vectors = np.zeros((len(ids), self.dimension), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            if should_stop():
                raise Stopped
            rows = order[start : start + _BATCH]
            vectors[rows] = self._run([ids[i] for i in rows])
        return vectors

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._session.get_outputs()[0].shape[-1])

    @property
    def bytes(self) -> int:
        """The size of the model's file."""
        return self._path.stat().st_size

    def _run(self, ids: list[list[int]]) -> Floats:
        """Mean-pool the last hidden states over the real tokens, and normalise."""
        width = max(map(len, ids))
        tokens = np.zeros((len(ids), width), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, sequence in enumerate(ids):
            tokens[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(tokens)
        hidden = self._session.run(None, feed)[0]
        weights = mask[..., None].astype(np.float32)
        pooled = (hidden * weights).sum(1) / weights.sum(1)
        result: Floats = pooled / np.linalg.norm(pooled, axis=1, keepdims=True).clip(1e-12)
        return result


class SideBySide:
    """Several encoders as one: their vectors stand side by side, and are of length one together."""

    def __init__(self, parts: Sequence[Embedder]) -> None:
        self.parts = list(parts)
        self.name = " + ".join(part.name for part in parts)

    def encode(
        self, texts: Sequence[str], *, kind: Kind = "query", should_stop: ShouldStop = never
    ) -> Floats:
        """Return an array of shape (len(texts), sum of the dimensions); see `Embedder.encode`."""
        made = [part.encode(texts, kind=kind, should_stop=should_stop) for part in self.parts]
        return np.concatenate(made, axis=1) / np.float32(np.sqrt(len(made)))

    @property
    def bytes(self) -> int:
        """The size of the models' files."""
        return sum(part.bytes for part in self.parts)
