"""Files that an ask means and does not name: one of this talk, one here whose name it says, or all here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from skills import registry
from skills.contract import Filled, Said, SkillSpec, is_result
from skills.readers.files import Found, found_at
from skills.readers.tables import sample_columns

FIELDS = ("file", "source")  # of requests, that take one file
MANY = "files"  # the one that takes several: those here
_LOOKED_AT = 200  # entries of the folder
_LOOKED_INTO = 30
_OFFERED = 6
_LATIN = re.compile(r"[a-z]{3,}")
_WIDE = re.compile(r"[\u3400-\u9fff]{2,}")
_NAMES_A_FILE = 1  # value of a request: the file
_LEANS_BACK = re.compile(
    r"\b(?:it|this|that|they|these|those|them|up|down|drop(?:s|ped|ping)?|ris(?:es?|ing)|rose|falls?|falling|fell"
    r"|so (?:low|high|bad|good|much|little|few|many)|low|high)\b|[这那它涨跌降高低]",
    re.IGNORECASE,
)
_MOST_LEANING = 12  # words
_TOO_COMMON = {"the", "and", "for", "new", "all", "data", "file", "table", "list", "copy", "final"}


class AtHand:
    """Keeps the files of a talk in mind, the last one used last."""

    def __init__(self) -> None:
        self._used: dict[Path, str] = {}
        self._written: list[Found] = []
        self.writer = ""  # the skill whose result the last one is

    def remember(self, skill: str, values: dict[str, Any], written: Sequence[str] = ()) -> None:
        """Take in the files of a request that was carried out, and those that it wrote."""
        for found in files_of(values):
            self._used.pop(found.path, None)
            self._used[found.path] = skill
        if (
            skill.split(maxsplit=1)[0] not in _readers()
        ):  # what is asked about a result leaves it the result
            results = map(found_at, map(Path, written))
            self._written = [one for one in results if one.kind == "table" and one.exists]
            self.writer = skill.split(maxsplit=1)[0]

    def asks_of_result(self, said: Said) -> tuple[SkillSpec, Found] | None:
        """Return what an ask about the last result is for, and that result: `how many are complaints?`.

        It is about the result where it says more of that than of the file that this was made of, or as much
        of a result that holds all that the file holds.
        """
        sources = list(map(found_at, self._used))[-1:]
        if said.files or not self._written or not sources:
            return None
        held = set(sample_columns(sources[0].path))
        for spec in map(registry.get, _readers()):
            for result in (one for one in self._written if _can_use(spec, one)):
                of_result, of_source = (_filled(one, spec, said) for one in (result, sources[0]))
                here, there = len(of_result.values), len(of_source.values)
                alike = here > _NAMES_A_FILE and held <= set(sample_columns(result.path))
                if of_result.whole and (here > there or (here == there and alike)):
                    return spec, result
        return None

    def leans_on(self, said: Said) -> SkillSpec | None:
        """Return what answers an ask that leans on the last file: `why is it going up?`, `compare that`."""
        if said.files or not self._used or not leans_back(said.bare):
            return None
        last = found_at(list(self._used)[-1])
        for spec in map(registry.get, _readers()):
            if _can_use(spec, last) and _said_of(last, spec, said)[1] > _NAMES_A_FILE:
                return spec
        return None

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
        own = {spec.name, *_readers()}  # a table whose figures were asked about is as good
        used = [found for found in map(found_at, reversed(self._used)) if _can_use(skill, found)]
        if not skill.reads_results:  # which are for the last file, whatever skill used that
            used.sort(key=lambda found: self._used[found.path] not in own)  # its own first
        known = {found.path for found in used}
        here = [found for found in _usable(skill) if found.path not in known]
        said_of = {found: _said_of(found, spec, said) for found in (*used, *here)}
        if not said_of:
            return None
        most, least = max(said_of.values()), min(said_of.values())
        best = next(found for found, much in said_of.items() if much == most)
        alone = sum(much == most for much in said_of.values()) == 1
        its_own = self._used.get(best.path) in own or skill.reads_results
        told = most > least or most[0] > 0 or best in used  # by the ask or the talk
        return best if its_own or (alone and told) else None

    def other_named(self, spec: SkillSpec, said: Said) -> tuple[Found, ...]:
        """Return the one file, of this talk or here, whose name a follow-up says: `and the Alipay one?`."""
        skill = registry.get(spec.name.split()[0])
        known = dict.fromkeys((*map(found_at, self._used), *_usable(skill)))
        named = {one: _named(one, said.bare) for one in known if _can_use(skill, one)}
        most = max(named.values(), default=0)
        best = [one for one, letters in named.items() if letters == most]
        return tuple(best) if most and len(best) == 1 else ()

    def offered(self, spec: SkillSpec) -> tuple[str, ...]:
        """Return the names of files here that a skill can use, the newest first: a few to choose from."""
        skill = registry.get(spec.name.split()[0])
        return tuple(found.path.name for found in _usable(skill))


def leans_back(text: str) -> bool:
    """Say whether a short text speaks of something that was just there."""
    words = re.findall(r"[A-Za-z0-9']+|[\u4e00-\u9fff]{1,2}", text)
    return len(words) <= _MOST_LEANING and _LEANS_BACK.search(text) is not None


def _readers() -> list[str]:
    return [spec.name for spec in registry.all_specs() if spec.reads_results]


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
    return _named(found, said.bare), len(_filled(found, spec, said).values)


def _filled(found: Found, spec: SkillSpec, said: Said) -> Filled:
    return spec.filler()(dataclasses.replace(said, files=(found,)))


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
