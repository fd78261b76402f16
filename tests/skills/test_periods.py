"""Spans of time as people name them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers.periods import find_periods
from skills.readers.spans import Span, a_year_before, before, period_span

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("how much did we take in March", ("--03",)),
        ("revenue of March 2025, please", ("2025-03",)),
        ("and on 7 March 2025?", ("2025-03-07",)),
        ("what about March 7, 2025", ("2025-03-07",)),
        ("sales in 2025-03", ("2025-03",)),
        ("sales on 2025-03-07", ("2025-03-07",)),
        ("Q1 against Q2 2025", ("--Q1", "2025-Q2")),
        ("the first quarter of 2024", ("2024-Q1",)),
        ("second half of last year", ("last-H2",)),
        ("March of last year", ("last-03",)),
        ("last March", ("--03",)),
        ("was this year better than last year", ("this year", "last year")),
        ("the month before last", ("former month",)),
        ("over the past 30 days", ("past 30 day",)),
        ("the last three months", ("past 3 month",)),
        ("the last half a year", ("past 6 month",)),
        ("from March to May 2024", ("2024-03..2024-05",)),
        ("between March and May", ("--03..--05",)),
        ("March and May", ("--03", "--05")),
        ("since April", ("--04..",)),
        ("yesterday", ("last day",)),
        ("in 2025", ("2025",)),
        ("orders over 2000", ()),
        ("orders of 2000 euros", ()),
        ("we may sell more, march on, mark it", ("--03",)),
        ("sales in may", ("--05",)),
        ("May was good", ("--05",)),
        ("may I see the sales", ()),
        ("三月份卖了多少", ("--03",)),
        ("三个月卖了多少", ()),
        ("2025年3月7日", ("2025-03-07",)),
        ("去年三月", ("last-03",)),
        ("今年上半年比去年上半年", ("this-H1", "last-H1")),
        ("2024年第二季度", ("2024-Q2",)),
        ("上个月和上上个月", ("last month", "former month")),
        ("十二月", ("--12",)),
        ("十月到十二月", ("--10..--12",)),
        ("最近三个月", ("past 3 month",)),
        ("过去30天", ("past 30 day",)),
        ("近半年", ("past 6 month",)),
        ("今年以来", ("this year..",)),
        ("去年同期", ("last year",)),
        ("本周", ("this week",)),
        ("昨天", ("last day",)),
        ("3月15号", ("--03-15",)),
    ],
)  # fmt: skip
def test_periods_that_a_text_names(text: str, periods: tuple[str, ...]) -> None:
    assert find_periods(text) == periods


@pytest.mark.parametrize(
    ("period", "last", "start", "end"),
    [
        ("2025", date(2026, 11, 28), date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-02", date(2026, 11, 28), date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-Q3", date(2026, 11, 28), date(2025, 7, 1), date(2025, 9, 30)),
        ("2025-H2", date(2026, 11, 28), date(2025, 7, 1), date(2025, 12, 31)),
        ("--03", date(2026, 11, 28), date(2026, 3, 1), date(2026, 3, 31)),
        ("--12", date(2026, 11, 28), date(2025, 12, 1), date(2025, 12, 31)),
        ("last-03", date(2026, 11, 28), date(2025, 3, 1), date(2025, 3, 31)),
        ("last month", date(2026, 11, 28), date(2026, 10, 1), date(2026, 10, 31)),
        ("last month", date(2025, 6, 30), date(2025, 6, 1), date(2025, 6, 30)),  # an old table
        ("last month", date(2025, 6, 12), date(2025, 5, 1), date(2025, 5, 31)),
        ("this year", date(2025, 6, 12), date(2025, 1, 1), date(2025, 12, 31)),
        ("last week", date(2026, 11, 28), date(2026, 11, 16), date(2026, 11, 22)),
        ("past 30 day", date(2025, 6, 30), date(2025, 6, 1), date(2025, 6, 30)),
        ("past 3 month", date(2025, 6, 30), date(2025, 4, 1), date(2025, 6, 30)),
        ("--11..--02", date(2026, 11, 28), date(2025, 11, 1), date(2026, 2, 28)),
        ("--04..", date(2025, 6, 30), date(2025, 4, 1), date(2025, 6, 30)),
        ("last quarter", date(2026, 11, 28), date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_the_days_of_a_period(period: str, last: date, start: date, end: date) -> None:
    assert period_span(period, last, TODAY) == Span(start, end)


@pytest.mark.parametrize("text", ["soon", "--13", "2025-Q5", "past two day", ""])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError):
        period_span(text, TODAY, TODAY)


def test_what_comes_before_and_a_year_before() -> None:
    february = Span(date(2025, 2, 1), date(2025, 2, 28))
    assert a_year_before(february) == Span(date(2024, 2, 1), date(2024, 2, 29))
    assert before(february) == Span(date(2025, 1, 1), date(2025, 1, 31))
    week = Span(date(2025, 3, 3), date(2025, 3, 9))
    assert before(week) == Span(date(2025, 2, 24), date(2025, 3, 2))


@given(st.text(max_size=80), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_period_found_has_days(text: str, last: date) -> None:
    for period in find_periods(text):
        try:
            span = period_span(period, last, last + timedelta(days=3))
        except ValueError:
            continue  # the 31st of February
        assert span.start <= span.end
