"""Which skill an ask is for: what its files are, and how near its words are to example utterances.

A multinomial logistic regression over sentence vectors of the skills' own examples, English and
Chinese together where the multilingual model is here. No language model: measured on held-back
requests it was wrong a third of the time, at a hundred times the cost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agents.protocol import CHAT
from models.files import files_under
from models.heads import Head, taught_in
from models.runtimes import Runtimes
from models.texts import Language, text_lines
from skills.contract import FileKind, SkillSpec
from skills.readers.files import Found, kind_of

_UNSURE = 0.3
_CLOSE = 0.08
_SURELY_TALK = 0.9
_STAYS = 3.0  # times as likely as by its words alone is what comes in a row
_FILE_IN_EXAMPLE = re.compile(
    r"[\w\u4e00-\u9fff]+\.(?:csv|tsv|xlsx|jsonl|md|txt|mp3|wav|mp4|jpg|png|srt)\b"
)
_LOOK_INSIDE = 200
_NUMBER = re.compile(r"-\d+$")  # of a result that did not take the place of an older one


@dataclass(frozen=True, slots=True)
class Route:
    """Where an ask goes. `skill` is empty for talk; `rival` is as likely, so the person is asked."""

    skill: str
    probability: float
    rival: str = ""
    ranking: tuple[tuple[str, float], ...] = ()


class Router:
    """Knows the examples of all skills. Loading takes a moment once; routing takes milliseconds."""

    def __init__(self, specs: Sequence[SkillSpec], runtimes: Runtimes, cache: Path) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._runtimes, self._cache = runtimes, cache
        self._heads: dict[str, Head] = {}

    def route(
        self, text: str, files: Sequence[Found], language: Language, before: str = ""
    ) -> Route:
        """Return the skill for an ask; `text` is without its paths, `before` the skill of the ask before it.

        Raises:
            ModelMissingError: Chinese words need the multilingual model, and it is not here.
        """
        kinds = file_kinds(files)
        fits = self._fitting(files, kinds)
        if len(fits) == 1 and not kinds & {"table", "document"}:
            return Route(fits[0], 1.0)
        by_sense = self._head(language).shares(text or "?")
        shares = {name: p * self._leaning(name, text) for name, p in by_sense.items()}
        if fits and shares[CHAT] < _SURELY_TALK:
            shares = {name: p for name, p in shares.items() if name in fits}
        elif not files and before in self._specs and self._specs[before].in_a_row:
            shares = {name: p * (_STAYS if name == before else 1.0) for name, p in shares.items()}
        return _decide(shares)

    def _leaning(self, name: str, text: str) -> float:
        return self._specs[name].leans(text) if name in self._specs else 1.0

    def fitting(self, files: Sequence[Found]) -> list[str]:
        """Return the skills that can use the files."""
        return self._fitting(files, file_kinds(files))

    def _fitting(self, files: Sequence[Found], kinds: set[FileKind]) -> list[str]:
        """Return the skills that can use files of these kinds: by their kind, then by what is inside.

        A document beside a folder or another file (a FAQ beside messages) is not what the work is on.
        """
        folders = [found for found in files if found.kind == "folder"]
        others = [found for found in files if found.kind != "document"]
        main = folders or others or files
        by_kind = [name for name, spec in self._specs.items() if kinds & spec.file_kinds]
        inside = [name for name in by_kind if all(map(self._specs[name].can_use, main))]
        return inside or by_kind

    def _head(self, language: Language) -> Head:
        key, languages = taught_in(language, self._runtimes)
        if key not in self._heads:
            texts, labels = self._examples(languages)
            embedder = partial(self._runtimes.embedder, key)
            self._heads[key] = Head.load(texts, labels, embedder, (self._cache, "router"))
        return self._heads[key]

    def _examples(self, languages: Sequence[Language]) -> tuple[list[str], list[str]]:
        texts: list[str] = []
        labels: list[str] = []
        for language in languages:
            sources = {name: spec.examples(language) for name, spec in self._specs.items()}
            sources[CHAT] = text_lines("agents", f"examples.chat.{language}.txt")
            for name, lines in sources.items():
                texts += [_FILE_IN_EXAMPLE.sub(" ", line) for line in lines]
                labels += [name] * len(lines)
        return texts, labels


def _decide(shares: dict[str, float]) -> Route:
    """Choose from probabilities: unsure means talk, two alike mean a question back."""
    ranking = tuple(sorted(shares.items(), key=lambda pair: -pair[1]))
    (best, p), second = ranking[0], ranking[1] if len(ranking) > 1 else ("", 0.0)
    total = sum(shares.values()) or 1.0
    p, rival = p / total, second[1] / total
    if best == CHAT or (CHAT in shares and p < _UNSURE):
        return Route("", p, ranking=ranking)
    alike = second[0] and second[0] != CHAT and p - rival < _CLOSE
    return Route(best, p, second[0] if alike else "", ranking)


def file_kinds(files: Sequence[Found]) -> set[FileKind]:
    """Return what kinds of things the files are; a folder counts as what it mostly holds."""
    kinds: set[FileKind] = set()
    for found in files:
        kind = _mostly(found.path) if found.kind == "folder" else found.kind
        if kind:
            kinds.add(kind)
    return kinds


def _mostly(folder: Path) -> FileKind:
    """Return the most frequent kind of file in a folder and those inside it.

    What is called like a recording beside it was written from it: `call.txt`, `call-2.srt`.
    """
    counts: dict[FileKind, int] = {}
    found = files_under(folder, lambda path: kind_of(path) is not None, limit=_LOOK_INSIDE)
    inside = [(path, kind_of(path)) for path in found]
    recordings = {str(path.with_suffix("")) for path, kind in inside if kind == "audio"}
    for path, kind in inside:
        written = kind != "audio" and _NUMBER.sub("", str(path.with_suffix(""))) in recordings
        if kind and kind != "folder" and not written:
            counts[kind] = counts.get(kind, 0) + 1
    return max(counts, key=lambda kind: counts[kind]) if counts else "folder"
