"""Money that came in and money that went out: two words of a column, or the signs of its amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from models.texts import Catalogue, Message
from skills.readers.amounts import amount_column, is_money, number_columns, read_amounts
from skills.readers.columns import plain_name
from skills.readers.numbers import parse_column
from skills.readers.tables import TableData

TEXTS = Catalogue(__package__)

Flow = Literal["", "in", "out"]
_WAYS = (
    ("收入", "支出"), ("income", "expense"), ("income", "expenses"), ("credit", "debit"),
    ("in", "out"), ("einnahme", "ausgabe"), ("进", "出"), ("贷", "借"),
)  # fmt: skip
_OUT = re.compile(
    r"\b(?:spen[dt]|spending|expens\w+|costs?|paid|pay|payments? to|went out|outgoings?|debits?)\b"
    r"|花了|花费|花掉|花销|花多少|支出|开销|付了|付给|用了多少钱|转给|转账给|打给|汇给",
    re.IGNORECASE,
)
_IN = re.compile(
    r"\b(?:c[ao]me in|coming in|incomings?|income|received?|earn(?:ed|ings)?|deposits?|credits?"
    r"|take in|took in|takings|turnover|revenue)\b|收入|收了|收到|收多少|进账|到账|入账|赚了?"
    r"|转来|转入|打来|汇来",
    re.IGNORECASE,
)
_BOTH = 0.1  # of amounts that have the rarer sign, or else these are corrections


def flow_asked(text: str) -> Flow:
    """Return whether a text asks what came in or what went out; empty if for neither, or both."""
    out, come_in = _OUT.search(text) is not None, _IN.search(text) is not None
    if out == come_in:
        return ""
    return "out" if out else "in"


def flow_of(text: str, table: TableData, only: Mapping[str, str]) -> Flow:
    """Return which way of money a text asks for, where a table holds both and no row of `only` says it."""
    flow = flow_asked(text)
    way = way_column(table, flow) if flow else None
    if not flow or (way and way[0] in only):
        return ""
    money = (name for name in number_columns(table) if is_money(table, name))
    signed = any(goes_both_ways(parse_column(table.column(name))) for name in money)
    return flow if way or signed else ""


def one_way(table: TableData, flow: Flow, column: str = "") -> tuple[TableData, list[Message]]:
    """Return the rows of a table whose amounts came in, or went out, these without their minus; and say so.

    A table whose amounts have one sign, but for corrections, stays as it is.

    Raises:
        UsageError: The column of amounts that is named is not there.
        BadInputError: It holds no numbers.
    """
    if not flow:
        return table, []
    name = amount_column(table, column)[0]
    amounts = read_amounts(table, name)
    if not goes_both_ways(amounts):
        return table, []
    sign, place = (-1 if flow == "out" else 1), table.columns.index(name)
    kept = [at for at, n in enumerate(amounts) if n is not None and n * sign > 0]
    rows = [list(table.rows[at]) for at in kept]
    for row, at in zip(rows, kept, strict=True):
        row[place] = str(abs(amounts[at] or 0.0))
    numbers = [table.numbers[at] for at in kept]
    return replace(table, rows=rows, numbers=numbers), [TEXTS(f"flow_{flow}", column=name)]


def way_column(table: TableData, flow: Flow) -> tuple[str, str] | None:
    """Return the column that says which way money went, and how it says that of a flow; in, if of neither."""
    for column in table.columns:
        values = {plain_name(cell) for cell in dict.fromkeys(table.column(column))}
        for come_in, out in _WAYS:
            if {come_in, out} <= values:
                return column, out if flow == "out" else come_in
    return None


def goes_both_ways(amounts: Sequence[float | None]) -> bool:
    """Say whether many amounts are above zero and many below, as on an account."""
    below = sum(n is not None and n < 0 for n in amounts)
    above = sum(n is not None and n > 0 for n in amounts)
    return min(below, above) >= max(1.0, _BOTH * (below + above))
