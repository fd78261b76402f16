"""What a question about figures groups by: a column of the table, or a unit of time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skills.figures.words import COUNT
from skills.readers.amounts import is_numeric
from skills.readers.columns import hinted, plain_name
from skills.readers.dates import parse_dates
from skills.readers.tables import TableData

_MOST_VALUES = 40
_LEAST_ROWS = 2.0  # rows a value, or else a column tells rows apart and no groups
_IDS = r"^id$|_id$|编号|序号|单号"
_KINDS = (
    r"products?|items?|articles?|goods|skus?|dish(?:es)?|bestsellers?|商品|产品|品名|品种|菜品?|货品?|款",
    r"customers?|clients?|buyers?|guests?|客户|顾客|买家|客人|会员",
    r"shops?|stores?|branch(?:es)?|locations?|outlets?|门店|分店|店铺|网点",
    r"categor(?:y|ies)|types?|kinds?|groups?|classes|labels?|topics?|类别|分类|品类|类型|种类|标签|科目",
    r"suppliers?|vendors?|供应商|厂家|供货商",
    r"cit(?:y|ies)|regions?|countr(?:y|ies)|areas?|places?|城市|地区|省份|区域",
    r"sellers?|employees?|staff|salespe(?:rson|ople)|waiters?|店员|员工|销售员|业务员|服务员",
    r"channels?|sources?|platforms?|渠道|平台|来源",
    r"payments?|pay(?:ment)? methods?|支付方式|付款方式",
    r"status(?:es)?|states?|状态",
)  # fmt: skip
_UNSAID = (
    (
        re.compile(
            r"\b(?:what|which)\s+(?:sells?|sold)\b|什么(?:最好)?卖|卖得最.?的是什么", re.IGNORECASE
        ),
        _KINDS[0],
    ),
    (re.compile(r"\bwho\b|谁", re.IGNORECASE), f"{_KINDS[1]}|{_KINDS[6]}|name|姓名"),
)
_TIMES = (
    ("weekday", r"(?:day|days) of the week|weekdays?|星期几|周几|礼拜几|星期|工作日"),
    ("hour", r"hours?|times? of (?:the )?day|(?:at )?what time|小时|几点|时段|钟点"),
    ("month", r"months?|monthly|个?月份?|几月"),
    ("week", r"weeks?|weekly|周"),
    ("quarter", r"quarters?|quarterly|季度?"),
    ("year", r"years?|yearly|annual(?:ly)?|年份?"),
    ("day", r"days?|daily|dates?|天|日子?"),
)  # fmt: skip
_ALONE = re.compile(
    r"\b(?:monthly|weekly|daily|quarterly|yearly|annually|hourly|what time)\b"
    r"|星期几|周几|礼拜几|几点|几月份?",
    re.IGNORECASE,
)
_CUE = (
    r"\b(?:by|per|each|every|which|what|what's|whose|who|top|best|worst|busiest|slowest|strongest|weakest"
    r"|quietest|biggest|largest|smallest|highest|lowest|favou?rite|most popular|across|between the"
    r"|different|distinct|unique|{n})\W+"
    r"(?:(?:of|the|our|my|is|was|were|are|single|a|an|different)\W+)*(?:[\w'-]+\W+)?"
).replace("{n}", COUNT)
_CHINESE_NUMBER = r"[\d一二两三四五六七八九十]{1,3}"
_CHINESE_CUE = (
    r"(?:按照?|每一?个?|各个?|哪一?[个天家种款位名]?|哪些|什么|不同的?|逐|分"
    rf"|最\w{{1,3}}的?(?:{_CHINESE_NUMBER})?[个名位款种家]?|前{_CHINESE_NUMBER}[个名位款种家]?)的?"
)


def group(text: str, table: TableData, numbers: Sequence[str]) -> str:
    """Return what a text groups by: a column of text, or a unit of time; empty if it does not."""
    columns = [name for name in table.columns if name not in numbers]
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
    for unit, pattern in _TIMES:
        alone = _ALONE.search(text)
        if _is_cued(text, pattern) or (alone and re.fullmatch(pattern, alone[0], re.IGNORECASE)):
            return unit
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


def without_group(text: str, by: str) -> str:
    """Return a text without the name of the column that it groups by."""
    return re.sub(re.escape(by), " ", text, flags=re.IGNORECASE) if by else text


def _as_pattern(name: str) -> str:
    words = re.escape(plain_name(name)).replace(r"\ ", r"[\W_]+")
    return rf"(?:{words}(?:e?s)?|{words[:-1]}ies)" if name.isascii() and len(name) > 2 else words


def _is_cued(text: str, what: str) -> bool:
    """Say whether a text has a word behind one that groups: `by month`, `best customers`, `每个门店`."""
    ascii_part = rf"{_CUE}(?:{what})\b"
    chinese = rf"{_CHINESE_CUE}(?:{what})"
    return bool(
        re.search(ascii_part, text, re.IGNORECASE) or re.search(chinese, text, re.IGNORECASE)
    )
