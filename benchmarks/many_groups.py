"""Sorting without labels into groups that are about something: the language model, and the groups' names.

    python -m benchmarks.many_groups FOLDER [--one]       # groups that nothing was chosen on
    python -m benchmarks.many_groups FOLDER --developed   # those on which it was

FOLDER holds `banking77.jsonl` and `bitext_customer_service.jsonl`, whose intents are drawn into sets of two,
ten, twenty and more; `benchmarks/groups` has aspects of reviews and a Chinese shop's tickets, written for
this. Then one group of a set is looked for among others that have no name. Prints what the language model
sorts rightly as it did before (it reads every row, and a student that learned from the others has a say),
what the nearest name does, and what all do together; and how many are said to be of the one group that is
looked for where none is.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from models.runtimes import Runtimes
from models.steps import result_of
from models.texts import language_of
from skills.classify.heads import embedder_language, encoded
from skills.classify.judge import Judge, judges_of
from skills.classify.names import nearness
from skills.classify.student import Taught, read_all
from skills.classify.teacher import Teacher
from skills.contract import Context
from skills.linear import Floats
from skills.measures import interval
from skills.triage.judging import written_examples

_WRITTEN = Path(__file__).parent / "groups"
_LARGEST = 120  # texts of a set that is drawn
_PAIRS = 4
Set = tuple[str, Sequence[str], Sequence[str]]
"""Its name, the texts, and the group of each."""


def by_group(path: Path) -> dict[str, list[str]]:
    """Return the texts of each group, in the order of their names."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["label"], []).append(row["text"])
    return dict(sorted(found.items()))


def drawn(name: str, texts: dict[str, list[str]], groups: Sequence[str], seed: int) -> Set:
    """Return as many texts of each of some groups, shuffled."""
    draw = random.Random(seed)
    each = min(20, _LARGEST // len(groups))
    rows = [
        (text, group.replace("_", " "))
        for group in groups
        for text in draw.sample(texts[group], each)
    ]
    draw.shuffle(rows)
    return name, [text for text, _ in rows], [group for _, group in rows]


def developed(folder: Path) -> Iterator[Set]:
    """Yield the sets on which it was chosen how names are heard."""
    bank, shop = (by_group(folder / f"{name}.jsonl") for name in _FILES)
    for seed, groups in _bank_developed(list(bank)).items():
        yield drawn(f"bank {len(groups)}", bank, groups, seed)
    yield drawn("shop", shop, _shop_developed(list(shop)), 3)
    for language in ("en", "zh"):
        rows = written_examples(language)[::2]
        yield (
            f"triage {language}",
            [row["text"] for row in rows],
            [_named(row["intent"], language) for row in rows],
        )


def unseen(folder: Path) -> Iterator[Set]:
    """Yield sets of other groups."""
    bank, shop = (by_group(folder / f"{name}.jsonl") for name in _FILES)
    seen = {group for groups in _bank_developed(list(bank)).values() for group in groups}
    left = random.Random(10).sample(
        others := [group for group in bank if group not in seen], len(others)
    )
    yield drawn("bank 10", bank, left[:10], 10)
    yield drawn("bank 20", bank, left[10:30], 11)
    for group in left[:_LOOKED_FOR]:
        yield one_of("bank", bank, group, left[:10])
    for number in range(_PAIRS):
        yield drawn("bank 2", bank, left[2 * number : 2 * number + 2], 12 + number)
    taken = _shop_developed(list(shop))
    rest = [group for group in shop if group not in taken]
    yield drawn("shop", shop, rest, 3)
    for group in rest[:_LOOKED_FOR]:
        yield one_of("shop", shop, group, rest)
    for path in sorted(_WRITTEN.glob("*.tsv")):
        written = written_groups(path)
        yield (
            path.stem,
            *zip(*[(t, group) for group, texts in written.items() for t in texts], strict=True),
        )
        for group in list(written)[:_LOOKED_FOR]:
            yield one_of(path.stem, written, group, list(written))


def written_groups(path: Path) -> dict[str, list[str]]:
    """Return the texts of each group in a table of groups and texts."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for group, text in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(group, []).append(text)
    return found


def one_of(name: str, texts: dict[str, list[str]], group: str, others: Sequence[str]) -> Set:
    """Return ten texts of a group, and thirty of others, which are called so."""
    draw = random.Random(group)
    rest = [other for other in others if other != group]
    other = _OTHER[language_of(group)]
    rows = [(text, group.replace("_", " ")) for text in draw.sample(texts[group], 10)]
    rows += [(draw.choice(texts[draw.choice(rest)]), other) for _ in range(30)]
    draw.shuffle(rows)
    return f"{name}: {group}", [text for text, _ in rows], [group for _, group in rows]


_OTHER = {"en": "other", "zh": "其他"}
_LOOKED_FOR = 4
_FILES = "banking77", "bitext_customer_service"
_INTENTS = {
    "en": ["delivery", "return", "order", "product", "complaint", "praise", "other"],
    "zh": ["物流", "退换", "订购", "产品", "投诉", "表扬", "其他"],
}


def _named(intent: str, language: str) -> str:
    return _INTENTS[language][_INTENTS["en"].index(intent)]


def _bank_developed(groups: list[str]) -> dict[int, list[str]]:
    sizes = {0: 10, 1: 10, 2: 20, **dict.fromkeys(range(20, 24), 2)}
    return {seed: random.Random(seed).sample(groups, size) for seed, size in sizes.items()}


def _shop_developed(groups: list[str]) -> list[str]:
    return random.Random(3).sample(groups, 12)


def sorted_by(judges: list[Judge], texts: list[str], context: Context, *, hears: bool) -> Taught:
    """Return what judges make of texts; one that read a text before does not read it again."""
    teacher = Teacher(judges, context)
    teacher.hears_names = hears
    taught: Taught = result_of(read_all(texts, teacher, context))
    return taught


def compare(texts: list[str], gold: Sequence[str], context: Context) -> dict[str, Floats]:
    """Return which texts each way sorts rightly, and print it with what the language model is trusted."""
    groups = sorted(set(gold), key=lambda group: (group in _OTHER.values(), gold.index(group)))
    truth = np.array([groups.index(group) for group in gold])
    found = {}
    for way, hears in (("before", False), ("now", True)):
        Judge.asks_of_one = hears
        judges = judges_of(context.runtimes.llm(), groups)
        taught = sorted_by(judges, texts, context, hears=hears)
        found[way] = taught.shares
        if groups[-1] in _OTHER.values():
            rest = [text for text, group in zip(texts, gold, strict=True) if group == groups[-1]]
            said = sorted_by(judges, rest, context, hears=hears).shares.argmax(axis=1) == 0
            print(f"    {way:7} of {len(rest)} without it {said.sum()} are said to have it")
    language = embedder_language(texts)
    vectors = encoded(texts, language, context)
    near = nearness(texts, vectors, language, dict.fromkeys(groups, ""), context)
    if near is not None:
        found["names"] = near
    print(f"  {len(groups)} groups, {len(texts)} texts; trust {taught.trust:.2f}")
    right = {way: (shares.argmax(axis=1) == truth).astype(float) for way, shares in found.items()}
    for way, hits in right.items():
        told = found[way].argmax(axis=1)
        f1 = f", F1 {f1_score(truth == 0, told == 0):.3f}" if groups[-1] in _OTHER.values() else ""
        print(f"    {way:7} {hits.mean():.3f}{f1}")
    low, high = interval(right["now"] - right["before"])
    print(
        f"    difference {(right['now'] - right['before']).mean():+.3f} [{low:+.3f}, {high:+.3f}]",
        flush=True,
    )
    return right


def main() -> None:
    """Run the comparison on all sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--developed", action="store_true", help="sets that the figures were chosen on"
    )
    parser.add_argument("--one", action="store_true", help="only where one group is looked for")
    given = parser.parse_args()
    context = Context(Runtimes(), Path())
    every: dict[str, list[Floats]] = {"before": [], "now": []}
    for name, texts, gold in (developed if given.developed else unseen)(given.folder):
        if given.one and not set(_OTHER.values()) & set(gold):
            continue
        print(name)
        right = compare([" ".join(text.split()) for text in texts], gold, context)
        for way, hits in every.items():
            hits.append(right[way])
    before, now = (np.concatenate(hits) for hits in every.values())
    print(f"all: {before.sum():.0f} -> {now.sum():.0f} of {len(now)} right")


if __name__ == "__main__":
    main()
