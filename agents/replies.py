"""Read a person's reply to a question as the value of a request's field."""

from __future__ import annotations

import re
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from rapidfuzz import process

from skills.contract import Said
from skills.readers.labels import split_labels

_LONGEST_REPLY = 300
_PLACES = (r"\bfirst\b|第一|前(?:面|者)", r"\bsecond\b|第二|后(?:面|者)", r"\bthird\b|第三")
_LONGEST_PLACE = 30
_ALIKE = 85


def as_choice(text: str, choices: Sequence[str]) -> str:
    """Return the choice that a reply means: by its number, its place or its words; empty if none."""
    plain = text.strip().casefold()
    number = re.fullmatch(r"(?:#|no\.?|number|第)?\s*(\d+)\s*(?:个|条|项|\.|\))?", plain)
    if number and 1 <= int(number[1]) <= len(choices):
        return choices[int(number[1]) - 1]
    for place, pattern in enumerate(_PLACES[: len(choices)]):
        if re.search(pattern, plain) and len(plain) <= _LONGEST_PLACE:
            return choices[place]
    best = process.extractOne(plain, [c.casefold() for c in choices], score_cutoff=_ALIKE)
    return choices[best[2]] if best else ""


def as_value(said: Said, annotation: Any) -> Any:
    """Return the value that a reply gives to a field of this type; None if it is no such reply."""
    kind, many = _kind(annotation)
    if kind is Path:
        paths = [str(found.path) for found in said.files if found.exists]
        if not paths:
            return None
        return paths if many else paths[0]
    if said.files or len(said.text) > _LONGEST_REPLY:
        return None  # a reply names words; files begin something new
    if many:
        labels = list(split_labels(said.text.removeprefix("into ")))
        return labels if len(labels) >= 2 else None
    return said.text


def _kind(annotation: Any) -> tuple[Any, bool]:
    """Return the plain type of a field, and whether it takes several."""
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return _kind(next(part for part in get_args(annotation) if part is not type(None)))
    if origin in {tuple, list}:
        return _kind(get_args(annotation)[0])[0], True
    return annotation, False
