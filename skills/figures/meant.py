"""Which rows of a table an ask about its figures means, and which words of it were found nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from skills.figures.groups import flags
from skills.figures.heard import split_exclusions, telling_words
from skills.figures.turns import compares_turns, turns_meant
from skills.readers.allusions import alluded_rows
from skills.readers.amounts import date_column
from skills.readers.clock import hours_of
from skills.readers.rows import BETWEEN, named_rows
from skills.readers.tables import TableData


@dataclass(frozen=True, slots=True)
class RowsMeant:
    """The rows to which an ask narrows its figures.

    Attributes:
        only: Values by column.
        without: Values that are left out, by column.
        turns: Days of the week and hours, as `turns_meant` returns them.
        words: Those of the ask that mean values in another form.
        unheard: Those that tell something and were found nowhere.
        rest: The ask without its days of the week and hours.
    """

    only: dict[str, str]
    without: dict[str, str]
    turns: dict[str, str]
    words: tuple[str, ...]
    unheard: tuple[str, ...]
    rest: str

    @classmethod
    def of(cls, text: str, table: TableData) -> RowsMeant:
        """Read an ask about a table."""
        dates = date_column(table)
        turns: dict[str, str] = {}
        rest = text
        if dates and not compares_turns(text):
            turns, rest = turns_meant(text, hours=hours_of(table, dates[1]) is not None)
        rest, left_out = split_exclusions(rest)
        only, words, unheard = _values_meant(rest, table)
        without, _, excluded = _values_meant(left_out, table)
        return cls(only, without, turns, words, (*unheard, *excluded), rest)


def _values_meant(
    text: str, table: TableData
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """Return the values that a text means, its words that mean some in another form, and the unheard ones."""
    only = {**flags(text, table), **named_rows(text, table)}
    names = [name for values in only.values() for name in values.split(BETWEEN)]
    telling = telling_words(text, [*names, *table.columns, table.path.stem])
    alluded, meant = alluded_rows(telling, table)
    for column, values in alluded.items():
        only[column] = BETWEEN.join(filter(None, (only.get(column), values)))
    # one Chinese character alone is a particle, if it is no value
    unheard = tuple(word for word in telling if word not in meant and len(word) > 1)
    return only, tuple(meant), unheard
