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
import random
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.files import atomic_write
from models.home import private_dir
from models.likelihood import Choice, Likelihood
from models.texts import Catalogue, Language
from skills.contract import Context
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
        alone, _ = self._judged(TEXTS("read_alone").to(language), question, None)
        read = []
        for hit in hits:
            entry = hit.entry
            text = TEXTS("read_after", question=entry.question, answer=entry.answer).to(language)
            likely, odds = self._judged(text, question, _ASKS[language])
            gained = WEIGHT * (likely - alone) + WEIGHT_YES * odds
            read.append(Hit(entry, hit.score + self._base.spread * gained))
        return sorted(read, key=lambda hit: -hit.score)

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
        """Read own questions among the other entries: that near may an unanswered one come."""
        entries = [entry for entry in self._base.entries() if entry.question]
        sample = random.Random(0).sample(entries, min(_SAMPLE, len(entries)))
        reached = []
        for number, own in enumerate(sample):
            yield number, len(sample)
            others = [hit for hit in self._base.search(own.question) if hit.entry != own]
            read = self.ranked(own.question, others[:_SAMPLE_CANDIDATES], language)
            reached.append(read[0].score if read else 0.0)
        near = float(np.quantile(reached, 0.25)) if reached else 0.0
        return max(near, self._base.threshold)


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): float(v) for k, v in known.items()} if isinstance(known, dict) else {}
