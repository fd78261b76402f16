"""Ask the language model which value of a table a word means that was found nowhere: `refunds` for 已退款."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.llm import LanguageModel, Turn
from models.scoring import LabelScorer
from models.texts import Catalogue, Message
from skills.contract import Context
from skills.events import Progress
from skills.figures.groups import group_columns
from skills.readers.amounts import in_long_form
from skills.readers.rows import BETWEEN
from skills.readers.tables import TableData, read_table

TEXTS = Catalogue(__package__)
_SAMPLE = 2000  # rows in which values are looked for
_MOST_VALUES = 16  # a second each on two cores
_MOST_WORDS = 2
_SURE = 0.4  # log-odds of yes
_AHEAD = 0.5  # of the next value; both chosen on 52 words of seven tables, 23 of which mean none
_SYSTEM = "You help to read a shop owner's question about a table. Answer Yes or No."
_ASKED = (
    'Someone asks about "{word}". A cell of the table says "{cell}". Is that what the cell says, in other '
    "words or in another language, or a kind of it?"
)


@dataclass(slots=True)
class Linked:
    """What words mean.

    Attributes:
        only: The values, by column.
        said: Which word was taken for which.
        left: The words that mean none, or none surely.
    """

    only: dict[str, str] = field(default_factory=dict)
    said: list[Message] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def link(words: Sequence[str], path: Path, context: Context) -> Generator[Progress, None, Linked]:
    """Return what words mean of a table's values.

    Without a chat model that can judge, or where there are too many values to ask of each, they mean none.

    Raises:
        InhouseError: The table can't be read.
        Stopped: The person stopped it.
    """
    found = Linked()
    values = _values(in_long_form(read_table(path, limit=_SAMPLE)))
    model = context.runtimes.reader() if 2 <= len(values) <= _MOST_VALUES else None
    for number, word in enumerate(words):
        best = None
        if model and number < _MOST_WORDS:
            note = context.say(TEXTS("looking_for", word=word))
            yield Progress(number, len(words[:_MOST_WORDS]), note=note)
            with context.runtimes.keeping(model):
                best = _meant(word, values, model, context)
        if best is None:
            found.left.append(word)
            continue
        column, value = best
        found.only[column] = BETWEEN.join(filter(None, (found.only.get(column), value)))
        found.said.append(TEXTS("linked", word=word, column=column, value=value))
    return found


def _values(table: TableData) -> list[tuple[str, str]]:
    """Return the columns that rows fall into groups by, with each of their values."""
    return [
        (column, value)
        for column in group_columns(table)
        for value in dict.fromkeys(cell.strip() for cell in table.column(column))
        if value
    ]


def _meant(
    word: str, values: Sequence[tuple[str, str]], model: LanguageModel, context: Context
) -> tuple[str, str] | None:
    """Return the column and the value that a word means; None where no value is clearly ahead."""
    asked = _ASKED.format(word=word, cell=LabelScorer.slot())
    turns = [Turn(role="system", content=_SYSTEM), Turn(role="user", content=asked)]
    scorer = LabelScorer(model, turns, ("Yes", "No"))
    odds = []
    for _, value in values:
        yes, no = scorer.score(value, context.should_stop)
        odds.append(yes - no)
    order = sorted(range(len(odds)), key=lambda at: -odds[at])
    first, second = odds[order[0]], odds[order[1]]
    return values[order[0]] if first >= _SURE and first - second >= _AHEAD else None
