"""The second reading: what lies nearest is read together with the question.

The log-odds with which the language model says that an entry answers the customer's message are added to
the first reading's cosine, scaled by how far cosines spread in this knowledge base. (How much likelier an
entry makes the message, as Sachan et al. 2022 rank passages, was tried and told near misses apart much
worse: `benchmarks/faq.py` has both shops' questions.) The threshold for the sum is found from the base's own
questions with their entry left out: half of them must not reach it.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.files import atomic_write
from models.home import private_dir
from models.texts import Language
from skills.contract import Context
from skills.faq.index import Base, Hit
from skills.faq.reading import Reader

CANDIDATES = 8
_CLEAR = 1.5  # spreads between the best two, or below the threshold, that need no second look
_SAMPLE = 32
_SAMPLE_CANDIDATES = 3  # many questions with few entries each say more than few with many


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries in their new order with their new scores, and the threshold those have."""

    hits: list[Hit]
    threshold: float


def needed(hits: list[Hit], base: Base) -> bool:
    """Say whether the first reading leaves anything open: neither a clear hit nor far from all."""
    if len(hits) < 2 or not base.spread:
        return False
    best, second = hits[0].score, hits[1].score
    clear = best >= base.threshold and best - second >= _CLEAR * base.spread
    return not clear and best >= base.threshold - _CLEAR * base.spread


def added(hits: list[Hit], gains: list[float], spread: float) -> list[Hit]:
    """Return entries in the order of both readings, with the sum as their score."""
    read = [Hit(h.entry, h.score + spread * gain) for h, gain in zip(hits, gains, strict=True)]
    return sorted(read, key=lambda hit: -hit.score)


class SecondReader:
    """Lets a reader read for one knowledge base."""

    def __init__(self, base: Base, reader: Reader, context: Context) -> None:
        self._base, self.reader, self._context = base, reader, context

    def read(
        self, question: str, hits: list[Hit], language: Language
    ) -> Generator[tuple[int, int], None, Reading]:
        """Yield how many of how many steps are done; return the new order."""
        threshold = yield from self._threshold(language)
        near = hits[:CANDIDATES]
        gains = self.reader.gains(question, [hit.entry for hit in near], language)
        return Reading(added(near, gains, self._base.spread), threshold)

    def _threshold(self, language: Language) -> Generator[tuple[int, int], None, float]:
        """Return the threshold of this base and reader, finding it the first time."""
        path = private_dir(self._context.home / "knowledge") / "readings.json"
        known = _read(path)
        key = f"{self._base.state} {self.reader.key}"
        if key not in known:
            known = {**_read(path), key: (yield from self._calibrated(language))}
            atomic_write(path, json.dumps(known), mode=0o600)
        return known[key]

    def _calibrated(self, language: Language) -> Generator[tuple[int, int], None, float]:
        """Read own questions among the other entries: that near may an unanswered one come.

        The sample is by the keys of the entries, which are hashes, and what was read of a pair is kept: a
        base that changed a little reads little again.
        """
        path = self._base.knowledge.folder(self._context.home) / f"gains-{language}.json"
        mine = f"{self.reader.key} "
        kept, used = _read(path), dict[str, float]()
        entries = [entry for entry in self._base.entries() if entry.question]
        sample = sorted(entries, key=lambda entry: entry.key)[:_SAMPLE]
        reached = []
        try:
            for number, own in enumerate(sample):
                yield number, len(sample)
                others = [hit for hit in self._base.search(own.question) if hit.entry != own]
                scores = []
                for hit in others[:_SAMPLE_CANDIDATES]:
                    pair = f"{mine}{own.key} {hit.entry.key}"
                    if pair not in kept:
                        (kept[pair],) = self.reader.gains(own.question, [hit.entry], language)
                    used[pair] = kept[pair]
                    scores.append(hit.score + self._base.spread * kept[pair])
                reached.append(max(scores, default=0.0))
            others_read = {pair: gain for pair, gain in kept.items() if not pair.startswith(mine)}
            kept = others_read | used  # all that is still asked about
        finally:  # a stop loses nothing that was read
            atomic_write(path, json.dumps(kept), mode=0o600)
        return float(np.median(reached)) if reached else self._base.threshold


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): float(v) for k, v in known.items()} if isinstance(known, dict) else {}
