"""How people ask about figures, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skills.readers.numbers import NUMBER_WORDS, chinese_number, parse_number

_WHY = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat (?:happened|went wrong)\b"
    r"|\bwhat(?:'s| is| was) (?:behind|the (?:reason|cause))\b"
    r"|为什么|为何|怎么(?:这么|那么|会|卖得|跌|降|涨|少|多|低|高)|怎么回事|什么原因|原因",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compare[ds]?|comparison|versus|vs\.?|against|than(?!\W*\d)|beat|better|worse|grow[ns]?|growth|grew"
    r"|(?:in|de)creased?|change[ds]?|difference|up or down|ahead of)\b"
    r"|相比|对比|比较|比起来|同比|环比|比.{0,12}(?:好|差|多|少|高|低|怎么样|如何)|增长|下降|涨了|跌了|变化",
    re.IGNORECASE,
)
_GROWS = re.compile(
    r"\b(?:growth|grow[ns]?|grew|growing|(?:in|de)creased?|up or down)\b|环比|增长|下降|涨了|跌了",
    re.IGNORECASE,
)
_YEARS = re.compile(
    r"\byear[- ](?:on|over|to)[- ]year\b|同比|同期|\bsame (?:time|month|period|week)s?\b",
    re.IGNORECASE,
)
_LAST_YEAR = re.compile(
    r"\b(?:last|previous) year\b|\bthe year before\b|\ba year (?:ago|earlier|before)\b|去年|同比|同期",
    re.IGNORECASE,
)
_ROWS = (
    "orders|bookings|reservations|receipts|invoices|payments|transactions|purchases|visits|reviews|messages"
    "|complaints|questions|tickets|entries|rows|appointments"
)
_ROWS_FIRST = rf"^\W*(?:(?:all|the|our)\s+)*(?:{_ROWS})\b"
_MEASURES = (
    ("distinct", r"\b(?:different|distinct|unique)\b|不同的|不重复|多少种|几种"),
    ("median", r"\bmedian\b|中位"),
    ("mean", r"\b(?:average|mean|on average|typical(?:ly)?|avg)\b|平均|均价|客单价|人均"),
    ("rows", r"^\W*(?:(?:please|can you|could you)\s+)?(?:list|show(?: me)?|give me|print|display|find)\b"
             r"|\bwhich (?:ones|rows|of them)\b|列出|列一下|看看|给我看|显示|找出|哪几[条笔单个]|哪些"),
    ("rows", _ROWS_FIRST),
    ("count", r"\bhow many\b|\bnumber of\b|\bcount\b|\bhow often\b"
              rf"|\b(?:most|fewest|least|more|fewer) (?:{_ROWS})\b"
              r"|多少[个笔条单人位次家件份张台辆部间套]|多少个?(?:客人|顾客|订单)|几[个笔条单人位次家件份张台辆部间套]|(?:单子?|订单|客户|人)有多少|笔数|条数|单数|个数|数一下|几次|(?:的人|人数|次数)最[多少]"),
)  # fmt: skip
_EXTREMES = (
    ("max", r"\b(?:largest|biggest|highest|most expensive|longest|best|maximum|max|record|top)\b"
            r"|最大|最高|最长|最贵|最多|最好"),
    ("min", r"\b(?:smallest|lowest|cheapest|shortest|worst|minimum|min|slowest)\b"
            r"|最小|最短|最低|最便宜|最少|最差"),
)  # fmt: skip
_SUM = re.compile(
    r"\b(?:total|sum|altogether|in all|how much|add up|come to|revenue|turnover|takings|income"
    r"|earn(?:ed|ings)?|sales|money|spen[dt]|costs?|paid|pay)\b|合计|总共|一共|总额|总计|多少钱|营业额|销售额|收入|花了",
    re.IGNORECASE,
)
_UNITS_OF_MEANS = (
    (
        "day",
        r"\b(?:average|mean) daily\b|\bdaily average\b|平均每[天日]|日均"
        r"|[每一][天日](?:平均|大概|大约|差不多|能卖|能收)",
    ),
    ("week", r"平均每周|[每一]周(?:平均|大概|大约|差不多)|周均"),
    ("month", r"平均每个?月|[每一]个?月(?:平均|大概|大约|差不多)|月均"),
    ("quarter", r"平均每个?季度|每个?季度平均"),
    ("year", r"平均每年|年均"),
)
_MEAN_PER = tuple(
    (
        unit,
        rf"\b(?:average|typical|mean)\b.*\b(?:per|an?|each|every) {unit}\b"
        rf"|\b(?:average|typical|mean|normal) {unit}\b|\b(?:average|mean) {unit}ly\b"
        rf"|\b{unit}ly average\b|{besides}",
    )
    for unit, besides in _UNITS_OF_MEANS
)
_SHARE = re.compile(
    r"\b(?:share|percent(?:age)?|proportion|fraction|part) of\b"
    r"|\b(?:what|which) (?:share|percent(?:age)?|proportion|part)\b|\w(?:ed|ion) rate\b"
    r"|率(?:是|有|$)|占比|比例|百分之|占多|占了",
    re.IGNORECASE,
)
_ONE_OF_MANY = re.compile(
    r"\b(?:what|which)\s+(?!was|is|are|were|do|did|does|time|share|percent)\w+\b.*\b(?:most|least|best|worst|fewest|more|better)\b"
    r"|\bwhat (?:do|did) (?:we|i|they)\b.*\b(?:most|least)\b"
    r"|(?:什么|哪种?|哪些)[^，。,.最]{1,6}最|哪.{1,8}(?:拖后腿|垫底)",
    re.IGNORECASE,
)
_SORTS = re.compile(
    r"\b(?:sort|classify|categori[sz]e|split|bucket|label|divide|flag|mark)\b|分成|分为|分类|归类|标出|标注|打标|标记",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|mention(?:s|ed|ing)?|regarding|concerning|complain(?:s|ed|ing)? of)\s+(?:the |our |a )?(\w+)"
    r"|(?:关于|提到|说到|涉及|抱怨)([\w]{2,6})",
    re.IGNORECASE,
)
_MOOD = re.compile(
    r"\b(?:angry|furious|(?:un|dis)?happy|(?:dis|un)?satisfied|positive|negative|rude|annoyed)\b|生气|不满|满意|愤怒",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:worst|weakest|slowest|quietest|dead|lowest|least|fewest|smallest|poorest|bottom)\b"
    r"|最(?:差|少|低|淡|小|冷清|弱|不好|慢)|垫底|倒数|拖后腿",
    re.IGNORECASE,
)
_NUMBERS = {word: n for word, n in NUMBER_WORDS.items() if n > 1} | {"twenty": 20}
COUNT = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_TOP = re.compile(
    rf"\b(?:top|first|best|worst|bottom)\s*(?P<a>{COUNT})\b"
    rf"|\b(?P<b>{COUNT})\s+(?:\w+\s+){{0,1}}(?:best|biggest|largest|worst|top|most|strongest|weakest|highest|lowest|smallest)"
    r"|前(?P<c>\d{1,3}|[一二两三四五六七八九十]{1,3})(?!天|日|周|个?月|年)"
    r"|最\w{1,3}的(?P<d>\d{1,3}|[二两三四五六七八九十]{1,3})[个名位款种家天]",
    re.IGNORECASE,
)
_MONEY = (
    r"[$€£¥￥]?\s*(?P<n>\d[\d.,]*\d|\d|(?:an?|"
    + "|".join(NUMBER_WORDS)
    + r")(?=\s(?:hundred|thousand)\b))"
    r"\s*(?P<k>k\b|hundred\b|thousand\b|万|千)?"
    r"(?![\d.,]*\d|\s*(?:%|days?|weeks?|months?|years?|天|周|个月|年))"
)
_SCALES = {"k": 1e3, "hundred": 1e2, "thousand": 1e3, "千": 1e3, "万": 1e4}
_CURRENCY = "(?:元|块钱?|dollars?|euros?|pounds?|yuan|eur|usd)"
_CHINESE_MONEY = r"(?P<z>[一二两三四五六七八九十百千万]{2,})(?!天|周|个?月|年)"
_ABOVE = re.compile(
    r"(?:\b(?:over|above|past|beyond|(?:more|larger|bigger|longer|greater|higher) than|at least|exceeding)\b"
    r"|>=?|超过|高于|大于|多于|不低于|至少|满)\s*"
    rf"(?:{_MONEY}|{_CHINESE_MONEY})",
    re.IGNORECASE,
)
_ABOVE_AFTER = re.compile(
    rf"(?:{_MONEY}|{_CHINESE_MONEY})\s*{_CURRENCY}?(?:以上|及以上| and more| or more|\+)",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"(?:\b(?:under|below|(?:less|lower|smaller|shorter) than|at most|fewer than|cheaper than)\b|<=?"
    r"|低于|小于|少于|不到|不足|不超过)\s*"
    rf"(?:{_MONEY}|{_CHINESE_MONEY})",
    re.IGNORECASE,
)
_BELOW_AFTER = re.compile(
    rf"(?:{_MONEY}|{_CHINESE_MONEY})\s*{_CURRENCY}?(?:以下|以内| and less| or less)",
    re.IGNORECASE,
)
_RUN_INTO = re.compile(r"\b(top|first|best|worst|bottom|last|past|over|under)(\d)", re.IGNORECASE)
_AN_ORDER = re.compile(
    r"\b(?:orders?|receipts?|invoices?|transactions?|purchases?|baskets?|tickets?|bills?)\b"
    r"|订单|客单价|[每一]单|[多少几]单|单数|笔数|小票",
    re.IGNORECASE,
)
_AFTER_NOUN = (
    "that|did|do|does|have|has|had|were|was|are|is|will|sold|went|in|on|at|for|of|since|last"
    "|this|per|by"
)
_MORE_OF_THEM = re.compile(
    r"\bmore [\w' -]{2,30}? (?:or|than) (?:more )?[\w' -]{2,30}"
    r"|\b(?:have|had|there (?:were|are|is|was)) (?:more|fewer) ",
    re.IGNORECASE,
)
_MONEY_VERB = re.compile(
    r"\b(?:spen[dt]\w*|earn\w*|br(?:ing|ought)\w*|ma[dk]e\w*|sell\w*|sold|cost\w*|paid|pay\w*|money|revenue|worth)\b",
    re.IGNORECASE,
)
_THAN = re.compile(
    r"\b(?:with|to|than|against|versus|vs\.?|beat|over|since|from)\s+(?:the )?(?:last|previous)"
    r"|[比和跟与](?:去年|上)|同比|同期",
    re.IGNORECASE,
)
_SAID = (
    _ABOVE, _ABOVE_AFTER, _BELOW, _BELOW_AFTER, _TOP, _WHY, _GROWS, _YEARS, _SHARE, _LEAST, _SUM,
    *(re.compile(pattern, re.IGNORECASE) for _, pattern in (*_MEASURES, *_EXTREMES, *_UNITS_OF_MEANS)),
)  # fmt: skip
"""What was read of a text where one is found; those that span what lies between are left out."""


def spaced(text: str) -> str:
    """Return a text with a space before a number that a word runs into: `top3`."""
    return _RUN_INTO.sub(r"\1 \2", text)


def names_rows(text: str) -> bool:
    """Say whether a text speaks of what rows stand for: bookings, orders, 订单."""
    return re.search(rf"\b(?:{_ROWS})\b|订单|预订|订房", text, re.IGNORECASE) is not None


def names_orders(text: str) -> bool:
    """Say whether a text speaks of orders, one or several, and not of what was ordered."""
    return _AN_ORDER.search(text) is not None


def asks_why(text: str) -> bool:
    """Say whether a text asks for a reason."""
    return _WHY.search(text) is not None


def counts_of_each(text: str) -> bool:
    """Say whether a text asks of what there is more: `more dogs than cats`, but not `who spends more`."""
    return _MORE_OF_THEM.search(text) is not None and _MONEY_VERB.search(text) is None


def compares(text: str) -> bool:
    """Say whether a text sets one time beside another."""
    return _COMPARES.search(text) is not None


def grows(text: str) -> bool:
    """Say whether a text asks how much something grew or fell, of whatever time."""
    return _GROWS.search(text) is not None or compares_years(text)


def compares_years(text: str) -> bool:
    """Say whether a text sets a time beside the same one of the year before."""
    return _YEARS.search(text) is not None


def with_other(text: str, period: str) -> tuple[str, str]:
    """Return what is compared with what, where a text names one period at most.

    `compared with last year` sets the present year beside the last; `March against the year before` the
    month beside that of the year before; anything else a period beside the one before it.
    """
    if period in {
        "last year",
        "last month",
        "last week",
        "last quarter",
        "last day",
    } and _THAN.search(text):
        return f"this {period.split()[1]}", period
    if _LAST_YEAR.search(text) and period != "last year":
        return period or "this year", "year"
    return period or ("this year" if compares_years(text) else "this month"), "before"


def measure(text: str, *, grouped: bool) -> str:
    """Return what is measured; empty where a text does not say."""
    for name, pattern in _MEASURES:
        if re.search(pattern, text, re.IGNORECASE):
            rows_first = pattern == _ROWS_FIRST
            return ("count" if rows_first else "") if name == "rows" and grouped else name
    if not grouped:
        for name, pattern in _EXTREMES:
            if re.search(pattern, text, re.IGNORECASE):
                return name
    return "sum" if _SUM.search(text) else ""


def asks_one_of_many(text: str) -> bool:
    """Say whether a text asks which of many is the most, by a word that need not be a column's."""
    return _ONE_OF_MANY.search(text) is not None or _TOP.search(text) is not None


def needs_reading(text: str, names: Sequence[str]) -> bool:
    """Say whether a text asks to sort texts, or for those about something that is none of these values."""
    if _SORTS.search(text):
        return True
    known = [name.casefold() for name in names]
    mood = _MOOD.search(text)
    if mood and not any(mood[0].casefold() in name or name in mood[0].casefold() for name in known):
        return True
    subjects = [next(filter(None, match.groups())).casefold() for match in _ABOUT.finditer(text)]
    return any(not any(name in said or said in name for name in known) for said in subjects)


def mean_per(text: str) -> str:
    """Return the unit of time of which a mean is asked for: `the average day`, `月均`; empty if of none."""
    for unit, pattern in _MEAN_PER:
        if re.search(pattern, text, re.IGNORECASE):
            return unit
    return ""


def asks_share(text: str) -> bool:
    """Say whether a text asks for the part of a whole."""
    return _SHARE.search(text) is not None


def asks_least(text: str) -> bool:
    """Say whether what a text ranks is ranked from the bottom."""
    return _LEAST.search(text) is not None


def how_many_first(text: str) -> int | None:
    """Return how many of a ranking are asked for: `top 5`, `前五名`."""
    match = _TOP.search(text)
    if not match:
        return None
    said = next(filter(None, match.groups())).lower()
    number = _NUMBERS.get(said) or chinese_number(said)
    return number or None


def counts(text: str, names: Sequence[str]) -> bool:
    """Say whether a text asks how many there are of what has one of these names: `how many blue helmets`."""
    said = "|".join(re.escape(name) for name in names)
    ending = rf"(?:e?s)?(?:\W+(?:{_AFTER_NOUN})\b|\W*$)"
    english = rf"\b(?:how many|number of)\W+(?:(?!\w+ed\b)\w+\W+)?(?:{said}){ending}"
    chinese = rf"多少\w?(?:{said})|(?:{said})\w{{0,6}}多少[件份个瓶杯台条]"
    return bool(names) and re.search(f"{english}|{chinese}", text, re.IGNORECASE) is not None


def limits(text: str) -> tuple[float | None, float | None]:
    """Return the amount above which, and the one below which, rows are meant."""
    above = _ABOVE.search(text) or _ABOVE_AFTER.search(text)
    below = _BELOW.search(text) or _BELOW_AFTER.search(text)
    if above and below and above.start() > below.start() and above.start() < below.end():
        above = None  # `no more than` within `less than`
    return _number(above), _number(below)


def _number(match: re.Match[str] | None) -> float | None:
    if match is None:
        return None
    if match["z"]:
        return chinese_number(match["z"])
    said = match["n"].rstrip(".,").lower()
    number = 1.0 if said in {"a", "an"} else NUMBER_WORDS.get(said) or parse_number(said)
    scale = _SCALES.get((match["k"] or "").lower(), 1.0)
    return None if number is None else number * scale


def without_measures(text: str) -> str:
    """Return a text without the words that say what is measured, compared, limited or ranked."""
    for pattern in _SAID:
        text = pattern.sub(" ", text)
    return text
