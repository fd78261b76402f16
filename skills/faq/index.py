"""A knowledge base on disk: ChromaDB holds the vectors, `bases/KEY` the entries they belong to.

A vector's name says which entry it is of, so that after any change, or after a process that was killed, only
what is missing is made and what is too much deleted. A store that can't be opened is made anew from the
entries.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from models.embedder import Embedder, Kind
from models.files import atomic_write
from models.home import private_dir
from skills.contract import Context
from skills.faq.bases import Knowledge, remember_last
from skills.faq.calibration import lexical_weight, spread_of, threshold_of
from skills.faq.entries import Entry
from skills.faq.lexical import Lexical
from skills.faq.sources import Contents, read_base
from skills.faq.vectors import (
    NAMES_AT_ONCE,
    Floats,
    count_of,
    entry_of,
    names_of,
    texts_of,
    vectors_named,
    vectors_of,
)

_SCHEMA = 4
_CANDIDATES = 12
_BATCH = 128
Steps = Generator[tuple[int, int], None, None]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and how near it is to the question: a cosine, and what shared words add to it."""

    entry: Entry
    score: float


class Calibration(msgspec.Struct, frozen=True):
    """What a base says about itself, for questions in one language.

    `threshold`: the score below which nothing counts as an answer. `spread`: the standard deviation of
    the cosines between different entries. A full match of words adds `lexical_weight` to a cosine.
    `digest` and `schema` say for which contents that was found.
    """

    threshold: float
    spread: float
    lexical_weight: float
    digest: str = ""
    schema: int = _SCHEMA


_decoder = msgspec.json.Decoder(Calibration)


@dataclass(frozen=True)
class Base:
    """An opened knowledge base.

    `numbers` are the places of the entries by their keys; `fresh` says that something was indexed now.
    """

    knowledge: Knowledge
    contents: Contents
    calibration: Calibration
    collection: Any
    embedder: Embedder
    lexical: Lexical
    numbers: dict[str, int]
    fresh: bool = False

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.knowledge.name

    @property
    def size(self) -> int:
        """How many entries it has."""
        return len(self.contents.entries)

    @property
    def threshold(self) -> float:
        """The score below which nothing counts as an answer."""
        return self.calibration.threshold

    @property
    def spread(self) -> float:
        """The standard deviation of the cosines between different entries."""
        return self.calibration.spread

    @property
    def state(self) -> str:
        """What tells this base with these entries from others, whatever was written for them."""
        keys = "".join(entry.key for entry in self.contents.entries)
        digest = hashlib.sha256(keys.encode()).hexdigest()
        return f"{self.knowledge.key} {self.embedder.name} {digest[:16]}"

    @cached_property
    def _plain(self) -> tuple[Floats, Floats]:
        """The vectors of all entries, without those of written questions."""
        return vectors_of(self.collection, self.contents.entries)

    def entries(self) -> list[Entry]:
        """Return all entries, in the order of the files."""
        return self.contents.entries

    def entry_scores(self, questions: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the score of every entry for every question, shape (questions, entries).

        Without written questions; for measuring on a few hundred questions, not for answering.
        """
        first, both = self._plain
        asked = self.embedder.encode(list(questions))
        cosines = np.maximum(asked @ first.T, asked @ both.T).astype(np.float64)
        scores: npt.NDArray[np.float64] = cosines + self.word_scores(questions)
        return scores

    def word_scores(self, questions: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return what words add to the score of every entry, shape (questions, entries)."""
        weight = self.calibration.lexical_weight
        rows = [weight * self.lexical.scores(question) for question in questions]
        return np.array(rows, np.float64).reshape(len(questions), self.size)

    def search(self, question: str) -> list[Hit]:
        """Return the nearest entries, the best first, by vectors of question and answer and by words."""
        vector = self.embedder.encode([question])[0]
        words = self.lexical.scores(question)
        cosines = self._near(vector)
        cosines |= self._cosines(_best(words, _CANDIDATES) - cosines.keys(), vector)
        weight = self.calibration.lexical_weight
        score = {n: cosine + weight * float(words[n]) for n, cosine in cosines.items()}
        order = sorted(score, key=lambda number: (-score[number], number))
        return [Hit(self.contents.entries[number], score[number]) for number in order]

    def search_unwritten(self, question: str) -> list[Hit]:
        """Return what `search` finds without the written questions: what they add is measured by it.

        A written question would find itself.
        """
        scores = self.entry_scores([question])[0]
        order = np.argsort(-scores, kind="stable")[: 2 * _CANDIDATES].tolist()
        return [Hit(self.contents.entries[number], float(scores[number])) for number in order]

    def _near(self, vector: Floats) -> dict[int, float]:
        """Return the cosines of the nearest entries by their numbers."""
        found = self.collection.query(
            query_embeddings=[vector.tolist()],
            n_results=min(3 * _CANDIDATES, 2 * self.size),
            include=["distances"],
        )
        best: dict[int, float] = {}
        for name, distance in zip(found["ids"][0], found["distances"][0], strict=True):
            number = self.numbers.get(entry_of(name))
            if number is not None:
                best[number] = max(1.0 - float(distance), best.get(number, -1.0))
        return best

    def _cosines(self, numbers: Iterable[int], vector: Floats) -> dict[int, float]:
        """Return the cosines of given entries."""
        names = [name for n in numbers for name in names_of(self.contents.entries[n], 0)]
        if not names:
            return {}
        found = self.collection.get(ids=names, include=["embeddings"])
        best: dict[int, float] = {}
        cosines = np.asarray(found["embeddings"]) @ vector
        for name, cosine in zip(found["ids"], cosines.tolist(), strict=True):
            number = self.numbers[entry_of(name)]
            best[number] = max(cosine, best.get(number, -1.0))
        return best


def open_base(
    knowledge: Knowledge, context: Context, *, language: str
) -> Generator[tuple[int, int], None, Base]:
    """Open a knowledge base, indexing what is new or has changed in its files.

    Yields how many vectors of how many are made. `language` is the question's: a Chinese question to an
    English file needs the multilingual model. One process indexes at a time.

    Raises:
        BadInputError: Its files hold no answer.
    """
    from filelock import FileLock

    root = private_dir(context.home / "knowledge")
    with FileLock(root / "lock"):
        contents = read_base(knowledge, context.home)
        chinese = language == "zh" or _is_chinese(contents.entries)
        entries = len(contents.entries)
        embedder = context.runtimes.finder("zh" if chinese else "en", entries)
        folder = knowledge.folder(context.home)
        kept = folder / f"{_slug(embedder)}-{language}.json"
        name = _collection_name(knowledge, embedder)
        collection = _open_collection(root, name)
        indexer = _Indexer(collection, contents, embedder, context)
        calibration = _read(kept)
        good = calibration is not None and calibration.digest == contents.digest
        fresh = not (good and collection.count() == count_of(contents))
        if fresh:
            yield from indexer.synchronise()
        lexical = _lexical(folder, contents)
        if fresh or calibration is None:
            calibration = indexer.calibrate(lexical, language)
            atomic_write(kept, msgspec.json.encode(calibration), mode=0o600)
    remember_last(context.home, knowledge)
    numbers = {entry.key: number for number, entry in enumerate(contents.entries)}
    return Base(knowledge, contents, calibration, collection, embedder, lexical, numbers, fresh)


def drop_index(knowledge: Knowledge, home: Path) -> None:
    """Delete the vectors of a base."""
    from filelock import FileLock

    root = private_dir(home / "knowledge")
    with FileLock(root / "lock"):
        client = _client(root)
        for collection in client.list_collections():
            if collection.name.startswith(f"kb-{knowledge.key}-"):
                client.delete_collection(collection.name)


def _is_chinese(entries: Sequence[Entry]) -> bool:
    text = "".join(entry.question + entry.answer for entry in entries[:50])
    return sum("\u4e00" <= c <= "\u9fff" for c in text) > 0.2 * len(text)


def _client(root: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(
        str(root / "chroma"), Settings(anonymized_telemetry=False, allow_reset=False)
    )


def _collection_name(knowledge: Knowledge, embedder: Embedder) -> str:
    return f"kb-{knowledge.key}-{_slug(embedder)}"


def _slug(embedder: Embedder) -> str:
    """Return what tells an encoder from others, in few characters, all of which Chroma allows."""
    return embedder.name.replace("@", "-")[-20:]


def _open_collection(root: Path, name: str) -> Any:
    """Return a collection, empty if it is new; a damaged store is put aside, and everything made anew."""
    try:
        return _collection(root, name)
    except Exception:  # chroma raises its own kinds, and sqlite's, for what is damaged
        _close_clients()
        shutil.rmtree(root / "chroma", ignore_errors=True)
        return _collection(root, name)


def _collection(root: Path, name: str) -> Any:
    collection = _client(root).get_or_create_collection(
        name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    if collection.count():
        collection.peek(1)  # reads what a damaged store can't
    return collection


def _close_clients() -> None:
    """Let go of a store that is to be deleted: Chroma keeps one system a path."""
    from chromadb.api.shared_system_client import SharedSystemClient

    with contextlib.suppress(Exception):
        SharedSystemClient.clear_system_cache()


@dataclass(frozen=True, slots=True)
class _Indexer:
    """Brings a collection to what a base holds, and finds its calibration."""

    collection: Any
    contents: Contents
    embedder: Embedder
    context: Context

    def synchronise(self) -> Steps:
        """Make the vectors that are missing, and delete those of entries that are gone.

        The names of written questions are counted, not hashed: when one changes all are made anew.
        """
        texts = texts_of(self.contents)
        there = set(self.collection.get(include=[])["ids"])
        stale = sorted(name for name in there if name not in texts or name.startswith("w"))
        for start in range(0, len(stale), NAMES_AT_ONCE):
            self.collection.delete(ids=stale[start : start + NAMES_AT_ONCE])
        missing = [name for name in texts if name not in there or name.startswith("w")]
        for start in range(0, len(missing), _BATCH):
            yield start, len(missing)
            self.context.check()
            names = missing[start : start + _BATCH]
            vectors = self._encode([texts[name] for name in names], "passage")
            self.collection.upsert(ids=names, embeddings=vectors.tolist())

    def _encode(self, texts: Sequence[str], kind: Kind) -> Floats:
        return self.embedder.encode(texts, kind=kind, should_stop=self.context.should_stop)

    def _written(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Return the vectors of written questions, and the numbers of the entries they are for."""
        names: list[str] = []
        owner: list[int] = []
        for number, entry in enumerate(self.contents.entries):
            mine = names_of(entry, len(self.contents.written.get(entry.key, ())))
            names += [name for name in mine if name.startswith("w")]
            owner += [number] * (len(names) - len(owner))
        vectors = vectors_named(self.collection, names) if names else None
        empty = np.zeros((0, self.embedder.dimension), np.float32)
        return empty if vectors is None else vectors, np.array(owner, np.int64)

    def calibrate(self, lexical: Lexical, language: str) -> Calibration:
        """Find what the base says about itself: spread, weight of words, threshold."""
        entries = self.contents.entries
        own, both = vectors_of(self.collection, entries)
        written, owner = self._written()
        spread = spread_of(own)
        weight = lexical_weight(entries, spread, self._encode)

        def best(texts: Sequence[str], owners: Sequence[int] | None) -> npt.NDArray[np.float64]:
            found = np.zeros(len(texts))
            for row, (text, query) in enumerate(
                zip(texts, self._encode(texts, "query"), strict=True)
            ):
                self.context.check()
                cosines = np.maximum(own @ query, both @ query)
                np.maximum.at(cosines, owner, written @ query)
                scores = cosines + weight * lexical.scores(text)
                if owners is not None:
                    scores[owners[row]] = -1.0
                found[row] = float(scores.max())
            return found

        same = _is_chinese(entries) == (language == "zh")
        threshold = threshold_of(entries, best, language, same_language=same)
        return Calibration(threshold, spread, weight, self.contents.digest)


def _best(scores: Floats, count: int) -> set[int]:
    """Return the places of the highest scores above nothing."""
    count = min(count, len(scores))
    found = np.argpartition(-scores, count - 1)[:count] if count else np.zeros(0, np.int64)
    return {int(number) for number in found if scores[number] > 0}


def _read(path: Path) -> Calibration | None:
    try:
        calibration = _decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return calibration if calibration.schema == _SCHEMA else None


def _lexical(folder: Path, contents: Contents) -> Lexical:
    """Return the words of a base: kept beside its entries, made anew when those changed."""
    path = folder / f"words-{contents.digest[:16]}.npz"
    index = Lexical.load(path)
    if index is None or int(index.count) != len(contents.entries):
        index = Lexical.build([entry.text for entry in contents.entries])
        for old in folder.glob("words-*.npz"):
            old.unlink(missing_ok=True)
        index.save(path)
    return index
