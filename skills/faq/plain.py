"""Questions and answers in plain text that marks neither: a short line, and what belongs to it below.

    Opening hours                      营业时间：每天十一点到二十二点
    Every day from nine to five.       地址：人民路十二号

    Parking
    In the yard, free for two hours.

Nothing is guessed of one line: a text is read so only where nearly all of it is written so, and nothing in it
is marked by `#`, `Q:` or the like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = re.compile(
    r"^\s*(?:\d{1,3}\s*[.、)）]|[（(]\d{1,3}[)）]|[一二三四五六七八九十]{1,3}、)\s*"
)
_NO_TITLE = re.compile(r"^\s*(?:[-*•·>|]|https?:)|[,，;；、。.!！…]$|\d{4,}|@")
_WIDE = re.compile(r"[\u3400-\u9fff]")
_NAMED = re.compile(r"^(?:【([^【】]{1,20})】|([^:：【】\d]{1,30})[:：])\s*(.*)$")
_LONGEST_WIDE, _LONGEST, _MOST_WORDS = 20, 60, 9
_FEWEST = 3  # pairs
_MOST_BESIDE = 0.5  # of the pairs: parts that are more of the answer before
_LEAST_TELLING = 0.7  # of the pairs
_AS_WIDE = 0.8  # of the longest line below: a line that was broken where the page ends
_LEAST_NAMED = 0.8  # of the lines

Pairs = list[tuple[str, str]]


def plain_pairs(text: str) -> Pairs:
    """Return titles and what stands below them or behind their colons; none of a text not written so."""
    return (_behind_colons(text) or _below_titles(text)) if text.strip() else []


def _behind_colons(text: str) -> Pairs:
    """Read a pair a line: `地址：人民路十二号`, `【地址】人民路十二号`."""
    lines = [_NUMBER.sub("", line).strip() for line in text.splitlines() if line.strip()]
    pairs: Pairs = []
    named = 0
    for line in lines:
        match = _NAMED.match(line)
        name = (match[1] or match[2]).strip() if match else ""
        if match and _is_title(name) and not match[3].startswith("//"):
            named += 1
            pairs.append((name, match[3]))
        elif pairs:
            pairs[-1] = pairs[-1][0], f"{pairs[-1][1]}\n{line}"
    told = [pair for pair in pairs if pair[1].strip()]
    return told if len(told) >= _FEWEST and named >= _LEAST_NAMED * len(lines) else []


def _below_titles(text: str) -> Pairs:
    """Read a pair a part between blank lines, or two parts of which the first is but a title."""
    parts = [part.splitlines() for part in re.split(r"\n[ \t]*\n", text.strip())]
    if len(parts) == 1:
        parts = _parts_without_blanks(parts[0])
    pairs: Pairs = []
    beside = 0
    title = ""
    for lines in parts:
        first = _NUMBER.sub("", lines[0]).strip().strip("【】")
        if title:
            pairs.append((title, "\n".join(lines)))
            title = ""
        elif _is_title(first) and len(lines) > 1:
            pairs.append((_bare(first), "\n".join(lines[1:])))
        elif _is_title(first):
            title = _bare(first)
        elif pairs:
            pairs[-1] = pairs[-1][0], "\n\n".join((pairs[-1][1], "\n".join(lines)))
            beside += 1
    telling = sum(_tells(*pair) for pair in pairs)
    if len(pairs) < _FEWEST or telling < _LEAST_TELLING * len(pairs):
        return []
    return pairs if beside <= _MOST_BESIDE * len(pairs) else []


def _parts_without_blanks(lines: Sequence[str]) -> list[list[str]]:
    """Begin a part at each title whose next line is none; a title has no digits here."""
    parts: list[list[str]] = [[]]
    bare = [_NUMBER.sub("", line).strip() for line in lines]
    titles = [_is_title(line) and not re.search(r"\d", line) for line in bare]
    if 2 * sum(titles) > len(titles):  # lines of a narrow page
        return [list(lines)]
    for number, line in enumerate(lines):
        begins = titles[number] and number + 1 < len(lines) and not titles[number + 1]
        if begins and parts[-1]:
            parts.append([])
        parts[-1].append(line)
    return parts


def _is_title(line: str) -> bool:
    """Say whether a line may be a title: short, and no sentence but a question."""
    if not line or _NO_TITLE.search(_bare(line)):
        return False
    if _WIDE.search(line):
        return len(line) <= _LONGEST_WIDE
    return len(line) <= _LONGEST and len(line.split()) <= _MOST_WORDS


def _tells(title: str, below: str) -> bool:
    """Say whether what is below a title is neither a list of its kind nor the rest of a sentence."""
    first, *more = below.splitlines()
    goes_on = bool(more) and len(title) >= _AS_WIDE * max(map(len, (first, *more)))
    if goes_on or first[:1].islower():
        return False
    return bool(re.search(r"[\d,，;；。.!！]", first)) or len(first) > 1.5 * len(title)


def _bare(title: str) -> str:
    return title.rstrip(" :：")
