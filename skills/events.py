"""Everything that can happen while an ask is answered. The one contract between layers.

Each event is frozen and travels as a JSON object whose `event` names it. Every ask ends with exactly
one *final* event: `Answer` or `Failure`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from models.errors import InhouseError
from models.texts import Language


class _Evidence(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower, omit_defaults=True):
    """Something that makes an answer checkable."""


class Quote(_Evidence, frozen=True):
    """A stored passage, word for word. `where` is a heading or row inside the source."""

    text: str
    source: str
    score: float
    where: str = ""
    confidence: str = ""  # the score in words


class Metric(_Evidence, frozen=True):
    """A measured quality on data the model did not learn from.

    `baseline` is the same metric of `baseline_name` on the same data; `low` and `high` bound the value
    with 95 % confidence.
    """

    name: str
    value: float
    n: int
    baseline: float | None = None
    baseline_name: str = ""
    note: str = ""
    low: float | None = None
    high: float | None = None


class Backtest(_Evidence, frozen=True):
    """Forecast errors on history that was held back, beside the seasonal naive forecast."""

    model: str
    horizon: int
    windows: int
    mae: float
    rmse: float
    mase: float
    naive_mae: float
    naive_rmse: float
    naive_mase: float


class Timing(_Evidence, frozen=True):
    """When something was said: seconds from the start of `file`."""

    file: str
    start: float
    end: float
    text: str


class Skipped(_Evidence, frozen=True):
    """One thing that was left out, and why. `row` counts from 1, the header being row 1.

    `kept` says that the row was used all the same, mended.
    """

    file: str
    reason: str
    row: int | None = None
    kept: bool = False


class Assumption(_Evidence, frozen=True):
    """Something that was not said and was therefore chosen."""

    text: str


Evidence = Quote | Metric | Backtest | Timing | Skipped | Assumption


class _Event(msgspec.Struct, frozen=True, tag_field="event", tag=str.lower, omit_defaults=True):
    """Something that happened."""


class Progress(_Event, frozen=True):
    """How far a running skill is. `total` is None while it is not known."""

    done: float
    total: float | None = None
    unit: str = ""
    note: str = ""


class Text(_Event, frozen=True):
    """A piece of streamed text; pieces join without a separator."""

    delta: str


class Table(_Event, frozen=True):
    """Rows to show. `total_rows` counts all there are when only the first are given."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total_rows: int | None = None


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a chart over `x`; a None breaks it."""

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


class Band(msgspec.Struct, frozen=True, omit_defaults=True):
    """A shaded band between `low` and `high` over `x`."""

    name: str
    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Chart(_Event, frozen=True):
    """A drawing of numbers. `ticks` names some positions of the x axis."""

    title: str
    series: tuple[Series, ...]
    bands: tuple[Band, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    unit: str = ""


class Artifact(_Event, frozen=True):
    """A file that was written; `path` is absolute."""

    path: str
    description: str = ""


class Notice(_Event, frozen=True):
    """Something worth a line that is neither the answer nor a failure."""

    text: str
    level: Literal["info", "warning"] = "info"


class Step(_Event, frozen=True):
    """A skill is about to run, with the request as it was understood."""

    skill: str
    request: dict[str, Any]


class Question(_Event, frozen=True):
    """Something is missing. The answer that follows says the same; the next ask may fill `field`."""

    prompt: str
    field: str
    choices: tuple[str, ...] = ()


class Answer(_Event, frozen=True, omit_defaults=False):
    """The result in words, with what makes it checkable; final. `artifacts` are absolute paths."""

    text: str
    skill: str = ""
    request: dict[str, Any] = {}
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[str, ...] = ()
    refused: bool = False
    seconds: float = 0.0
    data: dict[str, Any] = {}


class Failure(_Event, frozen=True, omit_defaults=False):
    """The ask could not be answered; final. `code` and `exit_status` as in `models.errors`."""

    message: str
    remedy: str = ""
    code: str = "failed"
    exit_status: int = 1
    seconds: float = 0.0


Event = Progress | Text | Table | Chart | Artifact | Notice | Step | Question | Answer | Failure
FINAL = (Answer, Failure)


def failure(error: InhouseError, language: Language, seconds: float = 0.0) -> Failure:
    """Turn an error of ours into the event that reports it."""
    return Failure(
        error.message(language), error.remedy(language), error.code, error.exit_status, seconds
    )
