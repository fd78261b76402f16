"""A small recurrent network, trained on the series itself: what changes against a season before.

A gated recurrent unit (Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder") reads
the last periods and gives all coming ones at once (direct multi-step), as differences from repeating the
last season, in units of the usual such difference; with the loss of MAE. Torch is imported when it is used.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Check = Callable[[], None]
_HIDDEN = 24
_EPOCHS = 60
_BATCH = 64
_RATE = 5e-3
_DECAY = 1e-3
_SEEDS = (0, 1)
_MOST_WINDOWS = 512
_LONGEST = 64  # periods that are read
_LEAST_WINDOWS = 12


def can_learn(count: int, season: int, horizon: int) -> bool:
    """Say whether a history of so many periods holds windows enough to train on."""
    return count - _read(season) - max(season, 1) - horizon + 1 >= _LEAST_WINDOWS


def forecast_by_network(values: Floats, season: int, horizon: int, check: Check) -> Floats:
    """Return the mean of networks of two seeds, shape (horizon,), for values of shape (n,).

    `check` is called between passes and raises to stop.
    """
    import torch

    read, lag = _read(season), max(season, 1)
    inputs = _inputs(values, season)
    scale = float(np.abs(values[lag:] - values[:-lag]).mean()) or 1.0
    last = len(values) - horizon
    starts = np.arange(max(lag + read, last - _MOST_WINDOWS + 1), last + 1)
    x = np.stack([inputs[at - read : at] for at in starts])
    y = np.stack(
        [(values[at : at + horizon] - _repeated(values[:at], lag, horizon)) for at in starts]
    )
    ahead = _repeated(values, lag, horizon)
    with torch.random.fork_rng(), _one_thread():
        found = [_trained(x, y / scale, inputs[-read:], seed, check) for seed in _SEEDS]
    result: Floats = ahead + scale * np.mean(found, axis=0)
    return result


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread: for so small a network several wait for each other more than they help."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _read(season: int) -> int:
    return int(min(_LONGEST, max(12, 2 * season)))


def _repeated(values: Floats, lag: int, horizon: int) -> Floats:
    result: Floats = np.resize(values[-lag:], horizon)
    return result


def _inputs(values: Floats, season: int) -> Floats:
    """Return what is read of each period: level, change against a season before, place in the season."""
    lag = max(season, 1)
    change = np.zeros(len(values))
    change[lag:] = values[lag:] - values[:-lag]
    scale = float(np.abs(change[lag:]).mean()) or 1.0
    level = (values - values.mean()) / (values.std() or 1.0)
    turn = 2 * np.pi * np.arange(len(values)) / lag
    result: Floats = np.stack([level, change / scale, np.sin(turn), np.cos(turn)], axis=1)
    return result


def _trained(x: Floats, y: Floats, now: Floats, seed: int, check: Check) -> Floats:
    """Train one network on windows `x` (n, read, 4) and `y` (n, horizon); return what it says of `now`."""
    import torch
    from torch import nn

    class Network(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.reader = nn.GRU(x.shape[2], _HIDDEN, batch_first=True)
            self.out = nn.Linear(_HIDDEN, y.shape[1])
            nn.init.zeros_(self.out.weight)  # it begins as the seasonal naive forecast
            nn.init.zeros_(self.out.bias)

        def forward(self, seen: Any) -> Any:
            return self.out(self.reader(seen)[0][:, -1])

    torch.manual_seed(seed)
    network = Network()
    steps = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    seen, wanted = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, _EPOCHS)
    for _ in range(_EPOCHS):
        check()
        for rows in torch.randperm(len(seen)).split(_BATCH):
            loss = nn.functional.l1_loss(network(seen[rows]), wanted[rows])
            steps.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            steps.step()
        schedule.step()
    with torch.inference_mode():
        said = network(torch.tensor(now[None], dtype=torch.float32))[0].numpy()
    return np.asarray(said, np.float64)
