"""Dates as people and their programs write them, decided for a whole column at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january januar janvier janv enero ene gennaio", "feb february februar février fevrier febrero",
         "mar march märz maerz mrz mars marzo", "apr april avril abril aprile", "may mai mayo maggio",
         "jun june juni juin junio giugno", "jul july juli juillet julio luglio",
         "aug august août aout agosto", "sep sept september septembre septiembre settembre",
         "oct october oktober okt octobre octubre ottobre", "nov november novembre noviembre",
         "dec december dezember dez décembre decembre diciembre dicembre"), 1)
    for name in names.split()
}  # fmt: skip
_DAY_NAME = re.compile(
    r"^(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|(?:mo|di|mi|do|fr|sa|so)|(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)"
    r"|(?:星期|周)[一二三四五六日天])\.?,?\s*(?=\d)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[ T](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*([AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?$"
)
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_RANGE = (20000, 60000)  # 1954 to 2064
_MIN_SHARE = 0.8

Parser = Callable[[str], date | None]


def _make(year: int, month: int, day: int) -> date | None:
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _pattern(expression: str, order: str) -> Parser:
    """Make a parser of numbers: `order` names the groups, `y`, `m` and `d`."""
    compiled = re.compile(expression)

    def parse(text: str) -> date | None:
        match = compiled.fullmatch(text)
        if not match:
            return None
        parts = dict(zip(order, map(int, match.groups()), strict=True))
        return _make(parts["y"], parts.get("m", 1), parts.get("d", 1))

    return parse


def _month_name(text: str) -> date | None:
    """`01-Jun-2019`, `June 1, 2019`, `January-2014`, `Jan 14`, `1. März 2020`."""
    words = re.findall(r"[^\W\d_]+|\d+", text.lower())
    names = [MONTHS[word] for word in words if word in MONTHS]
    numbers = [word for word in words if word.isdigit()]
    if len(names) != 1 or len(words) != len(numbers) + 1 or not 1 <= len(numbers) <= 2:
        return None
    if len(numbers) == 1:
        return _make(int(numbers[0]), names[0], 1)
    year_first = len(numbers[0]) == 4
    day, year = (numbers[1], numbers[0]) if year_first else (numbers[0], numbers[1])
    return _make(int(year), names[0], int(day))


def _quarter(text: str) -> date | None:
    """`1998 Q1`, `Q1 1998`, `1998年第1季度`."""
    match = re.fullmatch(r"(\d{4})\W*(?:[Qq]|年?第?)([1-4])(?:季度)?|[Qq]([1-4])\W*(\d{4})", text)
    if not match:
        return None
    year, quarter = (match[1], match[2]) if match[1] else (match[4], match[3])
    return _make(int(year), int(quarter) * 3 - 2, 1)


def _iso_week(text: str) -> date | None:
    """`2019-W05`, `2019 W5`, `2019年第5周`: the Monday of that week."""
    match = re.fullmatch(r"(\d{4})(?:\W*[Ww]|年第)(\d{1,2})周?", text)
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        return None


def _decimal_year(text: str) -> date | None:
    """`2000.0833`: February 2000; whole months only."""
    match = re.fullmatch(r"(1[89]\d{2}|20\d{2})(?:\.(\d+))?", text)
    if not match:
        return None
    months = float(f"0.{match[2] or 0}") * 12
    if abs(months - round(months)) > 0.05:
        return None
    return _make(int(match[1]), min(round(months), 11) + 1, 1)


def _excel_serial(text: str) -> date | None:
    match = re.fullmatch(r"(\d{5})(?:\.\d+)?", text)
    if not match or not _EXCEL_RANGE[0] <= int(match[1]) <= _EXCEL_RANGE[1]:
        return None
    return _EXCEL_EPOCH + timedelta(days=int(match[1]))


_SEPARATOR = r"\s*[-/.]\s*"
_PARSERS: tuple[tuple[str, Parser], ...] = (
    ("YYYY-MM-DD", _pattern(rf"(\d{{4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,2}})", "ymd")),
    ("YYYY年M月D日", _pattern(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?", "ymd")),
    ("YYYYMMDD", _pattern(r"((?:19|20)\d{2})(\d{2})(\d{2})", "ymd")),
    (
        "DD/MM/YYYY",
        _pattern(rf"(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|\d{{2}})", "dmy"),
    ),
    (
        "MM/DD/YYYY",
        _pattern(rf"(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|\d{{2}})", "mdy"),
    ),
    ("month name", _month_name),
    ("YYYY-MM", _pattern(rf"(\d{{4}}){_SEPARATOR}(\d{{1,2}})", "ym")),
    ("YYYY年M月", _pattern(r"(\d{4})年(\d{1,2})月", "ym")),
    ("MM/YYYY", _pattern(rf"(\d{{1,2}}){_SEPARATOR}(\d{{4}})", "my")),
    ("quarter", _quarter),
    ("week", _iso_week),
    ("decimal year", _decimal_year),
    ("Excel serial", _excel_serial),
)


@dataclass(frozen=True, slots=True)
class Dates:
    """A column read as dates.

    Attributes:
        values: A date a cell, None where it is none.
        style: How they are written.
        share: Which part of the cells that hold something could be read.
        ambiguous: Day and month could be swapped, and nothing told which is which.
        times: The hour of the day a cell, where the cells have one.
    """

    values: list[date | None]
    style: str
    share: float
    ambiguous: bool = False
    times: list[float | None] | None = None


def parse_dates(cells: Sequence[str]) -> Dates | None:
    """Read a column of dates in the one style that reads most of it; None if too few can be read."""
    split = [_split_time(cell.strip()) for cell in cells]
    texts = [text for text, _ in split]
    filled = sum(bool(text) for text in texts)
    if not filled:
        return None
    sample = [text for text in texts if text][:400]
    rated = [(sum(parse(t) is not None for t in sample), style, parse) for style, parse in _PARSERS]
    best = max(count for count, _, _ in rated)
    if best < _MIN_SHARE * len(sample):
        return None
    tied = [(style, parse) for count, style, parse in rated if count == best]
    style, parse = tied[0]
    ambiguous = False
    if [name for name, _ in tied[:2]] == ["DD/MM/YYYY", "MM/DD/YYYY"]:
        style, parse, ambiguous = _day_or_month_first(tied, texts)
    values = [parse(text) if text else None for text in texts]
    share = sum(value is not None for value in values) / filled
    times = [hour for _, hour in split] if any(hour is not None for _, hour in split) else None
    return Dates(values, style, share, ambiguous, times)


def _split_time(text: str) -> tuple[str, float | None]:
    """Cut off the name of the day in front and the time behind."""
    text = _DAY_NAME.sub("", text)
    match = _TIME.search(text)
    if not match:
        return text, None
    hour = hour_of_day(int(match[1]), match[3] or "")
    return text[: match.start()].strip().rstrip(","), hour + int(match[2]) / 60


def hour_of_day(hour: int, half: str) -> int:
    """Return the hour from 0 to 23 that a clock's hour is in a half of the day: `am`, `p`; empty for none."""
    if not half:
        return hour
    return hour % 12 + (12 if half[0].lower() == "p" else 0)


def _day_or_month_first(
    tied: Sequence[tuple[str, Parser]], texts: Sequence[str]
) -> tuple[str, Parser, bool]:
    """Choose the reading whose dates follow each other most evenly; dots mean day first."""
    scores = []
    for style, parse in tied[:2]:
        days = sorted({d.toordinal() for d in map(parse, texts) if d})
        steps = [b - a for a, b in itertools.pairwise(days)]
        common = max((steps.count(step) for step in set(steps)), default=0)
        scores.append((common / len(steps) if steps else 0.0, style, parse))
    if abs(scores[0][0] - scores[1][0]) > 0.02:
        _, style, parse = max(scores, key=lambda score: score[0])
        return style, parse, False
    dotted = sum("." in text for text in texts) > len(texts) / 2
    _, style, parse = scores[0] if dotted else scores[1]
    return style, parse, not dotted
