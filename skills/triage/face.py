"""What a triage needs to know, and how an ask says it."""

from __future__ import annotations

import re
from pathlib import Path

from models.texts import Catalogue
from skills.contract import Filled, Said
from skills.readers.files import Found
from skills.readers.labels import find_labels
from skills.readers.tables import sample_fits
from skills.request import Labels, Request, argument, option
from skills.trained import mentioned

TEXTS = Catalogue(__package__)
_WIDE = re.compile(r"[\u3400-\u9fff]")


class TriageRequest(Request):
    """Look through messages."""

    source: Path | None = argument(TEXTS("field_source"), None)
    text: str = option(TEXTS("field_text"), "")
    text_column: str = option(TEXTS("field_text_column"), "")
    labels: Labels = option(TEXTS("field_labels"), ())
    model: str = option(TEXTS("field_model"), "")
    faq: Path | None = option(TEXTS("field_faq"))
    base: str = option(TEXTS("field_base"), "")


def fill(said: Said) -> Filled:
    """Find the messages, a FAQ beside them, and own groups."""
    values: dict[str, object] = {}
    messages = [found for found in said.files if found.kind in {"table", "mail", "audio", "folder"}]
    documents = [found for found in said.files if found.kind == "document"]
    source, *_ = [*messages, *documents, None]
    if source:
        values["source"] = str(source.path)
    faq = [found for found in (*documents, *messages[1:]) if found != source]
    if faq:
        values["faq"] = str(faq[0].path)
    labels = find_labels(said.bare)
    if len(labels) >= 2:
        values["labels"] = list(labels)
    elif trained := mentioned(said.bare):
        values["model"] = trained[0]
    if not source:
        return Filled(values, "source", TEXTS("which_messages"))
    return Filled(values)


def fits(found: Found) -> bool:
    """Say whether a file can be messages: a table whose rows hold words, an e-mail, a folder."""
    if found.kind in {"document", "audio"}:
        return False
    return sample_fits(
        found, lambda table: any(_says_something(cell) for row in table.rows for cell in row)
    )


def _says_something(cell: str) -> bool:
    """Say whether a cell may be a message: three words, or as many Chinese signs as make some."""
    return len(cell.split()) > 2 or len(_WIDE.findall(cell)) > 4
