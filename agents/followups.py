"""Asks that lean on the one before: `now 24 weeks`, `same for the other file`, `再预测六个月`."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from agents.athand import files_of
from agents.router import Router
from skills import registry
from skills.contract import Said, SkillSpec

_CUE = re.compile(
    r"^(?:and |ok(?:ay)?,? |now |then |please )*"
    r"(?:and|now|again|same|instead|the same|also|and|what about|how about|make it|do (?:it|that|this)"
    r"|with|for|only|try|repeat|once more)\b|\b(?:instead|as well|again|this time|the other (?:file|one))\b"
    r"|^(?:那|再|也|同样|换成|改成|改为|还是|继续|接着|如果|只要|这次)|(?:也一样|同样处理|再来一次|呢[？?]?$)",
    re.IGNORECASE,
)  # fmt: skip
_MOST_WORDS = 14
_SURELY_OTHER = 0.8


def follows(said: Said) -> bool:
    """Say whether an ask sounds like a follow-up: short, and with a word that points back."""
    size = len(re.findall(r"[A-Za-z0-9]+|[\u4e00-\u9fff]{1,2}", said.bare))
    return size <= _MOST_WORDS and _CUE.search(said.bare.strip()) is not None


_POINTING = re.compile(
    r"\b(?:and|ok(?:ay)?|now|then|please|again|same|instead|the|an?|also|what|how|about|make|do|it|that|this"
    r"|with|for|only|try|repeat|once|more|as|well|time|others?|ones?|files?|folders?|tables?|to|of|in|on|from"
    r"|my|our|those|these|too|thing)\b|[那再也同样换成改为还是继续接着如果只要这次请一个呢吧了的文件夹表格里用看把给对]"
    r"|[\d\W_]",
    re.IGNORECASE,
)  # fmt: skip


def means_other(spec: SkillSpec, said: Said, router: Router) -> bool:
    """Say whether what sounds like a follow-up is for another skill or operation than the last, `spec`.

    The last one can't use its files, or it says in so many words what is to be done with them.
    """
    if not said.files:
        return False
    name = spec.name.split()[0]
    if name not in router.fitting(said.files):
        return True
    more = says_more(said)
    if not more:
        return False
    route = router.route(more, said.files, said.language)
    if route.skill == name:
        return registry.get(name).meant(said).name != spec.name
    return bool(route.skill) and route.probability >= _SURELY_OTHER


def says_more(said: Said) -> str:
    """Return what an ask says besides words that only point back: `now`, `the same with the other file`."""
    words = re.sub(r"\s+", " ", _POINTING.sub(" ", said.bare)).strip()
    return words if len(words) > 1 else ""


def follow(spec: SkillSpec, values: dict[str, Any], said: Said) -> dict[str, Any] | None:
    """Return the last request with what the ask changes; None if it changes nothing.

    The ask is read as if it named the last request's files, so that `now 24 weeks` finds a horizon and
    `and the customers` a column. A new file takes the place of the old one. What only leans on the last
    request, without a word that goes on with it, changes one thing of what was reckoned, or is no follow-up.
    """
    kept = files_of(values)
    files = said.files or tuple(kept)
    filled = spec.filler()(dataclasses.replace(said, files=files)).values
    question = filled.get("question")
    changed = {key: value for key, value in filled.items() if values.get(key) != value}
    if question and not said.files and set(changed) == {"question"}:
        asked = values.get("question")
        continues = asked and "before" in spec.request_class().model_fields
        return {**values, "question": question, "before": asked} if continues else None
    leans = not follows(said)  # `why was it so low?`: of what was reckoned, one thing more
    if leans:
        fits = spec.reads_results and not said.files and len(filled) > 1 and len(changed) <= 1
        return {**values, **_added(values, changed)} if fits else None
    if not changed:
        return None
    return {**values, **_added(values, changed)}


def _added(values: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Return what changes, where a value is a table with what the last one had besides.

    `and on weekends` narrows the rows of Canada and Germany further; `and in Japan` takes their place.
    """
    return {
        key: {**values[key], **value}
        if isinstance(value, dict) and isinstance(values.get(key), dict)
        else value
        for key, value in changed.items()
    }
