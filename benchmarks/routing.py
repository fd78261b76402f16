"""Routing on held-back requests in people's words, and its cost in CPU time.

    python benchmarks/routing.py

Prints the share routed rightly for requests and for talk, English and Chinese apart, beside always
choosing by the files alone, and the median CPU time of one routing with the embedder warm.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from agents.router import Router
from models.runtimes import Runtimes
from models.texts import language_of
from skills import registry
from skills.readers.files import Found

ROWS = Path(__file__).parents[1] / "tests" / "data" / "routing.jsonl"
BY_FILE = {
    "table": "classify",
    "audio": "transcribe",
    "image": "tag",
    "document": "faq",
    "": "chat",
}


def files_of(row: dict[str, str], folder: Path) -> tuple[Found, ...]:
    """Return files of the kind that a request comes with."""
    if not row["file"]:
        return ()
    kind = {"folder": "audio" if row["skill"] == "transcribe" else "image"}.get(
        row["file"], row["file"]
    )
    return (Found(folder / "x", "x", kind),)  # type: ignore[arg-type]


def main() -> None:
    """Route every request and print the figures."""
    folder = Path(tempfile.mkdtemp())
    router = Router(registry.all_specs(), Runtimes(), folder / "cache")
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    by_file: dict[tuple[str, str], list[bool]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    for row in map(json.loads, ROWS.read_text(encoding="utf-8").splitlines()):
        language = language_of(row["text"])
        files = files_of(row, folder)
        router.route(row["text"], files, language)  # warm
        started = time.process_time()
        route = router.route(row["text"], (), language)
        seconds[language].append(time.process_time() - started)
        route = router.route(row["text"], files, language)
        key = (language, "talk" if row["skill"] == "chat" else "requests")
        right[key].append((route.skill or "chat") == row["skill"] and not route.rival)
        kind = files[0].kind if files else ""
        by_file[key].append(BY_FILE[str(kind)] == row["skill"])
    for (language, what), results in sorted(right.items()):
        base = by_file[language, what]
        print(
            f"{language} {what}: {sum(results)} of {len(results)} right "
            f"({sum(results) / len(results):.0%}), by the files alone {sum(base) / len(base):.0%}"
        )
    for language, times in sorted(seconds.items()):
        print(f"{language}: {statistics.median(times) * 1000:.1f} ms CPU an ask")


if __name__ == "__main__":
    main()
