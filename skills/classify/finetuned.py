"""Fine-tune the encoder: it is kept only if it beats the frozen one on a fold it has not seen.

Measured before: four points better on one task, five worse on another, so that it is never assumed. Where
there is time Optuna looks for the learning rate and the number of steps, on rows of the other folds alone.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.embedder import prefix_of
from models.texts import Catalogue
from skills.classify.heads import FEW, Competition, Features, Settings, fit_vectors
from skills.classify.textmodel import TextModel
from skills.contract import Context, relay
from skills.events import Event, Progress
from skills.linear import Classes, Floats, Linear, folds, log_softmax, scale_of

TEXTS = Catalogue(__package__)
_CONTRAST_STEPS = 200
_EPOCHS = 3
_BATCH = 32
_BATCH_CONTRAST = 64
_FOR_SETTINGS = 0.45  # of the time, to look for settings
_FOR_THE_TRIAL = 0.45  # of what is left then; the rest is for training on all rows
_LEAST_SECONDS = 20.0
_MOST_TRIALS = 30


@dataclass(slots=True)
class Attempt:
    """What fine-tuning gave on the fold that it did not see, beside the frozen winner on the same rows.

    `rows` are those of that fold, `shares` the fine-tuned model's probabilities of them, of shape (n, k).
    `model` is None where it did not win; its encoder lies in the folder that was given.
    """

    tuned: Floats
    frozen: Floats
    rows: Classes
    shares: Floats
    model: TextModel | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """The encoder to start from: its folder, what it is called, what stands before each text."""

    folder: Path
    name: str

    @property
    def prefix(self) -> str:
        """What stands before each text."""
        return prefix_of(self.name)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be learned, and what the frozen candidates made of it."""

    texts: Sequence[str]
    y: Classes
    labels: list[str]
    features: Features
    competition: Competition


@dataclass(frozen=True, slots=True)
class Effort:
    """How the encoder is trained: its learning rate, and how much of the usual number of steps."""

    rate: float = 5e-5
    amount: float = 1.0

    @property
    def key(self) -> str:
        """What tells it from others, to the digits that matter."""
        return f"{self.rate:.3e} {self.amount:.3f}"


def fine_tune(
    task: Task, base: Base, deadline: float, target: Path, context: Context
) -> Generator[Event, None, Attempt | None]:
    """Try on one fold, and train on all rows if that won; None if there is too little time.

    The encoder is written to `target` as ONNX and safetensors.
    """
    from models import encoders

    left = deadline - time.monotonic()
    if left < _LEAST_SECONDS:
        return None
    tuner = _Tuner(task, base, context)
    train, test = folds(task.y, task.features.groups)[0]
    effort = yield from tuner.effort(train, time.monotonic() + _FOR_SETTINGS * left)
    note = context.say(TEXTS("fine_tuning_try"))
    yield from tuner.train(train, effort, _FOR_THE_TRIAL * (deadline - time.monotonic()), note)
    logits = tuner.head(train)(tuner.vectors(test))
    tuned = (logits.argmax(axis=1) == task.y[test]).astype(float)
    frozen = (task.competition.winning[test].argmax(axis=1) == task.y[test]).astype(float)
    scale = scale_of(logits, task.y[test])
    shares = np.exp(log_softmax(logits * scale))
    attempt = Attempt(tuned, frozen, test, shares)
    gain = tuned - frozen
    if gain.mean() <= gain.std() / np.sqrt(len(gain)) or gain.mean() <= 0:
        return attempt
    every = np.arange(len(task.texts))
    rest = max(_LEAST_SECONDS, deadline - time.monotonic())
    yield from tuner.train(every, effort, rest, context.say(TEXTS("fine_tuning")))
    head = tuner.head(every)
    onnx = target.with_name(f"{target.name}.onnx")
    encoders.export(tuner.tuned.encoder, onnx)
    encoders.keep_encoder(onnx, base.folder, base.name, target)
    onnx.unlink()
    encoders.save_weights(tuner.tuned.encoder, target)
    language = task.features.language
    attempt.model = TextModel(
        task.labels, "tuned", language, head, None, None, {"vectors": scale}, 1.0, encoder="encoder"
    )
    return attempt


class _Tuner:
    """Trains encoders on rows of a task."""

    def __init__(self, task: Task, base: Base, context: Context) -> None:
        from models.tokens import Tokens

        self._task, self._base, self._context = task, base, context
        self._stop = context.should_stop
        self._ids = Tokens(base.folder).ids(task.texts, prefix=base.prefix)
        self.tuned: Any = None

    def effort(self, rows: Any, until: float) -> Generator[Event, None, Effort]:
        """Return the best settings found until then, on a fold of these rows; the usual ones at least.

        Trials are in the ledger of a job, so that a resumed one goes on where the last ended.
        """
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        groups = self._task.features.groups
        train, test = folds(self._task.y[rows], None if groups is None else groups[rows])[0]
        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=0)
        )
        study.enqueue_trial({"rate": Effort().rate, "amount": Effort().amount})
        best, score, slowest = Effort(), -1.0, 0.0
        for number in range(_MOST_TRIALS):
            trial = study.ask()
            effort = Effort(
                trial.suggest_float("rate", 1e-5, 3e-4, log=True),
                trial.suggest_float("amount", 0.3, 2.0),
            )
            key = ("fine-tune", self._base.name, len(rows), effort.key)
            found = self._context.ledger.get(*key)
            if found is None:
                started = time.monotonic()
                if started + slowest * effort.amount >= until:
                    break
                note = TEXTS("tuning", n=number, best=f"{score:.3f}" if number else "-")
                yield from self.train(rows[train], effort, until - started, self._context.say(note))
                took = time.monotonic() - started
                if time.monotonic() >= until:
                    break  # it was cut short, which says nothing of the settings
                slowest = max(slowest, took / effort.amount)
                logits = self.head(rows[train])(self.vectors(rows[test]))
                found = float((logits.argmax(axis=1) == self._task.y[rows[test]]).mean())
                self._context.ledger.put(found, *key)
            study.tell(trial, found)
            if found > score:
                best, score = effort, found
        return best

    def train(
        self, rows: Any, effort: Effort, seconds: float, note: str
    ) -> Generator[Event, None, None]:
        """Train a fresh encoder on rows for so many seconds at most, telling how far it is."""
        from models import encoders, finetune
        from models.objectives import Data

        y = self._task.y[rows]
        few = np.bincount(y).max() < FEW  # then texts of a class are drawn together
        steps = _CONTRAST_STEPS if few else _EPOCHS * -(-len(rows) // _BATCH)
        plan = finetune.Plan(
            "contrast" if few else "classes", max(1, round(effort.amount * steps)),
            _BATCH_CONTRAST if few else _BATCH, effort.rate, seconds=seconds,
        )  # fmt: skip
        classes = np.unique(y, return_inverse=True)[1].astype(np.int64)
        data = Data([self._ids[i] for i in rows], classes)
        encoder = encoders.load_encoder(self._base.folder)
        work = finetune.steps(encoder, data, plan, self._stop)
        self.tuned = yield from relay(work, lambda step: Progress(step[0], step[1], note=note))

    def vectors(self, rows: Any) -> npt.NDArray[np.float32]:
        """Return the trained encoder's vectors of rows."""
        from models import finetune

        ids = [self._ids[i] for i in rows]
        return finetune.vectors_of(self.tuned.encoder, ids, self._stop)

    def head(self, rows: Any) -> Linear:
        """Return the head that was trained with the encoder, or one fitted on its vectors of rows."""
        y = self._task.y
        classes, here = int(y.max()) + 1, np.unique(y[rows])
        if self.tuned.head is not None:
            own = Linear(*self.tuned.head)
        else:
            own = fit_vectors(self.vectors(rows), np.searchsorted(here, y[rows]), Settings())
        weights = np.zeros((own.weights.shape[0], classes), np.float32)
        biases = np.full(classes, -30.0, np.float32)
        weights[:, here], biases[here] = own.weights, own.biases
        return Linear(weights, biases)
