"""Weights that are already somewhere on this machine, or on a stick: found by size and hash.

Files are linked where the file system can, so that adopting takes no space; else copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from models.catalog import File, Model
from models.errors import TEXTS, ResourceError
from models.files import file_sha256, write_error
from models.sources import Report, ShouldStop

_MOST_FILES = 50_000


class FolderSource:
    """The source `folder`: a folder that holds model files, under any names."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fetch(self, model: Model, into: Path, report: Report, should_stop: ShouldStop) -> None:
        """See `Source.fetch`. All files of the model must be there."""
        into.mkdir(parents=True, exist_ok=True)
        done = 0
        for file in model.files:
            found = find(file, self.folder, should_stop)
            if found is None:
                raise ResourceError(
                    TEXTS("not_in_folder", name=model.id, file=file.path, path=self.folder)
                )
            link_or_copy(found, into / file.path)
            done += file.bytes
            report(min(done, model.download_bytes()))


def find(file: File, folder: Path, should_stop: ShouldStop) -> Path | None:
    """Return a file below `folder` with the right size and SHA-256, whatever it is called.

    Raises:
        Stopped: `should_stop` said so.
    """
    for path in _of_size(folder, file.bytes):
        if file_sha256(path, should_stop) == file.sha256:
            return path
    return None


def _of_size(folder: Path, size: int) -> Iterator[Path]:
    paths = [folder] if folder.is_file() else folder.rglob("*")
    for number, path in enumerate(paths):
        if number > _MOST_FILES:
            return
        try:
            if path.is_file() and path.stat().st_size == size:
                yield path
        except OSError:
            continue


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where that can't be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise write_error(target, error) from error
