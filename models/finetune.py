"""Train a sentence encoder on labelled texts, on one process or several.

What it is trained towards is said in `objectives`; a classifier stops early. Word embeddings stay.

Several processes, each with its share of every batch:

    torchrun --nproc-per-node 2 -m models.finetune plan.json OUT
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.encoders import load_encoder, padded, pooled
from models.errors import Stopped
from models.objectives import Aim, Data, Floats, batches, class_weights, head_size, loss_of
from models.steps import result_of
from models.tokens import Tokens

_HEAD_RATE = 1e-2
_WARM_UP = 0.1
_SCALE = 10.0  # logits are this times the product of unit vectors and weights
_VALIDATION = 0.1
_LEAST_VALIDATED = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train. `steps` of `batch` texts each at most; `rate` is the encoder's learning rate.

    It ends early after so many `seconds`.
    """

    aim: Aim
    steps: int = 200
    batch: int = 32
    rate: float = 3e-5
    seed: int = 0
    seconds: float = math.inf


@dataclass(slots=True)
class Tuned:
    """A trained encoder; `head` maps its vectors to logits: weights (d, k) and biases (k,), or is None."""

    encoder: nn.Module
    head: tuple[Floats, Floats] | None = None


class _Model(nn.Module):
    """Encoder, pooling and, for classes, a linear head."""

    def __init__(self, encoder: nn.Module, dimension: int, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(dimension, classes) if classes else None

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor | None]:
        """(n, t) in; unit vectors (n, d) and logits (n, k) or None out."""
        vectors = pooled(self.encoder(tokens, mask), mask)
        return vectors, None if self.head is None else _SCALE * self.head(vectors)

    def matrices(self) -> tuple[Floats, Floats] | None:
        """Return the head as `Tuned` holds it."""
        if self.head is None:
            return None
        weight, bias = self.head.weight.detach().numpy(), self.head.bias.detach().numpy()
        return _SCALE * weight.T.copy(), _SCALE * bias.copy()


class _Best:
    """The best state so far, measured on rows that are not trained on; without such rows none is kept."""

    def __init__(self, model: _Model, data: Data, rows: Sequence[int]) -> None:
        self._model, self._data, self._rows = model, data, rows
        self._accuracy = -1.0
        self._state: dict[str, Tensor] | None = None

    def passed(self) -> bool:
        """Measure; say whether it was better before."""
        if not self._rows:
            return False
        accuracy = _validate(self._model, self._data, self._rows)
        if accuracy < self._accuracy:
            return True
        self._accuracy = accuracy
        self._state = {k: v.clone() for k, v in self._model.state_dict().items()}
        return False

    def restore(self) -> None:
        """Go back to it."""
        if self._state is not None:
            self._model.load_state_dict(self._state)


def train(
    encoder: nn.Module, data: Data, plan: Plan, should_stop: Callable[[], bool] = lambda: False
) -> Tuned:
    """Train an encoder in place and return it.

    Raises:
        Stopped: `should_stop` said so, between steps.
    """
    return result_of(steps(encoder, data, plan, should_stop))


def steps(
    encoder: nn.Module, data: Data, plan: Plan, should_stop: Callable[[], bool] = lambda: False
) -> Generator[tuple[int, int], None, Tuned]:
    """Train as `train` does, yielding how many of how many steps are done.

    Raises:
        Stopped: `should_stop` said so, between steps.
    """
    deadline = time.monotonic() + plan.seconds
    torch.manual_seed(plan.seed)
    _freeze_words(encoder)
    classes = head_size(data, plan.aim)
    model = _Model(encoder, vectors_of(encoder, data.ids[:1]).shape[1], classes)
    rank, world = _place()
    running = _joined(model, world)
    kept, validated = _hold_out(data, plan)
    best, epoch = _Best(model, data, validated), max(1, math.ceil(len(kept) / plan.batch))
    optimizer, schedule = _optimizer(model, plan)
    weights = class_weights(data, classes) if plan.aim == "classes" else None
    encoder.train()
    drawn = batches(data, kept, plan.aim, plan.batch, plan.seed)
    for step, rows in zip(range(plan.steps), drawn, strict=False):
        if should_stop():
            raise Stopped
        if _over(deadline, world):
            break
        yield step, plan.steps
        mine = rows[rank::world] or rows[:1]  # an epoch's last batch may be smaller than the world
        tokens, mask = padded([data.ids[row] for row in mine])
        vectors, logits = running(tokens, mask)
        loss = loss_of(vectors, logits, data, mine, weights)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % epoch == 0 and best.passed():
            break  # early stopping
    best.restore()
    encoder.eval()
    return Tuned(encoder, model.matrices())


def vectors_of(
    encoder: nn.Module,
    ids: Sequence[Sequence[int]],
    should_stop: Callable[[], bool] = lambda: False,
    batch: int = 64,
) -> Floats:
    """Return unit vectors of texts, shape (n, d).

    Raises:
        Stopped: `should_stop` said so, between batches.
    """
    encoder.eval()
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    parts: dict[int, Any] = {}
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            if should_stop():
                raise Stopped
            rows = order[start : start + batch]
            tokens, mask = padded([ids[row] for row in rows])
            made = pooled(encoder(tokens, mask), mask).numpy()
            parts.update(zip(rows, made, strict=True))
    return np.stack([parts[row] for row in range(len(ids))])


def _place() -> tuple[int, int]:
    """Return this process's number and how many there are."""
    import torch.distributed as several

    if not (several.is_available() and several.is_initialized()):
        return 0, 1
    return several.get_rank(), several.get_world_size()


def _joined(model: _Model, world: int) -> Any:
    """Return a model whose gradients are averaged over all processes."""
    if world == 1:
        return model
    from torch.nn.parallel import DistributedDataParallel

    return DistributedDataParallel(model, find_unused_parameters=True)


def _over(deadline: float, world: int) -> bool:
    """Say whether the time is up, to all processes the same: one that went on alone would wait for ever."""
    over = time.monotonic() > deadline
    if world == 1 or math.isinf(deadline):
        return over
    import torch.distributed as several

    told = torch.tensor(int(over))
    several.all_reduce(told, op=several.ReduceOp.MAX)
    return bool(told)


def _freeze_words(encoder: nn.Module) -> None:
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_("words" not in name and "embeddings" not in name)


def _hold_out(data: Data, plan: Plan) -> tuple[list[int], list[int]]:
    """Return the rows to train on and those that say when to stop; few rows are all trained on."""
    every = np.random.default_rng(plan.seed).permutation(len(data.ids)).tolist()
    if plan.aim != "classes" or len(every) < _LEAST_VALIDATED:
        return every, []
    count = int(len(every) * _VALIDATION)
    return every[count:], every[:count]


def _optimizer(model: _Model, plan: Plan) -> tuple[Any, Any]:
    """Return AdamW with a linear warm-up and decay; the head learns faster."""
    head = list(model.head.parameters()) if model.head is not None else []
    own = {id(parameter) for parameter in head}
    body = [p for p in model.parameters() if p.requires_grad and id(p) not in own]
    groups = [{"params": body, "lr": plan.rate}, {"params": head, "lr": _HEAD_RATE}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=0.01)
    warm = max(1, int(_WARM_UP * plan.steps))

    def factor(step: int) -> float:
        rest = (plan.steps - step) / max(1, plan.steps - warm)
        return min((step + 1) / warm, max(0.02, rest))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _validate(model: _Model, data: Data, rows: Sequence[int]) -> float:
    """Return the accuracy on rows that are not trained on; the model goes on training after."""
    assert data.classes is not None
    assert model.head is not None
    vectors = vectors_of(model.encoder, [data.ids[row] for row in rows])
    with torch.inference_mode():
        said = model.head(torch.from_numpy(vectors)).argmax(1).numpy()
    model.encoder.train()
    return float((said == data.classes[list(rows)]).mean())


def main() -> None:
    """Train what a plan's file says; run by torchrun, or alone.

    The file holds `base` (the encoder's folder), `rows` (a JSON-lines file of `text` and `label` numbers)
    and the fields of `Plan`. Process 0 writes `encoder.safetensors`, `head.npz` and `told.json` to OUT.
    """
    import os

    import torch.distributed as several
    from safetensors.torch import save_file

    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out = Path(sys.argv[2])
    base, rows = Path(told.pop("base")), Path(told.pop("rows"))
    prefix = told.pop("prefix", "")
    plan = Plan(**told)
    distributed = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if distributed:
        several.init_process_group("gloo")
    read = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    ids = Tokens(base).ids([row["text"] for row in read], prefix=prefix)
    classes = np.array([row["label"] for row in read], np.int64)
    tuned = train(load_encoder(base), Data(ids, classes), plan)
    if _place()[0] == 0:
        out.mkdir(parents=True, exist_ok=True)
        state = {k: v.contiguous() for k, v in tuned.encoder.state_dict().items()}
        save_file(state, str(out / "encoder.safetensors"))
        if tuned.head:
            np.savez(out / "head.npz", weights=tuned.head[0], biases=tuned.head[1])
        processes = _place()[1]
        (out / "told.json").write_text(json.dumps({**asdict(plan), "processes": processes}))
    if distributed:
        with contextlib.suppress(Exception):
            several.destroy_process_group()


if __name__ == "__main__":
    main()
