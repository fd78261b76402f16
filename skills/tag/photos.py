"""Example photos and their categories: a folder for each category, or a table that lists them."""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.errors import BadInputError
from models.files import file_sha256, files_under
from models.texts import Catalogue
from models.vision import ImageModel, load_image
from skills.contract import Context
from skills.events import Progress, Skipped
from skills.linear import Vectors
from skills.readers.columns import hinted
from skills.readers.files import kind_of
from skills.readers.tables import TableData, existing_column, read_table

TEXTS = Catalogue(__package__)
_BATCH = 8
_CATEGORY_HINTS = r"label|class|categor|type|group|tag|kind|类别|分类|标签|种类|品类"
_LEAST_LISTED = 0.5  # of a column's cells are files that are there


@dataclass(slots=True)
class Examples:
    """Photos with the categories they belong to, and what was left out.

    `sums` are the SHA-256 of the files, in their order, `column` that of a table with the categories.
    """

    paths: list[Path]
    labels: list[str]
    skipped: list[Skipped] = field(default_factory=list)
    sums: list[str] = field(default_factory=list)
    column: str = ""

    @property
    def categories(self) -> list[str]:
        """The categories, sorted."""
        return sorted(set(self.labels))

    def where(self, keep: Sequence[bool]) -> Examples:
        """Return the photos for which `keep` holds, with all that was left out so far."""
        kept = [list(itertools.compress(part, keep)) for part in (self.labels, self.sums)]
        return Examples(
            list(itertools.compress(self.paths, keep)), kept[0], self.skipped, kept[1], self.column
        )


def find_examples(source: Path, context: Context, label: str = "") -> Examples:
    """Return the photos of a folder of folders or of a table, each file once; `label` is a table's column.

    Raises:
        BadInputError: There is no such folder or file, it holds no categories, or no photo at all.
        UsageError: The table has no such column.
    """
    if not source.exists():
        raise BadInputError(TEXTS("no_examples", path=source))
    found = (
        _from_folder(source, context) if source.is_dir() else _from_table(source, label, context)
    )
    if not found.paths:
        raise BadInputError(TEXTS("no_categories", path=source))
    return _each_once(found, context)


def _from_folder(source: Path, context: Context) -> Examples:
    """Each folder inside is a category, by its name; photos in folders deeper down belong to it."""
    found = Examples([], [])
    for path in sorted(source.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            inside = files_under(path, _is_photo)
            found.paths += inside
            found.labels += [path.name] * len(inside)
        elif _is_photo(path):
            found.skipped.append(Skipped(str(path), context.say(TEXTS("beside_categories"))))
    return found


def _from_table(source: Path, label: str, context: Context) -> Examples:
    """One column holds the files, relative to the table's folder, another their categories."""
    table = read_table(source)
    pictures = _listed(table)
    named = [name for name in table.columns if name != pictures]
    if not pictures or not named:
        raise BadInputError(TEXTS("no_listed_photos", path=source))
    label = existing_column(table, label) if label else _category_column(table, named)
    found = Examples([], [], column=label)
    rows = zip(table.numbers, table.column(pictures), table.column(label), strict=True)
    for number, cell, category in rows:
        path, plain = _inside(source.parent, cell), " ".join(category.split())
        if path and plain:
            found.paths.append(path)
            found.labels.append(plain)
        else:
            said = TEXTS("row_without_category" if path else "row_without_photo")
            found.skipped.append(Skipped(str(source), context.say(said), number))
    return found


def _listed(table: TableData) -> str:
    """Return the column whose cells are photos that are there; empty if none is."""
    folder = table.path.parent

    def share(column: str) -> float:
        cells = [cell.strip() for cell in table.column(column) if cell.strip()][:50]
        there = sum(_inside(folder, cell) is not None for cell in cells)
        return there / max(1, len(cells))

    best = max(table.columns, key=share)
    return best if share(best) >= _LEAST_LISTED else ""


def _inside(folder: Path, cell: str) -> Path | None:
    """Return the photo in a folder that a cell names; a table reaches nothing outside its folder."""
    path = (folder / cell.strip()).resolve()
    good = _is_photo(path) and path.is_relative_to(folder.resolve()) and path.is_file()
    return path if good else None


def _category_column(table: TableData, columns: list[str]) -> str:
    """Return the column that is called so, or that groups rows best: several values, each several times."""

    def groups(column: str) -> float:
        counts = Counter(cell.strip() for cell in table.column(column) if cell.strip())
        return sum(n for n in counts.values() if n > 1) if len(counts) > 1 else -1

    return max(hinted(columns, _CATEGORY_HINTS) or columns, key=groups)


def _is_photo(path: Path) -> bool:
    return kind_of(path) == "image"


def _each_once(found: Examples, context: Context) -> Examples:
    """Leave out copies of a file; of a file that is in two categories all copies."""
    found.sums = [file_sha256(path, context.should_stop) for path in found.paths]
    belongs: dict[str, set[str]] = {}
    for key, label in zip(found.sums, found.labels, strict=True):
        belongs.setdefault(key, set()).add(label)
    keep: list[bool] = []
    seen: set[str] = set()
    for path, key in zip(found.paths, found.sums, strict=True):
        keep.append(len(belongs[key]) == 1 and key not in seen)
        if len(belongs[key]) > 1:
            said = TEXTS("in_several", categories=", ".join(sorted(belongs[key])))
            found.skipped.append(Skipped(str(path), context.say(said)))
        elif key in seen:
            found.skipped.append(Skipped(str(path), context.say(TEXTS("same_photo"))))
        seen.add(key)
    return found.where(keep)


def read_features(
    examples: Examples, model: ImageModel, context: Context
) -> Generator[Progress, None, tuple[Examples, Vectors]]:
    """Return the photos that can be read and their features, unit vectors, shape (n, 1280).

    A job that goes on does not look at a photo twice.
    """
    readable: list[bool] = []
    rows: list[Vectors] = []
    note = context.say(TEXTS("looking"))
    total = len(examples.paths)
    for start in range(0, total, _BATCH):
        yield Progress(start, total, context.say(TEXTS("unit")), note)
        some = slice(start, start + _BATCH)
        paths, sums = examples.paths[some], examples.sums[some]
        good, found = features_of(paths, sums, model, examples.skipped, context)
        readable += [path in good for path in paths]
        if len(found):
            rows.append(found)
    return examples.where(readable), np.vstack(rows) if rows else np.empty((0, 0), np.float32)


def features_of(
    paths: list[Path],
    sums: list[str],
    model: ImageModel,
    skipped: list[Skipped],
    context: Context,
) -> tuple[set[Path], Vectors]:
    """Return which of a few photos can be read, and their features in order; the others are named."""
    known: dict[Path, Vectors] = {}
    fresh: dict[Path, tuple[str, Vectors]] = {}
    for path, key in zip(paths, sums, strict=True):
        context.check()
        text = context.ledger.get("features", model.name, key)
        if text is not None:
            half = np.frombuffer(base64.b64decode(text), np.float16)
            known[path] = half.astype(np.float32)
            continue
        try:
            fresh[path] = key, load_image(path)
        except BadInputError as error:
            skipped.append(Skipped(str(path), error.message(context.language)))
    if fresh:
        found = model.features(np.stack([image for _, image in fresh.values()]))
        for (path, (key, _)), row in zip(fresh.items(), found, strict=True):
            text = base64.b64encode(row.astype(np.float16).tobytes()).decode()
            context.ledger.put(text, "features", model.name, key)
            known[path] = row
    rows = [known[path] for path in paths if path in known]
    return set(known), np.stack(rows) if rows else np.empty((0, 0), np.float32)
