"""TF-IDF over characters and words, kept as plain arrays: nothing is ever unpickled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
_MOST = 150_000  # features of each kind, the most frequent
_KINDS: tuple[dict[str, Any], ...] = (
    {"analyzer": "char_wb", "ngram_range": (1, 4)},
    {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
)


@dataclass(frozen=True, slots=True)
class Words:
    """Fitted vocabularies: `terms` and `rarity` (inverse document frequency) of each kind."""

    terms: tuple[list[str], ...]
    rarity: tuple[Floats, ...]

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Words:
        """Learn the vocabularies of texts."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        terms, rarity = [], []
        for kind in _KINDS:
            least = 2 if len(texts) > 2000 else 1
            made = TfidfVectorizer(sublinear_tf=True, max_features=_MOST, min_df=least, **kind)
            made.fit(texts)
            terms.append([str(term) for term in made.get_feature_names_out()])
            rarity.append(np.asarray(made.idf_, np.float32))
        return cls(tuple(terms), tuple(rarity))

    @property
    def size(self) -> int:
        """How many features there are."""
        return sum(map(len, self.terms))

    def transform(self, texts: Sequence[str]) -> Any:
        """Return a sparse matrix of shape (texts, size), each kind's rows of length one."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        parts = []
        for kind, terms, rarity in zip(_KINDS, self.terms, self.rarity, strict=True):
            made = TfidfVectorizer(
                sublinear_tf=True, vocabulary={t: i for i, t in enumerate(terms)}, **kind
            )
            made.idf_ = rarity.astype(np.float64)
            parts.append(made.transform(texts))
        return hstack(parts).tocsr().astype(np.float32)
