"""Learning at night: what written questions and the small reader add, on questions neither has seen.

    python -m benchmarks.faq_learning [--each 6] [--only en] [--keep FOLDER]

The language model writes questions for the sample shop's FAQs and reads them; then the desk is asked the
questions of `tests/data/faq_questions.jsonl` by the first reading alone, with the written questions, with the
small reader that was distilled, with both, and by the language model itself. Prints the figures of
`benchmarks.faq` for each, side by side. Writing takes some 30 s an entry; what is written is in FOLDER,
so that a stopped run goes on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from assets import SAMPLES
from benchmarks.faq import Case, base_of, read, report, sample_cases
from models.runtimes import Runtimes
from models.steps import result_of
from models.texts import Language, language_of
from skills.contract import Context
from skills.faq.bases import of_file
from skills.faq.distilling import Distiller
from skills.faq.judging import model_reader
from skills.faq.learning import Writer
from skills.faq.reading import Reader, SmallReader
from skills.faq.sources import Written, keep_written
from skills.ledger import Ledger


def learned(name: str, language: Language, each: int, context: Context) -> None:
    """Learn for one FAQ, then ask it everything in every way."""
    path = SAMPLES / name
    base = base_of(path, context, language)
    folder = of_file(path).folder(context.home)
    started = time.monotonic()
    writer = Writer(base, context.runtimes.llm(), language, context)
    written = result_of(writer.write(each))
    right = [one for one in written if one.right]
    print(
        f"{name}: {base.size} entries, {len(written)} questions written, {len(right)} stood the test, "
        f"{time.monotonic() - started:.0f} s", flush=True,
    )  # fmt: skip
    started = time.monotonic()
    result_of(Distiller(base, context).made([one.lesson for one in written], folder))
    print(f"  a small reader made in {time.monotonic() - started:.0f} s", flush=True)
    cases = sample_cases(name)
    small = SmallReader.of(folder, base.entries(), context)
    assert small is not None
    model = model_reader(context)
    ways: list[tuple[str, Reader | None]] = [
        ("first reading", None), ("the small reader", small), ("the language model", model),
    ]  # fmt: skip
    for title, reader in ways:
        ask(title, path, cases, reader, context)
    keep_written(folder, [Written(one.entry.key, one.question) for one in right])
    for title, reader in ways:
        ask(f"{title}, with written questions", path, cases, reader, context)


def ask(
    title: str,
    path: Path,
    cases: list[Case],
    reader: Reader | None,
    context: Context,
) -> None:
    """Print the figures of one way."""
    base = base_of(path, context, language_of(cases[0].question))
    report(title, [read(case, base, reader) for case in cases])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--only", choices=("en", "zh"))
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger((given.keep or Path(folder)) / "ledger.jsonl")
        context = Context(Runtimes(), Path(folder), ledger=ledger)
        names: list[tuple[str, Language]] = [("faq.md", "en"), ("常见问题.md", "zh")]
        for name, language in names:
            if given.only in (None, language):
                learned(name, language, given.each, context)
    return 0


if __name__ == "__main__":
    sys.exit(main())
