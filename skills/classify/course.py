"""One training: candidates compete, the winner is measured, looked at by the language model and kept."""

from __future__ import annotations

import csv
import io
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from models.embedder import name_for, names_for
from models.files import atomic_write
from models.texts import Catalogue
from skills.classify.dataset import Columns, Rows, data_card, split
from skills.classify.finetuned import Attempt, Base, Task, fine_tune
from skills.classify.heads import Competition, Features, compete, encoded, features_of, fit_words
from skills.classify.novelty import Novelty
from skills.classify.operations import TrainRequest
from skills.classify.second import Look, Second, Seen, can_look, judge_of, look, seen_again
from skills.classify.textmodel import TextModel, fitted, weights_bytes
from skills.classify.tuning import tune
from skills.contract import Context
from skills.events import Artifact, Assumption, Event, Evidence, Metric, Progress, Table
from skills.linear import Floats
from skills.measures import interval
from skills.readers.tables import TableData
from skills.report import (
    Report,
    class_table,
    confusion_table,
    measure,
    metrics,
    suspects,
    worst_table,
)
from skills.trained import TEXT, beside, free_folder, made_with, put_in_place, write_card

TEXTS = Catalogue(__package__)
Ints = npt.NDArray[np.int64]
_SUSPECTS_SHOWN = 10
_TUNING_SHARE = 0.3  # of the time, before the encoder itself is trained
_LOOKING_SHARE = 0.35  # of the time, for the language model
_LEARNING_TO_LOOK = 0.6  # of that; the rest is for the rows held back


@dataclass(slots=True)
class Trained:
    """A finished model with what was measured: on rows held back, or on folds where there are few.

    `baseline` is the accuracy of TF-IDF alone on the same rows, `how` says which those are; `shares` are
    the probabilities of the rows held back, `alone` the accuracy there without a second look.
    """

    model: TextModel
    competition: Competition
    report: Report
    baseline: float
    how: str
    shares: Floats | None = None
    seen: Seen | None = None
    alone: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Times:
    """What a person's minutes go to.

    `tuned` and `taught` say until when (`time.monotonic`) settings are looked for and an encoder is trained,
    `looking` how many seconds the language model has.
    """

    tuned: float
    taught: float
    looking: float


class Course:
    """One training: clean rows, those to learn from and those held back."""

    def __init__(
        self,
        request: TrainRequest,
        context: Context,
        table: TableData,
        columns: Columns,
        rows: Rows,
    ) -> None:
        self.request, self.context = request, context
        self.table, self.columns, self.rows = table, columns, rows
        self.name = request.name or f"{request.file.stem}-{columns.label}"
        self.folder = free_folder(context.home, self.name, TEXT)
        self.labels = sorted(set(rows.labels))
        self.y = np.array([self.labels.index(label) for label in rows.labels], np.int64)
        self.train, self.test = split(rows, self.y)
        self.held = [rows.texts[i] for i in self.test]
        self.encoder = self.folder.with_name(f".{self.folder.name}.encoder")
        self.attempt: Attempt | None = None
        self.look: Look | None = None

    def fit(self) -> Generator[Event, None, Trained]:
        """Let the candidates compete on the training rows, and measure on those held back."""
        y = self.y[self.train]
        texts = [self.rows.texts[i] for i in self.train]
        yield Progress(0, None, note=self.context.say(TEXTS("encoding")))
        features = features_of(
            texts, y, self.context, self.rows.clusters[self.train], self.labels,
            thorough=bool(self.request.minutes),
        )  # fmt: skip
        yield Progress(0, None, note=self.context.say(TEXTS("competing")))
        competition = compete(features, y, self.context)
        times = self._times()
        if self.request.minutes:
            competition = yield from tune(features, y, competition, times.tuned, self.context)
        task = Task(texts, y, self.labels, features, competition)
        model = yield from self._winner(task, times)
        yield Progress(0, None, note=self.context.say(TEXTS("fitting")))
        if len(self.test):
            return (yield from self._held_out(model, task, times))
        report = measure(self.labels, y, np.exp(competition.winning), _majority(y))
        plain = competition.accuracies["words"]
        return Trained(model, competition, report, plain, "cross_validated")

    def _times(self) -> _Times:
        """Share out the person's minutes, from now on."""
        request, seconds = self.request, 60 * self.request.minutes
        looks = bool(seconds and len(self.test)) and can_look(self.labels, self.context)
        looking = _LOOKING_SHARE * seconds if looks else 0.0
        share = 1.0 if request.tuned == "never" else _TUNING_SHARE
        now, rest = time.monotonic(), seconds - looking
        return _Times(now + share * rest, now + rest, looking)

    def _winner(self, task: Task, times: _Times) -> Generator[Event, None, TextModel]:
        """Return the winner of the competition, or an encoder trained for it, and its second look."""
        features, y = task.features, task.y
        model = fitted(task.competition, features, y, self.labels)
        own, rows = np.exp(task.competition.winning), np.arange(len(y))
        if self.request.minutes and self.request.tuned != "never":
            base = self._base(features.language)
            self.attempt = yield from fine_tune(
                task, base, times.taught, self.encoder, self.context
            )
            if self.attempt and self.attempt.model:
                model, own, rows = self.attempt.model, self.attempt.shares, self.attempt.rows
        if times.looking:
            until = time.monotonic() + _LEARNING_TO_LOOK * times.looking
            texts = [task.texts[i] for i in rows.tolist()]
            model.second = yield from self._second(texts, own, y[rows], until)
        return model

    def _held_out(
        self, model: TextModel, task: Task, times: _Times
    ) -> Generator[Event, None, Trained]:
        """Measure a model on the rows held back, beside TF-IDF."""
        features, y, competition = task.features, task.y, task.competition
        alone = self._shares(model, features, y)
        minutes = (1 - _LEARNING_TO_LOOK) * times.looking / 60
        seen = yield from seen_again(self.held, alone, model.second, self.context, minutes=minutes)
        self.context.check()
        truth = self.y[self.test]
        baseline = fit_words(features.words, y, competition.settings)
        said = baseline(features.vocabulary.transform(self.held)).argmax(axis=1)
        report = measure(self.labels, truth, seen.shares, _majority(y))
        right = (alone.argmax(axis=1) == truth).astype(float)
        figure = (float(right.mean()), *interval(right)) if model.second else None
        plain = float((said == truth).mean())
        return Trained(model, competition, report, plain, "held_out", seen.shares, seen, figure)

    def _second(
        self, texts: list[str], own: Floats, y: Ints, until: float
    ) -> Generator[Event, None, Second | None]:
        """Try a second look at what the winner is unsure of; return it if it helps.

        `own` are its probabilities of rows that it did not learn from.
        """
        judge = judge_of(self.labels, self.request.meanings, self.context)
        if judge:
            self.look = yield from look(texts, own, y, judge, self.context, deadline=until)
        return self.look.second if self.look else None

    def _shares(self, model: TextModel, features: Features, y: Ints) -> Floats:
        """Return a model's probabilities of the rows held back; they say what is unlike them, too."""
        runtimes, stop = self.context.runtimes, self.context.should_stop
        if model.encoder:
            return model.shares(self.held, runtimes.own_embedder(self.encoder).encode, stop)
        if model.vectors is None:
            return model.shares(self.held, runtimes.fast_embedder(model.language).encode, stop)
        held = encoded(self.held, model.language, self.context)
        model.novelty = Novelty.fit(features.vectors, y, model.vectors(features.vectors))
        model.novelty.set_threshold(held, model.vectors(held))
        return model.shares(self.held, lambda texts, should_stop: held, stop)

    def _base(self, language: str) -> Base:
        """Return the encoder to start from: the person's own, or the store's."""
        if self.request.encoder:
            return Base(self.request.encoder, self.request.encoder.name)
        name = name_for(language)
        return Base(self.context.runtimes.store.folder(name), name)

    def show(self, trained: Trained) -> Iterator[Event]:
        """Show the candidates, the classes, what is mixed up, the worst mistakes."""
        context = self.context
        yield _candidates(trained.competition, context)
        yield class_table(trained.report, context)
        yield confusion_table(trained.report, context)
        if trained.shares is not None:
            right = self.y[self.test]
            yield worst_table(trained.report, self.held, right, trained.shares, context)

    def suspects(self, trained: Trained) -> Iterator[Event]:
        """Show and write the rows whose label is probably wrong."""
        shares = np.exp(trained.competition.winning)
        found = suspects(self.y[self.train], shares)
        if not len(found):
            return
        said = shares.argmax(axis=1)
        rows = self.rows
        listed = [
            (str(rows.numbers[i]), rows.texts[i], rows.labels[i], self.labels[int(said[place])])
            for place, i in ((place, int(self.train[place])) for place in found.tolist())
        ]
        context = self.context
        keys = ("row", "message", "label", "looks_like")
        columns = tuple(context.say(TEXTS(key)) for key in keys)
        title = context.say(TEXTS("suspects_title"))
        yield Table(title, columns, tuple(listed[:_SUSPECTS_SHOWN]), len(listed))
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([("row", "text", "label", "looks_like"), *listed])
        path = context.result_path(self.table.path, ".csv", "-suspects")
        atomic_write(path, out.getvalue().encode("utf-8-sig"))
        yield Artifact(str(path), context.say(TEXTS("suspects_file")))

    def keep(self, trained: Trained) -> None:
        """Write the model, its card and, privately, the rows it learned from and those held back."""
        made = beside(self.folder)
        trained.model.least = trained.report.least
        trained.model.save(made)
        if trained.model.encoder:
            shutil.move(self.encoder, made / trained.model.encoder)
        shutil.rmtree(self.encoder, ignore_errors=True)
        for name, part in (("heldout", self.test), ("learned", self.train)):
            rows = [{"text": self.rows.texts[i], "label": self.rows.labels[i]} for i in part]
            lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
            atomic_write(made / f"{name}.jsonl", lines, mode=0o600)
        write_card(made, self._card(trained, made))
        put_in_place(made, self.folder)

    def evidence(self, trained: Trained) -> list[Evidence]:
        """Return the figures, what was assumed, and the rows that were left out."""
        context, request = self.context, self.request
        note = context.say(TEXTS(trained.how))
        found: list[Evidence] = [
            *metrics(trained.report, context, note, (context.say(TEXTS("tfidf")), trained.baseline))
        ]
        if self.attempt:
            tried = self.attempt
            names, kept = ("kind_tuned", "frozen"), tried.model is not None
            found.append(_against(names, tried.tuned, tried.frozen, context, kept=kept))
        if self.look:
            names, kept = ("second_name", "second_alone"), self.look.second is not None
            found.append(_against(names, self.look.both, self.look.own, context, kept=kept))
        if trained.seen:
            found += trained.seen.evidence(context)
        if trained.alone:
            value, low, high = trained.alone
            name = context.say(TEXTS("second_alone"))
            found.append(Metric(name, value, trained.report.n, note=note, low=low, high=high))
        if not request.label or not request.text_column:
            said = TEXTS("assumed_columns", text=self.columns.text, label=self.columns.label)
            found.append(Assumption(context.say(said)))
        return [*found, *self.rows.evidence]

    def _card(self, trained: Trained, folder: Path) -> dict[str, Any]:
        """Return what the model's card says."""
        competition, request = trained.competition, self.request
        base = self._base(trained.model.language) if trained.model.encoder else None
        return {
            "task": TEXT,
            "name": self.name,
            "labels": trained.model.labels,
            "data": data_card(self.table, self.columns, self.rows),
            "split": {
                "how": "time" if request.time else "grouped" if request.group else "stratified",
                "seed": 0,
                "measured_on": trained.how,
            },
            "kind": trained.model.kind,
            "hyper_parameters": {
                "vectors_c": competition.settings.vectors_c,
                "words_c": competition.settings.words_c,
                "mix": competition.mix,
            },
            "candidates": {str(k): v for k, v in competition.accuracies.items()},
            "base_model": base.name if base else " + ".join(names_for(trained.model.language)),
            "held_out": {
                **trained.report.as_dict(),
                "tfidf_accuracy": trained.baseline,
                "accuracy_alone": trained.alone or trained.report.accuracy,
            },
            "second_look": self.look.as_dict() if self.look else None,
            "bytes": weights_bytes(folder),
            **made_with(),
        }


def _majority(y: Ints) -> int:
    """Return the largest class."""
    return int(np.bincount(y).argmax())


def _against(
    names: tuple[str, str], tried: Floats, before: Floats, context: Context, *, kept: bool
) -> Metric:
    """Return which rows an attempt got right that it did not learn from, beside what there was before it.

    `names` are the messages that call them so; `tried` and `before` are of shape (n,).
    """
    low, high = interval(tried - before)
    said = TEXTS("tuned_kept" if kept else "tuned_dropped", low=f"{low:+.3f}", high=f"{high:+.3f}")
    name, beside = (context.say(TEXTS(key)) for key in names)
    value, baseline = float(tried.mean()), float(before.mean())
    return Metric(name, value, len(tried), baseline, beside, context.say(said))


def _candidates(competition: Competition, context: Context) -> Table:
    columns = (context.say(TEXTS("candidate")), context.say(TEXTS("accuracy_folds")))
    rows = tuple(
        (
            context.say(TEXTS(f"kind_{name}")) + (" ✓" if name == competition.winner else ""),
            f"{accuracy:.3f}",
        )
        for name, accuracy in competition.accuracies.items()
    )
    return Table(context.say(TEXTS("candidates_title")), columns, rows)
