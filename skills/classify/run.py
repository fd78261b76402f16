"""Sort a message or a table: by a judge who is told the groups, or by what a column teaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from models.errors import UsageError
from models.llm import LanguageModel
from models.runtimes import is_weak
from models.texts import Catalogue
from skills.classify.bulk import apply_model
from skills.classify.columns import gold_column
from skills.classify.dataset import drawn
from skills.classify.face import ClassifyRequest
from skills.classify.heads import check_groups
from skills.classify.judge import judges_of
from skills.classify.learn import learn
from skills.classify.student import Taught, read_all, teach
from skills.classify.teacher import Teacher
from skills.contract import Context
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Event,
    Evidence,
    Metric,
    Notice,
    Progress,
    Skipped,
    Table,
)
from skills.measures import interval
from skills.readers.messages import text_column, told
from skills.readers.tables import TableData, existing_column, read_table
from skills.writers import suffix_of, write_table

TEXTS = Catalogue(__package__)
_EXAMPLES = 3
_UNCERTAIN = 5
_SKIPPED_SHOWN = 50
_BATCH = 64
_MOST_LABELS = 60
_READ_ALL = 300  # different texts that the language model reads one by one
_TRUSTED = 0.8  # how well two readings agree from which on names count for next to nothing


@dataclass(slots=True)
class _Sorted:
    """A table with a group a row; empty where there was nothing to sort."""

    table: TableData
    texts: list[str]
    labels: list[str]
    confidences: list[float | None]
    evidence: list[Evidence] = field(default_factory=list)
    filled: str = ""  # the column whose gaps were filled


class Classify:
    """The skill."""

    def run(self, request: ClassifyRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        if request.file is None and not request.text.strip():
            raise UsageError(TEXTS("nothing_to_sort"))
        if request.model:
            yield from apply_model(request, context)
            return
        if not request.learn and not 2 <= len(set(request.labels)) <= _MOST_LABELS:
            raise UsageError(TEXTS("labels_needed", most=_MOST_LABELS))
        if request.file is None:
            yield from self._message(request, context)
        elif request.learn:
            yield from self._show((yield from self._learn(request, context)), context)
        else:
            yield from self._show((yield from self._judge(request, context)), context)

    def _model(self, context: Context) -> Generator[Event, None, LanguageModel]:
        yield Progress(0, None, note=context.say(TEXTS("loading")))
        model = context.runtimes.llm()
        if is_weak(model.name):
            yield Notice(context.say(TEXTS("weak_judge", name=model.name)), "warning")
        return model

    def _message(self, request: ClassifyRequest, context: Context) -> Iterator[Event]:
        model = yield from self._model(context)
        text = " ".join(request.text.split())
        with context.runtimes.keeping(model):
            teacher = _teacher(request, model, context)
            taught = yield from read_all([text], teacher, context)
        shares = dict(zip(teacher.labels, map(float, taught.shares[0]), strict=True))
        order = sorted(shares, key=lambda label: -shares[label])
        rows = tuple((label, f"{shares[label]:.0%}") for label in order)
        columns = (context.say(TEXTS("label")), context.say(TEXTS("confidence")))
        yield Table("", columns, rows)
        label, confidence = order[0], shares[order[0]]
        answer = context.say(TEXTS("answer_message", label=label, share=f"{confidence:.0%}"))
        data = {"label": label, "confidence": round(confidence, 4), "shares": shares}
        said = _of_names(taught, context)
        if len(taught.instructed):
            said.append(Assumption(context.say(TEXTS("instructed"))))
        yield Answer(answer, evidence=tuple(said), data=data)

    def _judge(self, request: ClassifyRequest, context: Context) -> Generator[Event, None, _Sorted]:
        """Let the language model read every row, or a part and a student that learns from it the rest."""
        assert request.file is not None
        table = read_table(request.file)
        gold = gold_column(table, request.labels)
        column = text_column(table, request.text_column, [gold] if gold else [])
        sorted_ = _start(table, column, context)
        texts = sorted({" ".join(text.split()) for text in sorted_.texts if text.strip()})
        model = yield from self._model(context)
        with context.runtimes.keeping(model):
            teacher = _teacher(request, model, context)
            if len(texts) > _READ_ALL and not request.read_all:
                taught = yield from teach(texts, teacher, request.minutes, context)
            else:
                taught = yield from read_all(texts, teacher, context)
        _sort(sorted_, texts, teacher.labels, taught, context)
        sorted_.evidence += _of_names(taught, context) + _of_student(taught, len(texts), context)
        if len(taught.useful):
            yield _worth_labelling(taught, texts, teacher.labels, context)
        if gold:
            sorted_.evidence += _against_gold(sorted_, gold, context)
        return sorted_

    def _learn(self, request: ClassifyRequest, context: Context) -> Generator[Event, None, _Sorted]:
        """Learn from the rows that have a group, and give one to the others."""
        assert request.file is not None
        table = read_table(request.file)
        target = existing_column(table, request.learn)
        column = text_column(table, request.text_column, [target])
        sorted_ = _start(table, column, context)
        sorted_.filled = target
        yield Progress(0, None, note=context.say(TEXTS("learning")))
        given = [cell.strip() for cell in table.column(target)]
        labelled = [i for i, cell in enumerate(given) if cell and sorted_.texts[i].strip()]
        known = drawn(labelled, sorted_.evidence, context)
        check_groups([given[i] for i in known], target)
        learned = learn([sorted_.texts[i] for i in known], [given[i] for i in known], context)
        sorted_.labels = given
        empty = [i for i, cell in enumerate(given) if not cell and sorted_.texts[i].strip()]
        unit, note = context.say(TEXTS("rows")), context.say(TEXTS("filling"))
        for start in range(0, len(empty), _BATCH):
            context.check()
            rows = empty[start : start + _BATCH]
            for position, shares in zip(
                rows, learned.predict([sorted_.texts[i] for i in rows]), strict=True
            ):
                best = int(shares.argmax())
                sorted_.labels[position] = learned.labels[best]
                sorted_.confidences[position] = float(shares[best])
            yield Progress(start + len(rows), len(empty), unit, note)
        majority = context.say(TEXTS("majority"))
        how = context.say(TEXTS("how_learned", features=TEXTS(f"kind_{learned.kind}")))
        sorted_.evidence += [
            Metric(
                context.say(TEXTS("accuracy")),
                learned.accuracy,
                learned.n,
                learned.majority,
                majority,
                how,
            ),
            Metric(context.say(TEXTS("macro_f1")), learned.macro_f1, learned.n),
        ]
        return sorted_

    def _show(self, sorted_: _Sorted, context: Context) -> Iterator[Event]:
        """Write the table, show counts, examples and the least certain rows."""
        table = sorted_.table
        context.check()
        path = context.result_path(table.path, suffix_of(table), "-labelled")
        confidences = ["" if c is None else f"{c:.3f}" for c in sorted_.confidences]
        if sorted_.filled:
            at = table.columns.index(sorted_.filled)
            for row, label in zip(table.rows, sorted_.labels, strict=True):
                row[at] = row[at] or label
        write_table(table, {"label": sorted_.labels, "confidence": confidences}, path)
        counts = Counter(label for label in sorted_.labels if label)
        yield _overview(sorted_, counts, context)
        uncertain = _least_certain(sorted_, context)
        if uncertain.rows:
            yield uncertain
        yield Artifact(str(path), context.say(TEXTS("file")))
        listed = ", ".join(f"{n:,} {label}" for label, n in counts.most_common())
        if sorted_.filled:
            n = sum(c is not None for c in sorted_.confidences)
            text = TEXTS("answer_learned", n=n, column=sorted_.filled, counts=listed)
        else:
            text = TEXTS("answer", n=sum(counts.values()), counts=listed)
        yield Answer(
            context.say(text), evidence=tuple(sorted_.evidence), data={"counts": dict(counts)}
        )


def _teacher(request: ClassifyRequest, model: LanguageModel, context: Context) -> Teacher:
    labels = list(dict.fromkeys(request.labels))
    return Teacher(judges_of(model, labels, request.meanings, once=request.once), context)


def _start(table: TableData, column: str, context: Context) -> _Sorted:
    """Return the table with nothing sorted yet; empty and mended rows are named."""
    texts = table.column(column)
    name = str(table.path)
    evidence: list[Evidence] = []
    if len(table.columns) > 1:
        evidence.append(Assumption(context.say(TEXTS("assumed_column", column=column))))
    empty = context.say(TEXTS("empty_row"))
    skipped = [
        Skipped(name, empty, n)
        for n, text in zip(table.numbers, texts, strict=True)
        if not text.strip()
    ]
    evidence += [*told(table, _SKIPPED_SHOWN, context), *skipped[:_SKIPPED_SHOWN]]
    return _Sorted(table, texts, [""] * len(texts), [None] * len(texts), evidence)


def _sort(
    sorted_: _Sorted, texts: list[str], labels: list[str], taught: Taught, context: Context
) -> None:
    """Give each row the group of its text; rows that spoke to their sorter are named."""
    place = {text: i for i, text in enumerate(texts)}
    instructed = set(taught.instructed.tolist())
    for position, text in enumerate(sorted_.texts):
        if not text.strip():
            continue
        row = place[" ".join(text.split())]
        best = int(taught.shares[row].argmax())
        sorted_.labels[position] = labels[best]
        sorted_.confidences[position] = float(taught.shares[row, best])
        if row in instructed:
            said = context.say(TEXTS("instructed"))
            number = sorted_.table.numbers[position]
            sorted_.evidence.append(Skipped(str(sorted_.table.path), said, number, kept=True))


def _of_names(taught: Taught, context: Context) -> list[Evidence]:
    """Return how far the names of the groups had to help; nothing where they changed next to nothing."""
    if taught.trust >= _TRUSTED:
        return []
    return [Assumption(context.say(TEXTS("names_had_say", share=f"{taught.trust:.0%}")))]


def _of_student(taught: Taught, size: int, context: Context) -> list[Evidence]:
    """Return how far a student is to be trusted, and what it did; nothing if there was none."""
    if not len(taught.agreement):
        return []
    low, high = interval(taught.agreement)
    agreement = Metric(
        context.say(TEXTS("agreement")), float(taught.agreement.mean()), len(taught.agreement),
        low=low, high=high,
    )  # fmt: skip
    read = len(taught.read)
    if read < size:
        saw = TEXTS("teacher_saw", n=read, of=size, share=f"{read / size:.0%}")
        return [agreement, Assumption(context.say(saw))]
    return [agreement, Assumption(context.say(TEXTS("student_had_say", n=taught.changed, of=size)))]


def _worth_labelling(
    taught: Taught, texts: list[str], labels: list[str], context: Context
) -> Table:
    rows = tuple((texts[i], labels[int(taught.shares[i].argmax())]) for i in taught.useful)
    columns = (context.say(TEXTS("message")), context.say(TEXTS("label")))
    return Table(context.say(TEXTS("useful_title")), columns, rows)


def _against_gold(sorted_: _Sorted, gold: str, context: Context) -> list[Evidence]:
    """Hold the judge's groups against a column of right ones it did not see."""
    from sklearn.metrics import f1_score

    truth = [cell.strip().casefold() for cell in sorted_.table.column(gold)]
    pairs = [
        (t, label.casefold()) for t, label in zip(truth, sorted_.labels, strict=True) if t and label
    ]
    if not pairs:
        return []
    right = sum(t == label for t, label in pairs) / len(pairs)
    most = Counter(t for t, _ in pairs).most_common(1)[0][1] / len(pairs)
    f1 = float(
        f1_score([t for t, _ in pairs], [p for _, p in pairs], average="macro", zero_division=0)
    )
    note = context.say(TEXTS("against_column", column=gold))
    majority = context.say(TEXTS("majority"))
    return [
        Metric(context.say(TEXTS("accuracy")), right, len(pairs), most, majority, note),
        Metric(context.say(TEXTS("macro_f1")), f1, len(pairs)),
    ]


def _overview(sorted_: _Sorted, counts: Counter[str], context: Context) -> Table:
    """Return a row a group: how many, what share, and a few examples, the surest first."""
    total = sum(counts.values()) or 1
    columns = tuple(context.say(TEXTS(key)) for key in ("label", "count", "share", "examples"))
    order = sorted(range(len(sorted_.texts)), key=lambda i: -(sorted_.confidences[i] or 0.0))
    rows = []
    for label, count in counts.most_common():
        mine = [sorted_.texts[i] for i in order if sorted_.labels[i] == label]
        examples = list(dict.fromkeys(" ".join(text.split()) for text in mine))[:_EXAMPLES]
        rows += [
            (label, f"{count:,}", f"{count / total:.0%}", example)
            if first
            else ("", "", "", example)
            for first, example in zip([True, False, False], examples, strict=False)
        ]
    return Table("", columns, tuple(rows))


def _least_certain(sorted_: _Sorted, context: Context) -> Table:
    """Return the rows a person should look at first."""
    known: Sequence[tuple[float, int]] = [
        (confidence, i)
        for i, confidence in enumerate(sorted_.confidences)
        if confidence is not None
    ]
    columns = tuple(context.say(TEXTS(key)) for key in ("row", "label", "confidence", "message"))
    rows = tuple(
        (
            str(sorted_.table.numbers[i]),
            sorted_.labels[i],
            f"{confidence:.0%}",
            " ".join(sorted_.texts[i].split()),
        )
        for confidence, i in sorted(known)[:_UNCERTAIN]
    )
    return Table(context.say(TEXTS("least_certain")), columns, rows)
