"""Work that yields how far it is and returns a result, run to its end by those who need not know how far."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

_Result = TypeVar("_Result")


def result_of(work: Generator[object, None, _Result]) -> _Result:
    """Run work to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: _Result = end.value
            return result
