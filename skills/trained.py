"""The models that the person trained: a folder with a card each, used by name. Light.

trained/NAME/card.json      task, labels, data, split, held-out figures, sizes, versions
trained/NAME/…              the model itself, as the skill that trained it keeps it
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any

from models.errors import CorruptModelError, UsageError
from models.files import atomic_write
from models.home import home, private_dir
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
TEXT, IMAGE = "text classification", "image classification"
_SORTS = {TEXT: TEXTS("task_texts"), IMAGE: TEXTS("task_photos")}


def mentioned(text: str, task: str = TEXT) -> list[str]:
    """Return the trained models of a task whose names occur in a text, in its order."""
    plain = text.casefold()
    there = [
        (match.start(), -len(name), name)
        for name in names(home(), task)
        if (match := re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", plain))
    ]
    return [name for _, _, name in sorted(there)]


def trained_root(home: Path) -> Path:
    """Return the folder of all trained models."""
    return private_dir(home / "trained")


def folder_of(home: Path, name: str) -> Path:
    """Return the folder of a trained model of this name; any name has one, Chinese included.

    Raises:
        UsageError: The name is empty or no name for a folder.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    if not plain or plain.startswith(".") or re.search(r'[/\\:*?"<>|\x00-\x1f]', plain):
        raise UsageError(TEXTS("bad_name", name=name))
    return trained_root(home) / plain


def free_folder(home: Path, name: str, task: str) -> Path:
    """Return the folder for a new model, or for one that replaces an older one of the same task.

    Raises:
        UsageError: The name is no name for a folder, or that of a model for another task.
    """
    folder = folder_of(home, name)
    other = task_of(folder)
    if other not in {"", task}:
        raise UsageError(TEXTS("name_taken", name=name, task=_SORTS[other]))
    return folder


def names(home: Path, task: str = "") -> list[str]:
    """Return the names of the trained models, of one task or of all."""
    root = home / "trained"
    found = sorted(card.parent.name for card in root.glob("*/card.json"))
    return [name for name in found if not task or task_of(root / name) == task]


def task_of(folder: Path) -> str:
    """Return what a trained model is for, as its card says; empty if there is none that can be read."""
    try:
        return str(read_card(folder).get("task", TEXT))
    except CorruptModelError:
        return ""


def find(home: Path, name: str, task: str = TEXT) -> Path:
    """Return the folder of the trained model that a name means, whatever its case.

    Raises:
        UsageError: There is none, with those there are; or it is for another task.
    """
    folder = folder_of(home, name)
    known = [n for n in names(home) if n.casefold() == folder.name.casefold()]
    if not known:
        raise UsageError(TEXTS("no_trained", name=name, names=", ".join(names(home, task)) or "-"))
    found = folder.parent / (folder.name if folder.name in known else known[0])
    other = task_of(found)
    if other not in {"", task}:
        raise UsageError(TEXTS("other_task", name=name, task=_SORTS[other]))
    return found


def read_card(folder: Path) -> dict[str, Any]:
    """Return a model's card.

    Raises:
        CorruptModelError: It can't be read.
    """
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorruptModelError(
            TEXTS("model_damaged", path=folder, reason=type(error).__name__)
        ) from error
    return card


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write a model's card."""
    text = json.dumps(card, ensure_ascii=False, indent=2)
    atomic_write(folder / "card.json", text + "\n", mode=0o600)


def beside(folder: Path) -> Path:
    """Return where a model is made before it is put in its place; nothing is there."""
    made = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(made, ignore_errors=True)
    return made


def made_with() -> dict[str, Any]:
    """Return what a card says of when a model was made, and with what."""
    from importlib.metadata import version

    packages = ("inhouse", "scikit-learn", "onnxruntime")
    versions = {name: version(name) for name in packages} | {"python": platform.python_version()}
    return {"versions": versions, "made": time.strftime("%Y-%m-%dT%H:%M:%S")}


def put_in_place(made: Path, folder: Path) -> None:
    """Move a finished model to its place; an older one of the name is replaced at the last moment."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
