"""Which rows of a table are meant: those of a product or a shop, those of money that came in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from models.errors import UsageError
from models.texts import Catalogue, Message
from skills.readers.columns import plain_name
from skills.readers.dates import parse_dates
from skills.readers.flows import Flow, way_column
from skills.readers.numbers import parse_number
from skills.readers.tables import TableData, existing_column

TEXTS = Catalogue(__package__)
BETWEEN = "|"
"""What stands between the values of a column that are meant, where there are several."""
_MOST_VALUES = 200  # of a column whose values can be named
_SHORTEST = 3  # a Latin value that is found without its column's name before it
_SHORTEST_STEM = 5
_ENDING = re.compile(r"(?:l?ed|ing|s)$")  # cancelled, refunds
_UNTOLD = re.compile(
    r"(?:sales?|revenue|orders?|total|days?|weeks?|months?|years?|next|all|forecast|the|in|of"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|(?:周|星期)[一二三四五六日天]|[一二三四五六七八九十]{1,2}月)",
    re.IGNORECASE,
)  # what an ask for a forecast says anyhow: when, and that it is one


def named_rows(text: str, table: TableData) -> dict[str, str]:
    """Return what an ask names of the cells of a table, by column: `{"product": "milk|bread"}`.

    A name that is part of a longer one that was found does not count.
    """
    said = f" {plain_name(text)} "
    columns = {plain_name(name) for name in table.columns}
    found: dict[str, list[str]] = {}
    order = {
        column: -at for at, column in enumerate(table.columns)
    }  # what was added last goes first
    for value, name, column in sorted(
        values_of(table), key=lambda one: (-len(one[1]), order[one[2]])
    ):
        if name in columns or _UNTOLD.fullmatch(name):
            continue
        place = _place(said, name, column, " ".join(columns))
        if place:
            found.setdefault(column, []).append(value)
            said = said[: place[0]] + " " + said[place[1] :]
    return {column: BETWEEN.join(values) for column, values in found.items()}


def narrowed(
    table: TableData,
    only: Mapping[str, str],
    without: Mapping[str, str] | None = None,
    flow: Flow = "",
) -> tuple[TableData, list[Message]]:
    """Return the rows that have some values and are `without` others, and what is to be said of that.

    Of a table that says of each row whether money came in or went out, what came in, or the flow asked for.

    Raises:
        UsageError: A column is not there, or no row has the value; lists those there are.
    """
    wanted = _existing(table, only)
    said = []
    for key, values in (("only_rows", wanted), ("not_rows", _existing(table, without or {}))):
        for column, value in values.items():
            kept = _kept(table, column, value, of_these=key == "only_rows")
            shown = value.replace(BETWEEN, ", ")
            said.append(TEXTS(key, column=column, value=shown, n=len(kept), of=len(table.rows)))
            table = _taken(table, kept)
    if (way := way_column(table, flow)) and way[0] not in wanted:
        kept = [i for i, cell in enumerate(table.column(way[0])) if plain_name(cell) == way[1]]
        said.append(
            TEXTS("only_rows", column=way[0], value=way[1], n=len(kept), of=len(table.rows))
        )
        table = _taken(table, kept)
    return table, said


def _existing(table: TableData, values: Mapping[str, str]) -> dict[str, str]:
    return {existing_column(table, column): value for column, value in values.items()}


def _kept(table: TableData, column: str, value: str, *, of_these: bool) -> list[int]:
    """Return the rows that have one of some values, or those that have none of them."""
    names = {plain_name(one) for one in value.split(BETWEEN)}
    has = [plain_name(cell) in names for cell in table.column(column)]
    kept = [at for at, one in enumerate(has) if one == of_these]
    if not any(has) or not kept:
        listed = ", ".join(list(dict.fromkeys(filter(None, table.column(column))))[:10])
        raise UsageError(
            TEXTS("no_such_rows", path=table.path, column=column, value=value, values=listed)
        )
    return kept


def values_said(only: Mapping[str, str]) -> str:
    """Return the values that are meant, for a person: `milk, bread`."""
    return ", ".join(only.values()).replace(BETWEEN, ", ")


def values_of(table: TableData) -> list[tuple[str, str, str]]:
    """Return the values of the columns of text that have not too many: value, plain value, column."""
    found = []
    for column in table.columns:
        different = dict.fromkeys(table.column(column))
        cells = [cell for cell in different if cell.strip()]
        if len(different) < 2 or not 1 <= len(cells) <= _MOST_VALUES or _is_measure(cells):
            continue
        found += [(cell, name, column) for cell in cells if (name := plain_name(cell))]
    return found


def _is_measure(cells: Sequence[str]) -> bool:
    numbers = sum(parse_number(cell) is not None for cell in cells)
    return 2 * numbers > len(cells) or parse_dates(list(cells)) is not None


def _place(said: str, name: str, column: str, columns: str) -> tuple[int, int] | None:
    """Return where an ask names a value, one or several; a short one only behind the name of its column.

    Chinese that stands in a name of the `columns` is none: `入住` for 已入住, beside 入住日期.
    """
    if not name.isascii():
        wanted = [name, *_other_ways(name)] if len(name) > 1 else []
        wanted = [words for words in wanted if words not in columns]
    elif len(name) >= _SHORTEST and parse_number(name) is None:
        wanted = [f" {name}{plural} " for plural in ("", "s", "es")]
        if " " not in name and len(stem := _ENDING.sub("", name)) >= _SHORTEST_STEM:
            wanted += [f" {stem}{ending} " for ending in ("", "s", "ed", "es", "ing")]
    else:
        wanted = [f" {plain_name(column)} {name} "]
    for words in wanted:
        if (at := said.find(words)) >= 0:
            return at, at + len(words)
    return None


def _other_ways(name: str) -> list[str]:
    """Return how else people say a Chinese state: `退款` for 已退款, `没发货` for 待发货."""
    if name[0] == "已":
        return [name[1:]]
    return [no + name[1:] for no in ("没", "还没", "没有", "未")] if name[0] in "待未" else []


def _taken(table: TableData, rows: Sequence[int]) -> TableData:
    return replace(
        table, rows=[table.rows[i] for i in rows], numbers=[table.numbers[i] for i in rows]
    )
