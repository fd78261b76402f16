"""What a question about figures needs to know, and how an ask says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from models.errors import InhouseError
from models.texts import Catalogue
from skills.contract import Filled, Said
from skills.figures import words
from skills.figures.groups import (
    counted_column,
    flag_and_not,
    group,
    group_columns,
    kind_of_amount,
    likely_group,
    one_of_several,
    without_group,
)
from skills.figures.meant import RowsMeant
from skills.figures.turns import compares_turns
from skills.readers.amounts import (
    amount_beside,
    date_column,
    in_long_form,
    is_mean,
    is_money,
    number_columns,
    quantity_column,
)
from skills.readers.columns import named_column
from skills.readers.files import Found
from skills.readers.flows import flow_of
from skills.readers.orders import order_column
from skills.readers.periods import find_periods, in_a_row
from skills.readers.rows import BETWEEN
from skills.readers.tables import TableData, read_table, sample_fits
from skills.readers.tenses import tense
from skills.request import Request, argument, option

TEXTS = Catalogue(__package__)
Measure = Literal["sum", "mean", "median", "count", "distinct", "max", "min", "rows"]
_OTHER_TENSE = 0.05
_SENSE = 0.4  # it takes rows by their values, not by what their texts are about
_SAMPLE = 2000  # rows in which what an ask names is looked for


class FiguresRequest(Request):
    """Say what figures come to."""

    file: Path = argument(TEXTS("field_file"))
    measure: Measure | None = option(TEXTS("field_measure"))
    value: str = option(TEXTS("field_value"), "")
    by: str = option(TEXTS("field_by"), "")
    period: str = option(TEXTS("field_period"), "")
    against: str = option(TEXTS("field_against"), "")
    per: str = option(TEXTS("field_per"), "")
    flow: Literal["", "in", "out"] = option(TEXTS("field_flow"), "")
    only: dict[str, str] = option(TEXTS("field_only"), {})
    without: dict[str, str] = option(TEXTS("field_without"), {})
    above: float | None = option(TEXTS("field_above"))
    below: float | None = option(TEXTS("field_below"))
    unheard: list[str] = option(TEXTS("field_unheard"), [])
    first: Annotated[int, Field(ge=1, le=1000)] | None = option(TEXTS("field_first"))
    least: bool = option(TEXTS("field_least"), False)
    why: bool = option(TEXTS("field_why"), False)
    date: str = option(TEXTS("field_date"), "")


def fill(said: Said) -> Filled:
    """Find the table, what is measured of it, when, of which rows, and by what."""
    tables = [found for found in said.files if found.kind == "table"]
    chosen = tables or [found for found in said.files if found.kind != "folder"]
    if not chosen:
        return Filled(missing="file", question=TEXTS("which_file"))
    path = chosen[0].path
    try:
        table = in_long_form(read_table(path, limit=_SAMPLE))
    except InhouseError:  # reported when it is read
        return Filled({"file": str(path)})
    text = words.spaced(said.bare)
    rows = RowsMeant.of(text, table)
    found = {"file": str(path), **_when(text), **_what(text, table, rows)}
    values = {name: value for name, value in found.items() if value}
    if words.asks_share(said.bare) and not values.keys() & {"only", "above", "below", "by"}:
        columns = tuple(group_columns(table))
        if columns:
            return Filled(values, "by", TEXTS("share_of_what"), columns)
    names = [name for some in _only(values).values() for name in some.split(BETWEEN)]
    reading = words.needs_reading(said.bare, [*names, *rows.words])
    return Filled(values, whole=not reading, unheard=rows.unheard)


def _only(values: dict[str, object]) -> dict[str, str]:
    only = values.get("only")
    return only if isinstance(only, dict) else {}


def leaning(text: str) -> float:
    """Return how likely an ask is for this by its tense, and by whether texts are to be read for it."""
    factor = _OTHER_TENSE if tense(text, date.today()) == "future" else 1.0
    return factor * (_SENSE if words.needs_reading(text, ()) else 1.0)


def fits(found: Found) -> bool:
    """Say whether a table has amounts, or dates, or groups."""
    return sample_fits(
        found, lambda table: number_columns(table) or group_columns(table) or date_column(table)
    )


def _when(text: str) -> dict[str, object]:
    """Return the time that is asked about and the one that it is compared with."""
    periods = find_periods(text)
    found: dict[str, object] = {"why": words.asks_why(text)}
    if len(periods) > 1 and not words.compares(text) and (both := in_a_row(*periods[:2])):
        found["period"] = both
    elif len(periods) > 1:
        found["period"], found["against"] = periods[:2]
    elif periods and words.compares(text):
        only = periods[0]
        if only.startswith("last ") and only.endswith(".."):  # `better since last year`
            only = only.removesuffix("..")
        # `compared with last year`: what is compared is now; `March against the year before`
        found["period"], found["against"] = words.with_other(text, only)
    elif periods:
        found["period"] = periods[0]
    elif words.grows(text):
        found["period"], found["against"] = words.with_other(text, "")
    return found


def _what(text: str, table: TableData, rows: RowsMeant) -> dict[str, object]:
    """Return the column, the measure, the groups and the rows that are asked about."""
    only = dict(rows.only)
    numbers = number_columns(table)
    above, below = words.limits(text)
    by = flag_and_not(text, only) or group(rows.rest, table, numbers)
    only.pop(by, None)
    by = by or ("weekday" if compares_turns(text) else "")
    by = by or one_of_several(text, only) or likely_group(text, table)
    names = [*rows.words, *(name for values in only.values() for name in values.split(BETWEEN))]
    value = named_column(without_group(text, by), [c for c in numbers if c != by])
    value = amount_beside(text, value, table) if value else value
    value = value or quantity_column(text, table.columns, counted=words.counts(text, names))
    value = value or kind_of_amount(text, numbers)
    per = words.mean_per(text)
    measure = words.measure(text, grouped=bool(by))
    order = order_column(table) if words.names_orders(text) else ""
    if words.counts_of_each(text) and only and measure in {"", "sum"}:
        measure = "count"
    measure = measure or ("mean" if per else "")
    if measure == "mean" and by == per:
        by = ""
    if measure == "mean" and not by and not per and not value:
        per = order
    if order and measure == "count" and not value:  # orders of several lines each
        measure, value = "distinct", order
    elif measure == "distinct" and by:
        value, by = by, ""
    elif measure == "count" and not by and not value:
        value = counted_column(text, table, numbers)
        measure = "distinct" if value else measure
    else:
        limited = above is not None or below is not None
        asked = _Measured(text, bool(by), bool(only) or limited, limited)
        measure, value = asked.of(measure, value, table, numbers)
    return {
        "measure": measure, "value": value, "by": by, "only": only | rows.turns, "without": rows.without,
        "above": above, "below": below, "first": words.how_many_first(text), "least": words.asks_least(text),
        "per": per if measure == "mean" else "", "flow": flow_of(text, table, only),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Measured:
    """What tells which measure an ask means: its words, and whether it groups, narrows or limits the rows."""

    text: str
    grouped: bool
    narrowed: bool
    limited: bool

    def of(
        self, measure: str, value: str, table: TableData, numbers: Sequence[str]
    ) -> tuple[str, str]:
        """Return the measure and the column, from the words for either; empty for what is usual."""
        money = bool(value) and is_money(table, value)
        if measure == "count":  # `how many gifts`: rows, though a column of money is called so
            return ("count", "") if money or not value else ("sum", value)
        if measure == "sum":
            return ("sum" if any(map(is_mean, numbers)) else ""), value
        if measure and measure != "rows":
            return measure, value
        if self.limited and not self.grouped:
            return "rows", value
        if measure == "rows" and self.narrowed and not self.grouped:
            return "rows", value
        prices = not value and any(map(is_mean, numbers)) and words.names_rows(self.text)
        share = not value and self.narrowed and words.asks_share(self.text)
        return ("count" if prices or share else ""), value
