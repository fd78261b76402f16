"""Days that shops count on and that have a name: Black Friday, Easter, 双十一, 春节; and when they are."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta

_Days = tuple[date, date]
_FIRST_LUNAR_YEAR = 2015
_SPRING = (
    "02-19 02-08 01-28 02-16 02-05 01-25 02-12 02-01 01-22 02-10 01-29 02-17 02-06 01-26 02-13 02-03 01-23"
    " 02-11 01-31 02-19 02-08 01-28 02-15 02-04 01-24 02-12"
)
_DRAGON_BOAT = (
    "06-20 06-09 05-30 06-18 06-07 06-25 06-14 06-03 06-22 06-10 05-31 06-19 06-09 05-28 06-16 06-05 06-24"
    " 06-12 06-01 06-20 06-10 05-30 06-18 06-07 05-27 06-14"
)
_MID_AUTUMN = (
    "09-27 09-15 10-04 09-24 09-13 10-01 09-21 09-10 09-29 09-17 10-06 09-25 09-15 10-03 09-22 09-12 10-01"
    " 09-19 09-08 09-27 09-16 10-04 09-24 09-13 10-02 09-20"
)
"""First days of the first and the fifth month, and the fifteenth of the eighth, of the lunar calendar."""


def feast_days(name: str, year: int) -> _Days | None:
    """Return the first and the last day of a feast in a year; None where it is unknown there.

    Raises:
        KeyError: No feast has this name.
    """
    return FEASTS[name](year)


def _fixed(first: str, last: str = "") -> Callable[[int], _Days]:
    def days(year: int) -> _Days:
        return _day(year, first), _day(year, last or first)

    return days


def _day(year: int, day: str) -> date:
    return date.fromisoformat(f"{year}-{day}")


def _lunar(listed: str, before: int, after: int) -> Callable[[int], _Days | None]:
    days = dict(enumerate(listed.split(), _FIRST_LUNAR_YEAR))

    def found(year: int) -> _Days | None:
        if year not in days:
            return None
        day = _day(year, days[year])
        return day - timedelta(days=before), day + timedelta(days=after)

    return found


def _easter(year: int) -> _Days:
    """Good Friday to Easter Monday."""
    from dateutil.easter import easter

    sunday = easter(year)
    return sunday - timedelta(days=2), sunday + timedelta(days=1)


def _nth(month: int, weekday: int, nth: int, after: int = 0) -> Callable[[int], _Days]:
    """Return what finds the nth day of a week in a month, or a day so many days after it."""

    def days(year: int) -> _Days:
        first = date(year, month, 1)
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1) + after)
        return day, day

    return days


FEASTS: dict[str, Callable[[int], _Days | None]] = {
    "NewYear": _fixed("01-01"),
    "SpringFestival": _lunar(_SPRING, 1, 6),  # its eve and seven days
    "Valentines": _fixed("02-14"),
    "WomensDay": _fixed("03-08"),
    "Easter": _easter,
    "LabourDay": _fixed("05-01", "05-05"),
    "MothersDay": _nth(5, calendar.SUNDAY, 2),
    "DragonBoat": _lunar(_DRAGON_BOAT, 0, 0),
    "ChildrensDay": _fixed("06-01"),
    "MidYearSale": _fixed("06-18"),
    "MidAutumn": _lunar(_MID_AUTUMN, 0, 0),
    "NationalDay": _fixed("10-01", "10-07"),
    "Halloween": _fixed("10-31"),
    "SinglesDay": _fixed("11-11"),
    "Thanksgiving": _nth(11, calendar.THURSDAY, 4),
    "BlackFriday": _nth(11, calendar.THURSDAY, 4, 1),
    "CyberMonday": _nth(11, calendar.THURSDAY, 4, 4),
    "DoubleTwelve": _fixed("12-12"),
    "ChristmasSeason": _fixed("12-01", "12-24"),
    "Christmas": _fixed("12-24", "12-26"),
}
"""What finds the days of a feast in a year, by its name."""

SAID = {
    "SpringFestival": ("chinese new year|lunar new year|spring festival", "春节|过年|新春"),
    "NewYear": ("new year(?:['’]s(?: day)?)?", "元旦"),
    "Valentines": ("valentine['’]?s?(?: day)?", "情人节"),
    "WomensDay": ("women['’]?s day", "妇女节|三八节"),
    "Easter": ("easter(?: weekend)?", "复活节"),
    "LabourDay": (
        "labou?r day",
        "(?<![一二三四五六七八九十])五一(?![八百十])(?:假期|节|期间|黄金周)?|劳动节",
    ),
    "MothersDay": ("mother['’]?s day", "母亲节"),
    "DragonBoat": ("dragon boat(?: festival| day)?", "端午节?"),
    "ChildrensDay": ("children['’]?s day", "儿童节|(?<![一二三四五六七八九十])六一(?![八百十])"),
    "MidYearSale": (
        "618(?= (?:sale|festival))",
        "六一八|(?<!\\d)618(?=大促|活动|期间|购物节|那天|当天|卖|的)",
    ),
    "MidAutumn": ("mid-?autumn(?: festival)?|moon festival", "中秋节?"),
    "NationalDay": (
        "golden week|national day",
        "国庆(?:节|期间|假期|黄金周)?|十一(?:假期|期间|黄金周)",
    ),
    "Halloween": ("hallowe['’]?en", "万圣节"),
    "SinglesDay": ("singles['’]? day|double eleven", "双十一|双11"),
    "Thanksgiving": ("thanksgiving", "感恩节"),
    "BlackFriday": ("black friday", "黑色星期五|黑五"),
    "CyberMonday": ("cyber monday", "网络星期一"),
    "DoubleTwelve": ("double twelve", "双十二|双12"),
    "ChristmasSeason": ("(?:the )?christmas (?:season|time|business|period)", "圣诞季"),
    "Christmas": ("christmas|xmas", "圣诞节?"),
}
"""How people call them, in English and in Chinese, as patterns."""
