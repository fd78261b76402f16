"""Question-and-answer entries out of Markdown, text and tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from models.errors import BadInputError
from models.files import existing_file
from models.texts import Catalogue
from skills.faq.plain import plain_pairs
from skills.readers.columns import hinted
from skills.readers.documents import DOCUMENTS, read_document
from skills.readers.encodings import decoded
from skills.readers.files import TABLES
from skills.readers.tables import TableData, read_table, sheet_tables

TEXTS = Catalogue(__package__)
READABLE = {*TABLES, *DOCUMENTS} | {".md", ".markdown", ".txt"}
"""Suffixes of the files that are read when a folder is named."""
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_ASKED = re.compile(
    r"^\s*(?:[-*]\s*)?\**(?:Q(?:uestion)?\s*\d*|问题?\s*\d*)\s*[:：.、]\**\s*(.+?)\**$",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"^\s*(?:[-*]\s*)?\**(?:A(?:nswer)?|答案?|回答)\s*[:：.、]\**\s*(.*)$", re.IGNORECASE
)
_BOLD_QUESTION = re.compile(r"^\s*(?:\d+[.)、]\s*)?\*\*(.+?[?？])\*\*\s*$")
_PLAIN_QUESTION = re.compile(r"^\s*(?:\d+[.)、]\s*)?([^.!。！]{4,160}[?？])\s*$")
_QUESTION_HINTS = r"question|^q$|ask|问题|提问|^问$|^问"
_ANSWER_HINTS = r"answer|^a$|reply|response|答案|回答|答复|^答$|^答"
_PROPERTIES = re.compile(
    r"---[ \t]*\r?\n(?:(?:[\w-]+[ \t]*:|[ \t]+|-[ \t]).*\n)+---[ \t]*(?:\r?\n|$)"
)
_MAX_BYTES = 32 << 20
_LONGEST_PASSAGE = 900
_BREAKS = tuple(map(re.compile, (r"\n\s*\n", r"\n", r"[.!?]\s+|[。！？]")))


class Entry(msgspec.Struct, frozen=True):
    """A question and its answer, or a passage whose `question` is the heading above it.

    `where` is the place in the file, `source` the file's name.
    """

    question: str
    answer: str
    where: str
    source: str = ""

    @property
    def key(self) -> str:
        """What tells entries apart, whatever file they stand in."""
        return hashlib.sha256(f"{self.question}\0{self.answer}".encode()).hexdigest()[:20]

    @property
    def asks(self) -> bool:
        """Say whether its question is one, and no mere heading."""
        return self.question.endswith(("?", "？"))

    @property
    def text(self) -> str:
        """Question and answer as one text."""
        return f"{self.question} {self.answer}".strip()


def read_entries(path: Path) -> list[Entry]:
    """Return what a FAQ file holds.

    Raises:
        BadInputError: Not text or table, empty, or without a single answer; says why.
    """
    existing_file(path)
    if path.suffix.lower() in TABLES:
        entries = list(_from_tables(path))
    elif path.suffix.lower() in {".doc", ".rtf", ".odt"}:
        raise BadInputError(TEXTS("other_format", path=path, suffix=path.suffix))
    elif path.stat().st_size > _MAX_BYTES:
        raise BadInputError(TEXTS("too_large", path=path))
    elif path.suffix.lower() in DOCUMENTS:
        entries = list(_from_document(path))
    else:
        entries = list(_from_text(decoded(path.read_bytes(), path)[0]))
    if not entries:
        raise BadInputError(TEXTS("no_entries", path=path))
    return entries


def _from_document(path: Path) -> Iterator[Entry]:
    """Read a Word, HTML or PDF file; entries of a PDF say their page."""
    for text, page in read_document(path):
        for entry in _from_text(text):
            place = f"p. {page}" if page else ""
            yield Entry(
                entry.question, entry.answer, " › ".join(filter(None, (place, entry.where)))
            )


def has_answers(columns: list[str]) -> bool:
    """Say whether a header names a column of questions and one of answers."""
    questions = hinted(columns, _QUESTION_HINTS)
    return bool(questions and [c for c in hinted(columns, _ANSWER_HINTS) if c not in questions[:1]])


def _from_tables(path: Path) -> Iterator[Entry]:
    """Read a table, or the sheets of a workbook that name questions and answers, else what is read of it."""
    table = read_table(path)
    if len(table.sheets) + len(table.unread) < 2:
        yield from _from_table(table)
        return
    sheets = sheet_tables(path)
    read = [s for s in sheets if has_answers(s.columns)]
    for sheet in read or [s for s in sheets if s.sheets[0] in table.sheets]:
        yield from _from_table(sheet, f"{sheet.sheets[0]} › ")


def _from_table(table: TableData, place: str = "") -> Iterator[Entry]:
    """Read a row an entry: the columns by their names, else the first two."""
    questions = hinted(table.columns, _QUESTION_HINTS)
    answers = [name for name in hinted(table.columns, _ANSWER_HINTS) if name not in questions[:1]]
    if not (questions and answers) and len(table.columns) < 2:
        raise BadInputError(TEXTS("one_column", path=table.path))
    question = questions[0] if questions and answers else table.columns[0]
    answer = answers[0] if questions and answers else table.columns[1]
    pairs = zip(table.numbers, table.column(question), table.column(answer), strict=True)
    for number, asked, answered in pairs:
        if answered.strip():
            yield Entry(" ".join(asked.split()), answered.strip(), f"{place}row {number}")


def _from_text(text: str) -> Iterator[Entry]:
    """Read marked questions, question-like headings and lines, tables of both, passages under headings."""
    shown = without_notes(text.lstrip("\ufeff"))
    if not _is_marked(shown) and (pairs := plain_pairs(shown)):
        yield from (Entry(title, below.strip(), "") for title, below in pairs)
        return
    block, rows = _Block(), _Rows()
    fenced = False
    for line in shown.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        heading = None if fenced else _HEADING.match(line)
        question = None if fenced else _question_in(line)
        pair = None if fenced else rows.read(line)
        if heading:
            yield from block.close()
            block.open_heading(len(heading[1]), heading[2])
        elif question:
            yield from block.close()
            block.question = question
        elif pair is not None:
            yield from block.close()
            if all(pair):
                yield Entry(*pair, " › ".join(name for _, name in block.headings))
        elif (answer := _ANSWERED.match(line)) and block.question:
            block.lines.append(answer[1])
        else:
            block.lines.append(line)
    yield from block.close()


def _is_marked(text: str) -> bool:
    """Say whether something in a text is marked as a heading, a question or a row."""
    marks = (_HEADING, _ASKED, _BOLD_QUESTION)
    return any("|" in line or any(mark.match(line) for mark in marks) for line in text.splitlines())


class _Rows:
    """The rows of a table in lines: `| When do you open? | At nine. |`, under a header or without one."""

    def __init__(self) -> None:
        self._places: tuple[int, int] | None = None

    def read(self, line: str) -> tuple[str, str] | None:
        """Return a question and its answer; two empty texts for a header, None for any other line."""
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 2:
            self._places = None
            return None
        if self._places is None and has_answers(cells):
            asked = hinted(cells, _QUESTION_HINTS)[0]
            answers = [c for c in hinted(cells, _ANSWER_HINTS) if c != asked]
            self._places = cells.index(asked), cells.index(answers[0])
            return "", ""
        if self._places and max(self._places) < len(cells):
            asked, answered = (cells[place] for place in self._places)
            return ("", "") if not asked.strip(":-") else (asked, answered)
        if len(cells) == 2 and cells[0].endswith(("?", "？")) and cells[1]:
            return cells[0], cells[1]
        return None


def without_notes(text: str) -> str:
    """Return a text without what its author hid from readers: comments, and properties at its beginning."""
    if match := _PROPERTIES.match(text):
        text = text[match.end() :]
    first, *noted = text.split("<!--")
    shown = [first]
    for part in noted:
        _, closed, rest = part.partition("-->")
        shown.append(rest if closed else f"<!--{part}")
    return "".join(shown)


def _question_in(line: str) -> str | None:
    for pattern in (_ASKED, _BOLD_QUESTION, _PLAIN_QUESTION):
        match = pattern.match(line)
        if match:
            return match[1].strip()
    return None


class _Block:
    """The lines since the last question or heading."""

    def __init__(self) -> None:
        self.headings: list[tuple[int, str]] = []
        self.question = ""
        self.lines: list[str] = []

    def open_heading(self, level: int, title: str) -> None:
        """Start a section; headings of its level and below are over."""
        self.headings = [(lv, name) for lv, name in self.headings if lv < level]
        self.headings.append((level, re.sub(r"[*_`]", "", title)))

    def close(self) -> Iterator[Entry]:
        """Yield the block as an entry, or as passages if it is long and no question stands over it."""
        body = "\n".join(self.lines).strip()
        names = [name for _, name in self.headings]
        asked, self.question, self.lines = self.question, "", []
        if not body:
            return
        question = asked or (names[-1] if names else "")
        parents = names if asked else names[:-1] if len(names) > 1 else names
        where = " › ".join(parents)
        whole = Entry(question, body, where)
        if asked or whole.asks or len(body) <= _LONGEST_PASSAGE:
            yield whole
            return
        for passage in split_passages(body):
            yield Entry(question, passage, where)


def split_passages(body: str) -> Iterator[str]:
    """Split a long text into passages of at most about 900 characters, word for word.

    At blank lines; where a paragraph is twice as long, at the ends of its lines, and then of its sentences.
    """
    for start, end in _spans(body, 0, len(body), 0):
        if passage := body[start:end].strip():
            yield passage


def _spans(text: str, start: int, end: int, level: int) -> Iterator[tuple[int, int]]:
    """Yield where passages begin and end: what is too long for one kind of break is broken by the next."""
    if level and end - start <= 2 * _LONGEST_PASSAGE:
        yield start, end
        return
    if level == len(_BREAKS):
        for place in range(start, end, _LONGEST_PASSAGE):
            yield place, min(place + _LONGEST_PASSAGE, end)
        return
    begun = last = start
    for place in (*(match.end() for match in _BREAKS[level].finditer(text, start, end)), end):
        if last > begun and place - begun > _LONGEST_PASSAGE:
            yield from _spans(text, begun, last, level + 1)
            begun = last
        last = place
    yield from _spans(text, begun, end, level + 1)
