"""Which words of an ask tell something that no part of its request stands for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache

from models.texts import text_lines
from skills.figures.groups import without_kinds
from skills.figures.words import without_measures
from skills.readers.allusions import is_form, is_within
from skills.readers.columns import plain_name
from skills.readers.periods import without_periods

_LEAST = 2  # letters of a Latin word
_EXCLUDED = re.compile(
    r"\b(?:without|excluding|except(?: for)?|not (?:counting|including)|apart from|other than|leaving out"
    r"|minus)\s+(?P<en>(?:(?!(?:for|in|of|on|at|by|from|since|how|what|which)\b)[\w'-]+\s*){1,4})"
    r"|(?:不算上?|不含|不包括|不计|除了|除去|除开|排除|去掉|扣除|刨去|抛开)(?P<zh>[^，。,；以之]{1,10}?)"
    r"(?:的(?:单子?|订单)?|以外|之外|外)?(?=[，。,；]|以外|之外|$|的)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s?\b")


def split_exclusions(text: str) -> tuple[str, str]:
    """Return a text without what it leaves out, and that: `sales without the cancelled`, `不算取消的`."""
    left_out = " , ".join(match[match.lastgroup or 0] for match in _EXCLUDED.finditer(text))
    return _EXCLUDED.sub(" ", text), left_out


def telling_words(text: str, names: Collection[str]) -> list[str]:
    """Return the words of an ask that are neither of how one asks, nor when, nor forms of those of names."""
    taken = [word for name in names for word in plain_name(name).split()]
    # names whole, before the general words within them: 商品 in 商品说明
    for word in sorted((one for one in taken if not one.isascii()), key=len, reverse=True):
        text = text.replace(word, " ")
    rest = without_kinds(without_measures(without_periods(text)))
    plain = plain_name(_POSSESSIVE.sub(" ", rest))
    words = [part for word in plain.split() for part in _parts(word)]
    return [word for word in dict.fromkeys(words) if _tells(word, taken)]


def _tells(word: str, taken: Sequence[str]) -> bool:
    if word.isdigit() or word in _plain_words("en") or (word.isascii() and len(word) < _LEAST):
        return False
    if not word.isascii():
        return not any(is_within(word, one) for one in taken)  # 微信账单: 微信支付账单
    return not any(is_form(word, one) for one in taken)


def _parts(word: str) -> list[str]:
    """Return a Latin word as it is, and what is left of a Chinese run without the words of how one asks."""
    if word.isascii():
        return [word]
    return _chinese_plain().sub(" ", word).split()


@cache
def _plain_words(language: str) -> frozenset[str]:
    lines = text_lines(__package__, f"plain_words.{language}.txt")
    return frozenset(word for line in lines for word in line.split())


@cache
def _chinese_plain() -> re.Pattern[str]:
    """Return a pattern of the Chinese words of how one asks, the longest first."""
    return re.compile("|".join(sorted(_plain_words("zh"), key=len, reverse=True)))
