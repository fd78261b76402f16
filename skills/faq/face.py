"""What answering needs to know, and how an ask says it."""

from __future__ import annotations

import re
from pathlib import Path

from models.home import home
from models.texts import Catalogue
from skills.contract import Filled, Said
from skills.faq.bases import last_base, mentioned_base
from skills.faq.entries import has_answers
from skills.readers.files import Found
from skills.readers.tables import sample_fits
from skills.request import Request, argument, option

TEXTS = Catalogue(__package__)
_AFTER_COLON = re.compile(r"[:：]\s*(?P<question>\S.*)$", re.DOTALL)
_QUOTED = re.compile(r"[\"“「『](?P<question>[^\"”」』]{2,})[\"”」』]")
_ENGLISH_LEAD = re.compile(
    r"^(?:(?:please|can you|could you)\s+)?"
    r"(?:(?:answer|reply|look (?:it )?up|check|find|see|search|tell me|use|using|read|going by|based on"
    r"|according to|from|in|with|by)\b[\s,]*)+"
    r"(?:(?:the|our|this|my|a|from|in|to|with|faq|file|customer|it|question|and|answer|asks?|say)\b[\s,]*)*",
    re.IGNORECASE,
)  # fmt: skip
_CHINESE_LEAD = re.compile(
    r"^[\s，,]*(?:请|帮我|麻烦)?(?:用|根据|按照?|参照|依据|从|在|查一?下|看一?下|查查|看看)?[\s，,]*(?:里面?|中|上|文件|的内容)?"
    r"[\s，,]*(?:来|找|查|帮我|请)?(?:回答|回复|答复|答)?[\s，,]*(?:一?下)?(?:这个|这位)?(?:顾客|客户|客人|用户)?(?:的?问题?|问)?[\s，,：:]*"
)  # fmt: skip
_ADD_ONLY = re.compile(
    r"^(?:please\s+)?(?:add|index|learn|load|import|remember|read|here is|this is)\b"
    r"|加入|添加|导入|收录|学习|记住|这是",
    re.IGNORECASE,
)


class FaqRequest(Request):
    """Answer a question from a FAQ."""

    question: str = argument(TEXTS("field_question"), "")
    file: Path | None = option(TEXTS("field_file"))
    base: str = option(TEXTS("field_base"), "")
    before: str = option(TEXTS("field_before"), "")
    draft: bool = option(TEXTS("field_draft"), False)


def fill(said: Said) -> Filled:
    """Find the FAQ and the customer's question in an ask."""
    files = [found for found in said.files if found.kind in {"document", "table"}] or list(
        said.files
    )
    values: dict[str, object] = {"file": str(files[0].path)} if files else {}
    base = "" if files else mentioned_base(home(), said.bare)
    if base:
        values["base"] = base
    question = find_question(said.bare, bool(files or base))
    if question:
        values["question"] = question
    if not files and not base and last_base(home()) is None:
        return Filled(values, "file", TEXTS("which_file"))
    if not question and not files:
        return Filled(values, "question", TEXTS("which_question"))
    return Filled(values)


def fits(found: Found) -> bool:
    """Say whether a table has columns of questions and answers."""
    return sample_fits(found, lambda table: has_answers(table.columns))


def find_question(text: str, with_file: bool) -> str:
    """Return the customer's question in an ask whose paths are cut out; empty if it asks nothing."""
    text = text.strip()
    if with_file:
        colon = _AFTER_COLON.search(text)
        if colon:
            return colon["question"].strip().strip('"“”「」')
        quoted = _QUOTED.search(text)
        if quoted:
            return quoted["question"].strip()
        if _ADD_ONLY.search(text) and not re.search(r"[?？]|吗|呢", text):
            return ""
        chinese = re.search(r"[\u4e00-\u9fff]", text)
        text = (_CHINESE_LEAD if chinese else _ENGLISH_LEAD).sub("", text, count=1)
    return text.strip(" ,，:：。.")
