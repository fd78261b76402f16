"""Forecast errors and band coverage on a folder of series, beside the seasonal naive forecast.

    python benchmarks/forecast.py FOLDER [--most 20]

Each file of FOLDER is JSON lines with `m` (season), `train` and `test`. Prints, a file: the mean MASE of
ours and of the seasonal naive, the share of series on which ours is better, and how much of the test
values the 80 % and 95 % bands hold.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from skills.forecast.members import LEVELS, backtest, forecast, usable_season, widened


def factors(train: np.ndarray, season: int, horizon: int, daily: bool) -> dict[int, float]:
    """Return how much the backtest on the training part widens the bands."""
    running = backtest(train, season, horizon, lambda: None, daily=daily)
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value.widen if end.value else {}


def main() -> None:
    """Forecast every series and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=20, help="series a file")
    arguments = parser.parse_args()
    for path in sorted(arguments.folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()][: arguments.most]
        ours, naive = [], []
        inside: dict[int, list[float]] = {level: [] for level in LEVELS}
        for row in rows:
            train, test = np.array(row["train"], float), np.array(row["test"], float)
            season = usable_season(len(train), int(row["m"]))
            daily = int(row["m"]) == 7
            found = forecast(train, season, len(test), lambda: None, daily=daily)
            found = widened(found, factors(train, season, len(test), daily), -np.inf)
            scale = float(np.abs(train[season:] - train[:-season]).mean()) or 1.0
            ours.append(np.abs(test - found.mean).mean() / scale)
            naive.append(np.abs(test - np.resize(train[-season:], len(test))).mean() / scale)
            for level in LEVELS:
                held = (test >= found.low[level]) & (test <= found.high[level])
                inside[level].append(float(held.mean()))
        better = np.mean([a < b for a, b in zip(ours, naive, strict=True)])
        cover = ", ".join(f"{level} % band holds {np.mean(inside[level]):.0%}" for level in LEVELS)
        print(
            f"{path.name}: {len(rows)} series, MASE {np.mean(ours):.3f} against {np.mean(naive):.3f} "
            f"seasonal naive ({np.mean(ours) / np.mean(naive):.2f}), better on {better:.0%}; {cover}"
        )


if __name__ == "__main__":
    main()
