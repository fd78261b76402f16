"""Write files so that a crash or a full disk never leaves half of one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal

from models.errors import TEXTS, BadInputError, ResourceError, Stopped

_CHUNK = 1 << 20


@contextlib.contextmanager
def atomic_writer(path: Path, *, mode: int | None = None, newline: str = "") -> Iterator[IO[str]]:
    """Open a UTF-8 text file that appears at `path` whole, or not at all.

    Args:
        path: Where the file lands. Its folder is made when missing.
        mode: Permission bits, such as 0o600 for what is private; the umask's default if None.
        newline: As for `open`; the default writes exactly what it is given.

    Raises:
        ResourceError: The disk is full, or the folder cannot be written.
    """
    with (
        landing(path, mode) as temporary,
        temporary.open("w", encoding="utf-8", newline=newline) as f,
    ):
        yield f
        f.flush()
        os.fsync(f.fileno())


def atomic_write(path: Path, data: str | bytes, *, mode: int | None = None) -> Path:
    """Write `data` to `path` whole or not at all, and return `path`.

    Raises:
        ResourceError: The disk is full, or the folder cannot be written.
    """
    raw = data.encode("utf-8") if isinstance(data, str) else data
    with landing(path, mode) as temporary, temporary.open("wb") as f:
        f.write(raw)
        f.flush()
        os.fsync(f.fileno())
    return path


def private_file(path: Path, mode: Literal["wb", "xb", "ab"]) -> IO[bytes]:
    """Open a file that only its owner can read, for writing anew, for the first time, or at its end."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


@contextlib.contextmanager
def landing(path: Path, mode: int | None) -> Iterator[Path]:
    """Give a temporary neighbour of `path`; move it there at the end, or remove it.

    Raises:
        ResourceError: The disk is full, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part"
        )
        os.close(handle)
    except OSError as error:
        raise write_error(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode if mode is not None else 0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """Return the process's umask. Reading it means setting it twice; there is no other way."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_error(path: Path, error: OSError) -> ResourceError:
    """Say in words why `path` could not be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ResourceError(TEXTS("disk_full", path=path))
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return ResourceError(TEXTS("no_write_permission", path=path))
    return ResourceError(TEXTS("write_failed", path=path, reason=error.strerror or error))


def unique_path(folder: Path, stem: str, suffix: str) -> Path:
    """Return `folder/stem.suffix`, or the first of `stem-2`, `stem-3`, … that is free."""
    candidate = folder / f"{stem}{suffix}"
    number = 2
    while candidate.exists():
        candidate = folder / f"{stem}-{number}{suffix}"
        number += 1
    return candidate


def existing_file(path: Path) -> Path:
    """Return `path` if it is a readable regular file with something in it.

    Raises:
        BadInputError: It is missing, empty, a folder, a device, or may not be read.
    """
    if not path.exists():
        raise BadInputError(TEXTS("no_file", path=path))
    if path.is_dir():
        raise BadInputError(TEXTS("is_folder", path=path))
    if not path.is_file():
        raise BadInputError(TEXTS("not_ordinary", path=path))
    if not os.access(path, os.R_OK):
        raise BadInputError(TEXTS("no_read_permission", path=path))
    if path.stat().st_size == 0:
        raise BadInputError(TEXTS("file_empty", path=path))
    return path


def files_under(root: Path, wanted: Callable[[Path], bool], *, limit: int = 100_000) -> list[Path]:
    """List the files below `root` for which `wanted` holds, sorted; no hidden ones, no links."""
    found: list[Path] = []
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = sorted(name for name in names if not name.startswith("."))
        here = Path(folder)
        for name in sorted(files):
            path = here / name
            if not name.startswith(".") and not path.is_symlink() and wanted(path):
                found.append(path)
                if len(found) >= limit:
                    return found
    return found


def file_sha256(path: Path, should_stop: Callable[[], bool] = lambda: False) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises:
        Stopped: `should_stop` said so.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            if should_stop():
                raise Stopped
            digest.update(block)
    return digest.hexdigest()
