"""Write `sales.csv`: three years of daily sales of a shop that does not exist. Generated, not real.

Run `python assets/samples/make_sales.py`; the seed is fixed, so the file comes out the same. What is in
it: growth, a weekly and a yearly season, gaps
(a broken till), a fortnight of promotion each year, a step when the second till opened, and noise.
"""

from __future__ import annotations

import csv
import math
import random
from datetime import date, timedelta
from pathlib import Path

SEED = 20260117
START, DAYS = date(2023, 7, 1), 3 * 365
WEEK = (0.82, 0.86, 0.93, 1.0, 1.18, 1.42, 0.79)
GAPS = {date(2023, 11, 14), date(2024, 2, 29), *(date(2025, 3, 3) + timedelta(i) for i in range(5))}
PROMOTION = ((4, 20), (5, 3))  # spring check-up: month and day of the first and the last day
SECOND_TILL = date(2024, 10, 1)


def revenue(day: date, noise: random.Random) -> float:
    """Return the takings of a day, in euros."""
    age = (day - START).days
    season = 1 + 0.32 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 165) / 365.25)
    level = 1900 * (1 + 0.00022 * age) * season * WEEK[day.weekday()]
    if PROMOTION[0] <= (day.month, day.day) <= PROMOTION[1]:
        level *= 1.35
    if day >= SECOND_TILL:
        level *= 1.08
    return level * math.exp(noise.gauss(0, 0.07))


def main() -> None:
    """Write the file beside this script."""
    noise = random.Random(SEED)
    with Path(__file__).with_name("sales.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "revenue", "customers"])
        for day in (START + timedelta(i) for i in range(DAYS)):
            value = revenue(day, noise)
            customers = round(value / 38 * math.exp(noise.gauss(0, 0.05)))
            if day not in GAPS:
                writer.writerow([day.isoformat(), f"{value:.2f}", customers])


if __name__ == "__main__":
    main()
