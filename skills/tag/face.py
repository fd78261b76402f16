"""What tagging needs to know, and how an ask says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field

from models.texts import Catalogue
from skills.contract import Filled, Said
from skills.readers.numbers import chinese_number
from skills.request import Request, argument, option
from skills.trained import IMAGE, mentioned

TEXTS = Catalogue(__package__)
_COUNT = re.compile(
    r"\b(\d{1,2})\s*(?:tags|labels|keywords)\b|([0-9一二三四五六七八九十]{1,2})\s*个?(?:标签|关键词)"
)


class TagRequest(Request):
    """Tag pictures."""

    files: tuple[Path, ...] = argument(TEXTS("field_files"), min_length=1)
    model: str = option(TEXTS("field_model"), "")
    tags: Annotated[int | None, Field(ge=1, le=20)] = option(TEXTS("field_tags"))


def fill(said: Said) -> Filled:
    """Find the pictures and the number of tags in an ask."""
    files = [found for found in said.files if found.kind in {"image", "folder"}] or list(said.files)
    if not files:
        return Filled(missing="files", question=TEXTS("which_file"))
    values: dict[str, object] = {"files": [str(found.path) for found in files]}
    if own := mentioned(said.bare, IMAGE):
        values["model"] = own[0]
    match = _COUNT.search(said.bare)
    count = chinese_number(match[1] or match[2]) if match else None
    if count and count <= 20:
        values["tags"] = count
    return Filled(values)
