"""Find the files and folders that a text names, and what kind of things they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from skills.contract import FileKind

TABLES = (
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet",
)  # fmt: skip
_KINDS: dict[str, FileKind] = {
    **dict.fromkeys(TABLES, "table"),
    **dict.fromkeys(
        (".wav", ".mp3", ".m4a", ".flac", ".ogg", ".oga", ".opus", ".aac", ".wma", ".amr", ".aiff",
         ".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".3gp"),
        "audio",
    ),
    **dict.fromkeys(
        (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif",
         ".heic", ".heif", ".psd", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw"), "image"
    ),
    **dict.fromkeys((".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx"), "document"),
    **dict.fromkeys((".eml", ".mbox"), "mail"),
}  # fmt: skip
_QUOTED = re.compile(
    r'"([^"\n]+)"|\'([^\'\n]+)\'|“([^”\n]+)”|「([^」\n]+)」|`([^`\n]+)`|‘([^’\n]+)’'
)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{2,8}(?![A-Za-z0-9])")
_BEFORE = "\"'“”，。：:；;"  # what may stand before a path
_GOES_ON = re.compile(r"[A-Za-z0-9_]|[.-][A-Za-z0-9]")
_STARTS = re.compile(r"(?:~|\.{1,2})?[/\\]|[A-Za-z]:[/\\]")
_FOLDER_WORD = re.compile(
    r"(?:folder|directory|文件夹|目录)\s{0,3}[:：]?\s{0,3}([^\s,，。；;]+)"
    r"|([^\s,，。；;]{1,120})\s{0,3}(?:folder|directory|文件夹|目录)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|from|inside|under|within)\s+([^\s,，。；;?!？！]+)"
    r"|([^\s,，。；;]{1,120}?)\s{0,3}(?:里|中的|下的|内的|下面)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w-]{2,}")
_SHORT_ASK = 5
_MAX_NAME = 240
_MOST_NAMES = 400  # in an ask, dragged in; more slashes and dots are a pasted text
_GLOB = re.compile(r"(?<![^\s\"'“”，。])[^\s\"'“”，。*?]*[*?][^\s\"'“”，。]*")


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder that an ask names. `written` is how; `exists` may be False."""

    path: Path
    written: str
    kind: FileKind | None
    exists: bool = True


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    paths: tuple[Path, ...]


def kind_of(path: Path) -> FileKind | None:
    """Return what kind of thing a path is, by its suffix."""
    return "folder" if path.is_dir() else _KINDS.get(path.suffix.lower())


def found_at(path: Path, written: str = "") -> Found:
    """Return what a path is; `written` is how an ask names it, if otherwise."""
    return Found(path, written or str(path), kind_of(path), path.exists())


def find_files(text: str, here: Path | None = None) -> tuple[tuple[Found, ...], str]:
    """Return the files a text names, and the text with each replaced by a space.

    Understands quotes, `~`, spaces, Chinese names that stand without spaces, globs, and folders named
    as such. Of several readings the longest that exists wins. A name with a known suffix that does not
    exist is returned too, so that it can be named in an error.
    """
    base = here or Path.cwd()
    spans = _keep_apart([*_quoted(text, base), *_suffixed(text, base), *_slashed(text, base),
                         *_globs(text, base), *_folders(text, base)])  # fmt: skip
    spans = spans or list(_bare_folders(text, base))
    found: list[Found] = []
    bare = []
    position = 0
    for span in spans:
        written = text[span.start : span.end]
        found += [found_at(path, written) for path in span.paths]
        bare.append(text[position : span.start])
        position = span.end
    bare.append(text[position:])
    unique = {entry.path: entry for entry in found}
    return tuple(unique.values()), " ".join(part.strip() for part in bare if part.strip())


def _keep_apart(spans: list[_Span]) -> list[_Span]:
    """Drop spans that overlap a better one: those that exist first, then the longer."""

    def rank(span: _Span) -> tuple[bool, int]:
        return (not any(path.exists() for path in span.paths), -(span.end - span.start))

    kept: list[_Span] = []
    for span in sorted(spans, key=rank):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _path(written: str, base: Path) -> Path:
    """Return a typed path as an absolute one, without following links."""
    unescaped = written.replace("\\ ", " ") if os.name == "posix" else written
    return Path(os.path.abspath(base / Path(unescaped.strip()).expanduser()))  # noqa: PTH100


def _exists(written: str, base: Path) -> Path | None:
    try:
        path = _path(written, base)
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _quoted(text: str, base: Path) -> Iterator[_Span]:
    for match in _QUOTED.finditer(text):
        inner = next(group for group in match.groups() if group)
        path = _exists(inner, base)
        if path or Path(inner).suffix.lower() in _KINDS:
            yield _Span(match.start(), match.end(), (path or _path(inner, base),))


def _suffixed(text: str, base: Path) -> Iterator[_Span]:
    """Names that end in a suffix: the furthest start to the left that makes a path that exists."""
    for match in islice(_SUFFIX.finditer(text), _MOST_NAMES):
        end = match.end()
        first = max(0, end - _MAX_NAME, text.rfind("\n", 0, end) + 1)
        starts = (s for s in range(first, match.start()) if s == first or _may_start(text, s))
        hit = next(((s, p) for s in starts if (p := _exists(text[s:end], base))), None)
        if hit and (kind_of(hit[1]) or hit[1].is_file()):
            yield _Span(hit[0], end, (hit[1],))
        elif match.group().lower() in _KINDS:
            start = _guess_start(text, first, match.start())
            if start < match.start():
                yield _Span(start, end, (_path(text[start:end], base),))


def _may_start(text: str, at: int) -> bool:
    """Say whether a file name may begin here: not inside a Latin word or after a path's separator."""
    before, here = text[at - 1], text[at]
    if here.isspace():
        return False
    latin = re.compile(r"[A-Za-z0-9_\-./\\~]")
    return not (latin.match(before) and latin.match(here))


def _guess_start(text: str, first: int, end: int) -> int:
    """Return where a name that does not exist most likely begins."""
    absolute = [m.start() for m in _STARTS.finditer(text, first, end)]
    words = [
        m.end()
        for m in re.finditer(r"[\s\"'“”「」‘’，。：:；;（(]", text[:end])
        if m.end() >= first
    ]
    if absolute and (not words or absolute[0] >= words[-1]):
        return absolute[0]
    return words[-1] if words else first


def _slashed(text: str, base: Path) -> Iterator[_Span]:
    """Paths with a separator and no suffix: the longest that exists."""
    for match in islice(_STARTS.finditer(text), _MOST_NAMES):
        line_end = text.find("\n", match.start())
        last = min(len(text) if line_end < 0 else line_end, match.start() + _MAX_NAME)
        start, least = match.start(), max(0, match.start() - _MAX_NAME)
        while start > least and not text[start - 1].isspace() and text[start - 1] not in _BEFORE:
            start -= 1
        for begin in sorted({start, match.start()}):
            ends = (e for e in range(last, match.start(), -1) if _may_end(text, e))
            hit = next(((e, p) for e in ends if (p := _exists(text[begin:e], base))), None)
            if hit and hit[1] != Path(hit[1].anchor) and not _goes_on(text, hit[0]):
                yield _Span(begin, hit[0], (hit[1],))
                break


def _may_end(text: str, at: int) -> bool:
    """Say whether a path may end here: `/etc/shadow` is not what `/etc/shadow.csv` names."""
    if text[at - 1].isspace():
        return False
    return not _GOES_ON.match(text, at)


def _goes_on(text: str, end: int) -> bool:
    """Say whether a folder is only the beginning of the path of a file that does not exist."""
    rest = text[end:].split(maxsplit=1)[:1] if end < len(text) and not text[end].isspace() else []
    below = text[end - 1] in "/\\" or bool(rest and rest[0][0] in "/\\")
    return below and bool(rest and _SUFFIX.search(rest[0]))


def _globs(text: str, base: Path) -> Iterator[_Span]:
    for match in islice(_GLOB.finditer(text), _MOST_NAMES):
        pattern = match.group()
        folder, _, name = pattern.rpartition("/")
        if any(c in folder for c in "*?") or len(name) < 2:
            continue
        root = _path(folder or ".", base)
        try:
            paths = tuple(sorted(path for path in root.glob(name) if not path.name.startswith(".")))
        except (OSError, ValueError, NotImplementedError):
            continue
        if paths:
            yield _Span(match.start(), match.end(), paths)


def _bare_folders(text: str, base: Path) -> Iterator[_Span]:
    """`Transcribe calls`: in a short ask that names nothing else, a word that is a folder here."""
    words = list(_WORD.finditer(text))
    if len(words) > _SHORT_ASK:
        return
    for match in words:
        path = _exists(match.group(), base)
        if path and path.is_dir():
            yield _Span(match.start(), match.end(), (path,))


def _folders(text: str, base: Path) -> Iterator[_Span]:
    """`the photos folder`, `in photos`, `照片里的`: a bare name that is a folder here."""
    for match in (*_FOLDER_WORD.finditer(text), *_PLACE.finditer(text)):
        number = 1 if match.group(1) else 2
        name = match.group(number).rstrip(".")
        for cut in range(len(name)):
            path = _exists(name[cut:], base)
            if path and path.is_dir() and name[cut:] not in {".", ".."}:
                yield _Span(match.start(number) + cut, match.start(number) + len(name), (path,))
                break
