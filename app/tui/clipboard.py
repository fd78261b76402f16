"""What `/copy` hands over: an answer, or a part of it, as plain text."""

from __future__ import annotations

from app.render.blocks import evidence_lines
from app.view import View
from models.texts import Language
from skills.events import Answer, Table

PARTS = ("answer", "table", "files", "evidence", "all")


def part_of(view: View, part: str, language: Language) -> str:
    """Return a part of an answer; empty if it has none. Tables come as tab-separated lines."""
    answer = view.final
    if not isinstance(answer, Answer):
        return ""
    tables = [block for block in view.blocks if isinstance(block, Table)]
    parts = {
        "answer": answer.text,
        "table": "\n\n".join(_tabbed(table) for table in tables),
        "files": "\n".join(artifact.path for artifact in view.artifacts),
        "evidence": "\n".join(evidence_lines(answer.evidence, language)),
    }
    if part == "all":
        whole = [view.asked, parts["answer"], view.detail.strip(), parts["table"], parts["files"]]
        return "\n\n".join(text for text in [*whole, parts["evidence"]] if text)
    return parts.get(part, "")


def _tabbed(table: Table) -> str:
    return "\n".join(
        "\t".join(" ".join(cell.split()) for cell in row) for row in (table.columns, *table.rows)
    )
