"""A question that was asked back, and what a reply to it makes of the ask before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agents.protocol import absolute
from agents.replies import as_choice, as_value
from skills import registry
from skills.contract import Filled, Said
from skills.events import Answer, Event, Question
from skills.readers.files import Found, found_at


@dataclass(frozen=True, slots=True)
class Pending:
    """What was asked back: for which skill, about which field, on which ask.

    `meant` are files that the ask did not name.
    """

    skill: str
    field: str
    values: dict[str, Any]
    said: Said
    choices: tuple[str, ...] = ()
    meant: tuple[Found, ...] = ()


def resume(pending: Pending, said: Said) -> tuple[str, Filled] | None:
    """Read an ask as the reply to the question before it: the skill, and what is filled by now.

    None if it is something else. For which skill the ask before was is still to be filled.
    """
    if pending.field == "skill":
        name = said.bare.strip().lower()
        chosen = name if name in registry.names() else as_choice(said.text, pending.choices)
        return (chosen, Filled()) if chosen else None
    spec = registry.get(pending.skill)
    annotation = spec.request_class().model_fields[pending.field].annotation
    choice = as_choice(said.text, pending.choices) if pending.choices else ""
    files = said.files
    if choice:
        chosen_file = found_at(absolute(choice), choice)
        files = files or ((chosen_file,) if chosen_file.exists else ())
        value = as_value(dataclasses.replace(said, files=files), annotation) if files else choice
    else:
        whole = spec.filler()(said)
        if not whole.missing and pending.field in whole.values and len(whole.values) > 1:
            return None  # it says everything itself: a new ask
        value = as_value(said, annotation)
    if value is None:
        return None
    values = {**pending.values, pending.field: value}
    if not files:
        return pending.skill, Filled(values)
    again = spec.filler()(dataclasses.replace(pending.said, files=files))
    if again.missing == pending.field:
        return pending.skill, Filled(values)
    return pending.skill, dataclasses.replace(
        again, values={**pending.values, **again.values, pending.field: value}
    )


def question(
    prompt: str, field: str, choices: tuple[str, ...], values: dict[str, Any], skill: str = ""
) -> Iterator[Event]:
    """Ask back: the question, and the answer that says the same for those who read only answers."""
    yield Question(prompt, field, choices)
    listed = " / ".join(f"{number}. {choice}" for number, choice in enumerate(choices, 1))
    told = f"{prompt} ({listed})" if choices else prompt
    yield Answer(told, skill=skill, request=values, data={"asks_for": field})
