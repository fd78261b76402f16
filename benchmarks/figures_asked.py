"""Questions of fifteen small businesses about their tables, in people's words, with what is right.

Each set was written before any of it was asked, and mended for afterwards.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.figures_tables import Rows

Right = float | str | list[str] | tuple[float, float]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: about which table, in which words, and what is right."""

    table: str
    text: str
    right: Callable[[Rows], Right]


def day_of(row: Row) -> Any:
    """Return the day of a row."""
    return row["day"] if "day" in row else row["when"].date()


def total(rows: Iterable[Row], field: str = "total") -> float:
    """Return the sum of a field."""
    return float(sum(row[field] for row in rows))


def of(rows: Rows, **values: Any) -> Rows:
    """Return the rows with these values; `year` and `month` are of their day."""

    def fits(row: Row) -> bool:
        for name, value in values.items():
            got = getattr(day_of(row), name) if name in {"year", "month"} else row[name]
            if got not in (value if isinstance(value, (set, range)) else {value}):
                return False
        return True

    return [row for row in rows if fits(row)]


def sums(rows: Rows, key: Callable[[Row], Any], field: str = "total") -> dict[str, float]:
    """Return the sum of a field by what a function says of each row."""
    found: dict[str, float] = defaultdict(float)
    for row in rows:
        found[key(row)] += row[field]
    return found


def most(found: dict[Any, float], first: int = 1, *, least: bool = False) -> list[str]:
    """Return the names with the most, or the least, in order."""
    order = sorted(found, key=lambda name: found[name], reverse=not least)
    return [str(name) for name in order[:first]]


def month(row: Row) -> str:
    """Return the first day of a row's month."""
    return day_of(row).replace(day=1).isoformat()


def a_day(rows: Rows, field: str = "total") -> dict[Any, float]:
    """Return what an average day of each weekday brings."""
    days = Counter(day.weekday() for day in {day_of(row) for row in rows})
    return {
        weekday: value / days[weekday]
        for weekday, value in sums(rows, lambda r: day_of(r).weekday(), field).items()
    }


def item(row: Row) -> str:
    """Return the item of a row."""
    return str(row["item"])


ASKED = (
    Asked("till", "how much did we take in June 2025", lambda t: total(of(t, year=2025, month=6))),
    Asked("till", "what sells best", lambda t: most(sums(t, item))),
    Asked("till", "how many lattes did we sell last month", lambda t: total(of(t, item="Latte", year=2025, month=9), "pieces")),
    Asked("till", "which weekday brings in the most", lambda t: most(a_day(t))),
    Asked("till", "at what time of the day are we busiest", lambda t: most(sums(t, lambda r: r["when"].hour))),
    Asked("till", "what share of sales is paid in cash", lambda t: total(of(t, payment="CASH"))),
    Asked("till", "average receipt in 2024", lambda t: statistics.fmean(r["total"] for r in of(t, year=2024))),
    Asked("till", "why was August so bad", lambda t: total(of(t, year=2025, month=8))),
    Asked("till", "our three weakest products", lambda t: most(sums(t, item), 3, least=True)),
    Asked("till", "compare the second quarter with the first", lambda t: (total(of(t, year=2025, month=range(4, 7))), total(of(t, year=2025, month=range(1, 4))))),
    Asked("till", "croissant revenue in the first half of 2025", lambda t: total(of(t, item="Croissant", year=2025, month=range(1, 7)))),
    Asked("till", "show me receipts over 15 dollars", lambda t: float(sum(r["total"] >= 15 for r in t))),
    Asked("daily", "total of 2024", lambda t: total(of(t, year=2024))),
    Asked("daily", "which month was the best", lambda t: most(sums(t, month))),
    Asked("daily", "did we have more customers this year than in the same time last year", lambda t: (total(of(t, year=2025), "customers"), total(of(t, year=2024, month=range(1, 10)), "customers"))),
    Asked("daily", "what was our best day ever", lambda t: most(sums(t, lambda r: r["day"].isoformat()))),
    Asked("daily", "how much do we take on an average day", lambda t: statistics.fmean(r["total"] for r in t)),
    Asked("daily", "takings from March to May 2025", lambda t: total(of(t, year=2025, month=range(3, 6)))),
    Asked("daily", "how many days were below 800", lambda t: float(sum(r["total"] <= 800 for r in t))),
    Asked("daily", "worst month of 2025", lambda t: most(sums(of(t, year=2025), month), least=True)),
    Asked("expenses", "what did we spend on travel in 2024", lambda t: total(of(t, kind="Travel", year=2024))),
    Asked("expenses", "break our costs down by category", lambda t: most(sums(t, lambda r: r["kind"]), 5)),
    Asked("expenses", "who do we pay the most", lambda t: most(sums(t, lambda r: r["vendor"]))),
    Asked("expenses", "how much went to Lufthansa", lambda t: total(of(t, vendor="Lufthansa"))),
    Asked("expenses", "how many different vendors do we have", lambda t: float(len({r["vendor"] for r in t}))),
    Asked("expenses", "largest single payment this year", lambda t: max(r["total"] for r in of(t, year=2025))),
    Asked("expenses", "supplies per month", lambda t: most(sums(of(t, kind="Supplies"), month))),
    Asked("expenses", "did food cost us more this year than last year", lambda t: (total(of(t, kind="Food", year=2025)), total(of(t, kind="Food", year=2024, month=range(1, 10))))),
    Asked("bookings", "how many bookings were cancelled", lambda t: float(len(of(t, status="cancelled")))),
    Asked("bookings", "revenue per room type", lambda t: most(sums(t, lambda r: r["room"]), 3)),
    Asked("bookings", "where do most bookings come from", lambda t: most(Counter(r["source"] for r in t))),
    Asked("bookings", "nights sold in July 2025", lambda t: total(of(t, year=2025, month=7), "nights")),
    Asked("bookings", "what percentage of bookings came through Booking.com", lambda t: float(len(of(t, source="Booking.com")))),
    Asked("bookings", "average price of a suite", lambda t: statistics.fmean(r["total"] for r in of(t, room="Suite"))),
    Asked("bookings", "how did the summer go", lambda t: total(of(t, year=2025, month=range(6, 9)))),
    Asked("bookings", "list the no-shows of August 2025", lambda t: float(len(of(t, status="no-show", year=2025, month=8)))),
    Asked("orders", "上个月卖了多少钱", lambda t: total(of(t, year=2025, month=9))),
    Asked("orders", "哪个商品卖得最好", lambda t: most(sums(t, item))),
    Asked("orders", "保温杯一共卖出多少个", lambda t: total(of(t, item="保温杯"), "pieces")),
    Asked("orders", "退款的订单有多少笔", lambda t: float(len(of(t, status="已退款")))),
    Asked("orders", "各类别的销售额", lambda t: most(sums(t, lambda r: r["kind"]), 3)),
    Asked("orders", "消费最多的五位客户", lambda t: most(sums(t, lambda r: r["customer"]), 5)),
    Asked("orders", "今年和去年同期比怎么样", lambda t: (total(of(t, year=2025)), total(of(t, year=2024, month=range(1, 10))))),
    Asked("orders", "六月为什么这么高", lambda t: total(of(t, year=2025, month=6))),
    Asked("orders", "平均每笔订单多少钱", lambda t: statistics.fmean(r["total"] for r in t)),
    Asked("orders", "一千元以上的订单列出来", lambda t: float(sum(r["total"] >= 1000 for r in t))),
    Asked("orders", "2024年下半年雨伞的销售额", lambda t: total(of(t, item="雨伞", year=2024, month=range(7, 13)))),
    Asked("orders", "已退款占多大比例", lambda t: float(len(of(t, status="已退款")))),
    Asked("branches", "哪个门店营业额最高", lambda t: most(sums(t, lambda r: r["shop"]))),
    Asked("branches", "星期几客人最多", lambda t: most(a_day(t, "guests"))),
    Asked("branches", "城西店三月份营业额为什么这么低", lambda t: total(of(t, shop="城西店", year=2025, month=3))),
    Asked("branches", "高铁站店今年上半年的营业额", lambda t: total(of(t, shop="高铁站店", year=2025, month=range(1, 7)))),
    Asked("branches", "按月统计城东店的客流", lambda t: most(sums(of(t, shop="城东店"), month, "guests"))),
    Asked("branches", "八月比七月多了多少", lambda t: (total(of(t, year=2025, month=8)), total(of(t, year=2025, month=7)))),
    Asked("branches", "营业额最差的一天是哪天", lambda t: most(sums(t, lambda r: r["day"].isoformat()), least=True)),
    Asked("branches", "二季度每个门店的客流", lambda t: most(sums(of(t, year=2025, month=range(4, 7)), lambda r: r["shop"], "guests"), 3)),
    Asked("till", "total takings for the past three months", lambda t: total(of(t, year=2025, month=range(7, 10)))),
    Asked("till", "which item makes us the least money", lambda t: most(sums(t, item), least=True)),
    Asked("till", "how many cheesecakes went over the counter in 2024", lambda t: total(of(t, item="Cheesecake", year=2024), "pieces")),
    Asked("till", "is Saturday really our strongest day of the week", lambda t: most(a_day(t))),
    Asked("till", "split May 2025 by payment type", lambda t: most(sums(of(t, year=2025, month=5), lambda r: r["payment"]), 2)),
    Asked("till", "what is the typical amount on a card receipt", lambda t: statistics.fmean(r["total"] for r in of(t, payment="CARD"))),
    Asked("till", "takings by month this year", lambda t: most(sums(of(t, year=2025), month))),
    Asked("till", "how did September do compared with August", lambda t: (total(of(t, year=2025, month=9)), total(of(t, year=2025, month=8)))),
    Asked("till", "what happened in August, why did takings drop", lambda t: total(of(t, year=2025, month=8))),
    Asked("till", "number of receipts under 3 dollars", lambda t: float(sum(r["total"] <= 3 for r in t))),
    Asked("daily", "Umsatz in December", lambda t: total(of(t, year=2024, month=12))),
    Asked("daily", "best three months", lambda t: most(sums(t, month), 3)),
    Asked("daily", "how many customers came in Q2 2025", lambda t: total(of(t, year=2025, month=range(4, 7)), "customers")),
    Asked("daily", "how does this year compare to the same months of last year", lambda t: (total(of(t, year=2025)), total(of(t, year=2024, month=range(1, 10))))),
    Asked("daily", "what was the lowest daily takings", lambda t: min(r["total"] for r in t)),
    Asked("daily", "sum of Umsatz since June 2025", lambda t: total(of(t, year=2025, month=range(6, 10)))),
    Asked("daily", "average number of customers per day in 2025", lambda t: statistics.fmean(r["customers"] for r in of(t, year=2025))),
    Asked("daily", "on how many days did we make more than 1300", lambda t: float(sum(r["total"] >= 1300 for r in t))),
    Asked("expenses", "how much have we paid Adobe so far", lambda t: total(of(t, vendor="Adobe"))),
    Asked("expenses", "which category eats up most of our money", lambda t: most(sums(t, lambda r: r["kind"]))),
    Asked("expenses", "software costs in the second quarter of 2025", lambda t: total(of(t, kind="Software", year=2025, month=range(4, 7)))),
    Asked("expenses", "top two vendors for travel", lambda t: most(sums(of(t, kind="Travel"), lambda r: r["vendor"]), 2)),
    Asked("expenses", "everything we spent last year", lambda t: total(of(t, year=2024))),
    Asked("expenses", "which month was the most expensive", lambda t: most(sums(t, month))),
    Asked("expenses", "how many payments went to Rewe", lambda t: float(len(of(t, vendor="Rewe")))),
    Asked("expenses", "what was our cheapest payment", lambda t: min(r["total"] for r in t)),
    Asked("bookings", "total income from doubles in 2025", lambda t: total(of(t, room="Double", year=2025))),
    Asked("bookings", "how many guests did we have in August 2025", lambda t: total(of(t, year=2025, month=8), "guests")),
    Asked("bookings", "which source brings the least revenue", lambda t: most(sums(t, lambda r: r["source"]), least=True)),
    Asked("bookings", "average number of nights", lambda t: statistics.fmean(r["nights"] for r in t)),
    Asked("bookings", "how many no-shows were there in 2024", lambda t: float(len(of(t, status="no-show", year=2024)))),
    Asked("bookings", "rank the room types by nights", lambda t: most(sums(t, lambda r: r["room"], "nights"), 3)),
    Asked("bookings", "why were July bookings so high", lambda t: float(len(of(t, year=2025, month=7)))),
    Asked("bookings", "what part of the bookings got cancelled", lambda t: float(len(of(t, status="cancelled")))),
    Asked("bookings", "show all suite bookings from September 2025", lambda t: float(len(of(t, room="Suite", year=2025, month=9)))),
    Asked("bookings", "did we earn more in June than in May", lambda t: (total(of(t, year=2025, month=6)), total(of(t, year=2025, month=5)))),
    Asked("orders", "八月份总共收了多少", lambda t: total(of(t, year=2025, month=8))),
    Asked("orders", "销量最高的是什么商品", lambda t: most(sums(t, item, "pieces"))),
    Asked("orders", "行李箱今年卖了几个", lambda t: total(of(t, item="行李箱", year=2025), "pieces")),
    Asked("orders", "还有几单没发货", lambda t: float(len(of(t, status="待发货")))),
    Asked("orders", "箱包类一共卖了多少钱", lambda t: total(of(t, kind="箱包"))),
    Asked("orders", "谁买得最多", lambda t: most(sums(t, lambda r: r["customer"]))),
    Asked("orders", "最近三个月的销售额是多少", lambda t: total(of(t, year=2025, month=range(7, 10)))),
    Asked("orders", "去年哪个月最差", lambda t: most(sums(of(t, year=2024), month), least=True)),
    Asked("orders", "二零二五年一季度对比去年一季度", lambda t: (total(of(t, year=2025, month=range(1, 4))), total(of(t, year=2024, month=range(1, 4))))),
    Asked("orders", "一共有多少个不同的客户", lambda t: float(len({r["customer"] for r in t}))),
    Asked("orders", "最大的一笔订单是多少", lambda t: max(r["total"] for r in t)),
    Asked("orders", "毛巾占总销售额的几成", lambda t: total(of(t, item="毛巾"))),
    Asked("branches", "三家店里哪家最差", lambda t: most(sums(t, lambda r: r["shop"]), least=True)),
    Asked("branches", "城东店上个月的客流量", lambda t: total(of(t, shop="城东店", year=2025, month=9), "guests")),
    Asked("branches", "周几的营业额最低", lambda t: most(a_day(t), least=True)),
    Asked("branches", "今年每个月的营业额", lambda t: most(sums(of(t, year=2025), month))),
    Asked("branches", "高铁站店九月跟八月比增长了多少", lambda t: (total(of(t, shop="高铁站店", year=2025, month=9)), total(of(t, shop="高铁站店", year=2025, month=8)))),
    Asked("branches", "三月份城西店怎么回事", lambda t: total(of(t, shop="城西店", year=2025, month=3))),
    Asked("branches", "平均每天接待多少客人", lambda t: total(t, "guests") / len({r["day"] for r in t})),
    Asked("branches", "今年客流最多的门店", lambda t: most(sums(of(t, year=2025), lambda r: r["shop"], "guests"))),
    Asked("salon", "how much did Mia bring in during the first quarter of 2025", lambda t: total(of(t, stylist="Mia", year=2025, month=range(1, 4)))),
    Asked("salon", "which service earns us the most", lambda t: most(sums(t, lambda r: r["service"]))),
    Asked("salon", "tips in August 2025", lambda t: total(of(t, year=2025, month=8), "tip")),
    Asked("salon", "who is our best client", lambda t: most(sums(t, lambda r: r["client"]))),
    Asked("salon", "how many perms did we do last year", lambda t: float(len(of(t, service="Perm", year=2024)))),
    Asked("salon", "quietest day of the week", lambda t: most(a_day(t), least=True)),
    Asked("salon", "what does a client pay on average", lambda t: statistics.fmean(r["total"] for r in t)),
    Asked("salon", "how much was paid by voucher so far this year", lambda t: total(of(t, paid="voucher", year=2025))),
    Asked("salon", "September against August", lambda t: (total(of(t, year=2025, month=9)), total(of(t, year=2025, month=8)))),
    Asked("salon", "list appointments over 100 euros in July 2025", lambda t: float(sum(r["total"] >= 100 for r in of(t, year=2025, month=7)))),
    Asked("salon", "number of appointments per stylist", lambda t: most(Counter(r["stylist"] for r in t), 3)),
    Asked("salon", "what percentage of appointments were beards", lambda t: float(len(of(t, service="Beard")))),
    Asked("ads", "total ad spend in 2024", lambda t: total(of(t, year=2024), "spend")),
    Asked("ads", "which channel gets the most clicks", lambda t: most(sums(t, lambda r: r["channel"], "clicks"))),
    Asked("ads", "how many orders came from Instagram in Q3 2025", lambda t: total(of(t, channel="Instagram", year=2025, month=range(7, 10)), "orders")),
    Asked("ads", "what do we spend on Google in an average month", lambda t: statistics.fmean(sums(of(t, channel="Google"), month, "spend").values())),
    Asked("ads", "spend by channel this year", lambda t: most(sums(of(t, year=2025), lambda r: r["channel"], "spend"), 3)),
    Asked("ads", "did clicks go up compared with last year", lambda t: (total(of(t, year=2025), "clicks"), total([r for r in of(t, year=2024) if (r["day"].month, r["day"].day) <= (9, 28)], "clicks"))),
    Asked("ads", "the month with the fewest orders", lambda t: most(sums(t, month, "orders"), least=True)),
    Asked("ads", "highest weekly spend for the newsletter", lambda t: max(r["spend"] for r in of(t, channel="Newsletter"))),
    Asked("lessons", "今年一共收了多少学费", lambda t: total(of(t, year=2025))),
    Asked("lessons", "哪门课程报名的人最多", lambda t: most(Counter(r["course"] for r in t))),
    Asked("lessons", "滨江校区九月份收了多少", lambda t: total(of(t, campus="滨江校区", year=2025, month=9))),
    Asked("lessons", "两个校区哪个收入高", lambda t: most(sums(t, lambda r: r["campus"]))),
    Asked("lessons", "用支付宝交的有几笔", lambda t: float(len(of(t, way="支付宝")))),
    Asked("lessons", "钢琴课今年卖了多少课时", lambda t: total(of(t, course="钢琴", year=2025), "hours")),
    Asked("lessons", "每个月的学费收入列一下", lambda t: most(sums(t, month))),
    Asked("lessons", "2025年2月比2024年2月怎么样", lambda t: (total(of(t, year=2025, month=2)), total(of(t, year=2024, month=2)))),
    Asked("lessons", "九月的学费为什么比平时高", lambda t: total(of(t, year=2025, month=9))),
    Asked("lessons", "现金缴费占百分之多少", lambda t: float(len(of(t, way="现金")))),
    Asked("lessons", "平均每月收多少学费", lambda t: statistics.fmean(sums(t, month).values())),
    Asked("lessons", "去年第四季度吉他课的收入", lambda t: total(of(t, course="吉他", year=2024, month=range(10, 13)))),
    Asked("lessons", "交钱最多的三个学员", lambda t: most(sums(t, lambda r: r["pupil"]), 3)),
    Asked("lessons", "一共有多少个学员", lambda t: float(len({r["pupil"] for r in t}))),
    Asked("lessons", "收入最低的是哪个月", lambda t: most(sums(t, month), least=True)),
    Asked("lessons", "声乐和架子鼓哪个收得多", lambda t: most({name: total(of(t, course=name)) for name in ("声乐", "架子鼓")})),
    Asked("rentals", "what did we make from tandems this year", lambda t: total(of(t, bike="Tandem", year=2025))),
    Asked("rentals", "which station is doing better", lambda t: most(sums(t, lambda r: r["where"]))),
    Asked("rentals", "income in July and August 2025", lambda t: total(of(t, year=2025, month={7, 8}))),
    Asked("rentals", "how many e-bikes were hired in May", lambda t: float(len(of(t, bike="E-Bike", year=2025, month=5)))),
    Asked("rentals", "how many bikes came back late", lambda t: float(len(of(t, late="yes")))),
    Asked("rentals", "our best weekday", lambda t: most(a_day(t))),
    Asked("rentals", "average fee per rental", lambda t: statistics.fmean(r["total"] for r in t)),
    Asked("rentals", "fees by bike type for 2024, please", lambda t: most(sums(of(t, year=2024), lambda r: r["bike"]), 4)),
    Asked("rentals", "was this August better than last August", lambda t: (total(of(t, year=2025, month=8)), total(of(t, year=2024, month=8)))),
    Asked("rentals", "why is January so weak", lambda t: total(of(t, year=2025, month=1))),
    Asked("rentals", "rentals above 200", lambda t: float(sum(r["total"] >= 200 for r in t))),
    Asked("rentals", "Old Town takings last quarter", lambda t: total(of(t, where="Old Town", year=2025, month=range(7, 10)))),
    Asked("hours", "how many hours did Omar work in June 2025", lambda t: total(of(t, who="Omar", year=2025, month=6), "hours")),
    Asked("hours", "who worked the most hours this year", lambda t: most(sums(of(t, year=2025), lambda r: r["who"], "hours"))),
    Asked("hours", "total billed to Stadtwerke", lambda t: total(of(t, client="Stadtwerke"))),
    Asked("hours", "which client brings in the least", lambda t: most(sums(t, lambda r: r["client"]), least=True)),
    Asked("hours", "how much time goes into meetings", lambda t: total(of(t, task="Meeting"), "hours")),
    Asked("hours", "what share of our hours is development", lambda t: total(of(t, task="Development"), "hours")),
    Asked("hours", "billing month by month in 2025", lambda t: most(sums(of(t, year=2025), month))),
    Asked("hours", "did we bill more in the first half of 2025 than in the first half of 2024", lambda t: (total(of(t, year=2025, month=range(1, 7))), total(of(t, year=2024, month=range(1, 7))))),
    Asked("hours", "average hours per week", lambda t: statistics.fmean(list(sums(t, lambda r: r["day"].isocalendar()[:2], "hours").values())[:-1])),
    Asked("hours", "hours per consultant and how they compare", lambda t: most(sums(t, lambda r: r["who"], "hours"), 3)),
    Asked("fruit", "这个月卖了多少钱", lambda t: total(of(t, year=2025, month=9))),
    Asked("fruit", "什么水果最赚钱", lambda t: most(sums(t, item))),
    Asked("fruit", "葡萄今年一共卖了多少", lambda t: total(of(t, item="葡萄", year=2025))),
    Asked("fruit", "苹果的平均单价", lambda t: statistics.fmean(r["price"] for r in of(t, item="苹果"))),
    Asked("fruit", "周末是不是卖得更好，按星期看看", lambda t: most(a_day(t))),
    Asked("fruit", "现金收了多少", lambda t: total(of(t, way="现金"))),
    Asked("fruit", "西瓜哪个月卖得最多", lambda t: most(sums(of(t, item="西瓜"), month))),
    Asked("fruit", "今年夏天比去年夏天好吗", lambda t: (total(of(t, year=2025, month={6, 7, 8})), total(of(t, year=2024, month={6, 7, 8})))),
    Asked("fruit", "各种付款方式的金额", lambda t: most(sums(t, lambda r: r["way"]), 3)),
    Asked("fruit", "单笔超过一百块的有多少笔", lambda t: float(sum(r["total"] >= 100 for r in t))),
    Asked("fruit", "香蕉和橙子比，哪个卖得好", lambda t: most({n: total(of(t, item=n)) for n in ("香蕉", "橙子")})),
    Asked("fruit", "销售额排前两名的水果", lambda t: most(sums(t, item), 2)),
    Asked("fruit", "前年以来每年的销售额", lambda t: most(sums(t, lambda r: f"{r['day'].year}-01-01"), 2)),
    Asked("fruit", "一天平均卖多少钱", lambda t: total(t) / len({r["day"] for r in t})),
    Asked("donations", "how much was donated last December", lambda t: total(of(t, year=2024, month=12))),
    Asked("donations", "gifts by purpose", lambda t: most(sums(t, lambda r: r["purpose"]), 3)),
    Asked("donations", "how many recurring gifts do we have", lambda t: float(len(of(t, recurring="Yes")))),
    Asked("donations", "our ten most generous donors", lambda t: most(sums(t, lambda r: r["donor"]), 10)),
    Asked("donations", "what is the average gift for the dogs", lambda t: statistics.fmean(r["total"] for r in of(t, purpose="Dogs"))),
    Asked("donations", "how much came in through PayPal in 2025", lambda t: total(of(t, via="PayPal", year=2025))),
    Asked("donations", "gifts of 250 dollars or more", lambda t: float(sum(r["total"] >= 250 for r in t))),
    Asked("donations", "which month brought the most", lambda t: most(sums(t, month))),
    Asked("donations", "did we receive more between January and March 2025 than a year before", lambda t: (total(of(t, year=2025, month=range(1, 4))), total(of(t, year=2024, month=range(1, 4))))),
    Asked("donations", "what proportion of the money is for the building", lambda t: total(of(t, purpose="Building"))),
    Asked("donations", "how many donors gave something in 2025", lambda t: float(len({r["donor"] for r in of(t, year=2025)}))),
    Asked("bakery", "how many pretzels were sold in August 2025", lambda t: total(of(t, item="Pretzel", year=2025, month=8), "sold")),
    Asked("bakery", "what do we throw away most", lambda t: most(sums(t, item, "waste"))),
    Asked("bakery", "takings per product this year", lambda t: most(sums(of(t, year=2025), item), 4)),
    Asked("bakery", "how much rye bread was thrown away this year", lambda t: total(of(t, item="Rye bread", year=2025), "waste")),
    Asked("bakery", "best day of the week for berliners", lambda t: most(a_day(of(t, item="Berliner")))),
    Asked("bakery", "average takings per day", lambda t: total(t) / len({r["day"] for r in t})),
    Asked("bakery", "how was Q3 compared to Q2", lambda t: (total(of(t, year=2025, month=range(7, 10))), total(of(t, year=2025, month=range(4, 7))))),
    Asked("bakery", "total takings since the beginning of 2025", lambda t: total(of(t, year=2025))),
    Asked("bakery", "rolls or pretzels, what earns us more", lambda t: most({n: total(of(t, item=n)) for n in ("Rolls", "Pretzel")})),
    Asked("bakery", "what went wrong in September", lambda t: total(of(t, year=2025, month=9))),
    Asked("repairs", "上个季度收了多少钱", lambda t: total(of(t, year=2025, month=range(7, 10)))),
    Asked("repairs", "哪个师傅接的单最多", lambda t: most(Counter(r["worker"] for r in t))),
    Asked("repairs", "返修的有几单", lambda t: float(len(of(t, again="是")))),
    Asked("repairs", "换屏一共收了多少", lambda t: total(of(t, job="换屏"))),
    Asked("repairs", "今年配件成本是多少", lambda t: total(of(t, year=2025), "parts")),
    Asked("repairs", "哪种维修项目收入最低", lambda t: most(sums(t, lambda r: r["job"]), least=True)),
    Asked("repairs", "华为手机修了多少台", lambda t: float(len(of(t, brand="华为")))),
    Asked("repairs", "按品牌看收费", lambda t: most(sums(t, lambda r: r["brand"]), 3)),
    Asked("repairs", "周末和工作日哪天最忙", lambda t: most({w: n / 91 for w, n in Counter(r["day"].weekday() for r in t).items()})),
    Asked("repairs", "六月份比五月份多收了多少", lambda t: (total(of(t, year=2025, month=6)), total(of(t, year=2025, month=5)))),
    Asked("repairs", "每个月平均收多少", lambda t: statistics.fmean(sums(t, month).values())),
    Asked("repairs", "王师傅去年的收费总额", lambda t: total(of(t, worker="王师傅", year=2024))),
    Asked("repairs", "2025年以来每月的收费", lambda t: most(sums(of(t, year=2025), month))),
    Asked("repairs", "收费四百以上的单子有多少", lambda t: float(sum(r["total"] >= 400 for r in t))),
    Asked("repairs", "贴膜占总单数的百分之几", lambda t: float(len(of(t, job="贴膜")))),
)  # fmt: skip
