"""Read a person's reply to a question as the value of a request's field."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from skills.contract import Said
from skills.readers.labels import split_labels

_LONGEST_REPLY = 300


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
