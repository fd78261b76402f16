"""The second reading: the language model reads the nearest entries, and never writes.

How much likelier does an entry make the customer's question? The log-probability of the question's
tokens after the entry, minus that without it (Sachan et al. 2022, "Improving passage retrieval with
zero-shot question generation", is the root of the idea), in nats, and the log-odds with which the model
says that the entry answers the question are added to the first reading's cosine, scaled by how far
cosines spread in this knowledge base. The threshold for the sum is found as the first one is: from the
base's own questions with their entry left out.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.files import atomic_write
from models.home import private_dir
from models.likelihood import Choice, Likelihood
from models.texts import Catalogue, Language
from skills.contract import Context
from skills.faq.entries import Entry
from skills.faq.index import Base, Hit

TEXTS = Catalogue(__package__)
CANDIDATES = 5
WEIGHT = 0.16
WEIGHT_YES = 0.8
_ASKS: dict[Language, Choice] = {
    "en": Choice(
        "\nDoes the entry answer this message? Answer yes or no: ",
        (" yes", "yes", " Yes", "Yes"), (" no", "no", " No", "No"),
    ),
    "zh": Choice("\n这条内容能回答这条提问吗？回答“能”或“不能”：", ("能",), ("不能", "不")),
}  # fmt: skip
_CLEAR = 1.5  # spreads between the best two, or below the threshold, that need no second look
_SAMPLE = 32
_SAMPLE_CANDIDATES = 2  # many questions with few entries each say more than few with many


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


class SecondReader:
    """Reads for one knowledge base."""

    def __init__(self, base: Base, likelihood: Likelihood, context: Context) -> None:
        self._base, self._likelihood, self._context = base, likelihood, context
        self.model = likelihood.model.name

    def read(
        self, question: str, hits: list[Hit], language: Language
    ) -> Generator[tuple[int, int], None, Reading]:
        """Yield how many of how many steps are done; return the new order."""
        threshold = yield from self._threshold(language)
        return Reading(self.ranked(question, hits[:CANDIDATES], language), threshold)

    def ranked(self, question: str, hits: list[Hit], language: Language) -> list[Hit]:
        """Return entries in the order of both readings, with the sum as their score."""
        gains = self._gains(question, [hit.entry for hit in hits], language)
        spread = self._base.spread
        read = [
            Hit(hit.entry, hit.score + spread * gain) for hit, gain in zip(hits, gains, strict=True)
        ]
        return sorted(read, key=lambda hit: -hit.score)

    def _gains(self, question: str, entries: Sequence[Entry], language: Language) -> list[float]:
        """Return what reading adds to the score of each entry, in spreads."""
        if not entries:
            return []
        alone, _ = self._judged(TEXTS("read_alone").to(language), question, None)
        gains = []
        for entry in entries:
            text = TEXTS("read_after", question=entry.question, answer=entry.answer).to(language)
            likely, odds = self._judged(text, question, _ASKS[language])
            gains.append(WEIGHT * (likely - alone) + WEIGHT_YES * odds)
        return gains

    def _judged(self, prefix: str, question: str, asks: Choice | None) -> tuple[float, float]:
        self._context.check()
        return self._likelihood.judged(prefix + "\n", question, asks, self._context.should_stop)

    def _threshold(self, language: Language) -> Generator[tuple[int, int], None, float]:
        """Return the threshold of this base and model, finding it the first time."""
        path = private_dir(self._context.home / "knowledge") / "readings.json"
        known = _read(path)
        key = f"{self._base.state} {self._likelihood.model.name} {WEIGHT} {WEIGHT_YES}"
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
                    pair = f"{self.model} {WEIGHT} {WEIGHT_YES} {own.key} {hit.entry.key}"
                    if pair not in kept:
                        (kept[pair],) = self._gains(own.question, [hit.entry], language)
                    used[pair] = kept[pair]
                    scores.append(hit.score + self._base.spread * kept[pair])
                reached.append(max(scores, default=0.0))
            kept = used  # all that is still asked about
        finally:  # a stop loses nothing that was read
            atomic_write(path, json.dumps(kept), mode=0o600)
        near = float(np.quantile(reached, 0.25)) if reached else 0.0
        return max(near, self._base.threshold)


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): float(v) for k, v in known.items()} if isinstance(known, dict) else {}
