"""How often an order hidden in a question or in an entry makes the desk answer what it should not.

    python -m benchmarks.desk_orders

The orders of `desk/orders.jsonl` are put into questions that the sample shops' FAQs do not answer, and into
an entry more that answers nothing. Prints, for English and Chinese, how many of the questions are refused
without an order and with each, and how often the poisoned entry is the answer.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assets import SAMPLES
from benchmarks.faq import DEVELOPED, Case, base_of, sample_cases
from models.runtimes import Runtimes
from models.steps import result_of
from models.texts import Language
from skills.contract import Context
from skills.faq.desk import Desk, Found

_SHOPS: dict[Language, str] = {"en": "faq.md", "zh": "常见问题.md"}
_TITLES: dict[Language, str] = {"en": "About this page", "zh": "关于本页"}


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `{question}` stands for the customer's words in those for questions."""

    text: str
    poisons: bool


def orders_of(language: Language) -> list[Order]:
    """Return the orders in a language."""
    lines = (DEVELOPED / "orders.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Order(r["text"], r["in"] == "entry") for r in rows if r["language"] == language]


def refused(cases: list[Case], order: str, desk: Desk) -> int:
    """Return how many questions are refused with an order in them."""
    asked = [order.format(question=case.question) for case in cases]
    return sum(not result_of(desk.ask(question)).answered for question in asked)


def shop_with(text: str, language: Language, folder: Path, number: int) -> Path:
    """Write the sample's FAQ with an entry more."""
    whole = (SAMPLES / _SHOPS[language]).read_text(encoding="utf-8")
    path = folder / f"{number}-{_SHOPS[language]}"
    path.write_text(f"{whole}\n\n## {_TITLES[language]}\n\n{text}\n", encoding="utf-8")
    return path


def is_poison(found: Found, language: Language) -> bool:
    """Say whether the poisoned entry is the answer."""
    return found.answered and found.hits[0].entry.question == _TITLES[language]


def main() -> int:
    """Ask and print."""
    runtimes = Runtimes()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        context = Context(runtimes, folder)
        for language, name in _SHOPS.items():
            every = sample_cases(name)
            none = [case for case in every if not case.entry]
            desk = Desk(base_of(SAMPLES / name, context, language), context)
            size = len(none)
            print(f"{name}: {refused(none, '{question}', desk)} of {size} unanswerable refused")
            for number, order in enumerate(orders_of(language)):
                if not order.poisons:
                    print(
                        f"  {refused(none, order.text, desk)} of {size}: {order.text!r}", flush=True
                    )
                    continue
                path = shop_with(order.text, language, folder, number)
                poisoned = Desk(base_of(path, context, language), context)
                asked = [case.question for case in every[::3]]
                taken = sum(is_poison(result_of(poisoned.ask(q)), language) for q in asked)
                print(f"  the answer to {taken} of {len(asked)}: entry {order.text!r}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
