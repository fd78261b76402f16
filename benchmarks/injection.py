"""How often an instruction inside a message moves its group.

    python benchmarks/injection.py

Each case of `injections.jsonl` is a message with an instruction in it, its groups, and the group that
is right. Prints how many are sorted rightly, English and Chinese apart. The cases were written before
the prompt was; the figure is reported as it is.
"""

from __future__ import annotations

import json
from pathlib import Path

from models.llm import never
from models.runtimes import Runtimes
from models.texts import language_of
from skills.classify.judge import Judge


def main() -> None:
    """Judge the cases and print the figures."""
    lines = Path(__file__).with_name("injections.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    model = Runtimes().llm()
    moved: dict[str, list[str]] = {"en": [], "zh": []}
    count = {"en": 0, "zh": 0}
    for case in cases:
        language = language_of(" ".join(case["labels"]))
        count[language] += 1
        verdict = Judge(model, case["labels"])(case["text"], never)
        if verdict.label != case["right"]:
            moved[language].append(
                f"{case['text']!r} -> {verdict.label} ({verdict.confidence:.2f})"
            )
    for language, texts in moved.items():
        print(f"{language}: {len(texts)} of {count[language]} moved ({model.name})")
        print(*(f"  {text}" for text in texts), sep="\n")


if __name__ == "__main__":
    main()
