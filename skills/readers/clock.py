"""The hours of a table's rows: of its dates, or of a column of its own beside these."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skills.readers.dates import Dates, hour_of_day
from skills.readers.tables import TableData

_OCLOCK = re.compile(
    r"\s*(\d{1,2})[:.h](\d{2})(?:[:.]\d{2}(?:\.\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*"
)
_SURE = 0.8
_LOOKED_AT = 50  # cells


def hours_of(table: TableData, dates: Dates) -> list[float | None] | None:
    """Return the hour of each row, minutes as its fraction; None where neither dates nor a column tells."""
    if dates.times is not None:
        return dates.times
    column = next(iter(time_columns(table)), "")
    return [_hour(cell) for cell in table.column(column)] if column else None


def time_columns(table: TableData) -> list[str]:
    """Return the columns that hold times of the day and nothing else: `14:05`, `2:05 PM`."""
    return [name for name in table.columns if _is_of_times(table.column(name)[:_LOOKED_AT])]


def _is_of_times(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    colons = any(":" in cell for cell in filled)  # 12.30 may be a price
    return colons and sum(_hour(cell) is not None for cell in filled) >= _SURE * len(filled)


def _hour(cell: str) -> float | None:
    match = _OCLOCK.fullmatch(cell)
    if not match:
        return None
    hour, minute = hour_of_day(int(match[1]), match[3] or ""), int(match[2])
    return hour + minute / 60 if hour < 24 and minute < 60 else None
