"""Questions about tables in people's words: is the figure right that is told?

    python -m benchmarks.figures [--misses] [--no-model]

Twenty-four tables as programs of small businesses write them (`figures_tables`, `figures_more_tables`), with
questions in English and Chinese (`figures_asked`, `figures_more`) whose right answers are computed from the
rows before these are written. All were developed with in the end: what they found has been mended, so that
these figures say what still works, and only questions of another hand what to expect. When they were first
asked, 73 of 108 plain ones to the tables that were new were told rightly, and of the last 42, which were
written by people who type little or speak, 25; what was wrong said in 9 of 17 cases which words it had not
understood. Each goes through the whole assistant, its file named. Beside it the language model is asked the
same, with as much of the table's text as it reads, and is right if its reply holds the figure or the name.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.figures_asked import ASKED, Asked, Right
from benchmarks.figures_more import MORE_ASKED
from benchmarks.figures_more_tables import MORE
from benchmarks.figures_tables import TABLES, write

OUTCOMES = ("right", "wrong", "wrong, said what it did not understand", "asked back", "failed")
_READ = 2000  # characters of the table for the language model; more take a minute a question


def right(told: dict[str, object], expected: Right, *, least: bool) -> bool:
    """Say whether the numbers of an answer are those that are expected."""
    groups = told.get("groups")
    order: list[list[object]] = []
    if isinstance(groups, list):
        order = sorted(groups, key=lambda group: group[1], reverse=not least)
    if isinstance(expected, float | int):
        rows = told.get("row_numbers")
        first = order[0][1] if order else told.get("value")
        value = float(len(rows)) if isinstance(rows, list) else first
        return isinstance(value, float | int) and math.isclose(value, expected, rel_tol=1e-3)
    if isinstance(expected, tuple):
        values = [told.get("value"), told.get("against")]
        return all(
            any(isinstance(v, float | int) and math.isclose(v, one, rel_tol=1e-3) for v in values)
            for one in expected
        )
    wanted = [expected] if isinstance(expected, str) else expected
    return [str(group[0]) for group in order[: len(wanted)]] == wanted


def by_language_model(text: str, table: str, model: object, expected: Right) -> bool:
    """Say whether the language model, given the beginning of the table, says the figure."""
    prompt = f"{table[:_READ]}\n\n{text}"
    said = "".join(model.chat([{"role": "user", "content": prompt}]))  # type: ignore[attr-defined]
    numbers = [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", said)]
    wanted = expected if isinstance(expected, tuple | list) else [expected]
    return all(
        one in said
        if isinstance(one, str)
        else any(math.isclose(n, one, rel_tol=1e-3) for n in numbers)
        for one in wanted
    )


def main() -> None:
    """Ask all questions and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--misses", action="store_true", help="show what was not told rightly")
    parser.add_argument("--no-model", action="store_true", help="leave the language model out")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["INHOUSE_HOME"] = home
        measure([*ASKED, *MORE_ASKED], Path(home), chosen.misses, not chosen.no_model)


def measure(asked: list[Asked], folder: Path, misses: bool, with_model: bool) -> None:
    """Ask each question in an assistant of its own, and the language model."""
    from agents.assistant import Assistant
    from agents.protocol import Ask
    from models.runtimes import Runtimes
    from models.texts import language_of
    from skills.events import Answer

    runtimes = Runtimes()
    tables = write(folder, TABLES | MORE)
    counts: Counter[tuple[str, str]] = Counter()
    seconds: list[float] = []
    for one in asked:
        path, rows = tables[one.table]
        expected = one.right(rows)
        language = language_of(one.text)
        started = time.process_time()
        ask = Ask(text=f'{one.text} "{path}"')
        *_, last = Assistant(runtimes).answer(ask, lambda: False, lambda _error: None)
        seconds.append(time.process_time() - started)
        outcome = "failed"
        if isinstance(last, Answer) and last.data.get("asks_for"):
            outcome = "asked back"
        elif isinstance(last, Answer):
            good = right(last.data, expected, least=bool(last.request.get("least")))
            outcome = "right" if good and last.skill == "figures" else "wrong"
            if outcome == "wrong" and re.search("Not understood|没有听懂", last.text):
                outcome = "wrong, said what it did not understand"
        counts[language, outcome] += 1
        if misses and outcome != "right":
            said = last.text if isinstance(last, Answer) else last.message  # type: ignore[attr-defined]
            print(f"{outcome}: {one.text} ({one.table}) -> {said[:160]!r}; right: {expected}")
        if with_model:
            table = (
                path.read_bytes().decode("utf-8", "replace")
                if one.table != "orders"
                else path.read_text("gb18030")
            )
            counts[language, "model"] += by_language_model(
                one.text, table, runtimes.llm(), expected
            )
    for language in ("en", "zh"):
        told = {name: counts[language, name] for name in OUTCOMES}
        n = sum(told.values())
        rest = ", ".join(f"{name} {count}" for name, count in told.items() if name != "right")
        print(f"{language}: right {told['right']} of {n} ({told['right'] / n:.0%}); {rest}")
        if with_model:
            print(
                f"    the language model and the table's beginning: {counts[language, 'model']} of {n}"
            )
    print(f"{statistics.median(seconds):.2f} CPU-s a question, in the middle")


if __name__ == "__main__":
    main()
