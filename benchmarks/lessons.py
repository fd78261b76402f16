"""Shops that teach the desk's reader: entries, messages in customers' words, and what comes nearest.

A shop under `desk/taught` is a FAQ in Markdown whose entries are followed by messages that they answer, each
behind `> `; messages that none answers come after a line that begins with `## Not said` or `## 没有写`.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faq import DEVELOPED, SHOPS, Case, base_of, sample_cases
from models.odds import Odds
from models.runtimes import Runtimes
from models.sequences import Tokens
from models.texts import Language, language_of
from skills.contract import Context
from skills.faq.judging import ModelReader

TAUGHT = DEVELOPED / "taught"
HELD = ("guesthouse.md", "climbing.md", "dentist.md", "宠物店.md", "火锅店.md", "花店.md")
"""Developed shops that teach nothing: on them it was decided what to do with the judgements."""
_UNANSWERED = ("## Not said", "## 没有写")


@dataclass(frozen=True, slots=True)
class Message:
    """What a customer writes: its tokens, the number of the entry that answers it, and which are near."""

    tokens: Tokens
    entry: int | None
    near: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """A knowledge base as the reader sees it: what is before a message, for each entry, and after it."""

    name: str
    language: Language
    heads: tuple[Tokens, ...]
    tail: Tokens
    messages: tuple[Message, ...]

    def drawn(self, draw: random.Random, others: int = 4) -> dict[int, list[int]]:
        """Return which messages are read after which entries.

        Each after the entry that answers it, the nearest others and one more.
        """
        pairs: dict[int, list[int]] = {}
        for number, message in enumerate(self.messages):
            away = [entry for entry in message.near if entry != message.entry]
            read = away[:others]
            if message.entry is not None:
                read = away[: others - 1] + draw.sample(away[others - 1 :], 1) + [message.entry]
            for entry in read:
                pairs.setdefault(entry, []).append(number)
        return pairs


def parsed(text: str) -> tuple[str, list[Case]]:
    """Return a taught shop's FAQ, without the messages, and these."""
    lines, cases, entry = [], [], ""
    for line in text.splitlines():
        if line.startswith("> "):
            cases.append(Case(line[2:].strip(), entry, "own" if entry else "near"))
        elif line.startswith(_UNANSWERED):
            entry = ""
        else:
            entry = line[4:].strip() if line.startswith("### ") else entry
            lines += ["", line] if line.startswith("#") else [line]
    return "\n".join(lines) + "\n", cases


def written() -> Iterator[tuple[str, str, list[Case]]]:
    """Yield the name, FAQ and messages of every shop that teaches."""
    for path in sorted(TAUGHT.glob("*.md")):
        yield (path.name, *parsed(path.read_text(encoding="utf-8")))
    for name, _ in SHOPS["developed"]:
        if name not in HELD:
            faq = (DEVELOPED / name).read_text(encoding="utf-8")
            yield name, faq, sample_cases(name, DEVELOPED / "questions.jsonl")


def shops(runtimes: Runtimes, names: Collection[str] | None = None) -> Iterator[Shop]:
    """Yield the shops that teach, or those named, as the language model and the first reading see them."""
    with tempfile.TemporaryDirectory() as folder:
        context = Context(runtimes, Path(folder))
        odds = Odds(runtimes.llm())
        reader = ModelReader(odds, context)
        for name, faq, cases in written():
            if names and name not in names:
                continue
            path = Path(folder) / name
            path.write_text(faq, encoding="utf-8")
            yield _shop(path, cases, odds, reader, context)


def _shop(path: Path, cases: list[Case], odds: Odds, reader: ModelReader, context: Context) -> Shop:
    language = language_of(path.read_text(encoding="utf-8"))
    base = base_of(path, context, language)
    entries = base.entries()
    by_question = {entry.question: number for number, entry in enumerate(entries)}
    frames = [reader.frame(entry, language) for entry in entries]
    messages = tuple(
        Message(
            odds.cut(reader.bare(case.question, language)),
            by_question[case.entry] if case.entry else None,
            tuple(base.numbers[hit.entry.key] for hit in base.search(case.question)),
        )
        for case in cases
    )
    return Shop(
        path.name, language, tuple(frame.head for frame in frames), frames[0].tail, messages
    )
