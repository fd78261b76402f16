"""Teach a small cross-encoder what the language model found when it read question and entry together.

It learns from written questions, each with the entries nearest to it and what reading added to each, and is
kept only if the right entry comes first more often with it, on questions that it has not seen.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.embedder import FINDER, model_of, name_for
from skills.contract import Context
from skills.faq.entries import Entry
from skills.faq.index import Base
from skills.faq.reading import Head, SmallReader, put_reader
from skills.faq.second import most_read, read_at_once

_EPOCHS = 4
_BATCH = 40
_RATE = 1e-4
_SECONDS = 300.0
Floats = npt.NDArray[np.float64]
Steps = Generator[tuple[int, int], None, None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question, the entries nearest to it, and what reading added to the score of each, in spreads."""

    question: str
    entries: Sequence[Entry]
    gains: Sequence[float]


class Distiller:
    """Makes small readers of one base."""

    def __init__(self, base: Base, context: Context) -> None:
        from models.encoders import load_encoder
        from models.tokens import Tokens

        self._base, self._context = base, context
        self._name = model_of(base.embedder.name)
        if self._name == FINDER:  # reads one question in milliseconds, but not eight pairs
            self._name = name_for("en")
        self._source = context.runtimes.store.folder(self._name)
        self._encoder = load_encoder(self._source)
        self._tokens = Tokens(self._source)

    def made(self, lessons: Sequence[Lesson], folder: Path) -> Steps:
        """Write a reader that learned these lessons to a base's folder; one that is there is replaced.

        Yields how many of how many steps are done.
        """
        from models import encoders, finetune
        from models.objectives import Data

        pairs = [(one.question, entry.text) for one in lessons for entry in one.entries]
        lists = np.repeat(np.arange(len(lessons)), [len(one.entries) for one in lessons])
        gains = np.array([gain for one in lessons for gain in one.gains], np.float32)
        middle, scale = float(gains.mean()), float(gains.std()) or 1.0
        data = Data(self._tokens.pair_ids(pairs), lists, scores=(gains - middle) / scale)
        steps = _EPOCHS * -(-len(pairs) // _BATCH)
        plan = finetune.Plan("rank", steps, _BATCH, _RATE, seconds=_SECONDS)
        encoder = copy.deepcopy(self._encoder)
        tuned = yield from finetune.steps(encoder, data, plan, self._context.should_stop)
        assert tuned.head is not None
        weights, biases = tuned.head
        head = Head(
            (scale * weights[:, 0]).tolist(), scale * float(biases[0]) + middle,
            [entry.key for entry in self._base.entries()],
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as scratch:
            full, small = Path(scratch) / "full.onnx", Path(scratch) / "small.onnx"
            encoders.export(tuned.encoder, full)
            encoders.quantize_dynamic(full, small)
            made = Path(scratch) / "reader"
            encoders.keep_encoder(small, self._source, self._name, made)
            put_reader(made, head, folder)

    def right_first(self, folder: Path, asked: Iterable[tuple[str, str]]) -> tuple[Floats, Floats]:
        """Return whether the right entry comes first, without and with the reader in a folder.

        `asked` are questions with the keys of their entries. They may be among the written ones that are
        indexed by now, so those are not searched.
        """
        reader = SmallReader.of(folder, self._base.entries(), self._context)
        assert reader is not None
        without, with_ = [], []
        for question, right in asked:
            near = self._base.search_unwritten(question)[: most_read(self._base, reader)]
            read, _ = read_at_once(question, near, self._base, reader, "en")
            without.append(float(near[0].entry.key == right))
            with_.append(float(read[0].entry.key == right))
        return np.array(without), np.array(with_)
