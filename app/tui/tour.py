"""A guided first task: one ask a skill on the sample shop, each ready to be sent."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

from app.context import TEXTS
from assets import SAMPLES
from models.texts import Language

_STEPS = ("faq", "forecast", "figures", "tag", "transcribe", "classify")
_ROWS = 24


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what it shows, and the ask to send."""

    explanation: str
    ask: str


def tour(folder: Path, language: Language) -> list[Stop]:
    """Lay the sample shop out in `folder`, where results may be written, and return the stops."""
    own = shutil.ignore_patterns("*.txt", "*.py", "gold.toml", "README.md", "__pycache__")
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True, ignore=own)
    _shorten(SAMPLES / "reviews.csv", folder / "reviews-24.csv")
    names = {"faq": "faq.md" if language == "en" else "常见问题.md"}
    names |= {
        "forecast": "sales.csv",
        "figures": "sales.csv",
        "tag": "photos",
        "transcribe": "calls/order.ogg",
    }
    names["classify"] = "reviews-24.csv"
    stops = []
    for number, step in enumerate(_STEPS, 1):
        about = TEXTS(f"tour_{step}").to(language)
        head = TEXTS("tour_head", n=number, total=len(_STEPS)).to(language)
        ask = TEXTS(f"tour_ask_{step}", path=folder / names[step]).to(language)
        stops.append(Stop(f"{head} {about}", ask))
    return stops


def _shorten(source: Path, target: Path) -> None:
    """Take a few rows from all over a table, so that the stop is short."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    step = max(1, len(rows) // _ROWS)
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[::step][:_ROWS]])
