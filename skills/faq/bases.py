"""Which knowledge bases there are, and which was used last. Light: asks need it before anything loads.

    knowledge/last.json             the base used last
    knowledge/bases/KEY/base.json   a base's name and what it was made from
    knowledge/bases/KEY/…           what was read from its files (`sources`), its words and thresholds

A base has a name (`add`), or it is one file that an ask named.
"""

from __future__ import annotations

import hashlib
import shutil
import unicodedata
from pathlib import Path

import msgspec

from models.errors import UsageError
from models.files import atomic_write
from models.home import private_dir
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
_LAST = "last.json"


class Knowledge(msgspec.Struct, frozen=True):
    """A knowledge base: its name, and the absolute paths of the files and folders it is made from.

    `named` says that a person gave the name; else it is that of the only file.
    """

    name: str
    sources: tuple[str, ...]
    named: bool = True

    @property
    def key(self) -> str:
        """What its folder and its collections are called; any name, Chinese included, has one."""
        if not self.named:
            return hashlib.sha256(self.sources[0].encode()).hexdigest()[:24]
        return hashlib.sha256(b"name " + _folded(self.name).encode()).hexdigest()[:24]

    def folder(self, home: Path) -> Path:
        """Return where what belongs to it is kept."""
        return home / "knowledge" / "bases" / self.key


_decoder = msgspec.json.Decoder(Knowledge)


def of_file(path: Path) -> Knowledge:
    """Return the base that is one file or folder."""
    whole = path.absolute()
    return Knowledge(whole.name, (str(whole),), named=False)


def named_bases(home: Path) -> list[Knowledge]:
    """Return the bases that have a name, sorted by it."""
    found = map(_read, (home / "knowledge" / "bases").glob("*/base.json"))
    return sorted((base for base in found if base and base.named), key=lambda base: base.name)


def find_base(home: Path, name: str) -> Knowledge:
    """Return the base of a name; upper and lower case are the same.

    Raises:
        UsageError: There is none; lists those there are.
    """
    every = named_bases(home)
    for base in every:
        if _folded(base.name) == _folded(name):
            return base
    listed = ", ".join(base.name for base in every) or "-"
    raise UsageError(TEXTS("no_base", name=name, names=listed))


def mentioned_base(home: Path, text: str) -> str:
    """Return the longest name of a base that occurs in a text; empty if none does."""
    names = [base.name for base in named_bases(home) if _folded(base.name) in _folded(text)]
    return max(names, key=len, default="")


def save_base(home: Path, base: Knowledge) -> None:
    """Write a base's name and sources down.

    Raises:
        ResourceError: The disk is full.
    """
    folder = private_dir(base.folder(home))
    atomic_write(folder / "base.json", msgspec.json.encode(base), mode=0o600)


def forget_base(home: Path, base: Knowledge) -> None:
    """Delete what is kept of a base; its files stay where they are."""
    shutil.rmtree(base.folder(home), ignore_errors=True)
    last = _read(home / "knowledge" / _LAST)
    if last and last.key == base.key:
        (home / "knowledge" / _LAST).unlink(missing_ok=True)


def last_base(home: Path) -> Knowledge | None:
    """Return the base that was used last, if it is still there."""
    base = _read(home / "knowledge" / _LAST)
    if base is None:
        return None
    if base.named:
        return _read(base.folder(home) / "base.json")
    return base if Path(base.sources[0]).exists() else None


def remember_last(home: Path, base: Knowledge) -> None:
    """Remember a base as the one used last."""
    folder = private_dir(home / "knowledge")
    atomic_write(folder / _LAST, msgspec.json.encode(base), mode=0o600)


def _read(path: Path) -> Knowledge | None:
    try:
        return _decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
