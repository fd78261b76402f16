"""Tune within a time that the person gives: Optuna proposes, the folds judge, the best so far is kept.

Trials go into the ledger of a job, so that a resumed one goes on where the last ended.
"""

from __future__ import annotations

import time
from collections.abc import Generator

from models.texts import Catalogue
from skills.classify.heads import Competition, Features, Settings, compete
from skills.contract import Context
from skills.events import Event, Progress
from skills.linear import Classes

TEXTS = Catalogue(__package__)
_MOST_TRIALS = 200


def tune(
    features: Features,
    y: Classes,
    first: Competition,
    deadline: float,
    context: Context,
) -> Generator[Event, None, Competition]:
    """Return the best competition found until `deadline` (of the monotonic clock), at least the first."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=6)
    )
    best, started = first, time.monotonic()
    total = max(1e-9, deadline - started)
    unit = context.say(TEXTS("seconds"))
    for number in range(_MOST_TRIALS):
        now = time.monotonic()
        if now >= deadline:
            break
        note = TEXTS("tuning", n=number, best=f"{_best(best):.3f}")
        yield Progress(now - started, total, unit, context.say(note))
        trial = study.ask()
        settings = Settings(
            vectors_c=trial.suggest_float("vectors_c", 0.3, 100.0, log=True),
            words_c=trial.suggest_float("words_c", 0.05, 10.0, log=True),
        )
        key = ("tune", len(y), settings.vectors_c, settings.words_c, features.vocabulary.size)
        known = context.ledger.get(*key)
        if known is not None and known <= _best(best):
            study.tell(trial, known)
            continue
        found = compete(features, y, context, settings)
        study.tell(trial, _best(found))
        context.ledger.put(_best(found), *key)
        if _best(found) > _best(best):
            best = found
    return best


def _best(competition: Competition) -> float:
    """Return the accuracy of a competition's winner on the folds."""
    return competition.accuracies[competition.winner]
