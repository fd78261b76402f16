"""Words beside vectors: BM25 over character n-grams, which forgive typos and need no Chinese words.

BM25 as in Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", over n-grams of three and
four letters of each Latin word (its edges marked) and single and double Chinese characters. Scores are
divided by the most that a question could reach, so they lie between 0 and 1 whatever its length.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.arrays import read_arrays, write_arrays

_K, _B = 1.2, 0.5
_SIZES = (3, 4)
_RUN = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]+")
Floats = npt.NDArray[np.float32]


def grams(text: str) -> list[int]:
    """Return a text's n-grams as numbers."""
    found: list[str] = []
    for run in _RUN.findall(text.lower()):
        if run[0] >= "\u4e00":
            found += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        else:
            word = f"^{run}$"
            parts = [word[i : i + n] for n in _SIZES for i in range(len(word) - n + 1)]
            found += parts or [word]
    return [zlib.crc32(gram.encode()) for gram in found]


@dataclass(frozen=True, slots=True)
class Lexical:
    """An index of texts.

    Attributes:
        vocabulary: The n-grams that occur, sorted, shape (v,).
        starts: Where each one's postings begin, shape (v + 1,).
        texts: The postings: numbers of the texts it occurs in, shape (p,).
        weights: How much it adds to each, shape (p,).
        rarity: The inverse document frequency of each, shape (v,).
        count: How many texts there are, shape ().
    """

    vocabulary: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    texts: npt.NDArray[np.int32]
    weights: Floats
    rarity: Floats
    count: npt.NDArray[np.int64]

    @classmethod
    def build(cls, texts: Sequence[str]) -> Lexical:
        """Index texts."""
        counted = [Counter(grams(text)) for text in texts]
        sizes = np.array([len(one) for one in counted], np.int64)
        every = np.fromiter((gram for one in counted for gram in one), np.uint32)
        frequency = np.fromiter((n for one in counted for n in one.values()), np.float32)
        owner = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)
        order = np.argsort(every, kind="stable")
        vocabulary, first, held = np.unique(every[order], return_index=True, return_counts=True)
        rarity = np.log1p((len(texts) - held + 0.5) / (held + 0.5)).astype(np.float32)
        lengths = np.bincount(owner, frequency, len(texts))
        norm = _K * (1 - _B + _B * lengths / max(1.0, float(lengths.mean()) if len(texts) else 1.0))
        tf = frequency[order]
        weights = np.repeat(rarity, held) * tf * (_K + 1) / (tf + norm[owner[order]])
        starts = np.append(first, len(every)).astype(np.int64)
        return cls(
            vocabulary,
            starts,
            owner[order],
            weights.astype(np.float32),
            rarity,
            np.array(len(texts)),
        )

    def scores(self, question: str) -> Floats:
        """Return how well each text fits, 0 to 1, shape (count,)."""
        total = np.zeros(int(self.count), np.float32)
        most = 0.0
        unseen = float(np.log1p((int(self.count) + 0.5) / 0.5))
        for gram in set(grams(question)):
            at = int(np.searchsorted(self.vocabulary, gram))
            if at == len(self.vocabulary) or self.vocabulary[at] != gram:
                most += unseen * (_K + 1)
                continue
            most += float(self.rarity[at]) * (_K + 1)
            held = slice(self.starts[at], self.starts[at + 1])
            total[self.texts[held]] += self.weights[held]  # a text is there once
        return total / np.float32(most) if most else total

    def save(self, path: Path) -> None:
        """Write the index, whole or not at all.

        Raises:
            ResourceError: The disk is full.
        """
        write_arrays(path, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Lexical | None:
        """Read an index; None if there is none or it is damaged."""
        kept = read_arrays(path)
        names = [field.name for field in fields(cls)]
        if kept is None or not kept.keys() >= set(names):
            return None
        return cls(**{name: kept[name] for name in names})
