"""Days that shops count on: how they are called, and when they are."""

from __future__ import annotations

from datetime import date

import pytest

from skills.readers.feasts import FEASTS, SAID, feast_days
from skills.readers.periods import find_periods
from skills.readers.spans import Span, feast_before, period_span

_LAST = date(2025, 9, 30)


@pytest.mark.parametrize(
    ("name", "year", "first", "last"),
    [
        ("Easter", 2025, "2025-04-18", "2025-04-21"),
        ("Easter", 2024, "2024-03-29", "2024-04-01"),
        ("BlackFriday", 2024, "2024-11-29", "2024-11-29"),
        ("BlackFriday", 2019, "2019-11-29", "2019-11-29"),
        ("CyberMonday", 2024, "2024-12-02", "2024-12-02"),
        ("MothersDay", 2025, "2025-05-11", "2025-05-11"),
        ("SpringFestival", 2025, "2025-01-28", "2025-02-04"),
        ("SpringFestival", 2024, "2024-02-09", "2024-02-16"),
        ("MidAutumn", 2023, "2023-09-29", "2023-09-29"),
        ("DragonBoat", 2024, "2024-06-10", "2024-06-10"),
        ("SinglesDay", 2024, "2024-11-11", "2024-11-11"),
    ],
)
def test_days_of_a_feast(name: str, year: int, first: str, last: str) -> None:
    assert feast_days(name, year) == (date.fromisoformat(first), date.fromisoformat(last))


def test_every_feast_is_called_something_and_is_known_for_years() -> None:
    assert set(SAID) == set(FEASTS)
    for name in FEASTS:
        for year in range(2015, 2041):
            days = feast_days(name, year)
            assert days and days[0] <= days[1] and days[0].year == year
    assert feast_days("SpringFestival", 2014) is None


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("how was Black Friday", ("--BlackFriday",)),
        ("takings at Easter 2024", ("2024-Easter",)),
        ("last Christmas", ("--Christmas",)),
        ("what will this Christmas bring", ("this-Christmas",)),
        ("the Christmas season of last year", ("last-ChristmasSeason",)),
        ("去年双十一卖了多少", ("last-SinglesDay",)),
        ("国庆期间的营业额", ("--NationalDay",)),
        ("2024年春节", ("2024-SpringFestival",)),
        ("618那天", ("--MidYearSale",)),
        ("五一比去年好吗", ("--LabourDay", "last year")),
        ("order 618", ()),
        ("十一月", ("--11",)),
        ("六一八大促", ("--MidYearSale",)),
        ("二十五一共", ()),
        ("Easterly winds", ()),
    ],
)
def test_feasts_that_a_text_names(text: str, periods: tuple[str, ...]) -> None:
    assert find_periods(text) == periods


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("--BlackFriday", "2024-11-29", "2024-11-29"),  # that of 2025 is still to come
        ("--Easter", "2025-04-18", "2025-04-21"),
        ("last-SinglesDay", "2024-11-11", "2024-11-11"),
        ("2024-NationalDay", "2024-10-01", "2024-10-07"),
    ],
)
def test_feasts_in_days(period: str, first: str, last: str) -> None:
    span = Span(date.fromisoformat(first), date.fromisoformat(last))
    assert period_span(period, _LAST, _LAST) == span


def test_a_feast_is_set_beside_the_one_of_the_year_before() -> None:
    easter = period_span("--Easter", _LAST, _LAST)
    assert feast_before("--Easter", easter) == Span(date(2024, 3, 29), date(2024, 4, 1))
    assert feast_before("2025-03", Span(date(2025, 3, 1), date(2025, 3, 31))) is None
    with pytest.raises(ValueError, match="2010"):
        period_span("2010-SpringFestival", _LAST, _LAST)
