"""Numbers as people and their programs write them: currencies, thousands, decimal commas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

Style = Literal["dot", "comma"]
"""What separates decimals."""

_MONEY = re.compile(
    r"[$€£¥￥₹₽₩元円%]|\b(?:usd|eur|gbp|chf|cny|rmb|jpy|inr|kr|zł|aud|cad|hkd|rs\.?)\b",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[\s\u00a0\u202f'’_]")
_SHAPE = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")
_OPEN = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")  # a thousand and more, or three decimals
_HUNDREDS = re.compile(r"[+-]?[1-9]\d{2}")
_UNITS = {"千": 1e3, "万": 1e4, "亿": 1e8}
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
    """Return a small Chinese numeral (up to 99, `两` and `半` aside) as an integer."""
    if text.isdigit():
        return int(text)
    if text in _CHINESE_DIGITS:
        return _CHINESE_DIGITS[text]
    match = re.fullmatch(r"([一二两三四五六七八九])?十([一二三四五六七八九])?", text)
    if not match:
        return None
    tens = _CHINESE_DIGITS[match[1]] if match[1] else 1
    return tens * 10 + (_CHINESE_DIGITS[match[2]] if match[2] else 0)
