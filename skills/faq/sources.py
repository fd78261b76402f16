"""What a knowledge base's files say, kept, so that only what changed is read and indexed again.

    files.json          each file: size, time and hash when it was read, and why it was left out if it was
    HASH.jsonl          its entries, one a line
    added.jsonl         answers that the owner gave to questions the files left open
    written.jsonl       questions that the language model wrote for entries (`learning`)

The index can always be made again from here, also when a file is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from models.errors import BadInputError, InhouseError
from models.files import atomic_write, existing_file, file_sha256, files_under
from models.home import private_dir
from models.journal import open_journal, read_journal, write_line
from models.texts import Catalogue, Message
from skills.faq.bases import Knowledge
from skills.faq.entries import READABLE, Entry, read_entries

TEXTS = Catalogue(__package__)
_SCHEMA = "3"
_entries = msgspec.json.Decoder(Entry)


class FileState(msgspec.Struct, frozen=True):
    """A file when it was read. `count` is how many entries it held; 0 if it was left out."""

    path: str
    size: int
    modified: int
    sha256: str
    count: int


class Written(msgspec.Struct, frozen=True):
    """A question that the language model wrote for an entry."""

    entry: str
    question: str


_states = msgspec.json.Decoder(list[FileState])
_written = msgspec.json.Decoder(Written)


@dataclass(slots=True)
class Contents:
    """All that a base knows.

    Attributes:
        entries: In the order of the files; equal ones once.
        written: Questions by the key of the entry they are for.
        files: The files that were read.
        left_out: Files that could not be read, and why.
        digest: Changes whenever anything that is indexed changes.
    """

    entries: list[Entry]
    written: dict[str, list[str]]
    files: list[FileState]
    left_out: list[tuple[str, Message]] = field(default_factory=list)
    digest: str = ""


def read_base(base: Knowledge, home: Path) -> Contents:
    """Read a base's files, those that changed anew.

    Raises:
        BadInputError: No file holds an answer; the reason of the only one.
        ResourceError: The disk is full.
    """
    folder = private_dir(base.folder(home))
    known = {state.path: state for state in _known(folder)}
    contents = Contents([], written_questions(folder), [])
    problem: InhouseError | None = None
    seen: dict[str, Entry] = {}
    for path, name in _paths(base, known, contents):
        try:
            state = _read_file(path, known.get(str(path)), folder)
        except InhouseError as error:
            problem = error
            contents.left_out.append((str(path), error.args[0]))
            continue
        contents.files.append(state)
        for entry in read_journal(_kept(folder, state.sha256, path), _entries):
            seen.setdefault(entry.key, msgspec.structs.replace(entry, source=name))
    for entry in added_answers(folder):
        seen[entry.key] = entry
    contents.entries = list(seen.values())
    if not contents.entries:
        raise problem or BadInputError(TEXTS("no_entries", path=base.name))
    contents.digest = _digest(contents)
    if contents.files != list(known.values()):
        _remember(folder, contents.files)
    return contents


def written_questions(folder: Path) -> dict[str, list[str]]:
    """Return the questions that were written for a base, by the key of their entry."""
    found: dict[str, list[str]] = {}
    for line in read_journal(folder / "written.jsonl", _written):
        found.setdefault(line.entry, []).append(line.question)
    return found


def keep_written(folder: Path, questions: Sequence[Written]) -> None:
    """Replace the questions that were written for a base."""
    lines = b"".join(msgspec.json.encode(question) + b"\n" for question in questions)
    atomic_write(private_dir(folder) / "written.jsonl", lines, mode=0o600)


def kept_count(base: Knowledge, home: Path) -> int:
    """Return how many entries a base had when it was read last."""
    folder = base.folder(home)
    return sum(state.count for state in _known(folder)) + len(added_answers(folder))


def added_answers(folder: Path) -> list[Entry]:
    """Return the answers that the owner added to a base."""
    return list(read_journal(folder / "added.jsonl", _entries))


def add_answer(folder: Path, entry: Entry) -> None:
    """Add an answer of the owner's to a base.

    Raises:
        OSError: The disk is full.
    """
    private_dir(folder)
    with open_journal(folder / "added.jsonl") as file:
        write_line(file, entry)


def _known(folder: Path) -> list[FileState]:
    try:
        return _states.decode((folder / "files.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return []


def _paths(
    base: Knowledge, known: dict[str, FileState], contents: Contents
) -> Iterator[tuple[Path, str]]:
    """Yield the files of a base, and the names they are quoted by; of what is gone, what was kept."""
    for source in map(Path, base.sources):
        if source.is_dir():
            for path in files_under(source, lambda p: p.suffix.lower() in READABLE):
                yield path, f"{source.name}/{path.relative_to(source).as_posix()}"
        elif source.exists() or not base.named:
            yield source, source.name
        else:
            lost = [Path(p) for p in known if Path(p) == source or source in Path(p).parents]
            reason = TEXTS("source_kept" if lost else "source_gone", path=source)
            contents.left_out.append((str(source), reason))
            for path in lost:
                yield path, path.name


def _read_file(path: Path, known: FileState | None, folder: Path) -> FileState:
    """Read a file unless it is as it was."""
    if known and not path.exists() and _kept(folder, known.sha256, path).exists():
        return known
    status = existing_file(path).stat()
    size, modified = status.st_size, status.st_mtime_ns
    same = known is not None and (known.size, known.modified) == (size, modified)
    sha256 = known.sha256 if known and same else file_sha256(path)
    kept = _kept(folder, sha256, path)
    if not kept.exists():
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in read_entries(path))
        atomic_write(kept, lines, mode=0o600)
    if known and same:
        return known
    count = sum(1 for _ in read_journal(kept, _entries))
    return FileState(str(path), size, modified, sha256, count)


def _kept(folder: Path, sha256: str, path: Path) -> Path:
    """Return where a file's entries are kept: by what is in it and how it is read."""
    return folder / f"{sha256[:32]}{path.suffix.lower()}.{_SCHEMA}.jsonl"


def _remember(folder: Path, files: list[FileState]) -> None:
    """Write down what was read, and delete what was kept of files that are no longer so."""
    atomic_write(folder / "files.json", msgspec.json.encode(files), mode=0o600)
    used = {_kept(folder, state.sha256, Path(state.path)) for state in files}
    for path in folder.glob(f"*.{_SCHEMA}.jsonl"):
        if path not in used:
            path.unlink(missing_ok=True)


def _digest(contents: Contents) -> str:
    told = hashlib.sha256(_SCHEMA.encode())
    for entry in contents.entries:
        told.update(entry.key.encode())
        for question in contents.written.get(entry.key, ()):
            told.update(question.encode())
    return told.hexdigest()
