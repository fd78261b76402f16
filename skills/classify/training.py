"""Train a model on labelled rows: clean, split, let candidates compete, measure, keep it with a card."""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import UsageError
from models.texts import Catalogue
from skills.classify.course import Course
from skills.classify.dataset import Columns, Rows, clean
from skills.classify.heads import MOST_LABELS, check_enough, check_groups
from skills.classify.operations import TrainRequest
from skills.contract import Context
from skills.events import Answer, Event, Progress, Table
from skills.readers.messages import text_column, told
from skills.readers.tables import TableData, existing_column, read_table

TEXTS = Catalogue(__package__)
_LABEL_HINTS = r"label|class|categor|topic|intent|sentiment|group|tag|标签|类别|分类|情感|主题"
_SHOWN = 20


class Train:
    """Train."""

    def run(self, request: TrainRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        if request.file.is_dir():
            raise UsageError(TEXTS("train_on_folder", path=request.file))
        table = read_table(request.file)
        columns = _columns(table, request)
        yield Progress(0, None, note=context.say(TEXTS("cleaning")))
        check_groups(table.column(columns.label), columns.label, spare=MOST_LABELS)
        rows = clean(table, columns, context, merge=request.merge, masked=request.mask)
        rows.evidence += told(table, _SHOWN, context)
        check_enough(rows.labels)
        check_groups(rows.labels, columns.label)
        yield from _findings(rows, context)
        course = Course(request, context, table, columns, rows)
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
