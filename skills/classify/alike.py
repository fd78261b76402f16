"""Near-duplicates: texts whose hashed character n-grams have a cosine of at least 0.9.

All pairs are compared by short sketches first (a count sketch of the n-grams, Charikar et al. 2002), in which
cosines of 0.9 are off by about 0.01; those that come near are compared by all their n-grams. On 15,000
reviews and questions that took a twelfth of the time (`benchmarks/alike.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skills.linear import joined

Ints = npt.NDArray[np.int64]
Pairs = tuple[Ints, Ints]
ALIKE = 0.9
_FEATURES = 1 << 20
_SKETCH = 256
_PERHAPS = 0.8  # by the sketch
_ROWS = 500
_COUNTS_AT_ONCE = 4_000_000


def near_duplicates(texts: Sequence[str], check: Callable[[], None]) -> Ints:
    """Return a number a text, the same for texts that hardly differ, shape (n,).

    `check` is called often, and may raise to stop the work.
    """
    clusters = np.arange(len(texts), dtype=np.int64)
    if len(texts) < 2:
        return clusters
    grams = ngrams(texts)
    sketches = _sketched(grams)
    at_once = int(max(1, _COUNTS_AT_ONCE // max(1.0, grams.nnz / len(texts))))
    for start in range(0, len(texts), _ROWS):
        check()
        for pairs in _parts(_perhaps(sketches, clusters, start), at_once):
            apart = clusters[pairs[0]] != clusters[pairs[1]]
            one, other = pairs[0][apart], pairs[1][apart]
            alike = cosines(grams, one, other) >= ALIKE
            if alike.any():
                clusters = joined(clusters, one[alike], other[alike])
    return clusters


def ngrams(texts: Sequence[str]) -> Any:
    """Return the counts of hashed character n-grams, sparse rows of length 1, shape (n, features)."""
    from sklearn.feature_extraction.text import HashingVectorizer

    made = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=_FEATURES, alternate_sign=False,
        dtype=np.float32,
    )  # fmt: skip
    return made.transform([text.casefold() for text in texts]).tocsr()


def cosines(grams: Any, one: Ints, other: Ints) -> npt.NDArray[np.float64]:
    """Return the cosines of pairs of rows, shape (pairs,)."""
    return np.asarray(grams[one].multiply(grams[other]).sum(axis=1), np.float64).ravel()


def _sketched(grams: Any) -> npt.NDArray[np.float32]:
    """Return short dense rows of length 1 whose cosines are nearly the same, shape (n, `_SKETCH`)."""
    from scipy.sparse import csr_matrix

    signs = np.random.default_rng(0).choice(np.array([-1, 1], np.float32), _FEATURES)
    folded = (grams.data * signs[grams.indices], grams.indices % _SKETCH, grams.indptr)
    dense = csr_matrix(folded, shape=(grams.shape[0], _SKETCH)).toarray()
    rows: npt.NDArray[np.float32] = dense / np.linalg.norm(dense, axis=1, keepdims=True).clip(1e-9)
    return rows


def _perhaps(sketches: npt.NDArray[np.float32], clusters: Ints, start: int) -> Pairs:
    """Return the pairs of some rows with later ones that may be alike and are not known to be."""
    here = slice(start, start + _ROWS)
    near = sketches[here] @ sketches[start:].T >= _PERHAPS
    near &= clusters[here, None] != clusters[None, start:]
    one, other = np.nonzero(near)
    later = one < other
    return one[later] + start, other[later] + start


def _parts(pairs: Pairs, size: int) -> Iterator[Pairs]:
    one, other = pairs
    for start in range(0, len(one), size):
        yield one[start : start + size], other[start : start + size]
