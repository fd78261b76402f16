"""Find what a text means of a table's cells by other forms of their words: `Canadians`, `candles`, `珍奶`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skills.readers.rows import BETWEEN, values_of
from skills.readers.tables import TableData

_SHORTEST = 4  # a Latin word; shorter ones stand in too many names
_SAME_BEGIN = 5  # letters that `Canadians` and `Canada` share
_LONGEST_END = 4  # letters that may differ behind these
_PLURALS = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""))


def alluded_rows(words: Sequence[str], table: TableData) -> tuple[dict[str, str], set[str]]:
    """Return the values that words mean, by column, as `named_rows` does, and the words that mean some.

    A word means the values one of whose words it is a form of; in Chinese those that hold it, or that it
    abbreviates. One that fits all values of a column, or none, means nothing. Of several columns that has it
    in which the fewest values fit.
    """
    found: dict[str, list[str]] = {}
    meant: set[str] = set()
    values = values_of(table) if words else []
    for word in words:
        for fits in _forms(word):
            fitting = _fitting(fits, values)
            if not fitting:
                continue
            column = min(fitting, key=lambda name: len(fitting[name]))
            both = [value for value in fitting[column] if value in found.get(column, ())]
            if both:  # `spoon sets`: what the first word meant, less what the second excludes
                found[column] = both
            else:
                found.setdefault(column, []).extend(fitting[column])
            meant.add(word)
            break
    return {column: BETWEEN.join(dict.fromkeys(values)) for column, values in found.items()}, meant


def is_form(word: str, other: str) -> bool:
    """Say whether two words are forms of one: singular and plural, or a long same beginning."""
    return _same_number(word, other) or _same_begin(word, other)


def is_within(word: str, name: str) -> bool:
    """Say whether the characters of a word stand in a name in their order, as in an abbreviation."""
    rest = iter(name)
    return all(one in rest for one in word)


def _forms(word: str) -> tuple[Callable[[str], bool], ...]:
    """Return what tells whether a plain name is meant by a word, the surest first."""
    if not word.isascii() and len(word) == 1:
        return (lambda name: name.endswith(word) and name != word,)  # `猫`: 布偶猫
    if not word.isascii():
        return (lambda name: word in name, lambda name: _abbreviates(word, name))
    if len(word) < _SHORTEST:
        return ()
    return (
        lambda name: any(_same_number(word, one) for one in name.split()),
        lambda name: any(_same_begin(word, one) for one in name.split()),
    )


def _fitting(
    fits: Callable[[str], bool], values: Sequence[tuple[str, str, str]]
) -> dict[str, list[str]]:
    """Return the values that fit, by column, of those columns in which not all do."""
    every: dict[str, int] = {}
    fitting: dict[str, list[str]] = {}
    for value, name, column in values:
        every[column] = every.get(column, 0) + 1
        if fits(name):
            fitting.setdefault(column, []).append(value)
    return {c: some for c, some in fitting.items() if len(some) < max(2, every[c])}


def _same_number(word: str, other: str) -> bool:
    if word == other:
        return True
    long, short = (word, other) if len(word) > len(other) else (other, word)
    return any(long.endswith(end) and long[: -len(end)] + one == short for end, one in _PLURALS)


def _same_begin(word: str, other: str) -> bool:
    same = next(
        (at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b),
        min(len(word), len(other)),
    )
    return same >= _SAME_BEGIN and max(len(word), len(other)) - same <= _LONGEST_END


def _abbreviates(word: str, name: str) -> bool:
    """Say whether Chinese characters stand in a name in their order, the first one at its beginning."""
    return len(word) <= 3 and name[:1] == word[:1] and is_within(word, name)
