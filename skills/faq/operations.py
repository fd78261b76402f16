"""What else the desk does, each with its own request: keep bases, evaluate, find gaps, learn. Light."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from models.home import home
from models.texts import Catalogue
from skills.contract import Filled, Said, operation
from skills.faq.bases import mentioned_base
from skills.readers.names import given_name
from skills.request import Request, argument, option

TEXTS = Catalogue(__package__)
_BASES = r"knowledge(?:\s+bases?)?|知识库"


class AddRequest(Request):
    """Add files and folders to a knowledge base."""

    files: tuple[Path, ...] = argument(TEXTS("field_sources"))
    base: str = option(TEXTS("field_new_base"), "")


class RemoveRequest(Request):
    """Remove a knowledge base, or some of its files."""

    base: str = argument(TEXTS("field_base"))
    files: tuple[Path, ...] = option(TEXTS("field_gone"), ())


class ListRequest(Request):
    """List the knowledge bases."""


class OfBase(Request):
    """Something that is done with one base."""

    base: str = option(TEXTS("field_base"), "")
    file: Path | None = option(TEXTS("field_file"))


class EvaluateRequest(OfBase):
    """Hold a base against questions whose answers are known."""

    questions: Path = argument(TEXTS("field_questions"))
    text_only: bool = option(TEXTS("field_first_only"), False)


class LearnRequest(OfBase):
    """Let the language model write how customers might ask."""

    questions: Path | None = option(TEXTS("field_questions"))
    each: int = option(TEXTS("field_each"), 6, ge=2, le=20)


def fill_add(said: Said) -> Filled:
    """Find the files, and the name of the base."""
    values: dict[str, object] = {"base": name} if (name := _base_named(said)) else {}
    if not said.files:
        return Filled(values, "files", TEXTS("which_sources"))
    return Filled({**values, "files": [str(found.path) for found in said.files]})


def fill_remove(said: Said) -> Filled:
    """Find the name of the base."""
    values: dict[str, object] = {"base": name} if (name := _base_named(said)) else {}
    if said.files:
        values["files"] = [str(found.path) for found in said.files]
    return Filled(values) if name else Filled(values, "base", TEXTS("which_base"))


def fill_list(said: Said) -> Filled:
    """Nothing need be known."""
    return Filled()


def fill_of_base(said: Said) -> Filled:
    """Find the base: its name, or a file."""
    name = _base_named(said)
    if name:
        return Filled({"base": name})
    return Filled({"file": str(said.files[0].path)} if said.files else {})


def fill_evaluate(said: Said) -> Filled:
    """Find the table of questions, and the base: its name, or another file."""
    name = _base_named(said)
    values: dict[str, object] = {"base": name} if name else {}
    tables = [found for found in said.files if found.kind == "table"]
    if not tables:
        return Filled(values, "questions", TEXTS("which_questions"))
    values["questions"] = str(tables[0].path)
    others = [found for found in said.files if found != tables[0]]
    return Filled({**values, "file": str(others[0].path)} if others and not name else values)


def _base_named(said: Said) -> str:
    return mentioned_base(home(), said.bare) or given_name(said.bare, "base")


_CUES = {
    "evaluate": r"\b(?:evaluate|test|measure)\b.*\b(?:faq|desk|base|answers|questions)\b"
    r"|(?:评估|测试|考一考).*(?:知识库|常见问题|客服)",
    "list": rf"\b(?:list|show|which|what)\b.*\b(?:{_BASES})\b|(?:有哪些|列出|查看).*知识库",
    "remove": rf"\b(?:remove|delete|forget|drop)\b.*\b(?:{_BASES})\b|(?:删除|移除|删掉).*知识库",
    "gaps": r"\b(?:unanswered|gaps?)\b|\b(?:faq|base) (?:does ?n.?t|doesn't|not) say\b"
    r"|(?:没有?回答|答不上|回答不了).*问题|(?:常见问题|知识库).*(?:缺|漏)",
    "learn": r"\b(?:learn|practi[sc]e|study)\b.*\b(?:how customers|customers ask|faq|knowledge)\b"
    r"|学习.*(?:顾客|客户|知识库).*(?:问|说)?",
    "add": rf"\b(?:add|put|import|index|load)\b.*\b(?:{_BASES})\b|(?:加入|添加|放进|导入|收进).*知识库",
}
_PATTERNS = {name: re.compile(cue, re.IGNORECASE) for name, cue in _CUES.items()}


def chosen(said: Said) -> str:
    """Return which operation an ask is for; empty for answering a question."""
    for name, pattern in _PATTERNS.items():
        if pattern.search(said.bare) and not (name == "learn" and said.files):
            return name
    adds = re.search(r"\b(?:add|import|index)\b|加入|添加|导入|收录", said.bare, re.IGNORECASE)
    several = len(said.files) > 1 or any(found.kind == "folder" for found in said.files)
    return "add" if adds and several else ""


_operation = partial(operation, "faq", models=("embedder",))
OPERATIONS = (
    _operation("add", "AddRequest", "keeping:Add", fill="fill_add"),
    _operation("list", "ListRequest", "keeping:List", fill="fill_list"),
    _operation("remove", "RemoveRequest", "keeping:Remove", fill="fill_remove"),
    _operation("evaluate", "EvaluateRequest", "evaluate:Evaluate", fill="fill_evaluate"),
    _operation("gaps", "OfBase", "gaps:Gaps", fill="fill_of_base"),
    _operation("learn", "LearnRequest", "learning:Learn", fill="fill_of_base"),
)
