"""Tables in which an order has several lines: which column tells them apart, and what a line comes to."""

from __future__ import annotations

import itertools
import re

from skills.readers.columns import hinted
from skills.readers.tables import TableData

_NAMED = (
    r"order|^name$|invoice|receipt|transaction|ticket|\bbill\b|\bbon\b|beleg|rechnung|bestell"
    r"|订单|单号|小票|流水|发票"
)
_OF_A_LINE = r"line ?item|^item|unit|单价|price|qty|quantit|数量"
_PRICE = r"price|单价"
_PIECES = r"qty|quantit|pieces|数量|件数"
_FEWEST, _MOST = 0.2, 0.97  # different values a row
_DIGIT = re.compile(r"\d")
_BLANK = 0.03  # of lines that a column of whole orders leaves empty


def order_column(table: TableData) -> str:
    """Return the column whose value stays the same over the lines of an order; empty if each row is one."""
    for name in hinted(table.columns, _NAMED):
        cells = table.column(name)
        different = set(cells)
        runs = sum(1 for _ in itertools.groupby(cells))
        coded = all(_DIGIT.search(cell) for cell in different)
        if coded and runs == len(different) and _FEWEST <= runs / len(cells) <= _MOST:
            return name
    return ""


def line_amounts(table: TableData, amount: str) -> tuple[str, str] | None:
    """Return the columns of a line's price and pieces, where amounts stand on an order's first line alone.

    None where each line has its amount, or no price and pieces of its own.
    """
    order = order_column(table)
    cells = table.column(amount)
    if not order or sum(not cell.strip() for cell in cells) <= _BLANK * len(cells):
        return None
    full = [
        name
        for name in hinted(table.columns, _OF_A_LINE)
        if all(map(str.strip, table.column(name)))
    ]
    prices, pieces = hinted(full, _PRICE), hinted(full, _PIECES)
    return (prices[0], pieces[0]) if prices and pieces else None
