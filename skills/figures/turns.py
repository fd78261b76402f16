"""Days of the week and hours of the day that an ask narrows its rows to: `at weekends`, `下午三点以后`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from models.errors import UsageError
from models.texts import Catalogue
from skills.readers.dates import hour_of_day
from skills.readers.numbers import chinese_number
from skills.readers.rows import BETWEEN

TEXTS = Catalogue(__package__)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS = (
    (r"\bweekends?\b|周末|双休日?", WEEKDAYS[5:]),
    (r"\b(?:on|during) (?:the )?weekdays?\b|\b(?:working|week) days\b|工作日|平日", WEEKDAYS[:5]),
    *(
        (rf"\b{name}s?\b(?! of\b)|(?:周|星期|礼拜)[{chinese}]", (name,))
        for name, chinese in zip(
            WEEKDAYS, ("一", "二", "三", "四", "五", "六", "日天"), strict=True
        )
    ),
)
_CHINESE_NUMBER = "[一二两三四五六七八九十]{1,3}"
_OCLOCK = (
    r"(?P<noon>noon|midday)"
    r"|(?P<n>\d{1,2})(?::00\b|(?::00)?\s*(?P<half>[ap])\.?m\b\.?|\s*o'clock)"
)
_LATER = re.compile(rf"\b(?:after|from|since|past)\s+(?:{_OCLOCK})(?![\d/%-])", re.IGNORECASE)
_SOONER = re.compile(rf"\b(?:before|until|till)\s+(?:{_OCLOCK})(?![\d/%-])", re.IGNORECASE)
_CHINESE_HOUR = re.compile(
    rf"(?P<half>上午|早上|中午|下午|晚上)?(?P<n>\d{{1,2}}|{_CHINESE_NUMBER})点钟?(?P<way>以?后|之后|以?前|之前)"
)
_PARTS = (
    (r"\b(?:in the|every|each) mornings?\b|\bmornings\b|上午|早上|早市", (5, 11)),
    (r"\b(?:at|during|over) (?:lunch|midday|noon)(?:time)?\b|\blunchtimes?\b|中午|午市", (11, 13)),
    (r"\b(?:in the|every|each) afternoons?\b|\bafternoons\b|下午", (12, 17)),
    (r"\b(?:in the|every|each) evenings?\b|\bevenings\b|\bat night\b|晚上|晚市|夜里", (18, 23)),
)
_BESIDE = re.compile(
    rf"\b(?:{'|'.join(WEEKDAYS)}|weekend)s?\b.*\b(?:worth|(?:strong|bus|quiet|weak|slow)\w*est|best|worst)\b"
    r"|\bweekends?\b.*\b(?:than|or|vs|against|compared)\b.*\bweek ?days?\b"
    r"|\bweek ?days?\b.*\b(?:than|or|vs|against|compared)\b.*\bweekends?\b"
    r"|\b(?:days of|by (?:the )?day of) the week\b|\bby weekday\b|按(?:星期|周几)|星期几|周几"
    r"|周末.*(?:比|和|跟|与|还是).*(?:平时|平日|工作日)|(?:平时|平日|工作日).*(?:比|和|跟|与|还是).*周末|周末.*(?:最忙|更好|更忙)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d{1,2})-(\d{1,2})")


def turns_meant(text: str, *, hours: bool) -> tuple[dict[str, str], str]:
    """Return the days of the week and the hours that a text means, and the text without their words.

    Days stand as `saturday|sunday`, hours as `15-23`, both ends among them. `hours` says whether the table
    has any.
    """
    found: dict[str, str] = {}
    days: list[str] = []
    for pattern, names in _SETS:
        rest = re.sub(pattern, " ", text, flags=re.IGNORECASE)
        days += names if rest != text else ()
        text = rest
    if days:
        found["weekday"] = BETWEEN.join(name for name in WEEKDAYS if name in days)
    if hours:
        meant, text = _hours(text)
        found |= {"hour": meant} if meant else {}
    return found, text


def compares_turns(text: str) -> bool:
    """Say whether a text names days of the week to set them beside others."""
    return _BESIDE.search(text) is not None


def is_turn(weekdays: str, hours: str, day: date | None, hour: float | None) -> bool:
    """Say whether a row of a day and an hour is meant by what `turns_meant` returned; empty means all.

    Raises:
        UsageError: This is neither days of the week nor hours.
    """
    if weekdays and (day is None or WEEKDAYS[day.weekday()] not in _days(weekdays)):
        return False
    if not hours:
        return True
    first, last = _ends(hours)
    return hour is not None and first <= int(hour) <= last


def turns_of(only: Mapping[str, str]) -> tuple[str, str]:
    """Return the days of the week and the hours among the rows that are meant."""
    return only.get("weekday", ""), only.get("hour", "")


def _days(weekdays: str) -> set[str]:
    names = {name.strip().casefold() for name in weekdays.split(BETWEEN)}
    if names - set(WEEKDAYS):
        raise UsageError(TEXTS("no_weekday", said=weekdays, names=", ".join(WEEKDAYS)))
    return names


def _ends(hours: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(hours) or _RANGE.fullmatch(f"{hours}-{hours}")
    if not match:
        raise UsageError(TEXTS("no_hour", said=hours))
    return int(match[1]), int(match[2])


def _hours(text: str) -> tuple[str, str]:
    """Return the first and the last hour that a text means; empty if it means all."""
    chinese = _CHINESE_HOUR.search(text)
    if chinese:
        half = "p" if chinese["half"] in {"下午", "晚上"} else ""
        hour = hour_of_day(chinese_number(chinese["n"]) or 0, half)
        said = f"{hour}-23" if chinese["way"][-1] == "后" else f"0-{hour - 1}"
        return said, text.replace(chinese[0], " ")
    later, sooner = _LATER.search(text), _SOONER.search(text)
    if later or sooner:
        first = _oclock(later) if later else 0
        last = _oclock(sooner) - 1 if sooner else 23
        for match in filter(None, (later, sooner)):
            text = text.replace(match[0], " ")
        return (f"{first}-{last}" if 0 <= first <= last <= 23 else ""), text
    for pattern, (first, last) in _PARTS:
        rest = re.sub(pattern, " ", text, flags=re.IGNORECASE)
        if rest != text:
            return f"{first}-{last}", rest
    return "", text


def _oclock(match: re.Match[str]) -> int:
    if match["noon"]:
        return 12
    return hour_of_day(int(match["n"]), match["half"] or "")
