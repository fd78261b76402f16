"""Groups of rows as a table, a chart and a file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date

from models.files import atomic_writer
from models.texts import Catalogue
from skills.contract import Context
from skills.events import Artifact, Chart, Event, Series, Table
from skills.figures import say
from skills.figures.asked import Asked
from skills.figures.tally import TIMES, TURNS, Group

TEXTS = Catalogue(__package__)
MOST_SHOWN = 40
_LEAST_POINTS = 3  # of a chart
_TICKS = 6


def value_of(group: Group) -> float:
    """Return what a group comes to, nothing if there was nothing to measure."""
    return group.value or 0.0


def plain_key(group: Group) -> str | int:
    """Return the key of a group as it goes into JSON."""
    return group.key.isoformat() if isinstance(group.key, date) else group.key


def group_events(asked: Asked, groups: Sequence[Group], total: float) -> list[Event]:
    """Return the table of groups, written whole where it is too long to show, and a chart of times.

    `total` is what all come to, those that are not shown, too.
    """
    context, by = asked.context, asked.request.by
    is_sum = asked.measure in {"sum", "count"} and by not in TURNS
    counted = asked.measure == "count" and by not in TURNS
    columns = [heading(by, context), asked.what]
    columns += [context.say(TEXTS("of_all"))] if is_sum else []
    columns += [] if counted else [context.say(TEXTS("of_count", column=""))]
    rows = []
    for group in groups:
        label = say.key_label(group.key, by, context) + (" *" if group.partial else "")
        part = [say.share(group.value, total)] if is_sum else []
        rows.append(
            (label, say.amount(group.value), *part, *([] if counted else [f"{len(group.rows):,}"]))
        )
    events: list[Event] = [
        Table(
            asked.what + asked.scope, tuple(columns), tuple(rows[:MOST_SHOWN]), total_rows=len(rows)
        )
    ]
    if by in TIMES and len(groups) >= _LEAST_POINTS:
        events.append(_chart(asked, groups))
    if len(rows) > MOST_SHOWN or context.out:
        events.append(written(asked, columns, [list(row) for row in rows]))
    return events


def heading(by: str, context: Context) -> str:
    """Return what stands above groups: the unit of time or the column."""
    name = say.unit_label(by)
    return name if isinstance(name, str) else context.say(name)


def _chart(asked: Asked, groups: Sequence[Group]) -> Chart:
    xs = tuple(float(at) for at in range(len(groups)))
    ys = tuple(group.value for group in groups)
    step = max(1, round(len(groups) / _TICKS))
    form = {"day": "%m-%d", "week": "%m-%d", "year": "%Y"}.get(asked.request.by, "%Y-%m")
    ticks = tuple(
        (float(at), key.strftime(form))
        for at in range(0, len(groups), step)
        if isinstance(key := groups[at].key, date)
    )
    return Chart(asked.what + asked.scope, (Series(asked.what, xs, ys),), ticks=ticks)


def written(asked: Asked, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Artifact:
    """Write rows beside the table, and tell of it."""
    path = asked.context.result_path(asked.request.file, ".csv", "-figures")
    with atomic_writer(path) as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    return Artifact(str(path), asked.context.say(TEXTS("file")))
