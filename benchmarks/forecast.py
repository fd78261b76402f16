"""Forecast errors and band coverage on a folder of series, beside the seasonal naive forecast.

    python -m benchmarks.forecast FOLDER [--most 20] [--network]

Each file of FOLDER is JSON lines with `m` (season), `train` and `test`. Prints, a file: the mean MASE of
ours and of the seasonal naive, the share of series on which ours is better, and how much of the test
values the 80 % and 95 % bands hold. With `--network` also the MASE of a recurrent network trained on each
series, of its mean with the median, and of what the backtest on the training part chooses.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from skills.forecast.members import (
    LEVELS,
    Outlook,
    Tested,
    Way,
    backtest,
    usable_season,
    ways,
    widened,
)


def chosen(train: np.ndarray, season: int, horizon: int, **settings: bool) -> Tested | None:
    """Return what the backtest on the training part says."""
    running = backtest(train, season, horizon, lambda: None, **settings)
    while True:
        try:
            next(running)
        except StopIteration as end:
            tested: Tested | None = end.value
            return tested


def forecast_of(row: dict[str, Any], *, network: bool) -> tuple[dict[Way, Outlook], Outlook, Way]:
    """Return the forecasts of all ways, and the one that is taken."""
    train, horizon = np.array(row["train"], float), len(row["test"])
    season = usable_season(len(train), int(row["m"]))
    settings = {"daily": int(row["m"]) == 7, "network": network}
    found = ways(train, season, horizon, lambda: None, **settings)
    tested = chosen(train, season, horizon, **settings)
    way: Way = tested.way if tested and tested.way in found else "median"
    return found, widened(found[way], tested.widen if tested else {}, -np.inf), way


def main() -> None:
    """Forecast every series and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=20, help="series a file")
    parser.add_argument("--network", action="store_true")
    given = parser.parse_args()
    for path in sorted(given.folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()][: given.most]
        ours, naive = [], []
        by_way: dict[str, list[float]] = {}
        inside: dict[int, list[float]] = {level: [] for level in LEVELS}
        taken = 0
        for row in rows:
            train, test = np.array(row["train"], float), np.array(row["test"], float)
            season = usable_season(len(train), int(row["m"]))
            scale = float(np.abs(train[season:] - train[:-season]).mean()) or 1.0
            found, outlook, way = forecast_of(row, network=given.network)
            taken += way != "median"
            for name, one in found.items():
                by_way.setdefault(name, []).append(float(np.abs(test - one.mean).mean() / scale))
            ours.append(np.abs(test - outlook.mean).mean() / scale)
            naive.append(np.abs(test - np.resize(train[-season:], len(test))).mean() / scale)
            for level in LEVELS:
                held = (test >= outlook.low[level]) & (test <= outlook.high[level])
                inside[level].append(float(held.mean()))
        better = np.mean([a < b for a, b in zip(ours, naive, strict=True)])
        cover = ", ".join(f"{level} % band holds {np.mean(inside[level]):.0%}" for level in LEVELS)
        print(
            f"{path.name}: {len(rows)} series, MASE {np.mean(ours):.3f} against {np.mean(naive):.3f} "
            f"seasonal naive ({np.mean(ours) / np.mean(naive):.2f}), better on {better:.0%}; {cover}"
        )
        if given.network:
            listed = ", ".join(f"{name} {np.mean(mases):.3f}" for name, mases in by_way.items())
            print(f"  {listed}; the network had a part in {taken} of {len(rows)}", flush=True)


if __name__ == "__main__":
    main()
