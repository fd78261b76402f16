"""What a forecast needs to know, and how an ask says it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from models.errors import InhouseError
from models.texts import Catalogue
from skills.contract import Filled, Said
from skills.readers.amounts import asks_how_many, is_numeric, number_columns, quantity_column
from skills.readers.columns import named_column
from skills.readers.files import Found
from skills.readers.flows import flow_of
from skills.readers.horizons import Unit, find_horizon
from skills.readers.rows import named_rows
from skills.readers.tables import read_table, sample_fits
from skills.readers.tenses import tense
from skills.request import Request, argument, option

TEXTS = Catalogue(__package__)
_OTHER_TENSE = 0.05
_NETWORK = re.compile(
    r"\b(?:neural|recurrent|deep[- ]learning|lstm|gru|rnn|networks?)\b|神经网络|深度学习|循环网络",
    re.IGNORECASE,
)
_NO_TENSE = 0.3
_SAMPLE = 2000  # rows in which what an ask names is looked for


class ForecastRequest(Request):
    """Forecast a column of a table."""

    file: Path = argument(TEXTS("field_file"))
    horizon: Annotated[int, Field(ge=1, le=1000)] | None = option(TEXTS("field_horizon"))
    unit: Unit | None = option(TEXTS("field_unit"))
    value: str = option(TEXTS("field_value"), "")
    date: str = option(TEXTS("field_date"), "")
    only: dict[str, str] = option(TEXTS("field_only"), {})
    flow: Literal["", "in", "out"] = option(TEXTS("field_flow"), "")
    network: bool = option(TEXTS("field_network"), False)


def fill(said: Said) -> Filled:
    """Find the table, the horizon and the column in an ask."""
    tables = [found for found in said.files if found.kind == "table"]
    chosen = tables or [found for found in said.files if found.kind != "folder"]
    if not chosen:
        return Filled(missing="file", question=TEXTS("which_file"))
    values: dict[str, object] = {"file": str(chosen[0].path)}
    horizon = find_horizon(said.bare)
    if horizon:
        values["horizon"], values["unit"] = horizon
    if _NETWORK.search(said.bare):
        values["network"] = True
    return Filled(values | _named(said.bare, chosen[0].path))


def leaning(text: str) -> float:
    """Return how likely an ask is for this by its tense: what was is not forecast; what will be says so."""
    return {"past": _OTHER_TENSE, "future": 1.0, None: _NO_TENSE}[tense(text, date.today())]


def fits(found: Found) -> bool:
    """Say whether a table has a column of numbers that do not just count its rows."""
    return sample_fits(found, number_columns)


def _named(text: str, path: Path) -> dict[str, object]:
    """Return the column and the rows that the text names; a bad file is reported when it is read."""
    try:
        table = read_table(path, limit=_SAMPLE)
    except InhouseError:
        return {}
    numbers = [c for c in table.columns if is_numeric(table.column(c))]
    columns = [c for c in numbers or table.columns if not _is_period_word(c)]
    column = named_column(text, columns)
    rows = named_rows(text, table)
    column = column or quantity_column(text, columns, counted=bool(rows) and asks_how_many(text))
    found = {"value": column, "only": rows, "flow": flow_of(text, table, rows)}
    return {name: value for name, value in found.items() if value}


_PERIOD_WORDS = re.compile(
    r"(?:day|week|month|quarter|year|date|time)s?|日期|月份?|年|天|日|周", re.IGNORECASE
)


def _is_period_word(column: str) -> bool:
    """Say whether a column is called by a word that asks use for the horizon: `month`, `day`."""
    return _PERIOD_WORDS.fullmatch(column.strip()) is not None
