"""Numbers as people and their programs write them: currencies, thousands, decimal commas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

Style = Literal["dot", "comma"]
"""What separates decimals."""

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        1,
    )
}
_MONEY = re.compile(
    r"[$€£¥￥₹₽₩元円%]|\b(?:usd|eur|gbp|chf|cny|rmb|jpy|inr|kr|zł|aud|cad|hkd|rs\.?)\b",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[\s\u00a0\u202f'’_]")
_SHAPE = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")
_OPEN = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")  # a thousand and more, or three decimals
_HUNDREDS = re.compile(r"[+-]?[1-9]\d{2}")
_UNITS = {"千": 1e3, "万": 1e4, "亿": 1e8}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}


def _strip(text: str) -> tuple[str, float]:
    """Return the bare digits of a cell and its sign; brackets mean negative, as in accounts."""
    bare = _SPACES.sub("", _MONEY.sub("", text.strip()))
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1], -1.0
    if bare.endswith("-") and len(bare) > 1:
        return bare[:-1], -1.0
    return bare.replace("−", "-"), 1.0


def told_style(cells: Iterable[str]) -> Style | None:
    """Return what separates decimals in a column, or None where nothing in it tells.

    `1,234` alone means a thousand. `1.234` in every row may mean either, unless other rows have `980`.
    """
    bare_cells = [_strip(cell)[0] for cell in cells]
    votes = {"dot": 0, "comma": 0}
    for bare in bare_cells:
        dot, comma = bare.rfind("."), bare.rfind(",")
        if dot >= 0 and comma >= 0:
            votes["dot" if dot > comma else "comma"] += 3
        elif comma >= 0:
            grouped = re.fullmatch(r"[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}", bare)
            votes["dot" if grouped else "comma"] += 1 if grouped else 2
        elif dot >= 0 and (bare.count(".") > 1 or not _OPEN.fullmatch(bare)):
            votes["comma" if bare.count(".") > 1 else "dot"] += 2
    if votes["comma"] == votes["dot"]:
        mixed = any(map(_OPEN.fullmatch, bare_cells)) and any(map(_HUNDREDS.fullmatch, bare_cells))
        return "comma" if mixed else None
    return "comma" if votes["comma"] > votes["dot"] else "dot"


def parse_number(cell: str, style: Style = "dot") -> float | None:
    """Return the number in a cell, or None if it is something else."""
    bare, sign = _strip(cell)
    scale = 1.0
    if bare and bare[-1] in _UNITS:
        bare, scale = bare[:-1], _UNITS[bare[-1]]
    if not _SHAPE.fullmatch(bare):
        return None
    thousands, decimal = (",", ".") if style == "dot" else (".", ",")
    bare = bare.replace(thousands, "")
    if bare.count(decimal) > 1:
        return None
    try:
        return sign * scale * float(bare.replace(decimal, "."))
    except ValueError:
        return None


def parse_column(cells: Sequence[str], usual: Style = "dot") -> list[float | None]:
    """Read a column of numbers with one style for all; `usual` is for a column that does not tell."""
    style = told_style(cells) or usual
    return [parse_number(cell, style) if cell.strip() else None for cell in cells]


def chinese_number(text: str) -> int | None:
    """Return a Chinese numeral below a hundred million, or digits, as an integer; None if it is none."""
    if text.isdigit():
        return int(text)
    high, found, low = text.rpartition("万")
    if found:
        thousands = _below_ten_thousand(high)
        rest = _below_ten_thousand(low, scale=10_000) if low else 0
        return None if thousands is None or rest is None else thousands * 10_000 + rest
    return _below_ten_thousand(text)


def _below_ten_thousand(text: str, scale: int = 10) -> int | None:
    """Read digits and 十, 百, 千; a last digit without a place is a tenth of the one before: `三千五`."""
    total, digit, placed = 0, None, scale
    for sign in text:
        if sign in _PLACES:
            if _PLACES[sign] >= placed and total:
                return None
            if digit is None and sign != "十":
                return None
            placed = _PLACES[sign]
            total += (1 if digit is None else digit) * placed
            digit = None
        elif sign == "零" and digit is None:
            placed = 10
        elif sign in _CHINESE_DIGITS and digit is None:
            digit = _CHINESE_DIGITS[sign]
        else:
            return None
    if digit is None:
        return total if text else None
    return total + digit * (placed // 10 if total or scale > 10 else 1)
