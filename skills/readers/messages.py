"""Find the column of a table that holds messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.errors import BadInputError
from models.texts import Catalogue, Message
from skills.contract import Context
from skills.events import Assumption, Evidence, Skipped
from skills.readers.columns import hinted
from skills.readers.dates import parse_dates
from skills.readers.numbers import parse_number
from skills.readers.tables import BadRow, TableData, existing_column

TEXTS = Catalogue(__package__)
_TEXT_HINTS = (
    r"text|review|message|comment|feedback|body|content|subject|description|note|question|ticket"
    r"|评论|评价|内容|留言|消息|反馈|正文|文本|问题"
)


def named(rows: Sequence[BadRow], path: Path, context: Context) -> list[Skipped]:
    """Return rows of a file that could not be taken as they are, as a person is told of them."""
    return [Skipped(str(path), context.say(row.reason), row.number, row.kept) for row in rows]


def sheets_said(table: TableData) -> list[Message]:
    """Return what to tell of a workbook with several sheets that hold rows."""
    said = []
    if len(table.sheets) > 1:
        said.append(TEXTS("sheets_stacked", sheets=", ".join(table.sheets)))
    if table.unread:
        said.append(TEXTS("sheets_unread", sheets=", ".join(table.unread), read=table.sheets[0]))
    return said


def told(table: TableData, most: int | None, context: Context) -> list[Evidence]:
    """Return which sheets were read, and the first rows that could not be taken as they are."""
    sheets = [Assumption(context.say(said)) for said in sheets_said(table)]
    return [*sheets, *named(table.bad[:most], table.path, context)]


def text_column(table: TableData, asked: str, exclude: Sequence[str] = ()) -> str:
    """Return the column of messages: the one asked for, else by its name, else the longest texts.

    Raises:
        UsageError: The column asked for is not there.
        BadInputError: No column holds text.
    """
    if asked:
        return existing_column(table, asked)
    lengths = {}
    for name in table.columns:
        cells = [cell for cell in table.column(name)[:500] if cell.strip()]
        words = [cell for cell in cells if parse_number(cell) is None]
        if name not in exclude and len(words) > len(cells) / 2 and parse_dates(cells) is None:
            lengths[name] = sum(map(len, words)) / max(1, len(words))
    if not lengths:
        raise BadInputError(TEXTS("no_text", path=table.path))
    named = [name for name in hinted(list(lengths), _TEXT_HINTS) if lengths[name] >= 8]
    return max(named or lengths, key=lambda name: lengths[name])
