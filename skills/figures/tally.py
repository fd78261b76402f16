"""Rows of a table with their days and amounts: which are meant, what they come to, and by what."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from models.texts import Catalogue, Message
from skills.readers import amounts
from skills.readers.clock import hours_of
from skills.readers.columns import hinted
from skills.readers.orders import line_amounts
from skills.readers.spans import Span, unit_span
from skills.readers.tables import BadRow, TableData

TEXTS = Catalogue(__package__)
Aggregate = Literal["sum", "mean", "median", "count", "distinct", "max", "min"]
TIMES = ("day", "week", "month", "quarter", "year")
TURNS = ("hour", "weekday")
"""What comes round again and again; how much falls on one is told as its mean, not as its sum."""
_SURENESS = r"confidence|certain|probab|^score$|置信|把握|概率|确信"  # of a sorting
_NO_ROWS_NAMED = 20


@dataclass(slots=True)
class Basis:
    """What a table holds.

    Attributes:
        table: The rows, without those that only add up others.
        day: The column of dates; empty where there is none.
        dates: Of each row, shape (n,).
        hours: Of each row, where the dates have a time of the day.
        value: The column of amounts; empty where there is none, or none is asked about.
        amounts: Of each row, shape (n,).
        known_days: The different days of the rows, in order.
        days_apart: How many days lie between these, in the middle; 0 where there are not two.
        assumed: What was chosen without being told.
        skipped: Rows that were left out, and why.
    """

    table: TableData
    day: str = ""
    dates: list[date | None] = field(default_factory=list)
    hours: list[float | None] | None = None
    value: str = ""
    amounts: list[float | None] = field(default_factory=list)
    known_days: list[date] = field(default_factory=list)
    days_apart: int = 0
    assumed: list[Message] = field(default_factory=list)
    skipped: list[BadRow] = field(default_factory=list)


def read_basis(
    table: TableData, day: str, value: str, *, counting: bool, lines: bool = False
) -> Basis:
    """Read the dates and the amounts of a table, as far as it has some; `counting` needs no amounts.

    Where orders have several `lines`, and these are what is meant, the amounts are those of lines.

    Raises:
        UsageError: A column that is named is not there.
        BadInputError: It holds no dates, or no numbers.
    """
    table = _without_totals(table)
    basis = Basis(table, skipped=[bad for bad in table.bad if not bad.kept])
    dates = amounts.date_column(table, day)
    if dates:
        basis.day, basis.dates = dates[0], dates[1].values
        basis.hours = hours_of(table, dates[1])
        basis.known_days = sorted({day for day in basis.dates if day})
        gaps = sorted((b - a).days for a, b in itertools.pairwise(basis.known_days))
        basis.days_apart = gaps[len(gaps) // 2] if gaps else 0
        if dates[1].ambiguous:
            style, column = dates[1].style, dates[0]
            basis.assumed.append(TEXTS("assumed_month_first", style=style, column=column))
    unlikely = {basis.day, *hinted(table.columns, _SURENESS)}
    likely = set(amounts.number_columns(table)) - unlikely
    if not value and not counting and (both := amounts.price_and_pieces(table)):
        _multiply(basis, *both)
    elif value or (likely and not counting):
        basis.value, others = amounts.amount_column(table, value, unlikely)
        if lines and not value and (line := line_amounts(table, basis.value)):
            _multiply(basis, *line)
            return basis
        if others:
            listed = ", ".join(others)
            basis.assumed.append(TEXTS("assumed_column", column=basis.value, others=listed))
        basis.amounts = amounts.read_amounts(table, basis.value, basis.day, basis.assumed)
        _skip_unread(basis)
    return basis


def _multiply(basis: Basis, price: str, pieces: str) -> None:
    """Take prices times pieces for the amounts, and say so."""
    each, many = (amounts.read_amounts(basis.table, name, basis.day) for name in (price, pieces))
    basis.amounts = [
        None if one is None or n is None else one * n for one, n in zip(each, many, strict=True)
    ]
    basis.value = f"{price} × {pieces}"
    basis.assumed.append(TEXTS("assumed_product", price=price, pieces=pieces))


def _without_totals(table: TableData) -> TableData:
    """Return the table without rows that add up others."""
    kept = [
        at
        for at, row in enumerate(table.rows)
        if not amounts.TOTAL_ROW.match(next((cell for cell in row if cell.strip()), ""))
    ]
    left_out = [
        BadRow(table.numbers[at], TEXTS("row_total"), kept=False)
        for at in sorted(set(range(len(table.rows))) - set(kept))
    ]
    if not left_out or not kept:
        return table
    return replace(
        table,
        rows=[table.rows[at] for at in kept],
        numbers=[table.numbers[at] for at in kept],
        bad=[*table.bad, *left_out],
    )


def _skip_unread(basis: Basis) -> None:
    """Name the rows whose amount can't be read; an empty one is nothing to read."""
    cells = basis.table.column(basis.value)
    unread = [at for at, n in enumerate(basis.amounts) if n is None and cells[at].strip()]
    for at in unread[:_NO_ROWS_NAMED]:
        reason = TEXTS("row_no_number", cell=cells[at].strip()[:40], column=basis.value)
        basis.skipped.append(BadRow(basis.table.numbers[at], reason, kept=False))
    if len(unread) > _NO_ROWS_NAMED:
        basis.assumed.append(TEXTS("more_no_number", n=len(unread) - _NO_ROWS_NAMED))


def rows_within(
    basis: Basis,
    span: Span | None,
    *,
    among: Sequence[int] | None = None,
    above: float | None = None,
    below: float | None = None,
) -> list[int]:
    """Return the rows, of all or `among` some, whose day is in a span and whose amount is within limits."""
    rows: Iterable[int] = range(len(basis.table.rows)) if among is None else among
    if span:
        days = basis.dates
        rows = [at for at in rows if (day := days[at]) is not None and day in span]
    if above is not None or below is not None:
        least, most = (
            -math.inf if above is None else above,
            math.inf if below is None else below,
        )
        values = basis.amounts
        rows = [at for at in rows if (n := values[at]) is not None and least <= n <= most]
    return list(rows)


def aggregate(basis: Basis, rows: Sequence[int], measure: Aggregate) -> float | None:
    """Return what rows come to by a measure; None where there is nothing to measure."""
    if measure == "count":
        return float(len(rows))
    if measure == "distinct":
        return float(len({basis.table.column(basis.value)[at].strip().casefold() for at in rows}))
    known = [n for at in rows if (n := basis.amounts[at]) is not None]
    if not known:
        return 0.0 if measure == "sum" and rows else None
    return _AGGREGATES[measure](known)


_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "mean": statistics.fmean,
    "median": statistics.median,
    "max": max,
    "min": min,
}


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together.

    Attributes:
        key: The value of the column; or of a time the first day, of a weekday 0 to 6, of an hour 0 to 23.
        rows: Their positions.
        value: What they come to, None where there is nothing to measure.
        partial: The table begins or ends within this time.
    """

    key: str | date | int
    rows: list[int]
    value: float | None
    partial: bool = False


def grouped(basis: Basis, rows: Sequence[int], by: str, measure: Aggregate) -> list[Group]:
    """Return rows in groups: times in their order, others by what they come to, the most first."""
    members: dict[str | date | int, list[int]] = {}
    for at, key in zip(rows, _keys(basis, rows, by), strict=True):
        if key is not None:
            members.setdefault(key, []).append(at)
    days, apart = basis.known_days, basis.days_apart
    groups = [
        Group(key, inside, _of_group(basis, inside, by, measure), _is_partial(key, by, days, apart))
        for key, inside in members.items()
    ]
    if by in TIMES or by in TURNS:
        return sorted(groups, key=lambda group: group.key)
    return sorted(groups, key=lambda group: -math.inf if group.value is None else -group.value)


def _keys(basis: Basis, rows: Sequence[int], by: str) -> Iterable[str | date | int | None]:
    if by in TIMES:
        return (unit_span(by, day).start if (day := basis.dates[at]) else None for at in rows)
    if by == "weekday":
        return (day.weekday() if (day := basis.dates[at]) else None for at in rows)
    if by == "hour":
        hours = basis.hours or [None] * len(basis.table.rows)
        return (int(hour) if (hour := hours[at]) is not None else None for at in rows)
    return _same_names([basis.table.column(by)[at] for at in rows])


def _same_names(cells: Sequence[str]) -> list[str]:
    """Return the values of a column, those that differ in case or spaces alone as one."""
    first: dict[str, str] = {}
    return [first.setdefault(" ".join(cell.split()).casefold(), cell.strip()) for cell in cells]


def _of_group(basis: Basis, rows: list[int], by: str, measure: Aggregate) -> float | None:
    """Return what a group comes to; of what comes round, sums and counts are means a day."""
    value = aggregate(basis, rows, measure)
    if by in TURNS and measure in {"sum", "count"} and value is not None:
        return value / max(1, len({basis.dates[at] for at in rows}))
    return value


def _is_partial(key: str | date | int, by: str, days: Sequence[date], apart: int) -> bool:
    """Say whether a table begins or ends within a time, by more than its rows are apart."""
    if not isinstance(key, date) or by == "day" or len(days) < 3:
        return False
    leeway = timedelta(days=apart + (2 if by != "week" else 0))
    span = unit_span(by, key)
    return span.start + leeway < days[0] or span.end - leeway > days[-1]
