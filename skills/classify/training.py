"""Train a model on labelled rows: clean, split, let candidates compete, measure, keep it with a card."""

from __future__ import annotations

import csv
import io
import platform
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
from models.errors import UsageError
from models.files import atomic_write
from models.texts import Catalogue
from skills.classify.dataset import Columns, Rows, clean, data_card, split
from skills.classify.finetuned import Attempt, Base, Task, fine_tune
from skills.classify.heads import (
    Competition,
    Features,
    Floats,
    check_enough,
    compete,
    encoded,
    features_of,
    fit_words,
)
from skills.classify.novelty import Novelty
from skills.classify.operations import TrainRequest
from skills.classify.report import (
    Report,
    class_table,
    confusion_table,
    measure,
    metrics,
    suspects,
    worst_table,
)
from skills.classify.second import Look, Second, Seen, can_look, judge_of, look, seen_again
from skills.classify.textmodel import (
    TextModel,
    fitted,
    folder_of,
    put_in_place,
    weights_bytes,
    write_card,
)
from skills.classify.tuning import tune
from skills.contract import Context
from skills.events import Answer, Artifact, Assumption, Event, Evidence, Metric, Progress, Table
from skills.measures import interval
from skills.readers.messages import text_column
from skills.readers.tables import TableData, existing_column, read_table

TEXTS = Catalogue(__package__)
Ints = npt.NDArray[np.int64]
_LABEL_HINTS = r"label|class|categor|topic|intent|sentiment|group|tag|标签|类别|分类|情感|主题"
_MOST_LABELS = 300
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


class Train:
    """Train."""

    def run(self, request: TrainRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        table = read_table(request.file)
        columns = _columns(table, request)
        yield Progress(0, None, note=context.say(TEXTS("cleaning")))
        rows = clean(table, columns, context, merge=request.merge, masked=request.mask)
        check_enough(rows.labels)
        if len(set(rows.labels)) > _MOST_LABELS:
            raise UsageError(TEXTS("too_many_labels", column=columns.label, most=_MOST_LABELS))
        yield from _findings(rows, context)
        course = _Course(request, context, table, columns, rows)
        trained = yield from course.fit()
        yield from course.show(trained)
        yield from course.suspects(trained)
        course.keep(trained)
        value, low, high = trained.report.accuracy
        text = TEXTS(
            "trained", name=course.name, n=trained.report.n, accuracy=f"{value:.1%}",
            low=f"{low:.1%}", high=f"{high:.1%}", kind=TEXTS(f"kind_{trained.model.kind}"),
        )  # fmt: skip
        data = {"name": course.name, "kind": trained.model.kind, **trained.report.as_dict()}
        yield Answer(context.say(text), evidence=tuple(course.evidence(trained)), data=data)


class _Course:
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
        self.folder = folder_of(context.home, self.name)
        self.labels = sorted(set(rows.labels))
        self.y = np.array([self.labels.index(label) for label in rows.labels], np.int64)
        self.train, self.test = split(rows, self.y)
        self.held = [rows.texts[i] for i in self.test]
        self.encoder = self.folder.with_name(f".{self.folder.name}.encoder")
        self.attempt: Attempt | None = None
        self.look: Look | None = None

    def fit(self) -> Generator[Event, None, Trained]:
        """Let the candidates compete on the training rows, and measure on those held back."""
        context, y = self.context, self.y[self.train]
        texts = [self.rows.texts[i] for i in self.train]
        yield Progress(0, None, note=context.say(TEXTS("encoding")))
        features = features_of(
            texts, y, context, self.rows.clusters[self.train], self.labels,
            thorough=bool(self.request.minutes),
        )  # fmt: skip
        yield Progress(0, None, note=context.say(TEXTS("competing")))
        competition = compete(features, y, context)
        looks = bool(self.request.minutes and len(self.test)) and can_look(self.labels, context)
        seconds = 60 * self.request.minutes
        looking = _LOOKING_SHARE * seconds if looks else 0.0
        deadline = time.monotonic() + seconds - looking
        if self.request.minutes:
            share = 1.0 if self.request.tuned == "never" else _TUNING_SHARE
            until = time.monotonic() + share * (seconds - looking)
            competition = yield from tune(features, y, competition, until, context)
        model = fitted(competition, features, y, self.labels)
        if self.request.minutes and self.request.tuned != "never":
            task = Task(texts, y, self.labels, features, competition)
            self.attempt = yield from fine_tune(
                task, self._base(features.language), deadline, self.encoder, context
            )
            if self.attempt and self.attempt.model:
                model = self.attempt.model
        if looks:
            own, rows = np.exp(competition.winning), np.arange(len(y))
            if model.encoder and self.attempt:
                own, rows = self.attempt.shares, self.attempt.rows
            until = time.monotonic() + _LEARNING_TO_LOOK * looking
            model.second = yield from self._second([texts[i] for i in rows], own, y[rows], until)
        yield Progress(0, None, note=context.say(TEXTS("fitting")))
        majority = int(np.bincount(y).argmax())
        if not len(self.test):
            report = measure(self.labels, y, np.exp(competition.winning), majority)
            plain = competition.accuracies["words"]
            return Trained(model, competition, report, plain, "cross_validated")
        alone = self._shares(model, features, y)
        minutes = (1 - _LEARNING_TO_LOOK) * looking / 60
        seen = yield from seen_again(self.held, alone, model.second, context, minutes=minutes)
        context.check()
        shares = seen.shares
        baseline = fit_words(features.words, y, competition.settings)
        said = baseline(features.vocabulary.transform(self.held)).argmax(axis=1)
        plain = float((said == self.y[self.test]).mean())
        report = measure(self.labels, self.y[self.test], shares, majority)
        right = (alone.argmax(axis=1) == self.y[self.test]).astype(float)
        figure = (float(right.mean()), *interval(right)) if model.second else None
        return Trained(model, competition, report, plain, "held_out", shares, seen, figure)

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
        made = self.folder.with_name(f".{self.folder.name}.part")
        shutil.rmtree(made, ignore_errors=True)
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
        found: list[Evidence] = [*metrics(trained.report, trained.baseline, context, note)]
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
        from importlib.metadata import version

        competition, request = trained.competition, self.request
        packages = ("inhouse", "scikit-learn", "onnxruntime")
        base = self._base(trained.model.language) if trained.model.encoder else None
        return {
            "task": "text classification",
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
            "versions": {name: version(name) for name in packages}
            | {"python": platform.python_version()},
            "made": time.strftime("%Y-%m-%dT%H:%M:%S"),
        }


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


def _columns(table: TableData, request: TrainRequest) -> Columns:
    """Return the columns to read; the labels are found by their name if it was not said."""
    from skills.readers.columns import hinted

    if request.label:
        label = existing_column(table, request.label)
    else:
        named = hinted(table.columns, _LABEL_HINTS)
        if not named:
            listed = ", ".join(table.columns)
            raise UsageError(TEXTS("no_label_column", path=table.path, columns=listed))
        label = named[0]
    text = text_column(table, request.text_column, [label])
    group = existing_column(table, request.group) if request.group else ""
    time_ = existing_column(table, request.time) if request.time else ""
    return Columns(text, label, group, time_)


def _findings(rows: Rows, context: Context) -> Iterator[Event]:
    """Show what was found in the data, and labels that look misspelt."""
    if rows.findings:
        columns = (context.say(TEXTS("finding")), context.say(TEXTS("count")))
        listed = tuple(
            (context.say(TEXTS(f"found_{kind}")), f"{n:,}") for kind, n in rows.findings.items()
        )
        yield Table(context.say(TEXTS("findings_title")), columns, listed)
    if rows.suggestions:
        columns = (context.say(TEXTS("label")), context.say(TEXTS("looks_like")))
        title = context.say(TEXTS("suggestions_title"))
        yield Table(title, columns, tuple(rows.suggestions.items()))


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
