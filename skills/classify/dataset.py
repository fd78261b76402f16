"""From a labelled table to clean rows: what is empty, repeated, contradictory, misspelt or misplaced.

Nothing is changed in silence: each finding is counted and named, and labels are merged only when told to.
Near-duplicates (`alike`) stay on one side of every split.
"""

from __future__ import annotations

import random
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
from skills.classify.alike import near_duplicates
from skills.contract import Context
from skills.events import Assumption, Evidence, Skipped
from skills.linear import joined
from skills.readers.personal import mask
from skills.readers.tables import TableData

TEXTS = Catalogue(__package__)
Ints = npt.NDArray[np.int64]
_MOST_ROWS = 100_000  # more take memory that a laptop does not have
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
    kept = drawn(_usable(texts, labels, table.numbers, found), found.evidence, context)
    if masked:
        hidden = {row: mask(texts[row]) for row in kept}
        found.count("masked", sum(hidden[row] != texts[row] for row in kept))
        texts = [hidden.get(row, text) for row, text in enumerate(texts)]
    chosen = [texts[row] for row in kept]
    clusters = near_duplicates(chosen, context.check)
    found.count("near_duplicates", len(chosen) - len(np.unique(clusters)))
    if columns.group:
        clusters = _together(clusters, [table.column(columns.group)[row] for row in kept])
    order = [table.column(columns.time)[row] for row in kept] if columns.time else []
    return Rows(
        chosen, [labels[row] for row in kept], [table.numbers[row] for row in kept], clusters,
        order, found.counts, found.evidence, suggestions,
    )  # fmt: skip


def drawn(rows: list[int], evidence: list[Evidence], context: Context) -> list[int]:
    """Return as many of the rows as can be learned from, drawn if they are more, which is said."""
    if len(rows) <= _MOST_ROWS:
        return rows
    evidence.append(Assumption(context.say(TEXTS("rows_drawn", n=_MOST_ROWS, of=len(rows)))))
    return sorted(random.Random(0).sample(rows, _MOST_ROWS))


def _usable(
    texts: Sequence[str], labels: Sequence[str], numbers: Sequence[int], found: _Findings
) -> list[int]:
    """Return the places of rows that have a text and a label, each text once, none with two labels."""
    kept: list[int] = []
    seen: set[str] = set()
    said: dict[str, set[str]] = defaultdict(set)
    keys = [plain(text) for text in texts]
    for key, text, label in zip(keys, texts, labels, strict=True):
        if text and label:
            said[key].add(label)
    for row, key in enumerate(keys):
        if not texts[row]:
            found.note("empty_text", numbers[row])
        elif not labels[row]:
            found.count("no_label", 1)
        elif len(said[key]) > 1:
            found.note("contradiction", numbers[row])
        elif key in seen:
            found.count("repeated", 1)
        else:
            seen.add(key)
            kept.append(row)
    return kept


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


def _together(clusters: Ints, groups: Sequence[str]) -> Ints:
    """Return clusters in which rows of the same group are together, too."""
    first: dict[str, int] = {}
    leaders = [first.setdefault(group, row) for row, group in enumerate(groups)]
    return joined(clusters, np.arange(len(groups)), np.array(leaders, np.int64))


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
