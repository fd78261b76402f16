"""Knowledge bases in ChromaDB, embedded, with our own vectors; always rebuildable from the file.

Chroma's server is never started (CVE-2026-45829 concerns it, not embedded use), its telemetry is off,
and it is given no embedding function, since its own would fetch a model.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.embedder import Embedder, Kind
from models.files import file_sha256
from models.home import private_dir
from skills.contract import Context
from skills.faq.bases import remember_last
from skills.faq.calibration import lexical_weight, spread_of, threshold_of
from skills.faq.entries import Entry, read_entries
from skills.faq.lexical import Lexical

_SCHEMA = 3
_CANDIDATES = 12
_BATCH = 128
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and how near it is to the question: a cosine, and what shared words add to it."""

    entry: Entry
    score: float


@dataclass(slots=True)
class Base:
    """An open knowledge base.

    Attributes:
        path: The file it was made from.
        size: How many entries it has.
        threshold: The score below which nothing counts as an answer.
        fresh: It was built just now.
        spread: The standard deviation of the cosines between different entries.
        lexical: The words of the entries; a full match adds `lexical_weight` to a cosine.
    """

    path: Path
    size: int
    threshold: float
    fresh: bool
    collection: Any
    embedder: Embedder
    spread: float
    lexical: Lexical
    lexical_weight: float

    @property
    def name(self) -> str:
        """What tells this base, in this state of its file, from others."""
        return f"{self.collection.name} {self.collection.metadata['digest'][:16]}"

    def search(self, question: str) -> list[Hit]:
        """Return the nearest entries, the best first, by vectors of question and answer and by words."""
        vector = self.embedder.encode([question])[0]
        words = self.lexical.scores(question)
        cosines = self._near(vector)
        for number in np.argsort(-words, kind="stable")[:_CANDIDATES].tolist():
            if words[number] > 0 and number not in cosines:
                cosines[number] = self._cosine(number, vector)
        score = {n: cosine + self.lexical_weight * float(words[n]) for n, cosine in cosines.items()}
        order = sorted(score, key=lambda number: (-score[number], number))
        entries = self._entries(order)
        return [Hit(entry, score[number]) for entry, number in zip(entries, order, strict=True)]

    def _near(self, vector: Floats) -> dict[int, float]:
        """Return the cosines of the nearest entries by their numbers."""
        count = min(2 * _CANDIDATES, 2 * self.size)
        found = self.collection.query(
            query_embeddings=[vector.tolist()], n_results=count, include=["metadatas", "distances"]
        )
        best: dict[int, float] = {}
        for meta, distance in zip(found["metadatas"][0], found["distances"][0], strict=True):
            number, cosine = int(meta["number"]), 1.0 - float(distance)
            best[number] = max(cosine, best.get(number, -1.0))
        return best

    def _cosine(self, number: int, vector: Floats) -> float:
        found = self.collection.get(ids=[f"q-{number}", f"qa-{number}"], include=["embeddings"])
        return float((np.asarray(found["embeddings"]) @ vector).max())

    def _entries(self, numbers: Sequence[int]) -> list[Entry]:
        found = self.collection.get(ids=[f"q-{n}" for n in numbers], include=["metadatas"])
        by_number = {int(meta["number"]): meta for meta in found["metadatas"]}
        metas = [by_number[number] for number in numbers]
        return [Entry(meta["question"], meta["answer"], meta["where"]) for meta in metas]

    def entries(self) -> list[Entry]:
        """Return all entries, in the order of the file."""
        return self._entries(range(self.size))


def open_base(
    path: Path, context: Context, *, language: str
) -> Generator[tuple[int, int], None, Base]:
    """Open the knowledge base of a file, building it when the file is new or has changed.

    Yields how many vectors of how many are made. `language` is the question's: a Chinese question to an
    English file needs the multilingual model. One process builds at a time.
    """
    from filelock import FileLock

    path = path.absolute()
    folder = private_dir(context.home / "knowledge")
    digest = file_sha256(path)
    with FileLock(folder / "lock"):
        client = _client(folder)
        entries: list[Entry] | None = None
        chinese = language == "zh" or _is_chinese(entries := read_entries(path))
        embedder = context.runtimes.embedder("zh" if chinese else "en")
        name = _name(path, embedder, language)
        collection = _whole(client, name, digest)
        fresh = collection is None
        if collection is None:
            plan = _Plan(entries or read_entries(path), digest, language, embedder)
            collection = yield from _build(client, name, plan, context)
        lexical = _lexical(collection, context.home, path)
    remember_last(context.home, path)
    meta = collection.metadata
    threshold, spread = float(meta["threshold"]), float(meta["spread"])
    weight = float(meta["lexical_weight"])
    size = int(meta["size"])
    return Base(path, size, threshold, fresh, collection, embedder, spread, lexical, weight)


def _is_chinese(entries: Sequence[Entry]) -> bool:
    text = "".join(entry.question + entry.answer for entry in entries[:50])
    return sum("\u4e00" <= c <= "\u9fff" for c in text) > 0.2 * len(text)


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(
        str(folder / "chroma"), Settings(anonymized_telemetry=False, allow_reset=False)
    )


def _name(path: Path, embedder: Embedder, language: str) -> str:
    """Return a collection name for a file of any name: Chroma allows few characters."""
    return (
        f"kb-{hashlib.sha256(str(path).encode()).hexdigest()[:24]}-{embedder.name[:20]}-{language}"
    )


def _whole(client: Any, name: str, digest: str) -> Any | None:
    """Return a collection that was finished from this very file, else None."""
    try:
        collection = client.get_collection(name, embedding_function=None)
        meta = collection.metadata or {}
        good = meta.get("schema") == _SCHEMA and meta.get("digest") == digest
        return collection if good and collection.count() == 2 * meta["size"] else None
    except Exception:  # chroma raises its own kinds for missing and for damaged ones: build anew
        return None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a collection is made from; `language` is that of the questions it will get."""

    entries: list[Entry]
    digest: str
    language: str
    embedder: Embedder


def _build(
    client: Any, name: str, plan: _Plan, context: Context
) -> Generator[tuple[int, int], None, Any]:
    """Make the collection: two vectors an entry, its question and question with answer."""
    with contextlib.suppress(Exception):  # it may not exist
        client.delete_collection(name)
    entries, embedder = plan.entries, plan.embedder
    texts = [entry.question or entry.answer for entry in entries]
    texts += [_whole_text(entry) for entry in entries]
    parts = []
    for start in range(0, len(texts), _BATCH):
        yield start, len(texts)
        chunk = texts[start : start + _BATCH]
        parts.append(embedder.encode(chunk, kind="passage", should_stop=context.should_stop))
    vectors = np.concatenate(parts)
    index = _index_words(entries)
    meta = {
        "hnsw:space": "cosine",
        "schema": _SCHEMA,
        "digest": plan.digest,
        "size": len(entries),
        **_calibrated(plan, vectors, index, context),
    }
    collection = client.create_collection(name, metadata=meta, embedding_function=None)
    metadatas = [
        {"number": i, "question": e.question, "answer": e.answer, "where": e.where}
        for i, e in enumerate(entries)
    ] * 2
    ids = [f"{kind}-{i}" for kind in ("q", "qa") for i in range(len(entries))]
    for start in range(0, len(ids), _BATCH):
        context.check()
        rows = slice(start, start + _BATCH)
        collection.add(ids=ids[rows], embeddings=vectors[rows].tolist(), metadatas=metadatas[rows])
    kept = _lexical_path(collection, context.home)
    for old in kept.parent.glob(f"{name}-*.npz"):  # of an earlier state of the file
        old.unlink()
    index.save(kept)
    return collection


def _calibrated(plan: _Plan, vectors: Floats, index: Lexical, context: Context) -> dict[str, float]:
    """Return what the base says about itself: spread, weight of words, threshold."""
    count = len(plan.entries)
    by_question, by_both = vectors[:count], vectors[count:]

    def encode(texts: Sequence[str], kind: Kind) -> Floats:
        return plan.embedder.encode(texts, kind=kind, should_stop=context.should_stop)

    spread = spread_of(by_question)
    weight = lexical_weight(plan.entries, spread, encode)

    def scores(texts: Sequence[str]) -> npt.NDArray[np.float64]:
        queries = encode(texts, "query")
        cosines = np.maximum(queries @ by_question.T, queries @ by_both.T).astype(np.float64)
        words = np.stack([index.scores(text) for text in texts])
        fused: npt.NDArray[np.float64] = cosines + weight * words
        return fused

    same = _is_chinese(plan.entries) == (plan.language == "zh")
    threshold = threshold_of(plan.entries, scores, plan.language, same_language=same)
    return {"spread": spread, "lexical_weight": weight, "threshold": threshold}


def _lexical(collection: Any, home: Path, path: Path) -> Lexical:
    """Return the words of a base: kept beside its vectors, made anew from the file where they are gone."""
    kept = _lexical_path(collection, home)
    index = Lexical.load(kept)
    if index is None or int(index.count) != int(collection.metadata["size"]):
        index = _index_words(read_entries(path))
        index.save(kept)
    return index


def _lexical_path(collection: Any, home: Path) -> Path:
    folder = private_dir(home / "knowledge" / "lexical")
    return folder / f"{collection.name}-{collection.metadata['digest'][:16]}.npz"


def _index_words(entries: Sequence[Entry]) -> Lexical:
    return Lexical.build([_whole_text(entry) for entry in entries])


def _whole_text(entry: Entry) -> str:
    return f"{entry.question} {entry.answer}".strip()
