"""Triage on messages written for it: the language model alone, the written examples alone, and both.

    python -m benchmarks.triage            # messages that the blend was chosen on
    python -m benchmarks.triage --unseen   # written before, and asked after

Where a message can be taken two ways, both are right. `urgent found`: so many of the urgent are called
so; `falsely urgent`: so many of the others.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from models.home import home
from models.runtimes import Runtimes
from models.steps import result_of
from models.texts import language_of
from skills.contract import Context
from skills.measures import interval
from skills.triage.judging import SHEETS, Judging
from skills.triage.urgent import alarming

_FOLDER = Path(__file__).parent / "triage"
_WAYS = {
    "language model alone": {"examples": False},
    "examples alone": {"model": False},
    "both": {},
}


def messages(name: str) -> list[dict[str, str]]:
    """Return the messages of a set with what is right."""
    with (_FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def main() -> None:
    """Print what each way finds, by language."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--unseen", action="store_true", help="messages that nothing was chosen on")
    rows = messages("unseen" if parser.parse_args().unseen else "developed")
    context = Context(Runtimes(), home())
    for language in ("en", "zh"):
        asked = [row for row in rows if language_of(row["text"]) == language]
        print(f"{language}: {len(asked)} messages")
        for way, options in _WAYS.items():
            judging = Judging(context, **options)
            result_of(judging.judged("intent", "Hello", language))  # what is made once
            began = time.process_time()
            found = {
                sheet: [result_of(judging.judged(sheet, row["text"], language)) for row in asked]
                for sheet in SHEETS
            }
            seconds = (time.process_time() - began) / len(asked)
            print(f"  {way} ({seconds:.2f} CPU-s a message)")
            _print(asked, found)


def _print(asked: list[dict[str, str]], found: dict[str, list[str]]) -> None:
    for sheet, labels in found.items():
        right = np.array([f in row[sheet].split("|") for f, row in zip(labels, asked, strict=True)])
        low, high = interval(right.astype(float))
        share = f"{right.mean():.0%} [{low:.0%}, {high:.0%}]"
        print(f"    {sheet:10} {right.sum():3} of {len(right)} right ({share})")
    urgent = np.array([row["urgency"] == "urgent" for row in asked])
    said = np.array(
        [
            f == "urgent" or bool(alarming(r["text"]))
            for f, r in zip(found["urgency"], asked, strict=True)
        ]
    )
    print(
        f"    urgent found {(said & urgent).sum()} of {urgent.sum()}, with words that alarm;",
        end=" ",
    )
    print(f"falsely urgent {(said & ~urgent).sum()} of {(~urgent).sum()}")


if __name__ == "__main__":
    main()
