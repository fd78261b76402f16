"""What a question about figures groups by: a column of the table, or a unit of time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from skills.figures.words import COUNT, asks_one_of_many, names_rows
from skills.readers.allusions import is_form
from skills.readers.amounts import is_numeric
from skills.readers.clock import time_columns
from skills.readers.columns import hinted, plain_name
from skills.readers.dates import parse_dates
from skills.readers.periods import without_periods
from skills.readers.rows import BETWEEN
from skills.readers.tables import TableData

_MOST_VALUES = 40
_LEAST_ROWS = 2.0  # rows a value, or else a column tells rows apart and no groups
_IDS = r"^id$|_id$|编号|序号|单号"
_KINDS = (
    r"products?|items?|articles?|goods|skus?|dish(?:es)?|bestsellers?|things?|商品|产品|品名|品种|菜品?|货品?|款|东西",
    r"customers?|clients?|buyers?|guests?|donors?|members?|客户|顾客|买家|客人|会员",
    r"shops?|stores?|branch(?:es)?|locations?|outlets?|门店|分店|店铺|网点",
    r"categor(?:y|ies)|types?|kinds?|groups?|classes|labels?|tags?|topics?|类别|分类|品类|类型|种类|标签|科目",
    r"suppliers?|vendors?|供应商|厂家|供货商",
    r"cit(?:y|ies)|regions?|countr(?:y|ies)|areas?|places?|城市|地区|省份|区域",
    r"sellers?|employees?|staff|salespe(?:rson|ople)|waiters?|consultants?|stylists?|trainers?|drivers?|agents?"
    r"|teachers?|therapists?|店员|员工|销售员|业务员|服务员",
    r"channels?|sources?|platforms?|渠道|平台|来源",
    r"payments?|pay(?:ment)? methods?|支付方式|付款方式",
    r"status(?:es)?|states?|状态",
)  # fmt: skip
_AMOUNTS = (
    r"customers?|visitors?|guests?|people|footfall|kunden|besucher|g[äa]ste|客流|客人|顾客|人数|来客|访客",
    r"orders?|bestellungen|订单|单数|笔数",
    r"nights?|übernachtungen|间夜|晚数|[几多少]晚",
    r"prices?|单价|均价|售价",
    r"(?:longest|shortest) (?:trip|ride|drive|way|tour)|distance|km|mileage|里程|距离",
    r"(?:longest|shortest) (?:stay|job|call|visit)|duration|minutes|nights?|days|时长|天数",
    r"hours?|stunden|how much time|how long|工时|小时数|课时|多长时间",
    r"costs?|expenses?|kosten|成本|支出|费用",
    r"profits?|margins?|gewinn|利润|毛利",
)
_UNSAID = (
    (
        re.compile(
            r"\b(?:what|which)\s+(?:sells?|sold)\b|什么(?:最好)?卖|卖得最.?的是什么", re.IGNORECASE
        ),
        _KINDS[0],
    ),
    (
        re.compile(r"\bwho\b.*\b(?:pay|spend|owe|cost)|\bwhom\b", re.IGNORECASE),
        f"{_KINDS[4]}|payee|收款",
    ),
    (re.compile(r"\bwho\b.*\b(?:work|s[oe]ld?l?|serv|handl|did)", re.IGNORECASE), f"{_KINDS[6]}"),
    (re.compile(r"\bwho\b|谁", re.IGNORECASE), f"{_KINDS[1]}|{_KINDS[6]}|name|姓名|{_KINDS[4]}"),
    (re.compile(r"哪一?[家间]店?"), _KINDS[2]),
    (
        re.compile(
            r"\bof each\b(?!\s+(?!are\b|is\b|were\b|do\b|did\b|in\b)\w)|各有?(?:多少|几)|分别有?(?:多少|几)",
            re.IGNORECASE,
        ),
        f"{_KINDS[3]}|{_KINDS[0]}",
    ),
    (re.compile(r"\bwhere\b|哪里|哪儿", re.IGNORECASE), f"{_KINDS[7]}|{_KINDS[5]}|{_KINDS[2]}"),
)
_WHEN_IN_A_DAY = "一天(?:当中|之中|里面?|中)(?:什么|哪个?)时[候段间]"
_TIMES = (
    ("weekday", r"days? of (?:the )?week|weekdays?|星期几|周几|礼拜几|星期|周末|工作日"),
    ("hour", r"hours?|times? of (?:the )?day|(?:at )?what time|小时|几点|时段|钟点"
             rf"|{_WHEN_IN_A_DAY}"),
    ("month", r"months?|monthly|个?月份?|几月"),
    ("week", r"weeks?|weekly|周"),
    ("quarter", r"quarters?|quarterly|季度?"),
    ("year", r"years?|yearly|annual(?:ly)?|年份?"),
    ("day", r"days?|daily|dates?|天|日子?"),
)  # fmt: skip
_YES_NO = (("yes", "no"), ("true", "false"), ("y", "n"), ("是", "否"), ("有", "无"), ("ja", "nein"))
_SHORTEST_FLAG = 4
_WHICH_OF = re.compile(
    r"\b(?:which|what|who|or|versus|vs|compare[ds]?|than|beat|ahead of|side by side)\b|哪|还是|谁|比",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\b(?:monthly|weekly|daily|quarterly|yearly|annually|hourly|what time)\b"
    rf"|星期几|周几|礼拜几|周末|工作日|几点|几月份?|{_WHEN_IN_A_DAY}",
    re.IGNORECASE,
)
_CUE = (
    r"(?:\b(?:by|per|each|every|both|which|what|what's|whose|who|rank|compare|top|best|worst|busiest|slowest"
    r"|strongest|weakest|quietest|biggest|largest|smallest|highest|lowest|favou?rite|most \w+|least \w+"
    r"|across|between the|different|distinct|unique|{n})\W+"
    r"(?:(?:of|the|our|my|is|was|were|are|single|a|an|different)\W+)*(?:[\w'-]+\W+)?"
    r"|\b(?:{n})\s+(?:most|least)\s+\w+\s+)"
).replace("{n}", COUNT)
_EXTREME = "(?:most|fewest|least|highest|lowest|best|worst|biggest|smallest)"
_IN_ORDER = "(?:in order|side by side|next to each other|ranked|compared)"
_CHINESE_NUMBER = r"[\d一二两三四五六七八九十]{1,3}"
_CHINESE_CUE = (
    r"(?:按照?|每一?个?|各[个种类]?|哪一?\w?|哪些|什么|啥|不同的?|逐|分"
    rf"|最\w{{1,3}}的?(?:{_CHINESE_NUMBER})?[个名位款种家样件类]?|前{_CHINESE_NUMBER}[个名位款种家样件类]?)的?"
)


def group(text: str, table: TableData, numbers: Sequence[str]) -> str:
    """Return what a text groups by: a column of text, or a unit of time; empty if it does not."""
    no_groups = {*numbers, *time_columns(table)}
    columns = [
        name
        for name in table.columns
        if name not in no_groups and not parse_dates(table.column(name))
    ]
    for name in sorted(columns, key=len, reverse=True):
        if _is_cued(text, _as_pattern(name)):
            return name
    for kind in _KINDS:
        fitting = [name for name in columns if re.search(kind, name, re.IGNORECASE)]
        if fitting and _is_cued(text, kind):
            return fitting[0]
    for asked, kind in _UNSAID:
        fitting = [name for name in columns if re.search(kind, name, re.IGNORECASE)]
        if fitting and asked.search(text):
            return fitting[0]
    rest = without_periods(text)
    for unit, pattern in _TIMES:
        alone = _ALONE.search(rest)
        if _is_cued(rest, pattern) or (alone and re.fullmatch(pattern, alone[0], re.IGNORECASE)):
            return unit
    return ""


def likely_group(text: str, table: TableData) -> str:
    """Return a column for a text that asks which is the most by a word that is none of the table's."""
    columns = group_columns(table) if asks_one_of_many(text) and not names_rows(text) else []
    goods = (column for column in columns if re.search(_KINDS[0], column, re.IGNORECASE))
    return next(goods, columns[0] if columns else "")


def flags(text: str, table: TableData) -> dict[str, str]:
    """Return the columns of yes and no that a text names, with what it says of them: `came back late`."""
    found = {}
    for column in table.columns:
        yes, no = _yes_and_no(table.column(column))
        words = [
            word
            for word in plain_name(column).split()
            if len(word) >= _SHORTEST_FLAG or not word.isascii()
        ]
        said = _form_said(words[-1], text) if words else ""
        if yes and said:
            found[column] = no if _is_denied(said, text) else yes
    return found


def flag_and_not(text: str, flagged: Collection[str]) -> str:
    """Return the column of yes and no of which a text names both: `会员和非会员`, `insured or not`."""
    for column in flagged:
        word = re.escape(plain_name(column).split()[-1])
        both = (
            rf"{word}.{{0,3}}[非不没未](?:是|有)?{word}|{word}[^，。,]*(?:与否|还是不是)"
            rf"|\b{word} (?:or|and|vs\.?) (?:not\b|(?:un|non)[- ]?)"
        )
        if re.search(both, text, re.IGNORECASE):
            return column
    return ""


def _yes_and_no(cells: Sequence[str]) -> tuple[str, str]:
    """Return how a column says yes and no; empty where it holds anything else."""
    values = {cell.strip() for cell in cells if cell.strip()}
    for yes, no in _YES_NO:
        if {value.casefold() for value in values} == {yes, no}:
            first, second = sorted(values, key=lambda value: value.casefold() != yes)
            return first, second
    return "", ""


def _form_said(word: str, text: str) -> str:
    """Return how a text says a word, in whatever form: `insurance` for Insured; empty if it does not."""
    if not word.isascii():
        return word if word in text else ""
    return next((said for said in plain_name(text).split() if is_form(said, word)), "")


def _is_denied(word: str, text: str) -> bool:
    return (
        re.search(
            rf"(?:\bnot\b|n't\b|\bnever\b|\bwithout\b|\bno\b|没|未|不)\W*(?:\w+\W+)?{re.escape(word)}",
            text,
            re.IGNORECASE,
        )
        is not None
    )


def counted_column(text: str, table: TableData, numbers: Sequence[str]) -> str:
    """Return the column of text whose different values a text counts: `how many customers`, `多少个学员`."""
    for name in table.columns:
        kinds = [kind for kind in _KINDS if re.search(kind, name, re.IGNORECASE)]
        what = "|".join([_as_pattern(name), *kinds])
        asked = rf"\b(?:how many|number of)\s+(?:\w+\s+)?(?:{what})\b|(?:多少|几)[个位名家种款]?(?:{what})"
        if (
            name not in numbers
            and not _yes_and_no(table.column(name))[0]
            and re.search(asked, text, re.IGNORECASE)
            and not is_numeric(table.column(name))
        ):
            return name
    return ""


def one_of_several(text: str, only: Mapping[str, str]) -> str:
    """Return the column of which a text names several values and asks which: `A or B, which sells more`."""
    several = [column for column, values in only.items() if BETWEEN in values]
    return several[0] if several and _WHICH_OF.search(text) else ""


def kind_of_amount(text: str, numbers: Sequence[str]) -> str:
    """Return a column of numbers that a text means by another word: `Kunden` by `customers`."""
    for kind in _AMOUNTS:
        fitting = [name for name in numbers if re.search(rf"(?:{kind})", name, re.IGNORECASE)]
        if fitting and re.search(rf"(?<![A-Za-z])(?:{kind})(?![A-Za-z])", text, re.IGNORECASE):
            return fitting[0]
    return ""


def group_columns(table: TableData) -> list[str]:
    """Return the columns of text whose values come again and again, so that rows fall into groups by them."""
    fitting = []
    for column in table.columns:
        cells = [cell for cell in table.column(column) if cell.strip()]
        values = len(set(cells))
        often = len(cells) >= _LEAST_ROWS * values
        if (
            2 <= values <= _MOST_VALUES
            and often
            and not is_numeric(cells)
            and parse_dates(cells) is None
        ):
            fitting.append(column)
    return [column for column in fitting if not hinted([column], _IDS)]


def without_kinds(text: str) -> str:
    """Return a text without general words for what may be grouped by or counted: `customers`, `month`."""
    for pattern in (*_KINDS, *(pattern for _, pattern in _TIMES)):
        text = re.sub(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", " ", text, flags=re.IGNORECASE)
    return text


def without_group(text: str, by: str) -> str:
    """Return a text without the name of the column that it groups by."""
    return re.sub(re.escape(by), " ", text, flags=re.IGNORECASE) if by else text


def _as_pattern(name: str) -> str:
    words = re.escape(plain_name(name)).replace(r"\ ", r"[\W_]+")
    return rf"(?:{words}(?:e?s)?|{words[:-1]}ies)" if name.isascii() and len(name) > 2 else words


def _is_cued(text: str, what: str) -> bool:
    """Say whether a text has a word behind one that groups: `by month`, `best customers`, `每个门店`."""
    ascii_part = rf"{_CUE}(?:{what})\b|\b(?:{what}) (?:with (?:the )?{_EXTREME}|{_IN_ORDER})\b"
    chinese = rf"{_CHINESE_CUE}(?:{what})|(?:{what})(?:里面?|中|当中)?哪一?[个家种门款位]"
    return bool(
        re.search(ascii_part, text, re.IGNORECASE) or re.search(chinese, text, re.IGNORECASE)
    )
