"""The FAQ desk: the first reading alone against both readings, on questions in people's own words.

    python -m benchmarks.faq [--developed | --unseen | --covid FOLDER] [--letters] [--most 60] [--only en]
                             [--shop gym.md] [--first-only | --without-gists] [--typos 0.08]

Without a folder: the sample shop's FAQs with `tests/data/faq_questions.jsonl` (written by the
samples' hand: expect less from strangers). With `--developed`: twelve shops on whose questions the second
reading's prompts, weights and leniency were chosen; six of them also taught the reader (`lessons`). With
`--unseen`: eight shops whose questions were written before and asked after all that was chosen; with
`--letters` besides, what customers write and say at length to these, or to six of the developed. With a
folder that holds `covid_faq_deepset.jsonl` and `covid_qsim_deepset.jsonl`: paraphrases of that FAQ's
questions, and as near misses the same ones with their entry removed. Prints, with 95 % bootstrap intervals:
right entry first; answered rightly and refused at the base's own threshold, which never saw these questions,
if the first is always the answer; what the desk does, which asks where two are about as near: told the right
one or asked among them, told a wrong one; the area under the ROC curve of answerable against near misses;
seconds.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from assets import SAMPLES
from models.runtimes import Runtimes
from models.steps import result_of
from models.texts import Language, language_of
from skills.contract import Context
from skills.faq.bases import of_file
from skills.faq.desk import Found, apart_after, twins
from skills.faq.gists import Gists
from skills.faq.index import Base, open_base
from skills.faq.judging import model_reader
from skills.faq.reading import Reader
from skills.faq.second import is_open, read_again, wants_gists
from skills.measures import auroc, interval

QUESTIONS = Path(__file__).parents[1] / "tests" / "data" / "faq_questions.jsonl"
DEVELOPED = Path(__file__).parent / "desk"
SHOPS: dict[str, tuple[tuple[str, Language], ...]] = {
    "sample": (("faq.md", "en"), ("常见问题.md", "zh")),
    "developed": (
        ("guesthouse.md", "en"), ("climbing.md", "en"), ("bakery.md", "en"), ("dentist.md", "en"),
        ("movers.md", "en"), ("saas.md", "en"), ("宠物店.md", "zh"), ("火锅店.md", "zh"),
        ("牙科诊所.md", "zh"), ("手机维修.md", "zh"), ("花店.md", "zh"), ("健身房.md", "zh"),
    ),
    "unseen": (
        ("school.md", "en"), ("clothes.md", "en"), ("carrental.md", "en"), ("gym.md", "en"),
        ("洗衣店.md", "zh"), ("驾校.md", "zh"), ("家政公司.md", "zh"), ("女装网店.md", "zh"),
    ),
}  # fmt: skip
_KEPT_STATES = 50


@dataclass(frozen=True, slots=True)
class Case:
    """A question; `entry` is the right entry's question, empty if none answers it."""

    question: str
    entry: str
    kind: str
    removed: str = ""  # the entry that is taken out for a near miss


@dataclass(slots=True)
class Outcome:
    """What one reading made of a case; `choices` are those among which the customer is asked, if any."""

    case: Case
    first: str
    score: float
    threshold: float
    seconds: float
    choices: tuple[str, ...]


def base_of(path: Path, context: Context, language: Language) -> Base:
    """Open a knowledge base."""
    return result_of(open_base(of_file(path), context, language=language))


def read(
    case: Case, base: Base, reader: Reader | None = None, gists: Gists | None = None
) -> Outcome:
    """Ask a question of one reading, or of both."""
    started = time.monotonic()
    hits = [hit for hit in base.search(case.question) if hit.entry.question != case.removed]
    threshold = base.threshold
    if reader and is_open(hits, base):
        language = language_of(case.question)
        work = read_again(case.question, hits, base, reader, language, gists=gists)
        reading = result_of(work)
        hits, threshold = reading.hits, reading.threshold
    best = hits[0]
    seconds = time.monotonic() - started
    near = twins(Found(hits, threshold, apart=apart_after(reader)), base)
    choices = tuple(hit.entry.question for hit in near) if len(near) > 1 else ()
    return Outcome(case, best.entry.question, best.score, threshold, seconds, choices)


def share(hits: list[bool]) -> str:
    """Return a share with its count and a 95 % bootstrap interval."""
    if not hits:
        return "-"
    values = np.array(hits, dtype=float)
    low, high = interval(values)
    return f"{sum(hits)} of {len(hits)} ({values.mean():.0%} [{low:.0%}, {high:.0%}])"


def report(name: str, outcomes: list[Outcome]) -> None:
    """Print a reading's figures."""
    able = [o for o in outcomes if o.case.entry]
    kinds = {kind: [o for o in outcomes if o.case.kind == kind] for kind in ("near", "far")}
    # margins, not scores: what was clear has the first reading's threshold
    margins = {kind: [o.score - o.threshold for o in some] for kind, some in kinds.items()}
    print(f"  {name}")
    print(f"    right entry first    {share([o.first == o.case.entry for o in able])}")
    right = [o.first == o.case.entry and o.score >= o.threshold for o in able]
    print(f"    answered rightly     {share(right)}")
    wrong = [o.first != o.case.entry and o.score >= o.threshold for o in able]
    print(f"    answered wrongly     {share(wrong)}")
    offered = [o.choices or (o.first,) if o.score >= o.threshold else () for o in able]
    among = [o.case.entry in some for o, some in zip(able, offered, strict=True)]
    print(f"    told, or among some  {share(among)}")
    print(f"    asked which of them  {share([bool(o.choices) for o in able])}")
    misled = [len(some) == 1 and not one for some, one in zip(offered, among, strict=True)]
    print(f"    told wrongly         {share(misled)}")
    for kind, some in kinds.items():
        print(f"    {kind} refused {'':8} {share([o.score < o.threshold for o in some])}")
    near = auroc([o.score - o.threshold for o in able], margins["near"])
    seconds = sorted(o.seconds for o in outcomes)
    middle, worst = seconds[len(seconds) // 2], seconds[-1]
    print(f"    AUROC near misses    {near:.3f}")
    print(f"    seconds a question   median {middle:.3f}, worst {worst:.2f}", flush=True)


def compare(
    title: str,
    path: Path,
    cases: list[Case],
    context: Context,
    language: Language,
    *,
    first_only: bool,
    without_gists: bool,
) -> None:
    """Print both readings of a FAQ side by side."""
    base = base_of(path, context, language)
    print(f"{title}: {base.size} entries, {len(cases)} questions")
    alone = msgspec.structs.replace(base.calibration, lexical_weight=0.0)
    vectors = dataclasses.replace(base, calibration=alone)
    report("vectors alone (its threshold is that of the first reading)", [
        read(case, vectors) for case in cases
    ])  # fmt: skip
    report("first reading: vectors and words", [read(case, base) for case in cases])
    if first_only:
        return
    odds = context.runtimes.odds()
    judge = model_reader(context)
    gists = Gists(odds, context, base, language) if wants_gists(base, judge) else None
    some = base.entries()[:_KEPT_STATES]
    if gists:
        started = time.monotonic()
        result_of(gists.nearness("-", some))
        print(f"  gists of {len(some)} entries made once, in {time.monotonic() - started:.0f} s")
    for entry in some:
        judge.prepare(entry, language)  # the states of the entries are kept from then on
    report("both readings", [read(case, base, judge, gists) for case in cases])
    if without_gists and gists:
        report("both readings, without gists", [read(case, base, judge) for case in cases])


def sample_cases(name: str, questions: Path = QUESTIONS) -> list[Case]:
    """Return the questions to one of the FAQs."""
    lines = map(json.loads, questions.read_text(encoding="utf-8").splitlines())
    return [
        Case(line["question"], line["entry"] or "", line.get("kind", "own"))
        for line in lines
        if line["file"] == name
    ]


def mistyped(cases: list[Case], share: float) -> list[Case]:
    """Return the cases with a share of the letters left out, doubled or replaced."""
    draw = random.Random(0)

    def typed(letter: str) -> str:
        if not letter.isalpha() or draw.random() >= share:
            return letter
        return draw.choice(("", letter * 2, draw.choice("abcdefghijklmnopqrstuvwxyz")))

    return [
        dataclasses.replace(case, question="".join(map(typed, case.question))) for case in cases
    ]


def covid(folder: Path, target: Path, most: int) -> list[Case]:
    """Write the covid FAQ as a table, and return paraphrases and near misses."""
    rows = [json.loads(x) for x in (folder / "covid_faq_deepset.jsonl").open(encoding="utf-8")]
    table = [{"question": row["question"], "answer": row["answer"]} for row in rows]
    target.write_text("\n".join(map(json.dumps, table)), encoding="utf-8")
    known = {row["question"] for row in rows}
    pairs = map(json.loads, (folder / "covid_qsim_deepset.jsonl").open(encoding="utf-8"))
    alike = [(p["q2"], p["q1"]) for p in pairs if p["similar"] and p["q1"] in known]
    random.Random(1).shuffle(alike)
    able = [Case(asked, entry, "own") for asked, entry in alike[:most]]
    return able + [Case(asked, "", "near", removed=entry) for asked, entry in alike[:most]]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--developed", action="store_true", help="the shops it was developed on")
    which.add_argument(
        "--unseen", action="store_true", help="eight shops that nothing was chosen on"
    )
    which.add_argument("--covid", type=Path)
    parser.add_argument("--letters", action="store_true", help="letters and spoken messages")
    parser.add_argument("--only", choices=("en", "zh"))
    parser.add_argument("--shop", help="one of the shops alone")
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--first-only", action="store_true", help="without the language model")
    parser.add_argument("--without-gists", action="store_true", help="once more without gists")
    parser.add_argument(
        "--typos", type=float, default=0.0, help="share of letters that are mistyped"
    )
    given = parser.parse_args()
    how = {"first_only": given.first_only, "without_gists": given.without_gists}
    with tempfile.TemporaryDirectory() as folder:
        context = Context(Runtimes(), Path(folder))
        if given.covid:
            path = Path(folder) / "covid.jsonl"
            cases = mistyped(covid(given.covid, path, given.most), given.typos)
            compare("covid_faq", path, cases, context, "en", **how)
        else:
            chosen = "developed" if given.developed else "unseen" if given.unseen else "sample"
            shops = SAMPLES if chosen == "sample" else DEVELOPED
            questions = {
                "sample": QUESTIONS,
                "developed": DEVELOPED / ("letters.jsonl" if given.letters else "questions.jsonl"),
                "unseen": DEVELOPED / ("letters.unseen.jsonl" if given.letters else "unseen.jsonl"),
            }[chosen]
            for name, kind in SHOPS[chosen]:
                cases = mistyped(sample_cases(name, questions), given.typos)
                if cases and given.only in (None, kind) and given.shop in (None, name):
                    compare(name, shops / name, cases, context, kind, **how)
    return 0


if __name__ == "__main__":
    sys.exit(main())
