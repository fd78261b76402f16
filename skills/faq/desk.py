"""One question to one knowledge base: the first reading, and the second where that leaves something open."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from models.texts import Language, language_of
from skills.contract import Context
from skills.faq.entries import Entry
from skills.faq.gists import Gists
from skills.faq.index import Base, Hit
from skills.faq.judging import ModelReader, model_reader
from skills.faq.reading import Reader, SmallReader
from skills.faq.second import is_open, read_again, wants_gists

_TWINS = 0.3  # spreads between two candidates that are too near to choose between
_TWINS_TAUGHT = (
    2.0  # of 23 pairs that a taught reader liked both, the first was right in 14, the other in 7
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a question finds, the best first; `model` read so many of them a second time, if one did.

    Two that are less than `apart` spreads apart are too near to choose between.
    """

    hits: list[Hit]
    threshold: float
    model: str = ""
    read: int = 0
    seconds: float = 0.0
    apart: float = _TWINS

    @property
    def answered(self) -> bool:
        """Say whether the best entry is near enough to be the answer."""
        return bool(self.hits) and self.hits[0].score >= self.threshold


class Desk:
    """Answers for one base.

    The language model reads a second time; where none that is good enough is here, the small reader that
    learned from one does.
    """

    def __init__(self, base: Base, context: Context, *, second: bool = True) -> None:
        self.base, self._context = base, context
        self._reader: Reader | None = None
        self._gists: dict[Language, Gists] = {}
        self._wanted = second

    def ask(
        self, question: str, *, before: str = "", without: Sequence[Entry] = ()
    ) -> Generator[tuple[int, int], None, Found]:
        """Yield how many of how many entries are read again; return what was found.

        `before` is the question that this one may continue. Entries of `without` count as not there.
        """
        asked, hits = self._searched(question, before, without)
        first = self._first(question, hits)
        exact = first.hits is not hits
        reader = self._second() if not exact and is_open(hits, self.base) else None
        if reader is None:
            return first
        started = time.monotonic()
        language = language_of(question)
        reading = yield from read_again(
            asked, hits, self.base, reader, language, gists=self._gists_in(language)
        )
        seconds = time.monotonic() - started
        read, apart = reading.read, apart_after(reader)
        return Found(reading.hits, reading.threshold, reader.name, read, seconds, apart)

    def first(self, question: str, *, before: str = "", without: Sequence[Entry] = ()) -> Found:
        """Return what the first reading finds, which takes milliseconds; see `ask`."""
        return self._first(question, self._searched(question, before, without)[1])

    def _first(self, question: str, hits: list[Hit]) -> Found:
        """Return the entry whose own question this is, alone, or else all hits as they are."""
        exact = [hit for hit in hits if _same(hit.entry.question, question)]
        if exact:
            return Found(exact[:1], min(self.base.threshold, exact[0].score))
        return Found(hits, self.base.threshold)

    def _searched(
        self, question: str, before: str, without: Sequence[Entry]
    ) -> tuple[str, list[Hit]]:
        """Return the question, with the one before it where that finds better, and what it finds."""
        texts = [question, f"{before} {question}"] if before else [question]
        found = [(text, self.base.search(text)) for text in texts]
        asked, hits = max(found, key=lambda pair: pair[1][0].score)
        return asked, [hit for hit in hits if hit.entry not in without] if without else hits

    def _second(self) -> Reader | None:
        """Return who reads a second time; None if nobody is here or wanted."""
        if self._reader is None and self._wanted:
            self._reader = self._chosen()
            self._wanted = self._reader is not None
        return self._reader

    def _gists_in(self, language: Language) -> Gists | None:
        """Return the entries' gists for messages in a language; None where nobody makes or wants them."""
        reader = self._reader
        wanted = isinstance(reader, ModelReader) and wants_gists(self.base, reader)
        if language not in self._gists and wanted:
            odds = self._context.runtimes.odds()
            self._gists[language] = Gists(odds, self._context, self.base, language)
        return self._gists.get(language)

    def _chosen(self) -> Reader | None:
        if self._context.runtimes.reader() is not None:
            return model_reader(self._context)
        folder = self.base.knowledge.folder(self._context.home)
        return SmallReader.of(folder, self.base.entries(), self._context)


def apart_after(reader: Reader | None) -> float:
    """Return how many spreads two candidates may be apart that are too near to choose between."""
    return _TWINS_TAUGHT if reader is not None and reader.decides else _TWINS


def twins(found: Found, base: Base) -> list[Hit]:
    """Return the candidates among which only the customer can choose; one or none if that is clear."""
    if not found.answered:
        return []
    best = found.hits[0].score
    least = max(found.threshold, best - found.apart * base.spread)
    near = [hit for hit in found.hits if hit.score >= least]
    return near if len({hit.entry.answer for hit in near}) > 1 else near[:1]


def _same(entry: str, question: str) -> bool:
    """Say whether a question is an entry's own, but for case, spaces and the mark at its end."""

    def plain(text: str) -> str:
        return " ".join(text.casefold().split()).rstrip(" ?？.。!！")

    return bool(entry) and plain(entry) == plain(question)
