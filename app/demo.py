"""The five jobs on the sample shop, each answer held against its gold."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from agents.client import Engine
from agents.protocol import Ask
from app.context import TEXTS, Options
from app.render.plain import PlainRenderer
from assets import SAMPLES
from models.texts import Message
from skills.events import Answer, Backtest, Failure


@dataclass(frozen=True, slots=True)
class Job:
    """An ask, and the check of its answer: returns whether it is right, and a few words."""

    ask: str
    check: Callable[[Answer], tuple[bool, str]]


def jobs() -> Iterator[Job]:
    """Return the jobs of the demo."""
    gold = tomllib.loads((SAMPLES / "gold.toml").read_text(encoding="utf-8"))

    def at(name: str) -> str:
        return str(SAMPLES / name)

    yield Job(
        f"Sort {at('reviews.csv')} into praise, complaint and question",
        lambda answer: check_labels(answer, gold["classify"]["least_accuracy"]),
    )
    yield Job(
        f"Transcribe {at('calls')}",
        lambda answer: check_words(answer, gold["transcribe"]["most_word_errors"]),
    )
    yield Job(f"Tag the photos in {at('photos')}", lambda answer: check_tags(answer, gold["tag"]))
    yield Job(f"Forecast the next 28 days of revenue in {at('sales.csv')}", check_forecast)
    for file, question in (("faq.md", "can I return a helmet?"), ("常见问题.md", "几点开门")):
        entry = gold["faq"][question]
        lead = "用 {} 回答顾客：{}" if file != "faq.md" else "Answer from {}: {}"
        yield Job(lead.format(at(file), question), partial(check_entry, entry=entry))
    yield Job(f"Answer from {at('faq.md')}: who painted the Mona Lisa?", check_refusal)


def check_labels(answer: Answer, least: float) -> tuple[bool, str]:
    """Compare the written labels with the column `gold`."""
    with Path(answer.artifacts[0]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    right = sum(row["label"] == row["gold"] for row in rows) / len(rows)
    return right >= least, f"accuracy {right:.3f} (at least {least})"


def check_words(answer: Answer, most: float) -> tuple[bool, str]:
    """Compare what was heard with what was said: the worst word error rate of the calls."""
    from rapidfuzz.distance import Levenshtein

    rates = []
    for recording in answer.data["recordings"]:
        said = words(Path(recording["file"]).with_suffix(".txt").read_text(encoding="utf-8"))
        rates.append(Levenshtein.distance(said, words(recording["text"])) / len(said))
    return max(rates) <= most, f"word error rate {max(rates):.3f} (at most {most})"


_NUMBERS = frozenset(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without numbers."""
    found = re.findall(r"[a-z']+", text.lower())
    return [word for word in found if word not in _NUMBERS]


def check_tags(answer: Answer, gold: dict[str, list[str]]) -> tuple[bool, str]:
    """See whether the first tag of each picture is among those that are right."""
    first = {Path(path).name: tags[0]["tag"] for path, tags in answer.data.items()}
    wrong = [
        f"{name}: {first.get(name)}"
        for name, right in gold.items()
        if not any(word.lower() in str(first.get(name)).lower() for word in right)
    ]
    return not wrong, f"{len(gold) - len(wrong)} of {len(gold)} right"


def check_forecast(answer: Answer) -> tuple[bool, str]:
    """See whether the backtest beats repeating the last season."""
    test = next((item for item in answer.evidence if isinstance(item, Backtest)), None)
    if test is None:
        return False, "no backtest"
    return test.mae < test.naive_mae, f"MAE {test.mae:.1f} against {test.naive_mae:.1f}"


def check_entry(answer: Answer, entry: str) -> tuple[bool, str]:
    """See whether the right entry was quoted."""
    found: Any = answer.data.get("question")
    return found == entry and not answer.refused, str(found)


def check_refusal(answer: Answer) -> tuple[bool, str]:
    """See whether a question that the FAQ does not answer was refused."""
    return answer.refused, "refused" if answer.refused else answer.text


def run_demo(options: Options, out: Path, *, as_json: bool) -> int:
    """Do the jobs; return 0 only if every answer meets its gold."""
    return asyncio.run(_run(options, out, as_json))


async def _run(options: Options, out: Path, as_json: bool) -> int:
    engine = Engine(options.device)
    failed = 0
    try:
        for number, job in enumerate(jobs(), 1):
            renderer = None if as_json else PlainRenderer(options.language)
            if renderer:
                print(f"── {number} ── {job.ask}\n", flush=True)
            final = await _answer(engine, Ask(text=job.ask, out=str(out)), options, renderer)
            good, measured = (
                job.check(final) if isinstance(final, Answer) else (False, final.message)
            )
            failed += not good
            if renderer:
                key = "demo_met" if good else "demo_missed"
                print(options.say(TEXTS(key, words=measured)) + "\n", flush=True)
            else:
                line = {"job": number, "ask": job.ask, "met": good, "measured": measured}
                print(json.dumps(line, ensure_ascii=False), flush=True)
    finally:
        engine.close()
    if not as_json:
        print(options.say(_verdict(failed, out)))
    return 1 if failed else 0


async def _answer(
    engine: Engine, ask: Ask, options: Options, renderer: PlainRenderer | None
) -> Answer | Failure:
    """Run an ask, in view where there is a renderer, and return how it ended."""
    final: Answer | Failure = Failure("")
    if renderer:
        renderer.begin(ask.text, ask.answered_in)
    async for event in engine.ask(ask, options.language):
        if renderer:
            renderer.show(event)
        if isinstance(event, Answer | Failure):
            final = event
    return final


def _verdict(failed: int, out: Path) -> Message:
    return TEXTS("demo_failed", n=failed) if failed else TEXTS("demo_passed", out=out)
