"""Where weights come from. Each source fetches a model's files into a folder, and resumes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from models.catalog import Model

Report = Callable[[int], None]
"""Hears how many bytes have been fetched since the start."""
ShouldStop = Callable[[], bool]


def offset(report: Report, base: int) -> Report:
    """Return a report that counts on from `base`."""
    return lambda count: report(base + count)


class Source(Protocol):
    """A place that models come from."""

    name: str

    def fetch(self, model: Model, into: Path, report: Report, should_stop: ShouldStop) -> None:
        """Put the model's published files into `into`, verified, going on where an earlier try ended.

        Raises:
            ResourceError: The source can't be reached, or the disk is full.
            CorruptModelError: What came does not have the pinned hash; it is not kept.
            Stopped: `should_stop` said so; what has come stays for the next try.
        """
        ...
