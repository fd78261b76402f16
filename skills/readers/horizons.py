"""How far ahead people want to look: `the next 28 days`, `未来三个月`, `next quarter`."""

from __future__ import annotations

import re
from typing import Literal, get_args

from skills.readers.numbers import NUMBER_WORDS, chinese_number

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
_WORDS = NUMBER_WORDS | {"a": 1, "an": 1, "couple": 2, "dozen": 12, "half": 0}
_ENGLISH = re.compile(
    r"(?:\b(\d{1,4}|"
    + "|".join(_WORDS)
    + r")(?:\s+of)?[\s-]{0,3})?\b(day|week|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_AHEAD = re.compile(r"\b(?:next|coming|following|upcoming|ahead|out)\b", re.IGNORECASE)
_CHINESE = re.compile(
    r"(?:(\d{1,4}|[零一二两三四五六七八九十]{1,3}|半)\s{0,3})?(?:个\s{0,3})?(天|日|周|星期|礼拜|月|季度|季|年)"
)
_CHINESE_AHEAD = re.compile(
    r"未来|接下来|今后|往后|之后|下一?个?(?=天|日|周|星期|礼拜|月|季|年)|后面|明年|明天"
)
_CHINESE_UNITS: dict[str, Unit] = {
    "天": "day", "日": "day", "周": "week", "星期": "week", "礼拜": "week",
    "月": "month", "季度": "quarter", "季": "quarter", "年": "year",
}  # fmt: skip


def find_horizon(text: str) -> tuple[int, Unit] | None:
    """Return how many of which unit a text looks ahead, or None if it doesn't say."""
    if re.search(r"\btomorrow\b|明天", text, re.IGNORECASE):
        return 1, "day"
    return _english(text) or _chinese(text)


def _english(text: str) -> tuple[int, Unit] | None:
    bare: tuple[int, Unit] | None = None
    for match in _ENGLISH.finditer(text):
        unit: Unit = match[2].lower()  # type: ignore[assignment]
        said = (match[1] or "").lower()
        if said in {"half"} and unit == "year":
            return 6, "month"
        number = int(said) if said.isdigit() else _WORDS.get(said, 0)
        if number:
            return number, unit
        if _AHEAD.search(text[max(0, match.start() - 12) : match.start()]):
            bare = bare or (1, unit)
    return bare


def _chinese(text: str) -> tuple[int, Unit] | None:
    bare: tuple[int, Unit] | None = (1, "year") if "明年" in text else None
    for match in _CHINESE.finditer(text):
        unit = _CHINESE_UNITS[match[2]]
        before = text[max(0, match.start() - 5) : match.start()]
        if match[1] == "半" and unit == "year":
            return 6, "month"
        if match[1] and match[1] != "半":
            number = chinese_number(match[1])
            dated = unit == "year" and number and number > 1000  # 2024年 is a year, not a length
            month_name = (
                unit == "month" and "个" not in match.group() and not _CHINESE_AHEAD.search(before)
            )
            if number and not dated and not month_name:
                return number, unit
        elif _CHINESE_AHEAD.search(before) or before.endswith("下"):
            bare = bare or (1, unit)
    return bare
