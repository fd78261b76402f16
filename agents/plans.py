"""Asks that name several steps: `transcribe the calls, then sort them by complaint`."""

from __future__ import annotations

import re
from collections.abc import Callable

_VERBS = (
    r"(?:sort|classify|transcribe|tag|label|forecast|predict|project|answer|reply|write|tell|find|group"
    r"|split|categori[sz]e|make|say|mark|describe)"
)
_JOINTS = re.compile(
    r"[,;.]?\s*\b(?:and then|then|after that|afterwards|next,|finally,?)\b\s*"
    rf"|[,;]?\s*\band (?:also )?(?={_VERBS}\b)|[;；]\s*"
    r"|[，,。]?\s*(?:然后|接着|最后|之后再|随后|完了再)\s*|[，,]\s*(?:并且?|再)(?=[把给用按将预转写归分标]|根据)",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"(?:please\s+)?(?:go (?:over|through)|(?:have a )?look (?:at|into|over|through)|open|take|read"
    r"(?: through)?)\s+(?:the |this |my |our )?[^\s]+(?: file| table)?"
    r"|(?:打开|看一?下|看看|读一?下)\s*[^\s，,]+",
    re.IGNORECASE,
)  # what is done with the file comes behind it
_SURE = 0.45
_LEAST = 2


def steps(text: str, skill_of: Callable[[str], tuple[str, float]]) -> list[tuple[str, str, float]]:
    """Return the steps of an ask, each with its skill and how sure that is; empty if it is one step.

    `skill_of` returns the skill of a piece of text (empty for talk) and its probability. Pieces that are
    for different skills make a plan; `praise, complaint and question` does not.
    """
    parts = [part.strip(" ,，;；.。") for part in _JOINTS.split(text)]
    parts = _with_openings([part for part in parts if len(part) > _LEAST])
    if len(parts) < 2:
        return []
    found = [(part, *skill_of(part)) for part in parts]
    kept = [step for step in found if step[1] and step[2] >= _SURE]
    return kept if len({skill for _, skill, _ in kept}) >= 2 else []


def _with_openings(parts: list[str]) -> list[str]:
    """Return parts, those that only open a file as the beginning of what follows."""
    whole: list[str] = []
    opening = ""
    for part in parts:
        if _OPENS.fullmatch(part):
            opening += f"{part}, "
        else:
            whole.append(opening + part)
            opening = ""
    return whole
