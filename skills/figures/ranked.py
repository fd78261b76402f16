"""Which group has the most, and which the least."""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import UsageError
from models.texts import Catalogue, Message
from skills.events import Event
from skills.figures import say
from skills.figures.asked import Asked
from skills.figures.shown import group_events, plain_key, value_of
from skills.figures.tally import TIMES, TURNS, Group, grouped

TEXTS = Catalogue(__package__)


def answered(asked: Asked) -> tuple[list[Event], str, dict[str, object]]:
    """Say which group has the most and which the least, and show all, or those that were asked for."""
    context, request = asked.context, asked.request
    every = grouped(asked.basis, asked.rows, request.by, asked.measure)
    groups = [group for group in every if group.value is not None]
    if not groups:
        raise UsageError(TEXTS("nothing_to_group", column=request.by))
    total = sum(map(value_of, groups))
    order = _ranked(asked, groups)
    text = context.say(_sentence(asked, order, total))
    shown = _shown(asked, groups, order)
    data: dict[str, object] = {
        "measure": asked.measure, "column": asked.basis.value, "by": request.by,
        "groups": [[plain_key(group), group.value, len(group.rows)] for group in shown],
    }  # fmt: skip
    return group_events(asked, shown, total), text, data


def _ranked(asked: Asked, groups: Sequence[Group]) -> list[Group]:
    """Return groups from the one that is asked for; times that the table cuts are neither best nor worst."""
    whole = [group for group in groups if not group.partial]
    partial = [say.key_label(g.key, asked.request.by, asked.context) for g in groups if g.partial]
    if partial and whole:
        days = asked.basis.known_days
        said = TEXTS("assumed_partial", times=", ".join(partial), first=days[0], last=days[-1])
        asked.basis.assumed.append(said)
    return sorted(whole or groups, key=value_of, reverse=not asked.request.least)


def _shown(asked: Asked, groups: Sequence[Group], order: Sequence[Group]) -> list[Group]:
    """Return the groups to show: times in their order, others as ranked, and as many as asked for."""
    request = asked.request
    if request.first:
        return list(order[: request.first])
    return list(groups) if request.by in (*TIMES, *TURNS) else list(order)


def _sentence(asked: Asked, order: Sequence[Group], total: float) -> Message:
    context, by = asked.context, asked.request.by
    adds_up = asked.measure in {"sum", "count"}
    first, last = order[0], order[-1]
    if len(order) == 1:
        key = "answer_only"
    elif by in TURNS and adds_up:
        key = "answer_least_a_day" if asked.request.least else "answer_most_a_day"
    else:
        key = "answer_least" if asked.request.least else "answer_most"
    return TEXTS(
        key, what=asked.what, scope=asked.scope, by=say.unit_label(by), n=len(asked.rows),
        first=say.key_label(first.key, by, context), value=say.amount(first.value),
        share=say.shared(first.value, total) if adds_up and by not in TURNS else "",
        other=say.key_label(last.key, by, context), least=say.amount(last.value),
    )  # fmt: skip
