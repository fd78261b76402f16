"""From the files and folders of a request to the files to work on; bad ones are named, not fatal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.errors import BadInputError
from models.files import existing_file, files_under
from models.texts import Catalogue
from skills.contract import Context, FileKind
from skills.events import Skipped
from skills.readers.files import kind_of

TEXTS = Catalogue(__package__)


def expand(
    paths: Sequence[Path], kind: FileKind, context: Context
) -> tuple[list[Path], list[Skipped]]:
    """Return the files to work on, folders opened, and what was left out.

    Raises:
        BadInputError: The only file that was named can't be used, or a folder holds none of the kind.
    """
    files: list[Path] = []
    skipped: list[Skipped] = []
    for path in paths:
        if path.is_dir():
            inside = files_under(path, lambda p: kind_of(p) == kind)
            if not inside and len(paths) == 1:
                raise BadInputError(TEXTS(f"no_{kind}", path=path))
            files += inside
            continue
        try:
            files.append(existing_file(path))
        except BadInputError as error:
            if len(paths) == 1:
                raise
            skipped.append(Skipped(str(path), error.message(context.language)))
    unique = list(dict.fromkeys(files))
    if not unique:
        raise BadInputError(TEXTS(f"no_{kind}", path=", ".join(map(str, paths))))
    return unique, skipped
