"""Learn a person's own categories from example photos, and measure them on others."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import BadInputError
from models.texts import Catalogue
from skills.contract import Context
from skills.events import Answer, Assumption, Event, Evidence, Metric, Progress, Skipped, Table
from skills.linear import Classes, Floats, Vectors
from skills.report import (
    Report,
    class_table,
    confusion_table,
    measure,
    metrics,
    suspects,
    worst_table,
)
from skills.tag.categories import Competition, PhotoModel, compete, fitted
from skills.tag.operations import EvaluateRequest, LearnRequest
from skills.tag.photos import Examples, find_examples, read_features
from skills.trained import (
    IMAGE,
    beside,
    find,
    free_folder,
    made_with,
    put_in_place,
    read_card,
    write_card,
)

TEXTS = Catalogue(__package__)
_LEAST_EACH = 2
_FEW = 5  # of a category: more would tell more than anything else
_SHOWN = 10


class Learn:
    """Learn categories."""

    def run(self, request: LearnRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        name = request.name or request.folder.stem
        folder = free_folder(context.home, name, IMAGE)
        examples = find_examples(request.folder, context, request.label)
        _check_enough(examples, request.folder)
        model = context.runtimes.vision()
        examples, x = yield from read_features(examples, model, context)
        _check_enough(examples, request.folder)
        labels = examples.categories
        y = np.array([labels.index(label) for label in examples.labels], np.int64)
        yield Progress(0, None, note=context.say(TEXTS("competing")))
        competition = compete(x, y, context)
        report = measure(labels, y, competition.shares, int(np.bincount(y).argmax()))
        learned = fitted(x, y, labels, competition)
        learned.least = report.least
        yield from _shown(report, examples, y, competition.shares, context)
        yield from _doubtful(examples, y, competition.shares, context)
        card = _card(folder.name, request.folder, examples, competition, report)
        _keep(learned, {**card, "base_model": model.name}, folder)
        value, low, high = report.accuracy
        text = TEXTS(
            "learned", name=folder.name, n=len(labels), photos=report.n, accuracy=f"{value:.0%}",
            low=f"{low:.0%}", high=f"{high:.0%}",
        )  # fmt: skip
        data = {"name": folder.name, "kind": competition.winner, **report.as_dict()}
        evidence = _evidence(report, examples, competition, y, context)
        yield Answer(context.say(text), evidence=tuple(evidence), data=data)


class Evaluate:
    """Measure categories on other photos."""

    def run(self, request: EvaluateRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        folder = find(context.home, request.name, IMAGE)
        model, card = PhotoModel.load(folder), read_card(folder)
        examples = find_examples(request.folder, context)
        known = _known(examples, model, request.folder, context)
        examples, x = yield from read_features(known, context.runtimes.vision(), context)
        if not examples.paths:
            raise BadInputError(TEXTS("none_readable", reason=examples.skipped[0].reason))
        examples, x = _unlearned(examples, x, model, context)
        y = np.array([model.labels.index(label) for label in examples.labels], np.int64)
        shares, unlike = model.judged(x)
        counts = card.get("data", {}).get("labels", {})
        majority = max(model.labels, key=lambda label: counts.get(label, 0))
        report = measure(model.labels, y, shares, model.labels.index(majority))
        yield from _shown(report, examples, y, shares, context)
        value, low, high = report.accuracy
        text = TEXTS(
            "measured", name=folder.name, n=report.n, accuracy=f"{value:.1%}", low=f"{low:.1%}",
            high=f"{high:.1%}",
        )  # fmt: skip
        taken = Metric(context.say(TEXTS("taken_for_new")), float(unlike.mean()), report.n)
        evidence: list[Evidence] = [*metrics(report, context), taken, *examples.skipped]
        yield Answer(context.say(text), evidence=tuple(evidence), data=report.as_dict())


def _check_enough(examples: Examples, source: Path) -> None:
    """Raise `BadInputError` for fewer than two categories, or one with a single photo."""
    counts = Counter(examples.labels)
    if len(counts) < 2:
        raise BadInputError(TEXTS("no_categories", path=source))
    least = min(counts, key=lambda label: counts[label])
    if counts[least] < _LEAST_EACH:
        raise BadInputError(TEXTS("too_few_photos", category=least, n=counts[least]))


def _known(examples: Examples, model: PhotoModel, source: Path, context: Context) -> Examples:
    """Leave out photos of categories that the model does not know, and name them."""
    known = {label.casefold(): label for label in model.labels}
    kept = examples.where([label.casefold() in known for label in examples.labels])
    for path, label in zip(examples.paths, examples.labels, strict=True):
        if label.casefold() not in known:
            said = TEXTS("unknown_category", category=label)
            kept.skipped.append(Skipped(str(path), context.say(said)))
    kept.labels = [known[label.casefold()] for label in kept.labels]
    if not kept.paths:
        named = ", ".join(model.labels)
        raise BadInputError(TEXTS("no_known_category", path=source, categories=named))
    return kept


def _unlearned(
    examples: Examples, x: Vectors, model: PhotoModel, context: Context
) -> tuple[Examples, Vectors]:
    """Leave out photos that the model learned from: they tell nothing of others.

    Raises:
        BadInputError: It learned from all of them.
    """
    learned = model.looks.learned(x)
    if learned.all():
        raise BadInputError(TEXTS("all_learned"))
    said = context.say(TEXTS("was_learned"))
    examples.skipped += [
        Skipped(str(p), said) for p, known in zip(examples.paths, learned, strict=True) if known
    ]
    return examples.where((~learned).tolist()), x[~learned]


def _shown(
    report: Report, examples: Examples, y: Classes, shares: Floats, context: Context
) -> Iterator[Event]:
    yield class_table(report, context)
    yield confusion_table(report, context)
    worst = worst_table(report, list(map(_short, examples.paths)), y, shares, context)
    if worst.rows:
        yield worst


def _short(path: Path) -> str:
    """Return a file's name with its folder's."""
    return f"{path.parent.name}/{path.name}"


def _doubtful(examples: Examples, y: Classes, shares: Floats, context: Context) -> Iterator[Event]:
    """Show photos that are probably in the wrong folder."""
    found = suspects(y, shares)
    if not len(found):
        return
    said = shares.argmax(axis=1)
    labels = examples.categories
    rows = tuple(
        (_short(examples.paths[i]), examples.labels[i], labels[int(said[i])])
        for i in found[:_SHOWN]
    )
    columns = tuple(context.say(TEXTS(key)) for key in ("picture", "category", "looks_like"))
    yield Table(context.say(TEXTS("doubtful_title")), columns, rows, len(found))


def _evidence(
    report: Report, examples: Examples, competition: Competition, y: Classes, context: Context
) -> list[Evidence]:
    note = context.say(TEXTS("on_folds"))
    plain = competition.accuracies["centroids"]
    beside = None
    if competition.winner != "centroids":
        beside = (context.say(TEXTS("kind_centroids")), plain)
    found: list[Evidence] = [*metrics(report, context, note, beside)]
    few = [label for label, n in Counter(examples.labels).items() if n < _FEW]
    if few:
        found.append(Assumption(context.say(TEXTS("few_photos", categories=", ".join(few)))))
    if examples.column:
        found.append(Assumption(context.say(TEXTS("assumed_column", column=examples.column))))
    return [*found, *examples.skipped]


def _card(
    name: str, source: Path, examples: Examples, competition: Competition, report: Report
) -> dict[str, Any]:
    """Return what the card says."""
    return {
        "task": IMAGE,
        "name": name,
        "labels": examples.categories,
        "data": {
            "path": str(source),
            "rows": len(examples.paths),
            "labels": dict(Counter(examples.labels)),
            "left_out": len(examples.skipped),
            "sha256": _sum_of(examples),
        },
        "split": {"how": "grouped", "seed": 0, "measured_on": "cross_validated"},
        "kind": competition.winner,
        "candidates": {str(kind): value for kind, value in competition.accuracies.items()},
        "held_out": report.as_dict(),
        **made_with(),
    }


def _sum_of(examples: Examples) -> str:
    """Return one hash of all photos, whatever their order."""
    return hashlib.sha256("\n".join(sorted(examples.sums)).encode()).hexdigest()


def _keep(model: PhotoModel, card: dict[str, Any], folder: Path) -> None:
    """Write the model and its card, whole or not at all."""
    made = beside(folder)
    model.save(made)
    size = (made / "head.npz").stat().st_size
    write_card(made, {**card, "bytes": size})
    put_in_place(made, folder)
