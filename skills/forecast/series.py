"""From a business table to a regular series; everything chosen on the way is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import BadInputError
from models.texts import Catalogue, Message
from skills.forecast.calendar import Frequency, infer
from skills.readers import amounts
from skills.readers.columns import named_column
from skills.readers.dates import Dates, parse_dates
from skills.readers.numbers import parse_column
from skills.readers.tables import BadRow, TableData

TEXTS = Catalogue(__package__)
Floats = npt.NDArray[np.float64]
_FEW = 0.05
_NAMED = 20  # rows left out for one reason; of more the first are named
_FIRST_NAMED = 3
_MIN_PERIODS = 6


@dataclass(slots=True)
class Series:
    """A regular series: a value a period, gaps filled.

    Attributes:
        name: Of the column.
        dates: Of the periods; empty where the table has none.
        values: Shape (n,).
        frequency: How often they come.
        filled: Which values were filled in, shape (n,).
        assumed: What was chosen without being told.
        skipped: Rows that were left out or mended, and why.
    """

    name: str
    dates: list[date]
    values: Floats
    frequency: Frequency
    filled: npt.NDArray[np.bool_]
    assumed: list[Message] = field(default_factory=list)
    skipped: list[BadRow] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """What is being found out about a table."""

    path: Path
    assumed: list[Message] = field(default_factory=list)
    skipped: list[BadRow] = field(default_factory=list)

    def skip(self, row: int, reason: Message) -> None:
        self.skipped.append(BadRow(row, reason, kept=False))

    def cut(self, key: str) -> None:
        """Of many rows that are left out for one reason name the first, and count the others."""
        alike = [bad for bad in self.skipped if bad.reason.key == key]
        if len(alike) > _NAMED:
            others = [bad for bad in self.skipped if bad.reason.key != key]
            self.skipped = sorted([*others, *alike[:_FIRST_NAMED]], key=lambda bad: bad.number)
            self.assumed.append(TEXTS(f"more_{key}", n=len(alike) - _FIRST_NAMED))


def build(
    table: TableData, date_column: str = "", value_column: str = "", whole: TableData | None = None
) -> Series:
    """Return the series in a table; where it is a part of a `whole` one, other dates of that are nothing.

    Raises:
        BadInputError: No numbers, or too few periods; says what was found.
        UsageError: A named column is not there; lists those that are.
    """
    reading = _Reading(table.path, skipped=list(table.bad))
    column = amounts.date_column(table, date_column)
    if column is None and (wide := _wide(table, value_column, reading)):
        return wide
    if column is None:
        return _without_dates(table, value_column, reading)
    name, dates = column
    if dates.ambiguous:
        reading.assumed.append(TEXTS("assumed_month_first", style=dates.style, column=name))
    value = _value_column(table, value_column, name, reading)
    numbers = amounts.read_amounts(table, value, name, reading.assumed)
    pairs = _pairs(table, dates, numbers, reading)
    pairs = _without_partial_day(pairs, dates, reading)
    per_day = _per_date(pairs, value, table, reading)
    if whole is not None and len(whole.rows) > len(table.rows) and not amounts.is_mean(value):
        _fill_nothing(per_day, whole, name, reading)
    return _regular(per_day, value, reading)


def _value_column(table: TableData, asked: str, exclude: str, reading: _Reading) -> str:
    """Return the column to forecast, and say if it was chosen among several."""
    chosen, others = amounts.amount_column(table, asked, {exclude})
    if others:
        reading.assumed.append(TEXTS("assumed_column", column=chosen, others=", ".join(others)))
    return chosen


_Pair = tuple[date, float, int, int]  # date, value, row number in the file, position in the table


def _pairs(
    table: TableData, dates: Dates, values: list[float | None], reading: _Reading
) -> list[_Pair]:
    """Return the rows that have both a date and a value; the others are named."""
    pairs = []
    for position, (day, value) in enumerate(zip(dates.values, values, strict=True)):
        number = table.numbers[position]
        first = next((cell for cell in table.rows[position] if cell.strip()), "")
        if amounts.TOTAL_ROW.match(first):
            reading.skip(number, TEXTS("row_total", cell=first[:40]))
        elif day is None:
            reading.skip(number, TEXTS("row_no_date", cell=first[:40]))
        elif value is None:
            reading.skip(number, TEXTS("row_no_number"))
        else:
            pairs.append((day, value, number, position))
    reading.cut("row_no_date")
    reading.cut("row_no_number")
    return pairs


def _without_partial_day(pairs: list[_Pair], dates: Dates, reading: _Reading) -> list[_Pair]:
    """Drop a last day that ends hours before every other day did: the export was made during it."""
    if dates.times is None or not pairs:
        return pairs
    latest: dict[date, float] = {}
    for day, _, _, position in pairs:
        latest[day] = max(latest.get(day, 0.0), dates.times[position] or 0.0)
    last = max(latest)
    others = [hour for day, hour in latest.items() if day != last]
    if len(others) < 7 or latest[last] >= min(others) - 0.5:
        return pairs
    reading.assumed.append(TEXTS("assumed_partial_day", day=last))
    return [pair for pair in pairs if pair[0] != last]


def _per_date(
    pairs: list[_Pair], column: str, table: TableData, reading: _Reading
) -> dict[date, float]:
    """Return one value a date: repeats are dropped, several rows a date are added up or averaged."""
    groups: dict[date, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair[0]].append(pair)
    surplus = len(pairs) - len(groups)
    if 0 < surplus <= max(1, _FEW * len(groups)):
        return {day: _first_of(group, reading) for day, group in groups.items()}
    if surplus:
        average = amounts.is_mean(column)
        rows = Counter(len(group) for group in groups.values()).most_common(1)[0][0]
        key = "assumed_mean" if average else "assumed_sum"
        reading.assumed.append(TEXTS(key, column=column, rows=rows))
        sums = {day: sum(pair[1] for pair in group) for day, group in groups.items()}
        return {d: v / len(groups[d]) for d, v in sums.items()} if average else sums
    return {day: group[0][1] for day, group in groups.items()}


def _fill_nothing(
    per_date: dict[date, float], whole: TableData, name: str, reading: _Reading
) -> None:
    """Take the dates on which only other rows stand, since the first of these, for nothing."""
    dates = parse_dates(whole.column(name))
    others = {day for day in dates.values if day} if dates and per_date else set()
    missing = {day for day in others if day > min(per_date)} - per_date.keys()
    per_date |= dict.fromkeys(missing, 0.0)
    if missing:
        reading.assumed.append(TEXTS("assumed_nothing", n=len(missing)))


def _first_of(group: list[_Pair], reading: _Reading) -> float:
    """Return the value of a date that stands once or, by mistake, again: different values add up."""
    values = {value for _, value, _, _ in group}
    if len(values) == 1:
        for _, _, number, _ in group[1:]:
            reading.skip(number, TEXTS("row_repeated", day=group[0][0]))
    return sum(values) if len(values) > 1 else group[0][1]


def _regular(per_date: dict[date, float], name: str, reading: _Reading) -> Series:
    """Lay the values on regular periods and fill the gaps."""
    frequency = infer(sorted(per_date))
    if frequency is None:
        raise BadInputError(TEXTS("no_rhythm", path=reading.path, n=len(per_date)))
    by_period = {frequency.start(day): value for day, value in per_date.items()}
    days = [min(by_period)]
    last = max(by_period)
    while days[-1] < last:
        days.append(frequency.following(days[-1]))
    known = [by_period.get(day) for day in days]
    _need_enough(len(days), reading.path)
    values, filled = fill_gaps(known, frequency.season)
    if filled.any():
        reading.assumed.append(TEXTS("assumed_gaps", n=int(filled.sum()), total=len(days)))
    if frequency.kind == "day" and len(frequency.open_days) < 7:
        reading.assumed.append(TEXTS("assumed_closed", n=len(frequency.open_days)))
    return Series(name, days, values, frequency, filled, reading.assumed, reading.skipped)


def _need_enough(count: int, path: Path) -> None:
    if count < _MIN_PERIODS:
        raise BadInputError(TEXTS("too_short", path=path, n=count, least=_MIN_PERIODS))


def fill_gaps(known: Sequence[float | None], season: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Fill gaps with the mean of the neighbouring seasons' values, else on a straight line.

    Returns the values, shape (n,), and which were filled in, shape (n,).
    """
    values = np.array([np.nan if value is None else value for value in known], dtype=np.float64)
    gaps = np.isnan(values)
    straight = np.interp(np.arange(len(values)), np.flatnonzero(~gaps), values[~gaps])
    for at in np.flatnonzero(gaps):
        near = [
            values[i] for i in (at - season, at + season) if 0 <= i < len(values) and not gaps[i]
        ]
        values[at] = np.mean(near) if near and season > 1 else straight[at]
    return values, gaps


def _without_dates(table: TableData, asked: str, reading: _Reading) -> Series:
    """Read a table without dates: one row a period, in the order of the file."""
    value = _value_column(table, asked, "", reading)
    numbers = parse_column(table.column(value))
    for position, number in enumerate(numbers):
        if number is None:
            reading.skip(table.numbers[position], TEXTS("row_no_number"))
    kept = [number for number in numbers if number is not None]
    _need_enough(len(kept), table.path)
    reading.assumed.append(TEXTS("assumed_no_dates"))
    values = np.array(kept)
    return Series(
        value, [], values, Frequency("step"), np.zeros(len(kept), dtype=bool),
        reading.assumed, reading.skipped,
    )  # fmt: skip


def _wide(table: TableData, asked: str, reading: _Reading) -> Series | None:
    """Read a table whose header holds the dates; rows are products, added up unless one is named."""
    dates = [(i, parsed.values[0]) for i, name in enumerate(table.columns)
             if (parsed := parse_dates([name])) and parsed.values[0]]  # fmt: skip
    if len(dates) < amounts.PERIODS_IN_HEADER:
        return None
    labels = [row[0] for row in table.rows]
    rows = [i for i, label in enumerate(labels) if not amounts.TOTAL_ROW.match(label)]
    chosen = named_column(asked, [labels[i] for i in rows]) if asked else None
    if chosen:
        rows = [i for i in rows if labels[i] == chosen]
    elif len(rows) > 1:
        reading.assumed.append(
            TEXTS("assumed_rows_summed", rows=", ".join(labels[i] for i in rows[:6]))
        )
    per_date: dict[date, float] = {}
    for i in rows:
        cells = parse_column([table.rows[i][column] for column, _ in dates])
        for (_, day), value in zip(dates, cells, strict=True):
            if day and value is not None:
                per_date[day] = per_date.get(day, 0.0) + value
    return _regular(per_date, chosen or table.path.stem, reading)
