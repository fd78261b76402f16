"""What a transcription needs to know, and how an ask says it."""

from __future__ import annotations

import re
from pathlib import Path

from models.texts import Catalogue
from skills.contract import Filled, Said
from skills.request import Request, argument, option

TEXTS = Catalogue(__package__)
_ENGLISH = re.compile(
    r"\b(?:in|is|are|spoken|language:?)\s+(?:in\s+)?english\b|英[语文]", re.IGNORECASE
)
_CHINESE = re.compile(
    r"\bchinese\b|\bmandarin\b|中文(?:录音|通话|语音)|普通话|国语|汉语", re.IGNORECASE
)


class TranscribeRequest(Request):
    """Write out recordings."""

    files: tuple[Path, ...] = argument(TEXTS("field_files"), min_length=1)
    language: str = option(TEXTS("field_language"), "")
    write: bool = option(TEXTS("field_write"), True)


def fill(said: Said) -> Filled:
    """Find the recordings and the language in an ask."""
    files = [found for found in said.files if found.kind in {"audio", "folder"}] or list(said.files)
    if not files:
        return Filled(missing="files", question=TEXTS("which_file"))
    values: dict[str, object] = {"files": [str(found.path) for found in files]}
    if _CHINESE.search(said.bare):
        values["language"] = "zh"
    elif _ENGLISH.search(said.bare):
        values["language"] = "en"
    return Filled(values)
