"""What sorting needs to know, and how an ask says it."""

from __future__ import annotations

import re
from pathlib import Path

from models.texts import Catalogue
from skills.classify.operations import MINUTES, MINUTES_READING
from skills.contract import Filled, Said
from skills.readers.columns import named_column
from skills.readers.files import Found
from skills.readers.labels import find_labels, find_one_group, wants_sentiment
from skills.readers.messages import text_column
from skills.readers.tables import sample_columns, sample_fits
from skills.request import Labels, Request, argument, option
from skills.trained import mentioned

TEXTS = Catalogue(__package__)
_LEARN = re.compile(
    r"\b(?:learn|train|fill(?: in| out)?|complete|continue|examples?|already labell?ed|missing)\b"
    r"|学习|学会|训练|补全|补上|填上|填好|填写|照着|空着|空白|已有的?标签",
    re.IGNORECASE,
)  # fmt: skip
_MESSAGE = re.compile(r"[:：]\s*(.+)$|[\"“「]([^\"”」]{4,})[\"”」]", re.DOTALL)
_SENTIMENT = {"en": ("positive", "negative", "neutral"), "zh": ("正面", "负面", "中性")}


class ClassifyRequest(Request):
    """Sort a message or a table."""

    file: Path | None = argument(TEXTS("field_file"), None)
    text: str = option(TEXTS("field_text"), "")
    labels: Labels = option(TEXTS("field_labels"), ())
    meanings: dict[str, str] = option(TEXTS("field_meanings"), {})
    learn: str = option(TEXTS("field_learn"), "")
    text_column: str = option(TEXTS("field_text_column"), "")
    model: str = option(TEXTS("field_model"), "")
    minutes: float = option(TEXTS("field_reading"), MINUTES_READING, ge=0)
    read_all: bool = option(TEXTS("field_read_all"), False)
    once: bool = option(TEXTS("field_once"), False)


def fill(said: Said) -> Filled:
    """Find the table or message, and the groups or the column to learn them from."""
    values: dict[str, object] = {}
    rows = [found for found in said.files if found.kind in {"table", "document"}] or list(
        said.files
    )
    if rows:
        values["file"] = str(rows[0].path)
    asked, message = (said.bare, "") if rows else _without_message(said.bare)
    if message:
        values["text"] = message
    columns = sample_columns(rows[0].path) if rows else []
    if rows and _LEARN.search(said.bare):
        column = named_column(said.bare, columns)
        if column:
            return Filled({**values, "learn": column})
    if match := MINUTES.search(asked):
        values["minutes"] = float(match[1])
    trained = mentioned(asked)
    if trained and not find_labels(asked):
        return Filled({**values, "model": trained[0]})
    labels = find_labels(asked)
    if labels:
        values["labels"] = list(labels)
        if any(labels.values()):
            values["meanings"] = {name: text for name, text in labels.items() if text}
    elif wants_sentiment(asked):
        values["labels"] = list(_SENTIMENT[said.language])
    elif one := find_one_group(asked):
        values["labels"] = list(one)
    return _missing(values, columns, said)


def _missing(values: dict[str, object], columns: list[str], said: Said) -> Filled:
    """Ask for the one thing that is still unknown, if any."""
    if "file" not in values and "text" not in values:
        return Filled(values, "file", TEXTS("which_file"))
    if "labels" not in values:
        if _LEARN.search(said.bare) and columns:
            return Filled(values, "learn", TEXTS("which_column"), tuple(columns))
        return Filled(values, "labels", TEXTS("which_labels"))
    return Filled(values)


def fits(found: Found) -> bool:
    """Say whether a table has a column of text."""
    return sample_fits(found, lambda table: text_column(table, ""))


def _without_message(text: str) -> tuple[str, str]:
    """Split an ask without a file into what is asked and the message it is about."""
    for match in _MESSAGE.finditer(text):
        message = (match[1] or match[2]).strip()
        rest = (text[: match.start()] + " " + text[match.end() :]).strip()
        if message and len(rest) > 3 and not _is_list(text[: match.start()], message):
            return rest, message
    return text, ""


_BEFORE_LIST = re.compile(
    r"(?:into|labels?|groups?|categories|分成|分为|标签|类别)\s*$", re.IGNORECASE
)


def _is_list(before: str, after: str) -> bool:
    """Say whether what follows a colon is the list of groups, as in `into: a, b, c`."""
    listed = re.search(r"[,、，]| and | or |和|或", after)
    return bool(_BEFORE_LIST.search(before) and listed)
