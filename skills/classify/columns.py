"""Find a column that already holds the right groups."""

from __future__ import annotations

from collections.abc import Sequence

from skills.readers.tables import TableData


def gold_column(table: TableData, labels: Sequence[str]) -> str | None:
    """Return a column whose cells are all among the labels: the right answers, kept from the judge."""
    known = {label.casefold() for label in labels}
    for name in table.columns:
        cells = {cell.strip().casefold() for cell in table.column(name) if cell.strip()}
        if len(cells) >= 2 and cells <= known:
            return name
    return None
