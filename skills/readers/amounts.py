"""Which columns of a business table hold dates and amounts, and how the amounts are written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from models.errors import BadInputError
from models.texts import Catalogue, Message
from skills.readers.columns import hinted
from skills.readers.dates import Dates, parse_dates
from skills.readers.layout import unique_names
from skills.readers.numbers import parse_column, parse_number, told_style
from skills.readers.tables import TableData, existing_column

TEXTS = Catalogue(__package__)
_DOTTED_DATE = re.compile(r"\s*\d{1,2}\.\d{1,2}\.\d{2,4}\b")
_DATE_HINTS = (
    r"date|day|time|month|year|period|week|quarter|datum|tag|monat|woche|jahr|fecha|^ds$"
    r"|日|月|年|周|时间"
)
_MONEY_HINTS = (
    r"sales|revenue|turnover|amount|total|takings|umsatz|income|ventas|betrag|brutto|netto|importe|montant"
    r"|销售额|营业|收入|金额"
)
_PAID_HINTS = (
    r"\bspen[dt]|charged?\b|\bpaid\b|payments?\b|\bfees?\b|\bcosts?\b|expense|\bbill|\b(?:eur|usd|gbp|cny|rmb|chf)\b|[€$£¥￥]"
    r"|费|款|支出|花费|总价|实收|实付"
)
_CURRENCY = re.compile(r"[€$£¥￥₹]|\b(?:eur|usd|gbp|cny|rmb|chf)\b|元", re.IGNORECASE)
_LOOKED_AT = 200  # cells
_FEW = 5  # cells
_COUNT_HINTS = (
    r"demand|orders|units|quantity|qty|passengers|visit|^y$|^value$|销售|销量|订单|客流|数量"
)
_PRICE_HINTS = r"price|单价|售价|价格"
_AVERAGED = r"average|avg|mean|均"
_MEAN_HINTS = r"price|rate|average|avg|mean|percent|%|temperature|单价|均价|比例|率"
_ID_HINTS = (
    r"^rank$|^confidence$|^id$|_id$| id$|\bno\.?$|number(?! of)"
    r"|^rownames$|index|^unnamed|\biban\b|phone|\bzip\b|postcode|\bplz\b"
    r"|编号|序号|单号|流水号|电话|手机"
)
_PART_HINTS = (
    r"saldo|balance|余额|sub|tax|vat|discount|\btip|shipping|fee|refund|小计|税|优惠|运费|退款"
)
_PERCENT = r"%|percent|\brate\b|百分|比例"
_HOW_MANY = re.compile(r"\b(?:how many|number of)\b", re.IGNORECASE)
_MEASURE_WORD = re.compile(r"(?:几|多少)(?P<word>[\u4e00-\u9fff])")
_IN_PIECES = re.compile(
    r"\b(?:units|pieces|quantit(?:y|ies))\b|\bs[eo]l[ld]\w* (?:the )?(?:most|fewest|least) of\b"
    r"|卖.{0,4}几(?:份|件|个|瓶|杯|台|本|斤|箱|盒|条|双|只|单|张|套|把|桶|袋)|多少(?:份|件|个|瓶|杯|台|本|斤|箱|盒|条|双|只|单|张|套|把|桶|袋)|销量",
    re.IGNORECASE,
)
_QUANTITY = (
    r"数量|件数|份数|个数|销量|杯数|瓶数|\bqty\b|quantit|\bunits?\b|\bpieces\b|\bsold\b"
    r"|\bplates\b|\bportions\b|\bcovers\b|\bcups\b|\bbottles\b"
)
_DATE = "date"
PERIODS_IN_HEADER = 6
"""From so many dates in its header on a table is one of a date a column."""
TOTAL_ROW = re.compile(
    r"\s*(?:(?:grand )?total|sum|summe|gesamt|totale)\b|\s*(?:合计|总计)", re.IGNORECASE
)


def date_column(table: TableData, asked: str = "") -> tuple[str, Dates] | None:
    """Return the column of dates and what it holds: the one asked for, else the one that reads best.

    Raises:
        UsageError: The column asked for is not there.
        BadInputError: It holds no dates.
    """
    if asked:
        name = existing_column(table, asked)
        dates = parse_dates(table.column(name))
        if dates is None:
            raise BadInputError(TEXTS("not_dates", path=table.path, column=name))
        return name, dates
    best: tuple[float, str, Dates] | None = None
    for position, name in enumerate(table.columns):
        found = parse_dates(table.column(name))
        if found is None or len(set(found.values)) < min(4, len(table.rows)):
            continue
        named = bool(hinted([name], _DATE_HINTS))
        numeric = found.style in {"decimal year", "Excel serial", "YYYYMMDD"}
        if numeric and not named and not _rises(found.values):
            continue
        filled = sum(value is not None for value in found.values) / len(table.rows)
        score = (found.share + filled) / 2 + 0.5 * named - 0.6 * numeric - 0.01 * position
        if best is None or score > best[0]:
            best = (score, name, found)
    return (best[1], best[2]) if best else None


def _rises(values: Sequence[date | None]) -> bool:
    known = [value for value in values if value]
    return all(a < b for a, b in itertools.pairwise(known))


def in_long_form(table: TableData) -> TableData:
    """Return a table whose header holds dates with one row a date and former row; any other as it is."""
    dated = [(at, name) for at, name in enumerate(table.columns) if parse_dates([name])]
    if len(dated) < PERIODS_IN_HEADER or date_column(table):
        return table
    left_out = {*(name for _, name in dated), *number_columns(table)}  # a total of all dates, too
    kept = [at for at, name in enumerate(table.columns) if name not in left_out]
    names = [table.columns[at] for at in kept]
    added = unique_names([*names, _DATE, table.path.stem])[len(names) :]
    rows, numbers = [], []
    for row, number in zip(table.rows, table.numbers, strict=True):
        for at, name in dated:
            if row[at].strip():
                rows.append([*(row[i] for i in kept), name, row[at]])
                numbers.append(number)
    return replace(table, columns=[*names, *added], rows=rows, numbers=numbers)


def amount_column(
    table: TableData, asked: str = "", exclude: Collection[str] = ()
) -> tuple[str, list[str]]:
    """Return the column of amounts and the others that it could be.

    It is the one asked for, else the one whose name says so, else of those in a currency the one that comes
    to most, else the one whose name says a number of pieces, else the last that is no id.

    Raises:
        UsageError: The column asked for is not there.
        BadInputError: It holds no numbers, or none does.
    """
    if asked:
        name = existing_column(table, asked)
        if not any(value is not None for value in parse_column(table.column(name))):
            raise BadInputError(TEXTS("not_numbers", path=table.path, column=name))
        return name, []
    numeric = [c for c in table.columns if c not in exclude and is_numeric(table.column(c))]
    candidates = [c for c in number_columns(table) if c not in exclude] or numeric
    if not candidates:
        raise BadInputError(TEXTS("no_numbers", path=table.path))
    named = sorted(hinted(candidates, _MONEY_HINTS), key=lambda c: bool(hinted([c], _PART_HINTS)))
    in_money = _by_sum(table, [c for c in candidates if is_money(table, c)])
    chosen = next(iter([*named, *in_money, *hinted(candidates, _COUNT_HINTS), *candidates[::-1]]))
    return chosen, [c for c in candidates if c != chosen]


def price_and_pieces(table: TableData) -> tuple[str, str] | None:
    """Return the columns of the price of a piece and of how many there are, where only these tell amounts."""
    numbers = number_columns(table)
    prices = hinted(numbers, _PRICE_HINTS)
    pieces = [column for column in hinted(numbers, _QUANTITY) if column not in prices]
    amounts = [
        column for column in numbers if hinted([column], _MONEY_HINTS) or is_money(table, column)
    ]
    return (prices[0], pieces[0]) if prices and pieces and not amounts else None


def is_price(column: str) -> bool:
    """Say whether a column holds prices, which add up where each row is something sold."""
    return bool(hinted([column], _PRICE_HINTS)) and not hinted([column], _AVERAGED)


def is_money(table: TableData, column: str) -> bool:
    """Say whether a column is in a currency by its name or its cells, and no price of one piece."""
    if is_mean(column):
        return False
    if hinted([column], _PAID_HINTS) or hinted([column], _MONEY_HINTS):
        return True
    cells = [cell for cell in table.column(column)[:_LOOKED_AT] if cell.strip()]
    return 2 * sum(_CURRENCY.search(cell) is not None for cell in cells) > len(cells) > 0


def _by_sum(table: TableData, columns: Sequence[str]) -> list[str]:
    """Return columns of amounts, the one that comes to most first."""
    sums = {
        column: sum(abs(n) for n in parse_column(table.column(column)) if n is not None)
        for column in (columns if len(columns) > 1 else ())
    }
    return sorted(columns, key=lambda column: -sums.get(column, 0.0))


def read_amounts(
    table: TableData, name: str, day: str = "", assumed: list[Message] | None = None
) -> list[float | None]:
    """Read a column of numbers; whether `4.370` is a thousand tells, if need be, the rest of the table.

    Who writes 03.09.2026 or 12,50 puts a comma before decimals. `day` is the column of dates; what was
    taken so is added to `assumed`.
    """
    cells = table.column(name)
    if told_style(cells):
        return parse_column(cells)
    others = (told_style(table.column(c)) for c in table.columns if c not in {name, day})
    dotted = bool(day) and any(map(_DOTTED_DATE.match, table.column(day)))
    if not dotted and "comma" not in others:
        return parse_column(cells)
    numbers = parse_column(cells, "comma")
    example = next((cell for cell in cells if "." in cell), "")
    if example and assumed is not None:
        read = f"{parse_number(example, 'comma'):.0f}"
        assumed.append(TEXTS("assumed_thousands", column=name, cell=example, read=read))
    return numbers


def number_columns(table: TableData) -> list[str]:
    """Return the columns of numbers, without those that identify or count rows."""
    return [
        name
        for name in table.columns
        if is_numeric(table.column(name))
        and not all(map(_DOTTED_DATE.match, table.column(name)[:_FEW]))
        and not hinted([name], _ID_HINTS)
        and not _counts_up(table.column(name))
    ]


def is_numeric(cells: Sequence[str]) -> bool:
    """Say whether most cells that hold something hold a number."""
    filled = [cell for cell in cells if cell.strip()]
    parsed = parse_column(filled)
    return bool(filled) and sum(value is not None for value in parsed) >= 0.8 * len(filled)


def _counts_up(cells: list[str]) -> bool:
    """Say whether a column just numbers the rows."""
    values = parse_column(cells)
    return len(values) > 2 and all(
        a is not None and b is not None and b - a == 1 for a, b in itertools.pairwise(values)
    )


def quantity_column(text: str, columns: Sequence[str], *, counted: bool) -> str:
    """Return the column of pieces if a text asks for these: `how many units`, `卖了多少份`; else nothing.

    `counted` says that it asks how many there are of what the rows that are named stand for.
    """
    for match in _MEASURE_WORD.finditer(text):  # `多少杯`: 杯数
        named = [column for column in columns if column in {match["word"], f"{match['word']}数"}]
        if named:
            return named[0]
    if not _IN_PIECES.search(text) and not counted:
        return ""
    return next(iter(hinted(columns, _QUANTITY)), "")


def asks_how_many(text: str) -> bool:
    """Say whether an English text asks for a number of something."""
    return _HOW_MANY.search(text) is not None


def amount_beside(text: str, column: str, table: TableData) -> str:
    """Return, for a column of percents that a text does not ask for as such, the one of money beside it."""
    if not hinted([column], _PERCENT) or re.search(_PERCENT, text, re.IGNORECASE):
        return column
    word = column.split(maxsplit=1)[0].casefold()
    others = (name for name in number_columns(table) if name.casefold().startswith(word))
    return next((name for name in others if is_money(table, name)), column)


def is_mean(column: str) -> bool:
    """Say whether values of a column are averaged rather than added up."""
    return bool(hinted([column], _MEAN_HINTS))
