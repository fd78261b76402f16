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

from models.embedder import Embedder
from models.files import file_sha256
from models.home import private_dir
from models.texts import text_lines
from skills.contract import Context
from skills.faq.bases import remember_last
from skills.faq.entries import Entry, read_entries

_SCHEMA = 2
_CANDIDATES = 12
_BATCH = 128
_SPREAD_SAMPLE = 1000
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and how near it is to the question: a cosine."""

    entry: Entry
    score: float


@dataclass(slots=True)
class Base:
    """An open knowledge base.

    Attributes:
        path: The file it was made from.
        size: How many entries it has.
        threshold: The cosine below which nothing counts as an answer.
        fresh: It was built just now.
        spread: The standard deviation of the cosines between different entries.
    """

    path: Path
    size: int
    threshold: float
    fresh: bool
    collection: Any
    embedder: Embedder
    spread: float

    @property
    def name(self) -> str:
        """What tells this base, in this state of its file, from others."""
        return f"{self.collection.name} {self.collection.metadata['digest'][:16]}"

    def entries(self) -> list[Entry]:
        """Return all entries, in the order of the file."""
        found = self.collection.get(ids=[f"q-{i}" for i in range(self.size)], include=["metadatas"])
        metas = sorted(found["metadatas"], key=lambda meta: int(meta["number"]))
        return [Entry(meta["question"], meta["answer"], meta["where"]) for meta in metas]

    def search(self, question: str) -> list[Hit]:
        """Return the nearest entries, the best first; question and answer texts are both searched."""
        vector = self.embedder.encode([question])[0]
        count = min(2 * _CANDIDATES, 2 * self.size)
        found = self.collection.query(query_embeddings=[vector.tolist()], n_results=count)
        best: dict[int, Hit] = {}
        for meta, distance in zip(found["metadatas"][0], found["distances"][0], strict=True):
            entry = Entry(meta["question"], meta["answer"], meta["where"])
            hit = Hit(entry, 1.0 - float(distance))
            number = int(meta["number"])
            if number not in best or hit.score > best[number].score:
                best[number] = hit
        return sorted(best.values(), key=lambda hit: -hit.score)


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
    remember_last(context.home, path)
    meta = collection.metadata
    threshold, spread = float(meta["threshold"]), float(meta["spread"])
    return Base(path, int(meta["size"]), threshold, fresh, collection, embedder, spread)


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
    texts += [f"{entry.question} {entry.answer}".strip() for entry in entries]
    parts = []
    for start in range(0, len(texts), _BATCH):
        yield start, len(texts)
        chunk = texts[start : start + _BATCH]
        parts.append(embedder.encode(chunk, kind="passage", should_stop=context.should_stop))
    vectors = np.concatenate(parts)
    meta = {
        "hnsw:space": "cosine",
        "schema": _SCHEMA,
        "digest": plan.digest,
        "size": len(entries),
        "threshold": calibrate(plan, vectors, context),
        "spread": spread_of(vectors[: len(entries)]),
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
    return collection


def spread_of(vectors: Floats) -> float:
    """Return the standard deviation of the cosines between different vectors; 0.0 for fewer than 3."""
    some = vectors[:_SPREAD_SAMPLE]
    if len(some) < 3:
        return 0.0
    cosines = some @ some.T
    return float(cosines[~np.eye(len(some), dtype=bool)].std())


def calibrate(plan: _Plan, vectors: Floats, context: Context) -> float:
    """Return the cosine below which nothing counts as an answer, from this knowledge base alone.

    It lies half way between what questions about anything else reach (95th percentile) and what the
    base's own questions reach among the other entries (lower quartile): own questions with their entry
    left out are as near as an unanswered one in the shop's words may come. For questions in another
    language than the base's only the first can be known, so its 90th percentile is the threshold.
    """
    count = len(plan.entries)
    by_question, by_both = vectors[:count], vectors[count:]

    def nearest(texts: list[str], skip_own: bool) -> npt.NDArray[np.float64]:
        queries = plan.embedder.encode(texts, should_stop=context.should_stop)
        scores = np.maximum(queries @ by_question.T, queries @ by_both.T).astype(np.float64)
        if skip_own:
            np.fill_diagonal(scores, -1.0)
        best: npt.NDArray[np.float64] = scores.max(axis=1)
        return best

    far = nearest(text_lines("skills.faq", f"background.{plan.language}.txt"), False)
    if count < 3 or _is_chinese(plan.entries) != (plan.language == "zh"):
        return float(np.quantile(far, 0.9))
    own = [entry.question or entry.answer for entry in plan.entries]
    near = float(np.quantile(nearest(own, True), 0.25))
    chance = float(np.quantile(far, 0.95))
    return (chance + max(near, chance)) / 2
