"""Inputs that keep every skill busy for a while, made from the sample shop."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

from assets import SAMPLES


def make_work(folder: Path) -> dict[str, str]:
    """Write inputs that keep each skill busy, and return an ask a skill."""
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    many = folder / "many"
    many.mkdir()
    for number in range(400):
        shutil.copy(SAMPLES / "photos" / "shop-cat.jpg", many / f"{number}.jpg")
    calls = folder / "long"
    calls.mkdir()
    for number in range(12):
        shutil.copy(SAMPLES / "calls" / "order.ogg", calls / f"{number}.ogg")
    noise = random.Random(0)
    with (folder / "long.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "revenue"])
        for i in range(4000):
            writer.writerow([date(2014, 1, 1) + timedelta(i), 100 + i % 7 * 9 + noise.gauss(0, 5)])
    lines = [
        f"## Question number {i} about thing {i * 7}?\nAnswer {i} says something.\n"
        for i in range(3000)
    ]
    (folder / "large.md").write_text("\n".join(lines))
    return {
        "chat": "Write a very long story about a bicycle shop, with many chapters.",
        "classify": f"Sort {folder / 'reviews.csv'} into praise, complaint and question",
        "transcribe": f"Transcribe {calls}",
        "tag": f"Tag the photos in {many}",
        "forecast": f"Forecast the next 90 days of revenue in {folder / 'long.csv'}",
        "faq": f"Answer from {folder / 'large.md'}: when do you open?",
    }
