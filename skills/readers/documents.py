"""Word, HTML and PDF files as Markdown lines, so that one reader of headings and questions serves all.

Files are a stranger's: nothing in them is run or fetched, and each has bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from models.errors import BadInputError
from models.texts import Catalogue
from skills.readers.web import is_data_row, row_cells, shown_text
from skills.readers.zipped import zipped_names

TEXTS = Catalogue(__package__)
DOCUMENTS = (".pdf", ".docx", ".html", ".htm")
_MOST_PAGES = 1000
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_QUESTIONS = {"summary", "dt"}  # what opens an answer: <details><summary>, <dl><dt>
_BLOCKS = ("p", "li", "td", "th", "dd", "blockquote", "pre", "figcaption")
_NOISE = ("script", "style", "nav", "noscript", "template", "iframe", "svg", "head", "footer")


def read_document(path: Path) -> list[tuple[str, str]]:
    """Return stretches of Markdown with where they are: `page 3`, or an empty text for the whole.

    Raises:
        BadInputError: The file is damaged, encrypted, or holds no text; says which.
    """
    readers: dict[str, Callable[[Path], list[tuple[str, str]]]] = {
        ".pdf": _pdf, ".docx": _word, ".html": _html, ".htm": _html,
    }  # fmt: skip
    try:
        parts = readers[path.suffix.lower()](path)
    except BadInputError:
        raise
    except Exception as error:  # a damaged file makes its library raise almost anything
        reason = type(error).__name__
        raise BadInputError(TEXTS("document_damaged", path=path, reason=reason)) from error
    if not any(text.strip() for text, _ in parts):
        raise BadInputError(TEXTS("document_empty", path=path))
    return parts


def table_line(cells: Iterable[str]) -> str:
    """Return the cells of a row as a line, empty ones too but for those at its end."""
    return " | ".join(" ".join(cell.split()) for cell in cells).rstrip("| ")


def _pdf(path: Path) -> list[tuple[str, str]]:
    import pypdf

    reader = pypdf.PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise BadInputError(TEXTS("document_locked", path=path))
    pages = reader.pages[:_MOST_PAGES]
    return [(_joined(page.extract_text()), str(n)) for n, page in enumerate(pages, 1)]


def _joined(page: str) -> str:
    """Join lines that were broken for the page's width; what ends a sentence or asks stays alone."""
    lines: list[str] = []
    for line in (raw.strip() for raw in page.splitlines()):
        open_ = bool(lines) and bool(lines[-1]) and lines[-1][-1] not in ".?!:;。？！：；"
        if open_ and line and (line[0].islower() or "\u4e00" <= line[0] <= "\u9fff"):
            space = "" if "\u4e00" <= line[0] <= "\u9fff" else " "
            lines[-1] += space + line
        else:
            lines.append(line)
    return "\n".join(lines)


def _word(path: Path) -> list[tuple[str, str]]:
    import docx

    zipped_names(path)
    document = docx.Document(str(path))
    return [("\n".join(_word_lines(document)), "")]


def _word_lines(document: Any) -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = {id(cell._tc): cell for cell in row.cells}.values()  # a merged one once
                yield table_line(" ".join(map(_shown, cell.paragraphs)) for cell in cells)
            yield ""
            continue
        text = _shown(block)
        level = re.fullmatch(r"(?:Heading|heading|标题) ?(\d)|Title|标题", block.style.name or "")
        bold = bool(text) and all(run.bold for run in block.runs if run.text.strip())
        if level and text:
            yield f"{'#' * int(level[1] or 1)} {text}"
        elif bold and text.endswith(("?", "？")):
            yield f"**{text}**"
        else:
            yield text
        yield ""


def _shown(paragraph: Any) -> str:
    """Return the text of a paragraph without what is hidden."""
    from docx.text.run import Run

    parts = (
        part.text
        for part in paragraph.iter_inner_content()
        if not (isinstance(part, Run) and part.font.hidden)
    )
    return "".join(parts).strip()


def _html(path: Path) -> list[tuple[str, str]]:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "html.parser")
    for tag in soup.find_all(_NOISE):
        tag.decompose()
    return [("\n".join(_html_lines(soup)), "")]


def _html_lines(soup: Any) -> Iterator[str]:
    """Yield headings, questions and blocks in reading order; loose text between them too."""
    from bs4 import NavigableString

    rows = {id(row) for row in soup.find_all("tr") if is_data_row(row)}
    for node in soup.descendants:
        if any(id(parent) in rows for parent in node.parents):
            continue
        if isinstance(node, NavigableString):
            if type(node) is NavigableString and node.strip() and not _inside_block(node):
                yield " ".join(node.split())
            continue
        if id(node) in rows:
            yield table_line(row_cells(node))
            continue
        leaf = node.name in _BLOCKS and node.find(_BLOCKS) is None
        if not (leaf or node.name in _HEADINGS or node.name in _QUESTIONS):
            continue
        text = shown_text(node)
        if text and node.name in _HEADINGS:
            yield f"\n{'#' * _HEADINGS[node.name]} {text}"
        elif text and node.name in _QUESTIONS:
            yield f"\n**{text.rstrip('?？')}?**"
        elif text:
            yield text + "\n"


def _inside_block(node: Any) -> bool:
    whole = {*_HEADINGS, *_QUESTIONS}
    return any(
        parent.name in whole or (parent.name in _BLOCKS and parent.find(_BLOCKS) is None)
        for parent in node.parents
    )
