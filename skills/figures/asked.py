"""A request about a table that was read: which rows are meant, of when, and what is measured of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.errors import UsageError
from models.texts import Catalogue
from skills.contract import Context
from skills.figures import say
from skills.figures.face import FiguresRequest
from skills.figures.tally import TIMES, TURNS, Aggregate, Basis, read_basis, rows_within
from skills.figures.turns import is_turn, turns_of
from skills.readers.amounts import in_long_form, is_mean, is_price
from skills.readers.flows import one_way
from skills.readers.messages import sheets_said
from skills.readers.periods import find_periods
from skills.readers.rows import narrowed
from skills.readers.spans import Span, is_recent, period_span
from skills.readers.tables import TableData, existing_column, read_table

TEXTS = Catalogue(__package__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about a table that was read.

    Attributes:
        request: What was asked.
        basis: The table, with its days and amounts.
        meant: Positions of the rows that the request means, of any time.
        rows: Those of the time that is asked about.
        measure: What is measured of them.
        span: The time, None for all.
        today: The day on which it is asked.
        context: Of the ask.
    """

    request: FiguresRequest
    basis: Basis
    meant: list[int]
    rows: list[int]
    measure: Aggregate
    span: Span | None
    today: date
    context: Context

    @property
    def what(self) -> str:
        """What is measured, in words."""
        key = f"of_{self.measure}"
        return self.context.say(TEXTS(key, column=self.basis.value or ""))

    @property
    def scope(self) -> str:
        """Of which rows, in words."""
        return say.scope(self.request, self.span, self.context)

    @property
    def is_part(self) -> bool:
        """Say whether only some rows of the time are meant."""
        request = self.request
        limited = request.above is not None or request.below is not None
        return bool(request.only or request.without) or limited

    def rows_of(self, span: Span) -> list[int]:
        """Return the rows that are meant, of another time."""
        return rows_within(self.basis, span, among=self.meant)


def read_asked(request: FiguresRequest, context: Context, today: date) -> Asked:
    """Read the table of a request, and take the rows that it means.

    Raises:
        UsageError: A column, a value or a time that the table has not; names those it has.
        BadInputError: It is no table.
    """
    table, flowing = one_way(in_long_form(read_table(request.file)), request.flow, request.value)
    distinct = request.measure == "distinct"
    limited = request.above is not None or request.below is not None
    counting = distinct or (request.measure == "count" and not limited)
    value = "" if distinct else request.value
    basis = read_basis(table, request.date, value, counting=counting, lines=bool(request.by))
    if distinct:
        if not request.value:
            raise UsageError(TEXTS("distinct_of_what"))
        basis.value = existing_column(basis.table, request.value)
    named = {name: value for name, value in request.only.items() if not _is_turn_name(name, table)}
    part, said = narrowed(basis.table, named, request.without, request.flow)
    basis.assumed = [*said, *flowing, *basis.assumed, *sheets_said(table)]
    kept = set(map(id, part.rows))  # rows are taken, not copied; their numbers may come again
    meant = [at for at, row in enumerate(basis.table.rows) if id(row) in kept]
    if request.by and request.by not in (*TIMES, *TURNS):
        request = request.model_copy(update={"by": existing_column(basis.table, request.by)})
    if request.per and request.per not in TIMES:
        request = request.model_copy(update={"per": existing_column(basis.table, request.per)})
    _check_days(request, basis)
    span = _span(request, basis, today) if request.period else None
    meant = rows_within(basis, None, among=meant, above=request.above, below=request.below)
    if len(named) < len(request.only):
        meant = _of_turns(basis, meant, request)
    rows = rows_within(basis, span, among=meant)
    if span and not rows:
        raise nothing_in(basis, span, context)
    measure = _measure(request, basis)
    return Asked(request, basis, meant, rows, measure, span, today, context)


def _is_turn_name(name: str, table: TableData) -> bool:
    return name in TURNS and name not in table.columns


def _of_turns(basis: Basis, rows: list[int], request: FiguresRequest) -> list[int]:
    """Return the rows, of some, that are of the days of the week and of the hours that are meant."""
    weekdays, hours = turns_of(request.only)
    every = basis.hours or [None] * len(basis.table.rows)
    return [at for at in rows if is_turn(weekdays, hours, basis.dates[at], every[at])]


def _span(request: FiguresRequest, basis: Basis, today: date) -> Span:
    """Return the days of a period; that the table ends long ago, or within it, is said."""
    period = request.period
    span = days_of(period, basis.known_days[-1], today)
    last = basis.known_days[-1]
    if not is_recent(last, today) and not period[0].isdigit():
        basis.assumed.append(TEXTS("assumed_end", last=last))
    elif span.start <= last < span.end and not request.against:
        basis.assumed.append(TEXTS("assumed_until", last=last))
    return span


def days_of(period: str, last: date, today: date) -> Span:
    """Return the days of a period, also of one that is typed as it is said: `March 2025`.

    Raises:
        UsageError: It is no period; names some.
    """
    try:
        return period_span(period, last, today)
    except (ValueError, OverflowError):
        pass
    found = find_periods(period)
    try:
        return period_span(found[0], last, today)
    except (ValueError, OverflowError, IndexError) as error:
        raise UsageError(TEXTS("no_period", period=period)) from error


def _check_days(request: FiguresRequest, basis: Basis) -> None:
    """Refuse a question about time where the table has no dates, or none with an hour."""
    by_time = request.by in (*TIMES, *TURNS)
    turns = any(_is_turn_name(name, basis.table) for name in request.only)
    per_time = request.per in TIMES
    timed = request.period or request.against or request.why or per_time or by_time or turns
    if timed and not basis.known_days:
        raise UsageError(
            TEXTS("no_days", path=basis.table.path, columns=", ".join(basis.table.columns))
        )
    of_hours = request.by == "hour" or ("hour" in request.only and turns)
    if of_hours and not basis.hours:
        raise UsageError(TEXTS("no_hours", path=basis.table.path, column=basis.day))


def nothing_in(basis: Basis, span: Span, context: Context) -> UsageError:
    """Return the error that a table has no rows of a time."""
    days = basis.known_days
    label = say.span_label(span, context)
    key = "nothing_ahead" if span.start > days[-1] else "nothing_then"
    return UsageError(TEXTS(key, span=label, first=days[0], last=days[-1]))


def _measure(request: FiguresRequest, basis: Basis) -> Aggregate:
    """Return what is measured: what was asked, else the sum of amounts, the mean of prices, or the rows."""
    if request.measure and request.measure != "rows":
        measure = request.measure
    elif not basis.value:
        return "count"
    else:
        sold = is_price(basis.value) and basis.known_days  # a price a row, each sold on a day
        measure = (
            "mean"
            if is_mean(basis.value) and not sold and basis.value in basis.table.columns
            else "sum"
        )
    if measure not in {"count", "distinct"} and not basis.value:
        raise UsageError(TEXTS("no_amounts", path=basis.table.path))
    return measure
