"""The name that an ask gives to something: `call it tickets`, `named tickets`, `叫 tickets`. Light."""

from __future__ import annotations

import re
from functools import cache


@cache
def _pattern(noun: str) -> re.Pattern[str]:
    before = rf"|{noun}(?!\s+(?:called|named))" if noun else ""
    return re.compile(
        rf"(?:\b(?:called|named|as|calls?\s+(?:it|them){before})\s+|(?:叫做?|名为|命名为|取名为?)\s*)"
        r"[\"'“「]?([^\"'”」\s,，。]+)[\"'”」]?",
        re.IGNORECASE,
    )


def given_name(text: str, noun: str = "") -> str:
    """Return the name; empty if none is given. A name may follow the noun alone: `model tickets`."""
    match = _pattern(noun).search(text)
    return match[1] if match else ""
