"""Files that an ask means and does not name: one of this talk, one here whose name it says, or all here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from skills import registry
from skills.contract import Said, SkillSpec, is_result
from skills.readers.files import Found, found_at

FIELDS = ("file", "source")  # of requests, that take one file
MANY = "files"  # the one that takes several: those here
_LOOKED_AT = 200  # entries of the folder
_LOOKED_INTO = 30
_OFFERED = 6
_LATIN = re.compile(r"[a-z]{3,}")
_WIDE = re.compile(r"[\u3400-\u9fff]{2,}")
_TOO_COMMON = {"the", "and", "for", "new", "all", "data", "file", "table", "list", "copy", "final"}


class AtHand:
    """Keeps the files of a talk in mind, the last one used last."""

    def __init__(self) -> None:
        self._used: dict[Path, str] = {}

    def remember(self, skill: str, values: dict[str, Any]) -> None:
        """Take in the files of a request that was carried out."""
        for found in files_of(values):
            self._used.pop(found.path, None)
            self._used[found.path] = skill

    def meant(self, spec: SkillSpec, said: Said, field: str) -> tuple[Found, ...]:
        """Return the files that an ask for a skill means and does not name, for a field of its request."""
        if field in FIELDS:
            found = self._one(spec, said)
            return (found,) if found else ()
        if field != MANY or " " in spec.name or _at_home():
            return ()
        return tuple(_here(registry.get(spec.name)))

    def _one(self, spec: SkillSpec, said: Said) -> Found | None:
        """Return the file that an ask means.

        It is the one of whose name the ask says most, or else whose columns and rows: one used before, or one
        that lies here. Where it says nothing of any, it is the last one that this skill used, or the only one
        that it could use of those used and those here. None where two are alike, or none was used.
        """
        skill = registry.get(spec.name.split()[0])
        used = [found for found in map(found_at, reversed(self._used)) if _can_use(skill, found)]
        used.sort(key=lambda found: self._used[found.path] != spec.name)  # its own first
        known = {found.path for found in used}
        here = [found for found in _usable(skill) if found.path not in known]
        said_of = {found: _said_of(found, spec, said) for found in (*used, *here)}
        if not said_of:
            return None
        most, least = max(said_of.values()), min(said_of.values())
        best = next(found for found, much in said_of.items() if much == most)
        alone = sum(much == most for much in said_of.values()) == 1
        its_own = self._used.get(best.path) == spec.name
        told = most > least or most[0] > 0 or best in used  # by the ask or the talk
        return best if its_own or (alone and told) else None

    def offered(self, spec: SkillSpec) -> tuple[str, ...]:
        """Return the names of files here that a skill can use, the newest first: a few to choose from."""
        skill = registry.get(spec.name.split()[0])
        return tuple(found.path.name for found in _usable(skill))


def files_of(values: dict[str, Any]) -> list[Found]:
    """Return the files of a request as if an ask had named them."""
    named = values.get(MANY) or [values[name] for name in FIELDS if values.get(name)]
    return [found_at(Path(path)) for path in named]


def _can_use(skill: SkillSpec, found: Found) -> bool:
    return found.exists and found.kind in skill.file_kinds - {"folder"} and skill.can_use(found)


def _usable(skill: SkillSpec) -> list[Found]:
    """Return a few files of the present folder that a skill can use, the newest first."""
    some = islice(_here(skill), _LOOKED_INTO)
    return list(islice((found for found in some if _can_use(skill, found)), _OFFERED))


def _at_home() -> bool:
    """Say whether the present folder is the home, where nobody means all that lies about."""
    try:
        return Path.cwd() == Path.home()
    except (OSError, RuntimeError):
        return True


def _here(skill: SkillSpec) -> Iterator[Found]:
    """Yield the files of the present folder of the kinds that a skill works on, the newest first.

    What is called like a skill's result is left out.
    """
    try:
        entries = list(islice(Path.cwd().iterdir(), _LOOKED_AT))
        entries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return
    for path in entries:
        found = found_at(path)
        left_out = path.name.startswith(".") or is_result(path)
        if not left_out and found.kind in skill.file_kinds - {"folder"}:
            yield found


def _said_of(found: Found, spec: SkillSpec, said: Said) -> tuple[int, int]:
    """Return how much an ask says of a file: of its name, and of what is in it."""
    filled = spec.filler()(dataclasses.replace(said, files=(found,)))
    return _named(found, said.bare), len(filled.values)


def _named(found: Found, text: str) -> int:
    """Return how many letters of a file's name an ask says, in whole words; 0 if none."""
    name, said = found.path.stem.casefold(), text.casefold()
    words = {word.removesuffix("s") for word in _LATIN.findall(said)}
    latin = [word.removesuffix("s") for word in _LATIN.findall(name) if word not in _TOO_COMMON]
    lengths = [len(word) for word in latin if word in words]
    for run in _WIDE.findall(name):
        parts = (run[a:b] for a in range(len(run)) for b in range(a + 2, len(run) + 1))
        lengths += [len(part) for part in parts if part in said]
    return max(lengths, default=0)
