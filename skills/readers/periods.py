"""Find the periods that a text names: `March`, `Q1 2025`, `the past 30 days`, `去年上半年`."""

from __future__ import annotations

import re
from collections.abc import Callable

from skills.readers.dates import MONTHS
from skills.readers.feasts import SAID
from skills.readers.numbers import NUMBER_WORDS, chinese_number

Reader = Callable[[re.Match[str]], str]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_PLACES = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_COUNTS = NUMBER_WORDS | {"a": 1, "couple of": 2, "few": 3}
_WHICH = {
    "this": "this", "current": "this", "last": "last", "previous": "last", "past": "last",
    "今": "this", "本": "this", "这": "this", "去": "last", "上": "last", "前": "former", "上上": "former",
}  # fmt: skip
_SEASON = r"(?P<season>summer|autumn|fall|winter|spring)\b"
_SEASONS = {
    "spring": ("03", "05"), "summer": ("06", "08"), "autumn": ("09", "11"), "fall": ("09", "11"),
    "winter": ("12", "02"), "春": ("03", "05"), "夏": ("06", "08"), "秋": ("09", "11"), "冬": ("12", "02"),
}  # fmt: skip
_UNITS = {
    "天": "day", "日": "day", "周": "week", "星期": "week", "礼拜": "week", "月": "month", "季": "quarter",
    "季度": "quarter", "年": "year",
}  # fmt: skip
_OF_YEAR = (
    r"(?:\s*,?\s*(?:of\s+)?(?:in\s+)?"
    r"(?:(?P<year>(?:19|20)\d\d)|(?P<which>this|last|the previous)\s+year))?"
)
_ZH_YEAR = r"(?:(?P<year>(?:19|20)\d\d)年|(?P<which>[今本去前])年的?)?"
_ZH_NUMBER = r"\d{1,4}|[一二两三四五六七八九十]{1,3}"


def find_periods(text: str) -> tuple[str, ...]:
    """Return the periods that a text names, as `spans` writes them; two with `to` between them are one."""
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(text):
        match, period = _at(text, at)
        if match is None:
            at += 1
            continue
        found.append((at, match.end(), period))
        at = max(match.end(), at + 1)
    return _joined(text, found)


_THIS_MONTH = re.compile(
    rf"\bthis\s+{_MONTH}", re.IGNORECASE
)  # beside which `last May` is a year before


def _year_of(match: re.Match[str]) -> str:
    """Return what stands for the year: the year, `this`, `last`, `former`, or `-` where none is named."""
    if match["year"]:
        return match["year"]
    return _WHICH.get((match["which"] or "").removeprefix("the "), "-") if match["which"] else "-"


def _english_month(match: re.Match[str]) -> str:
    month = MONTHS[match["month"][:3].lower()]
    day = match["day"] or match["day2"]
    year = _year_of(match)
    if year == "-" and match["this"]:
        both = match["this"].lower() == "last" and _THIS_MONTH.search(match.string)
        year = "this" if match["this"].lower() == "this" else "last" if both else "-"
    return f"{year}-{month:02}" + (f"-{int(day):02}" if day else "")


def _chinese_month(match: re.Match[str]) -> str:
    month = chinese_number(match["month"]) or 0
    if not 1 <= month <= 12:
        return ""
    day = chinese_number(match["day"]) if match["day"] else None
    return f"{_year_of(match)}-{month:02}" + (f"-{day:02}" if day else "")


def _end_of_year(match: re.Match[str], first: bool) -> str:
    """Return the first or the last months of a year that is named: `the first three months of 2025`."""
    year, said = _year_of(match), match["n"].lower()
    count = NUMBER_WORDS.get(said) or chinese_number(said) or 0
    if match.groupdict().get("unit") == "季度":
        count *= 3
    if year == "-" or not 1 <= count <= 12:
        return ""
    return f"{year}-01..{year}-{count:02}" if first else f"{year}-{13 - count:02}..{year}-12"


def _two_months(match: re.Match[str]) -> str:
    """Return two months that follow each other: `七八月`."""
    first, second = (chinese_number(match[name]) or 0 for name in ("a", "b"))
    year = _year_of(match)
    return f"{year}-{first:02}..{year}-{second:02}" if second == first + 1 else ""


def _quarter(match: re.Match[str]) -> str:
    said = match["q"].lower()
    number = _PLACES.get(said) or chinese_number(said) or 0
    return f"{_year_of(match)}-Q{number}" if 1 <= number <= 4 else ""


def _half(match: re.Match[str]) -> str:
    return f"{_year_of(match)}-H{1 if match['h'].lower() in {'1', 'first', '1st', '上'} else 2}"


def _season(match: re.Match[str]) -> str:
    """Return the months of a season, as north of the equator."""
    first, last = _SEASONS[match["season"].lower()]
    year = _year_of(match)
    return f"{year}-{first}..{year}-{last}" if first < last else f"--{first}..{year}-{last}"


def _feasts(language: int) -> str:
    """Return all feasts as they are called, each a group: in English 0, in Chinese 1."""
    return "|".join(rf"(?P<{name}>{called[language]})" for name, called in SAID.items())


def _feast(match: re.Match[str]) -> str:
    """Return a feast of a year; `last Christmas` is the latest that was."""
    said = match.groupdict()
    name = next(name for name in SAID if said[name])
    this = (said.get("this") or "").lower() == "this"
    return f"{'this' if this else _year_of(match)}-{name}"


def _past_units(match: re.Match[str]) -> str:
    said = match["n"].lower()
    unit = _UNITS.get(match["unit"], match["unit"].lower())
    count = int(said) if said.isdigit() else _COUNTS.get(said) or chinese_number(said)
    if said in {"half a", "半"}:
        return "past 6 month" if unit == "year" else ""
    return f"past {count} {unit}" if count else ""


def _this_unit(match: re.Match[str]) -> str:
    which, unit = match["which"].lower(), match["unit"].lower()
    return f"{_WHICH[which]} {_UNITS.get(unit, unit)}"


def _year_or_which(match: re.Match[str]) -> str:
    return match["year"] or f"{_WHICH[match['which']]} year"


def _iso(match: re.Match[str]) -> str:
    return match[0].replace("/", "-")


def _fixed(period: str) -> Reader:
    return lambda _match: period


def _pattern(expression: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(expression, re.IGNORECASE), reader


_PATTERNS = (
    _pattern(r"(?<!\d)(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])(?:[-/](?:0[1-9]|[12]\d|3[01]))?(?!\d)", _iso),
    _pattern(r"\bq(?P<q>[1-4])\b" + _OF_YEAR, _quarter),
    _pattern(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<which>)[ -]?q(?P<q>[1-4])\b", _quarter),
    _pattern(rf"\b(?P<q>{'|'.join(_PLACES)}) quarter\b" + _OF_YEAR, _quarter),
    _pattern(r"\b(?P<h>first|second|1st|2nd) half\b" + _OF_YEAR, _half),
    _pattern(r"\bh(?P<h>[12])\b" + _OF_YEAR, _half),
    _pattern(
        rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?:(?P<this>this|last)\s+)?(?P<month>{_MONTH})"
        r"(?:\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?!\d))?" + _OF_YEAR,
        _english_month,
    ),
    _pattern(
        rf"\b(?:the )?(?P<end>first|last) (?P<n>{'|'.join(NUMBER_WORDS)}|\d\d?) months" + _OF_YEAR,
        lambda match: _end_of_year(match, match["end"].lower() == "first"),
    ),
    _pattern(_ZH_YEAR + rf"(?P<end>[前后])(?P<n>{_ZH_NUMBER})个(?P<unit>月|季度)",
             lambda match: _end_of_year(match, match["end"] == "前")),
    _pattern(_ZH_YEAR + r"(?P<end>前)(?P<n>[二两三])(?P<unit>季度)",
             lambda match: _end_of_year(match, match["end"] == "前")),
    _pattern(_ZH_YEAR + r"(?P<a>[一二三四五六七八九十])、?(?P<b>[二三四五六七八九十]|十一|十二)月份?",
             _two_months),
    _pattern(r"\b(?:the )?(?P<unit>week|month|quarter|year) before last\b",
             lambda match: f"former {match['unit'].lower()}"),
    _pattern(
        rf"\b(?:last|past|previous|recent)\s+(?P<n>\d{{1,4}}|half a|{'|'.join(_COUNTS)})\s+"
        r"(?P<unit>day|week|month|quarter|year)s?\b",
        _past_units,
    ),
    _pattern(
        r"\b(?P<which>this|current|last|previous|past)\s+(?P<unit>week|month|quarter|year)\b", _this_unit
    ),
    _pattern(r"(?<=\bthe )" + _SEASON + _OF_YEAR, _season),
    _pattern(
        r"\b(?:this|last|in|during|over)\s+(?:the\s+)?" + _SEASON + _OF_YEAR, _season
    ),
    _pattern(_ZH_YEAR + r"(?P<season>[春夏秋冬])[天季]", _season),
    _pattern(_ZH_YEAR + r"暑[假期]", lambda match: f"{_year_of(match)}-07..{_year_of(match)}-08"),
    _pattern(r"\b(?:year to date|ytd)\b|\bsince (?:the )?(?:start|beginning) of (?:the|this) year\b"
             r"|(?:从|自)?年初(?:到|至)(?:现在|今天?|目前)", _fixed("this year")),
    _pattern(rf"\b(?:(?P<this>this|last) )?(?:{_feasts(0)})(?![\w'’])" + _OF_YEAR, _feast),
    _pattern(_ZH_YEAR + rf"(?:{_feasts(1)})", _feast),
    _pattern(r"\byesterday\b|昨天|昨日", _fixed("last day")),
    _pattern(r"\btoday\b|今天|今日", _fixed("this day")),
    _pattern(r"前天", _fixed("former day")),
    _pattern(_ZH_YEAR + r"第?(?P<q>[1-4一二三四])季度?", _quarter),
    _pattern(_ZH_YEAR + r"(?P<h>[上下])半年", _half),
    _pattern(
        _ZH_YEAR + rf"(?P<month>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月份?"
        rf"(?:(?P<day>{_ZH_NUMBER})[日号])?",
        _chinese_month,
    ),
    _pattern(
        rf"(?:最近|过去|近|前|这)(?P<n>{_ZH_NUMBER}|半)个?(?P<unit>天|日|周|星期|礼拜|月|季度|年)",
        _past_units,
    ),
    _pattern(r"(?P<which>上上|[这本上])个?(?P<unit>周|星期|礼拜|月|季度|季)", _this_unit),
    _pattern(r"(?:(?P<year>(?:19|20)\d\d)年|(?P<which>[今本去前])年)", _year_or_which),
    _pattern(
        r"(?<![\d.,$€£¥])(?P<year>(?:19|20)\d\d)(?P<which>)"
        r"(?![\d.,]*\d|%| ?(?:euros?|dollars?|yuan|usd|eur))\b",
        _year_or_which,
    ),
)  # fmt: skip
_NO_YEAR = re.compile(
    r"(?:over|above|under|below|than|超过|高于|低于|大于|小于)\s*$", re.IGNORECASE
)
_MAY = re.compile(
    r"(?:in|of|for|since|from|to|and|than|with|beat|last|until|till|during|vs\.?)\s+$",
    re.IGNORECASE,
)


def _at(text: str, at: int) -> tuple[re.Match[str] | None, str]:
    """Return the longest period that begins at a place in a text."""
    best: tuple[re.Match[str] | None, str] = (None, "")
    for pattern, reader in _PATTERNS:
        match = pattern.match(text, at)
        if not match or (best[0] and match.end() <= best[0].end()) or _is_other(text, at, match):
            continue
        if period := reader(match):
            best = (match, period)
    return best


def _is_other(text: str, at: int, match: re.Match[str]) -> bool:
    """Say whether what looks like a period is none: `over 2000`, `may`, `三个月`, `march` inside a word."""
    said = match[0]
    if said.isdigit():
        return _NO_YEAR.search(text[:at]) is not None
    if said.strip(".").lower() == "may":
        return said[0] == "m" and not _MAY.search(text[:at])
    return said.lower() == "mar"


_TO = re.compile(r"\s*(?:to|until|till|through|and|-|–|—|到|至|~|～)\s*", re.IGNORECASE)
_FROM = re.compile(r"(?:\bfrom|从|自)\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\bfrom|\bbetween|从|自)\s*$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince\s*$", re.IGNORECASE)
_SINCE_AFTER = re.compile(r"\s*(?:以来|至今|开始|起)")


def in_a_row(first: str, second: str) -> str:
    """Return two months that follow each other as one period, other ones as nothing: `July and August`."""
    second = _with_year(second, first) if first[:2] != "--" else second
    begin = _with_year(first, second)
    (year, _, one), (other_year, _, other) = begin.rpartition("-"), second.rpartition("-")
    months = year == other_year and one.isdigit() and other.isdigit() and int(other) == int(one) + 1
    return f"{begin}..{second}" if months and len(one) == 2 else ""


def without_periods(text: str) -> str:
    """Return a text without the periods that it names."""
    kept, at = [], 0
    while at < len(text):
        match, _ = _at(text, at)
        kept.append(" " if match else text[at])
        at = max(match.end() if match else 0, at + 1)
    return "".join(kept)


def _joined(text: str, found: list[tuple[int, int, str]]) -> tuple[str, ...]:
    """Join `from March to May` to one period, and open what begins with `since`."""
    periods: list[str] = []
    skip = False
    for place, (start, end, period) in enumerate(found):
        if skip:
            skip = False
            continue
        following = found[place + 1] if place + 1 < len(found) else None
        between = text[end : following[0]] if following else ""
        if following and _TO.fullmatch(between) and _is_range(text[:start], between):
            periods.append(f"{_with_year(period, following[2])}..{following[2]}")
            skip = True
        elif _SINCE.search(text[:start]) or _SINCE_AFTER.match(text[end:]):
            periods.append(f"{period}..")
        else:
            periods.append(period)
    return tuple(periods)


def _is_range(before: str, between: str) -> bool:
    """Say whether two periods are the ends of one: `between March and May`, but not `March and May`."""
    if between.strip().lower() == "and":
        return _BETWEEN.search(before) is not None
    return True


def _with_year(first: str, second: str) -> str:
    """Return the begin of a range in its end's year where only that names one: `March to May 2024`."""
    year, _, part = second.partition("-")
    named = part and not second.startswith("--")
    return f"{year}-{first[2:]}" if named and first.startswith("--") else first
