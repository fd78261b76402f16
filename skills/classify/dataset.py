"""From a labelled table to clean rows: what is empty, repeated, contradictory, misspelt or misplaced.

Nothing is changed in silence: each finding is counted and named, and labels are merged only when told to.
Near-duplicates are found by the cosine of hashed character n-grams; they stay on one side of every split.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from models.texts import Catalogue, language_of
from skills.contract import Context
from skills.events import Evidence, Skipped
from skills.readers.personal import mask
from skills.readers.tables import TableData

TEXTS = Catalogue(__package__)
Ints = npt.NDArray[np.int64]
_ALIKE = 0.9
_MOST_COMPARED = 30_000
_CHUNK = 2000
_TYPO = 85.0
_RARE = 0.02
_TEST_SHARE = 0.2
_LEAST_FOR_TEST = 100
_SHOWN = 20


@dataclass(slots=True)
class Rows:
    """Labelled rows, clean.

    Attributes:
        texts: What is read.
        labels: What is learned.
        numbers: The row of each in the file.
        clusters: The same number for near-duplicates, shape (n,).
        order: What rows are sorted by in time, if anything; empty texts else.
        findings: What was found, by kind: counts.
        evidence: The same, row by row; the first few of each kind.
        suggestions: Labels that look like a misspelt other one: wrong → right.
    """

    texts: list[str]
    labels: list[str]
    numbers: list[int]
    clusters: Ints
    order: list[str] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    suggestions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are read: texts, labels; rows of a `group` stay together, `time` orders them."""

    text: str
    label: str
    group: str = ""
    time: str = ""


def clean(
    table: TableData, columns: Columns, context: Context, *, merge: bool, masked: bool
) -> Rows:
    """Return the rows that can be learned from, and what was found on the way."""
    texts = [" ".join(cell.split()) for cell in table.column(columns.text)]
    labels = [" ".join(cell.split()) for cell in table.column(columns.label)]
    found = _Findings(str(table.path), context)
    suggestions = similar_labels(Counter(label for label in labels if label))
    if merge:
        labels = [suggestions.get(label, label) for label in labels]
        found.count(
            "merged_labels", sum(1 for label in table.column(columns.label) if label in suggestions)
        )
    kept: list[int] = []
    seen: dict[str, int] = {}
    said: dict[str, set[str]] = defaultdict(set)
    for text, label in zip(texts, labels, strict=True):
        if text and label:
            said[plain(text)].add(label)
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        number, key = table.numbers[row], plain(text)
        if not text:
            found.note("empty_text", number)
        elif not label:
            found.count("no_label", 1)
        elif len(said[key]) > 1:
            found.note("contradiction", number)
        elif key in seen:
            found.count("repeated", 1)
        else:
            seen[key] = row
            kept.append(row)
    if masked:
        hidden = {row: mask(texts[row]) for row in kept}
        found.count("masked", sum(hidden[row] != texts[row] for row in kept))
        texts = [hidden.get(row, text) for row, text in enumerate(texts)]
    chosen = [texts[row] for row in kept]
    clusters = near_duplicates(chosen, context)
    found.count("near_duplicates", len(chosen) - len(np.unique(clusters)))
    if columns.group:
        clusters = _joined(clusters, [table.column(columns.group)[row] for row in kept])
    order = [table.column(columns.time)[row] for row in kept] if columns.time else []
    return Rows(
        chosen, [labels[row] for row in kept], [table.numbers[row] for row in kept], clusters,
        order, found.counts, found.evidence, suggestions,
    )  # fmt: skip


class _Findings:
    """Counts what was found, and names the first rows of each kind."""

    def __init__(self, file: str, context: Context) -> None:
        self._file, self._context = file, context
        self.counts: dict[str, int] = {}
        self.evidence: list[Evidence] = []

    def count(self, kind: str, n: int) -> None:
        """Count without naming rows."""
        if n:
            self.counts[kind] = self.counts.get(kind, 0) + n

    def note(self, kind: str, number: int) -> None:
        """Count and name a row."""
        self.count(kind, 1)
        if self.counts[kind] <= _SHOWN:
            why = self._context.say(TEXTS(f"found_{kind}"))
            self.evidence.append(Skipped(self._file, why, number))


def plain(text: str) -> str:
    """Return a text without case, marks and spaces: what is equal then says the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded) or folded


def similar_labels(counts: Counter[str]) -> dict[str, str]:
    """Return labels that are probably another one misspelt: rare, and nearly the same letters."""
    total = sum(counts.values())
    ordered = [label for label, _ in counts.most_common()]
    found: dict[str, str] = {}
    for place, label in enumerate(ordered):
        for other in ordered[:place]:
            same = plain(label) == plain(other)
            rare = counts[label] <= max(2, _RARE * total) and counts[other] >= 3 * counts[label]
            close = fuzz.ratio(label.casefold(), other.casefold()) >= _TYPO and len(label) > 3
            digits = re.sub(r"\D", "", label) == re.sub(r"\D", "", other)
            if other not in found and (same or (rare and close and digits)):
                found[label] = other
                break
    return found


def near_duplicates(texts: Sequence[str], context: Context) -> Ints:
    """Return a number a text, the same for texts that hardly differ, shape (n,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import HashingVectorizer

    count = len(texts)
    if count < 2 or count > _MOST_COMPARED:  # beyond that only equal texts are found
        return np.arange(count, dtype=np.int64)
    made = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=1 << 20, alternate_sign=False
    )
    vectors = made.transform([text.casefold() for text in texts]).tocsr()
    rows, columns = [], []
    for start in range(0, count, _CHUNK):
        context.check()
        near = (vectors[start : start + _CHUNK] @ vectors.T).tocoo()
        close = near.data >= _ALIKE
        rows.append(near.row[close] + start)
        columns.append(near.col[close])
    pairs = (np.concatenate(rows), np.concatenate(columns))
    graph = coo_matrix((np.ones(len(pairs[0])), pairs), shape=(count, count))
    clusters: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return clusters


def _joined(clusters: Ints, groups: Sequence[str]) -> Ints:
    """Return clusters in which rows of the same group are together, too."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _, numbers = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)
    offset = int(clusters.max(initial=0)) + 1
    nodes = offset + int(numbers.max(initial=0)) + 1
    graph = coo_matrix((np.ones(len(clusters)), (clusters, numbers + offset)), shape=(nodes, nodes))
    joined: Ints = connected_components(graph, directed=False)[1][clusters].astype(np.int64)
    return joined


def split(rows: Rows, y: Ints, *, seed: int = 0) -> tuple[Ints, Ints]:
    """Return the rows to learn from and those held back, a fifth; none is held back of few rows.

    Ordered by time where there is one: the latest are held back. Else stratified; near-duplicates and
    groups stay on one side.
    """
    every = np.arange(len(y), dtype=np.int64)
    if len(y) < _LEAST_FOR_TEST:
        return every, every[:0]
    if rows.order:
        ordered = every[np.argsort(np.array(_sortable(rows.order)), kind="stable")]
        cut = int(len(y) * (1 - _TEST_SHARE))
        train, test = ordered[:cut], ordered[cut:]
        outside = ~np.isin(rows.clusters[test], rows.clusters[train])
        return np.sort(train), np.sort(test[outside])
    draw = np.random.default_rng(seed)
    taken: list[int] = []
    by_cluster: dict[int, list[int]] = defaultdict(list)
    for row in draw.permutation(every).tolist():
        by_cluster[int(rows.clusters[row])].append(row)
    wanted = {int(c): round(n * _TEST_SHARE) for c, n in enumerate(np.bincount(y))}
    most = sum(wanted.values())  # members of other labels must not make it more
    for members in by_cluster.values():
        label = int(y[members[0]])
        if wanted[label] >= len(members) and len(taken) + len(members) <= most:
            taken += members
            for row in members:
                wanted[int(y[row])] -= 1
    test = np.array(sorted(taken), np.int64)
    return np.setdiff1d(every, test), test


def _sortable(cells: Sequence[str]) -> list[float]:
    """Return times as numbers: dates if they are dates, else the order of the file."""
    from skills.readers.dates import parse_dates

    dates = parse_dates(list(cells))
    if dates is None:
        return [float(i) for i in range(len(cells))]
    return [float(d.toordinal()) if d is not None else 0.0 for d in dates.values]


def languages(texts: Sequence[str]) -> dict[str, int]:
    """Return how many texts are in which language."""
    return dict(Counter(map(language_of, texts)))


def data_card(table: TableData, columns: Columns, rows: Rows) -> dict[str, Any]:
    """Return what a model's card says of its data; none of the texts are in it."""
    from models.files import file_sha256

    lengths = sorted(map(len, rows.texts)) or [0]
    return {
        "file": table.path.name,
        "sha256": file_sha256(table.path),
        "format": table.format,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "text_column": columns.text,
        "label_column": columns.label,
        "rows": len(table.rows),
        "used": len(rows.texts),
        "labels": dict(Counter(rows.labels).most_common()),
        "languages": languages(rows.texts),
        "characters": {"median": lengths[len(lengths) // 2], "longest": lengths[-1]},
        "findings": rows.findings,
    }
