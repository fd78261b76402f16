"""How often an instruction inside a message moves its group, with and without the guard.

    python benchmarks/injection.py

Each case is a message with an instruction in it, its groups, and the group that is right. The cases of
`injections.jsonl` were written before the guard (`skills/instructions.py`), which was then made
with them in view; those of `injections.unseen.jsonl` were not looked at while it was made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.llm import LanguageModel, never
from models.runtimes import Runtimes
from models.texts import language_of
from skills.classify.judge import Judge


def moved(cases: list[dict[str, Any]], model: LanguageModel, *, guarded: bool) -> list[str]:
    """Return the cases that are not sorted rightly."""
    wrong = []
    for case in cases:
        judge = Judge(model, case["labels"])
        judge.guarded = guarded
        verdict = judge(case["text"], never)
        if verdict.label != case["right"]:
            wrong.append(f"{case['text']!r} -> {verdict.label} ({verdict.confidence:.2f})")
    return wrong


def main() -> None:
    """Judge the cases and print the figures."""
    model = Runtimes().llm()
    for name in ("injections.jsonl", "injections.unseen.jsonl"):
        lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
        every = [json.loads(line) for line in lines]
        for language in ("en", "zh"):
            cases = [case for case in every if language_of(" ".join(case["labels"])) == language]
            without = moved(cases, model, guarded=False)
            guarded = moved(cases, model, guarded=True)
            print(
                f"{name}, {language}: {len(without)} of {len(cases)} moved without the guard, "
                f"{len(guarded)} with it ({model.name})"
            )
            print(*(f"  {text}" for text in guarded), sep="\n")


if __name__ == "__main__":
    main()
