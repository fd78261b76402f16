"""Whether a text asks about what was or about what will be: sentence vectors hardly tell."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from skills.readers.periods import find_periods
from skills.readers.spans import period_span

Tense = Literal["past", "future"]
_FUTURE = re.compile(
    r"\b(?:next|coming|upcoming|will|won't|going to|gonna|expect(?:ed)?|tomorrow'?s?|ahead|forecasts?"
    r"|predict\w*|projections?|outlook|extrapolate|continue|should (?:i|we)|need|budget|likely|in advance)\b"
    r"|未来|接下来|下下?个?(?:月|周|星期|礼拜|季|年)|明年|明天|后天|今后|往后|会(?![员议计])|将|预测|预计|预估|估计|估算|估一"
    r"|推算|趋势|走势|能(?:卖|做|有|到|进)|要(?:备|进|订|准备)",
    re.IGNORECASE,
)  # fmt: skip
_PAST = re.compile(
    r"\b(?:did|was|were|had|last|previous|yesterday'?s?|so far|ago|earned|sold|spent|made|took|brought"
    r"|dropped|fell|rose|why|until now|already)\b"
    r"|上上?个?(?:月|周|星期|礼拜|季|年)|去年|前年|昨天|前天|过去|最近|以前|至今|一共|总共|为什么|为何|怎么(?:这么|那么|会|跌|降|涨)"
    r"|了(?:多少|几)|[过了]\s*(?:$|[?？。,，])",
    re.IGNORECASE,
)  # fmt: skip


def tense(text: str, today: date) -> Tense | None:
    """Return which time a text asks about; None where nothing tells, or both are spoken of."""
    future = _FUTURE.search(text) is not None
    past = _PAST.search(text) is not None
    for period in find_periods(text):
        if period.startswith("--"):  # the latest of many
            continue
        try:
            span = period_span(period, today, today)
        except (ValueError, OverflowError):
            continue
        past = past or span.end < today
        future = future or span.start > today
    if past == future:
        return None
    return "past" if past else "future"
