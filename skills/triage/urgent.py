"""Words that make a message urgent whatever the language model thinks of it."""

from __future__ import annotations

import re

_ALARMS = re.compile(
    r"\b(?:lawyers?|attorneys?|sue|suing|legal action|police|fraud|scam|chargeback|injur(?:ed|y|ies)|hospital"
    r"|burn(?:ed|t|s)?|fire|smoke|allerg(?:y|ic)|poison(?:ed|ing)?|bleeding"
    r"|recall(?:ed)?|data (?:breach|leak)|hacked|stolen|asap|immediately|emergency|urgent(?:ly)?)\b"
    r"|律师|起诉|报警|诈骗|骗子|受伤|医院|烫伤|着火|冒烟|过敏|中毒|出血|召回|泄露|盗刷|被盗|紧急|急!|立刻|马上"
    r"|消协|12315",
    re.IGNORECASE,
)


def alarming(text: str) -> str:
    """Return the first word that alarms; empty if none does."""
    found = _ALARMS.search(text)
    return found[0] if found else ""
