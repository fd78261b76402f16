"""Encoders as they are and as they were taught to find answers: what the first reading finds with each.

    python -m benchmarks.finders [FOLDER] [--models all-mpnet-base-v2 …]

Recall at 1 and 5, by vectors and words with their usual weight: of messages to shops that taught nothing
(`lessons.HELD`) and to the sample's FAQ; with a folder that holds `xquad_en.jsonl` and the covid FAQ's two
files, also of questions to passages and of paraphrases of a FAQ's questions, which are of a kind and of hands
that taught nothing. MiniLM's plain vectors are those of the int8 file it is published with.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets import SAMPLES
from benchmarks.faq import DEVELOPED, QUESTIONS, SHOPS, covid, sample_cases
from benchmarks.lessons import HELD
from models.devices import Use, threads
from models.embedder import FINDER, MULTILINGUAL, TAUGHT, Embedder, name_for
from models.errors import TEXTS
from models.store import Store
from models.texts import Language
from skills.faq.calibration import spread_of
from skills.faq.entries import Entry, read_entries
from skills.faq.lexical import Lexical

_WORDS = 2.1  # spreads that a full match of words adds
_PARAPHRASES = 200
_EVERY = 3  # of XQuAD's questions


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions to entries, and the number of the right entry for each."""

    kind: str
    language: Language
    entries: list[Entry]
    questions: list[str]
    right: list[int]


def shops() -> Iterator[Asked]:
    """Yield the shops that taught nothing, and the sample's."""
    for name, language in SHOPS["developed"]:
        if name in HELD:
            questions = DEVELOPED / "questions.jsonl"
            yield _asked(f"held shops, {language}", language, DEVELOPED / name, questions)
    for name, language in SHOPS["sample"]:
        yield _asked(f"sample, {language}", language, SAMPLES / name, QUESTIONS)


def _asked(kind: str, language: Language, path: Path, questions: Path) -> Asked:
    able = [case for case in sample_cases(path.name, questions) if case.entry]
    entries = read_entries(path)
    numbers = {entry.question: number for number, entry in enumerate(entries)}
    right = [numbers[case.entry] for case in able]
    return Asked(kind, language, entries, [case.question for case in able], right)


def others(folder: Path) -> Iterator[Asked]:
    """Yield passages and paraphrases."""
    rows = [json.loads(line) for line in (folder / "xquad_en.jsonl").open(encoding="utf-8")]
    passages = [Entry("", row["context"], "") for row in rows]
    pairs = [(qa["question"], number) for number, row in enumerate(rows) for qa in row["qas"]]
    questions, right = zip(*pairs[::_EVERY], strict=True)
    yield Asked("passages, en", "en", passages, list(questions), list(right))
    with tempfile.TemporaryDirectory() as made:
        table = Path(made) / "covid.jsonl"
        able = [case for case in covid(folder, table, _PARAPHRASES) if case.entry]
        entries = read_entries(table)
    numbers = {entry.question: number for number, entry in enumerate(entries)}
    right = [numbers[case.entry] for case in able]
    yield Asked("covid_faq, en", "en", entries, [case.question for case in able], right)


def places(encoder: Embedder, asked: Asked) -> list[int]:
    """Return how many entries come before the right one, for each question."""
    own = encoder.encode([e.question or e.answer for e in asked.entries], kind="passage")
    both = encoder.encode([e.text for e in asked.entries], kind="passage")
    vectors = encoder.encode(asked.questions)
    lexical = Lexical.build([entry.text for entry in asked.entries])
    words = np.stack([lexical.scores(question) for question in asked.questions])
    scores = np.maximum(vectors @ own.T, vectors @ both.T) + _WORDS * spread_of(own) * words
    right = scores[np.arange(len(asked.right)), asked.right]
    return [int(count) for count in (scores > right[:, None]).sum(axis=1)]


def report(name: str, file: str, all_asked: Sequence[Asked]) -> None:
    """Print what an encoder finds."""
    use = Use("ONNX Runtime", "cpu", TEXTS("stopped"))
    encoder = Embedder(Store().folder(name), name, use, threads(), file)
    found: dict[str, list[int]] = {}
    started = time.monotonic()
    for asked in all_asked:
        if name == MULTILINGUAL or asked.language == "en":
            found.setdefault(asked.kind, []).extend(places(encoder, asked))
    print(f"{name} {'as it was taught' if file == TAUGHT else 'as it is'}")
    for kind, ranks in found.items():
        first, five = (float(np.mean(np.array(ranks) < most)) for most in (1, 5))
        print(f"  {kind:16} {len(ranks):4} questions: recall@1 {first:.3f}, recall@5 {five:.3f}")
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--models", nargs="+", default=[name_for("en"), FINDER, MULTILINGUAL])
    given = parser.parse_args()
    all_asked = [*shops(), *(others(given.folder) if given.folder else ())]
    for name in given.models:
        for file in ("model.onnx", TAUGHT):
            report(name, file, all_asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
