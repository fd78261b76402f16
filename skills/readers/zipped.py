"""Office files are zip archives of a stranger's: one that would burst is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

from models.errors import BadInputError
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
_MOST_BYTES = 512 << 20


def zipped_names(path: Path) -> list[str]:
    """Return the names of what is in an archive.

    Raises:
        BadInputError: It is too large when unpacked.
        zipfile.BadZipFile: It is none.
    """
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
            raise BadInputError(TEXTS("too_large", path=path, megabytes=_MOST_BYTES >> 20))
        return archive.namelist()
