"""Find personal data in a text, and mask it: mail addresses, phone, card, account and identity numbers.

Numbers count only if their check digits hold, so that an order number is not taken for a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["email", "phone", "card", "iban", "identity"]
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_CHINESE_ID = re.compile(r"(?<![A-Za-z0-9])\d{17}[\dXx](?![A-Za-z0-9])")
_CHINESE_MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_REGIONS = ("US", "GB", "DE", "CN")
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Personal:
    """A stretch of a text that is personal."""

    kind: Kind
    start: int
    end: int


def find_personal(text: str) -> list[Personal]:
    """Return what is personal in a text, in order, without overlaps."""
    found: list[Personal] = []
    for one in _candidates(text[:_LONGEST]):
        if all(one.end <= other.start or one.start >= other.end for other in found):
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def mask(text: str) -> str:
    """Return the text with everything personal replaced by its kind: `[email]`."""
    for one in reversed(find_personal(text)):
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text


def _candidates(text: str) -> Iterator[Personal]:
    """Yield stretches, those that are surest first."""
    for match in _EMAIL.finditer(text):
        yield Personal("email", *match.span())
    if not any(map(str.isdigit, text)):
        return
    from stdnum import iban, luhn
    from stdnum.cn import ric

    for pattern, kind, valid in (
        (_CHINESE_ID, "identity", ric.is_valid),
        (_IBAN, "iban", iban.is_valid),
        (_CARD, "card", luhn.is_valid),
    ):
        for match in pattern.finditer(text):
            if valid(re.sub(r"[ -]", "", match[0])):
                yield Personal(kind, *match.span())  # type: ignore[arg-type]
    for match in _CHINESE_MOBILE.finditer(text):
        yield Personal("phone", *match.span())
    yield from _phones(text)


def _phones(text: str) -> Iterator[Personal]:
    """Yield phone numbers of the regions most asked about, and international ones of any."""
    import phonenumbers

    for region in _REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            if sum(map(str.isdigit, match.raw_string)) >= 8:
                yield Personal("phone", match.start, match.end)
