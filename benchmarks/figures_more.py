"""Questions to nine more small businesses: chatty, indirect, by yes or no; the last as people type or speak.

Each was written before it was asked, and mended for afterwards.
"""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

from benchmarks.figures_asked import Asked, a_day, month, most, of, sums, total
from benchmarks.figures_tables import Rows


def weekend(rows: Rows) -> Rows:
    """Return the rows of Saturdays and Sundays."""
    return [row for row in rows if (row["day"] if "day" in row else row["when"]).weekday() >= 5]


def later(rows: Rows, hour: int) -> Rows:
    """Return the rows from an hour of the day on."""
    return [row for row in rows if row["when"].hour >= hour]


def by(rows: Rows, field: str, of_what: str = "total") -> dict[Any, float]:
    """Return the sum of one field by another."""
    return sums(rows, lambda row: row[field], of_what)


def means(rows: Rows, field: str, of_what: str = "total") -> dict[Any, float]:
    """Return the mean of one field by another."""
    times = Counter(row[field] for row in rows)
    return {name: value / times[name] for name, value in by(rows, field, of_what).items()}


def mean(rows: Rows, field: str = "total") -> float:
    """Return the mean of a field."""
    return statistics.fmean(row[field] for row in rows)


MORE_ASKED = (
    Asked("gym", "hey, so how did March go, moneywise?", lambda t: total(of(t, year=2025, month=3))),
    Asked("gym", "is Gold really our best earner or is it Silver", lambda t: most({n: total(of(t, plan=n)) for n in ("Gold", "Silver")})),
    Asked("gym", "got any idea how many different members paid in 2025?", lambda t: float(len({r["member"] for r in of(t, year=2025)}))),
    Asked("gym", "late payers, how many of them this year", lambda t: float(len(of(t, late="yes", year=2025)))),
    Asked("gym", "what do students bring in every month", lambda t: most(sums(of(t, plan="Student"), month))),
    Asked("gym", "the club on Mill Lane, what did it make last quarter", lambda t: total(of(t, club="Mill Lane", year=2025, month=range(4, 7)))),
    Asked("gym", "typical number of visits of a Gold member", lambda t: mean(of(t, plan="Gold"), "visits")),
    Asked("gym", "who comes most often", lambda t: most(by(t, "member", "visits"))),
    Asked("gym", "are fees going up or down compared to last year", lambda t: (total(of(t, year=2025)), total(of(t, year=2024, month=range(1, 10))))),
    Asked("gym", "put the plans in order of how much money they make", lambda t: most(by(t, "plan"), 3)),
    Asked("gym", "members with more than 14 visits in a month", lambda t: float(sum(r["visits"] >= 14 for r in t))),
    Asked("gym", "how many Silver payments came in during the first three months of 2025", lambda t: float(len(of(t, plan="Silver", year=2025, month=range(1, 4))))),
    Asked("gym", "fees from both clubs side by side", lambda t: most(by(t, "club"), 2)),
    Asked("gym", "when was our quietest month", lambda t: most(sums(t, month), least=True)),
    Asked("gym", "what fraction of payments is late", lambda t: float(len(of(t, late="yes")))),
    Asked("gym", "how many visits did we have in total in January 2024", lambda t: total(of(t, year=2024, month=1), "visits")),
    Asked("craft", "money made from candles so far in 2025", lambda t: total(of(t, item="Beeswax candle", year=2025))),
    Asked("craft", "do Canadians spend more than Germans?", lambda t: most({n: total(of(t, country=n)) for n in ("Canada", "Germany")})),
    Asked("craft", "Christmas season 2024 (November and December), what was the take", lambda t: total(of(t, year=2024, month={11, 12}))),
    Asked("craft", "number of scarves that left the shop last winter", lambda t: total([r for r in of(t, item="Wool scarf") if (r["day"].year, r["day"].month) in {(2024, 12), (2025, 1), (2025, 2)}], "pieces")),
    Asked("craft", "average basket of an American", lambda t: mean(of(t, country="United States"))),
    Asked("craft", "how many people used the WELCOME10 code", lambda t: float(len(of(t, coupon="WELCOME10")))),
    Asked("craft", "our biggest single order ever", lambda t: max(r["total"] for r in t)),
    Asked("craft", "which of the four things do we sell the fewest of", lambda t: most(by(t, "item", "pieces"), least=True)),
    Asked("craft", "weekends only: what comes in", lambda t: total(weekend(t))),
    Asked("craft", "orders to Japan", lambda t: float(len(of(t, country="Japan")))),
    Asked("craft", "break the year 2025 down by country for me", lambda t: most(by(of(t, year=2025), "country"), 4)),
    Asked("craft", "did June beat May?", lambda t: (total(of(t, year=2025, month=6)), total(of(t, year=2025, month=5)))),
    Asked("craft", "how come December is always so strong", lambda t: total(of(t, year=2024, month=12))),
    Asked("craft", "on average, how much do we turn over in a week", lambda t: statistics.fmean(list(sums(t, lambda r: r["day"].isocalendar()[:2]).values())[:-1])),
    Asked("craft", "spoon sets sold, month by month, this year", lambda t: most(sums(of(t, item="Oak spoon set", year=2025), month, "pieces"))),
    Asked("craft", "anything above a hundred bucks? how many such orders", lambda t: float(sum(r["total"] >= 100 for r in t))),
    Asked("tea", "上个月生意怎么样，收了多少", lambda t: total(of(t, year=2025, month=9))),
    Asked("tea", "外卖平台里美团和饿了么哪个单子多", lambda t: most(Counter(r["way"] for r in of(t, way={"美团", "饿了么"})))),
    Asked("tea", "珍奶一天大概能卖几杯", lambda t: total(of(t, item="珍珠奶茶"), "cups") / len({r["when"].date() for r in of(t, item="珍珠奶茶")})),
    Asked("tea", "点大杯的多还是中杯的多", lambda t: most(Counter(r["size"] for r in t))),
    Asked("tea", "半糖的有几单", lambda t: float(len(of(t, sweet="半糖")))),
    Asked("tea", "下午三点以后卖了多少钱", lambda t: total(later(t, 15))),
    Asked("tea", "周末比平时忙多少", lambda t: most(a_day(t))),
    Asked("tea", "今年七八月一共卖了多少杯", lambda t: total(of(t, year=2025, month={7, 8}), "cups")),
    Asked("tea", "堂食收入占比多少", lambda t: total(of(t, way="堂食"))),
    Asked("tea", "哪款饮料拖后腿", lambda t: most(by(t, "item"), least=True)),
    Asked("tea", "把各渠道的收入排个序", lambda t: most(by(t, "way"), 3)),
    Asked("tea", "客单价多少", mean),
    Asked("tea", "一天当中什么时候最忙", lambda t: most(Counter(r["when"].hour for r in t))),
    Asked("tea", "二季度比一季度多卖了多少钱", lambda t: (total(of(t, year=2025, month=range(4, 7))), total(of(t, year=2025, month=range(1, 4))))),
    Asked("tea", "柠檬茶去年夏天卖了几杯", lambda t: total(of(t, item="柠檬茶", year=2024, month={6, 7, 8}), "cups")),
    Asked("tea", "杨枝甘露这几个月是涨是跌，按月看看", lambda t: most(sums(of(t, item="杨枝甘露"), month))),
    Asked("vet", "so what did we bill in total last month", lambda t: total(of(t, year=2025, month=9))),
    Asked("vet", "more dogs or more cats?", lambda t: most(Counter(r["animal"] for r in of(t, animal={"Dog", "Cat"})))),
    Asked("vet", "how much money is in dental work", lambda t: total(of(t, reason="Dental"))),
    Asked("vet", "Dr Patel's turnover this year please", lambda t: total(of(t, vet="Dr Patel", year=2025))),
    Asked("vet", "what does a surgery cost on average with us", lambda t: mean(of(t, reason="Surgery"))),
    Asked("vet", "what part of the visits is insured", lambda t: float(len(of(t, insured="yes")))),
    Asked("vet", "which owners have paid us the most, say the top three", lambda t: most(by(t, "owner"), 3)),
    Asked("vet", "visits per month in 2025", lambda t: most(Counter(month(r) for r in of(t, year=2025)))),
    Asked("vet", "is Saturday worth it? takings by day of the week", lambda t: most(a_day(t))),
    Asked("vet", "rabbits we saw this summer", lambda t: float(len(of(t, animal="Rabbit", year=2025, month={6, 7, 8})))),
    Asked("vet", "did we have more vaccinations than check-ups", lambda t: most(Counter(r["reason"] for r in of(t, reason={"Vaccination", "Check-up"})))),
    Asked("vet", "bills that went past 500", lambda t: float(sum(r["total"] >= 500 for r in t))),
    Asked("vet", "how was 2025 up to June next to the same months of 2024", lambda t: (total(of(t, year=2025, month=range(1, 7))), total(of(t, year=2024, month=range(1, 7))))),
    Asked("vet", "how many families come to us", lambda t: float(len({r["owner"] for r in t}))),
    Asked("vet", "cat owners without insurance: how many visits", lambda t: float(len(of(t, animal="Cat", insured="no")))),
    Asked("vet", "the most profitable reason for a visit", lambda t: most(by(t, "reason"))),
    Asked("inn", "国庆那个月房费收了多少", lambda t: total(of(t, year=2024, month=10))),
    Asked("inn", "取消的订单有几个", lambda t: float(len(of(t, status="已取消")))),
    Asked("inn", "亲子房和大床房哪个更赚钱", lambda t: most({n: total(of(t, room=n)) for n in ("亲子房", "湖景大床房")})),
    Asked("inn", "携程给我们带来多少收入", lambda t: total(of(t, source="携程"))),
    Asked("inn", "今年暑假住了多少间夜", lambda t: total(of(t, year=2025, month={7, 8}), "nights")),
    Asked("inn", "回头客里谁花的钱最多", lambda t: most(by(t, "guest"))),
    Asked("inn", "平均一单住几晚", lambda t: mean(t, "nights")),
    Asked("inn", "淡季是哪几个月，把每个月的房费列出来", lambda t: most(sums(t, month))),
    Asked("inn", "飞猪的取消单有多少", lambda t: float(len(of(t, source="飞猪", status="已取消")))),
    Asked("inn", "不算取消的，今年一共收了多少房费", lambda t: total(of(t, status="已入住", year=2025))),
    Asked("inn", "哪个房型订的人最多", lambda t: most(Counter(r["room"] for r in t))),
    Asked("inn", "今年八月跟去年八月比起来呢", lambda t: (total(of(t, year=2025, month=8)), total(of(t, year=2024, month=8)))),
    Asked("inn", "一千块以上的大单有几笔", lambda t: float(sum(r["total"] >= 1000 for r in t))),
    Asked("inn", "微信渠道占几成", lambda t: total(of(t, source="微信"))),
    Asked("inn", "周末入住的收入有多少", lambda t: total(weekend(t))),
    Asked("inn", "上半年每个平台各收了多少", lambda t: most(by(of(t, year=2025, month=range(1, 7)), "source"), 3)),
    Asked("buys", "上个月买菜花了多少", lambda t: total(of(t, year=2025, month=9))),
    Asked("buys", "哪家供应商拿走的钱最多", lambda t: most(by(t, "seller"))),
    Asked("buys", "虾仁最近涨价了吗，按月看均价", lambda t: most({m: mean([r for r in of(t, item="虾仁") if month(r) == m], "price") for m in {month(r) for r in of(t, item="虾仁")}})),
    Asked("buys", "今年一共进了多少大米", lambda t: total(of(t, item="大米", year=2025), "much")),
    Asked("buys", "老陈经手了多少笔", lambda t: float(len(of(t, who="老陈")))),
    Asked("buys", "土豆平均多少钱", lambda t: mean(of(t, item="土豆"), "price")),
    Asked("buys", "花钱最多的三样东西是什么", lambda t: most(by(t, "item"), 3)),
    Asked("buys", "冻品这块今年花了多少", lambda t: total(of(t, seller="海川冻品", year=2025))),
    Asked("buys", "单次采购最贵的一笔是多少", lambda t: max(r["total"] for r in t)),
    Asked("buys", "每个月大概要花多少采购费", lambda t: statistics.fmean(sums(t, month).values())),
    Asked("buys", "去年和今年前三季度相比花得多了还是少了", lambda t: (total(of(t, year=2025)), total(of(t, year=2024, month=range(1, 10))))),
    Asked("buys", "永丰粮油总共送了几次货", lambda t: float(len(of(t, seller="永丰粮油")))),
    Asked("buys", "小林买的东西里哪样最多", lambda t: most(Counter(r["item"] for r in of(t, who="小林")))),
    Asked("buys", "有几家供应商", lambda t: 3.0),
    Asked("buys", "鸡腿三月到五月花了多少", lambda t: total(of(t, item="鸡腿", year=2025, month=range(3, 6)))),
    Asked("buys", "五百块以下的小单占多少", lambda t: float(sum(r["total"] < 500 for r in t))),
    Asked("parcels", "june total", lambda t: total(of(t, year=2025, month=6))),
    Asked("parcels", "top3 clients", lambda t: most(by(t, "client"), 3)),
    Asked("parcels", "avg charge large boxes", lambda t: mean(of(t, size="Large box"))),
    Asked("parcels", "how many km did Magda drive in 2025", lambda t: total(of(t, driver="Magda", year=2025), "km")),
    Asked("parcels", "lost parcels?", lambda t: float(len(of(t, state="lost")))),
    Asked("parcels", "who of the drivers makes us the most money", lambda t: most(by(t, "driver"))),
    Asked("parcels", "flower shop, all of last year, what did they pay", lambda t: total(of(t, client="Flower House", year=2024))),
    Asked("parcels", "longest trip", lambda t: float(max(r["km"] for r in t))),
    Asked("parcels", "Aug vs Jul", lambda t: (total(of(t, year=2025, month=8)), total(of(t, year=2025, month=7)))),
    Asked("parcels", "returned rate", lambda t: float(len(of(t, state="returned")))),
    Asked("parcels", "monthly income 2025", lambda t: most(sums(of(t, year=2025), month))),
    Asked("parcels", "deliveries of Tomas without the returned and the lost", lambda t: float(len(of(t, driver="Tomas", state="delivered")))),
    Asked("parcels", "jobs longer than 30 km", lambda t: float(sum(r["km"] >= 30 for r in t))),
    Asked("parcels", "which day of week is dead", lambda t: most(a_day(t), least=True)),
    Asked("canteen", "lunch takings, this year so far", lambda t: total(of(t, meal="Lunch", year=2025))),
    Asked("canteen", "plates on a normal day", lambda t: total(t, "plates") / len({r["day"] for r in t})),
    Asked("canteen", "what do we throw out more, breakfast or lunch?", lambda t: most({m: total(of(t, meal=m), "leftover") for m in ("Breakfast", "Lunch")})),
    Asked("canteen", "is Pavel better than Ines", lambda t: most(by(t, "cook"))),
    Asked("canteen", "how many breakfasts did we serve in March 2025", lambda t: total(of(t, meal="Breakfast", year=2025, month=3), "plates")),
    Asked("canteen", "leftovers by month", lambda t: most(sums(t, month, "leftover"))),
    Asked("canteen", "Fridays, how much do they bring", lambda t: total([r for r in t if r["day"].weekday() == 4])),
    Asked("canteen", "snacks: share of the turnover", lambda t: total(of(t, meal="Snack"))),
    Asked("canteen", "did it get better since last year", lambda t: (total(of(t, year=2025)), total(of(t, year=2024, month=range(1, 10))))),
    Asked("canteen", "busiest month for lunches", lambda t: most(sums(of(t, meal="Lunch"), month))),
    Asked("canteen", "weakest meal", lambda t: most(by(t, "meal"), least=True)),
    Asked("canteen", "days with more than 110 plates at lunch", lambda t: float(sum(r["plates"] >= 110 for r in of(t, meal="Lunch")))),
    Asked("canteen", "total leftovers under Ines in the second quarter", lambda t: total(of(t, cook="Ines", year=2025, month=range(4, 7)), "leftover")),
    Asked("canteen", "average takings of a breakfast", lambda t: mean(of(t, meal="Breakfast"))),
    Asked("pets", "那个上个月洗澡一共多少单啊", lambda t: float(len(of(t, what="洗澡", year=2025, month=9)))),
    Asked("pets", "咱们店会员和非会员谁消费高", lambda t: most(by(t, "card"))),
    Asked("pets", "小美这个月做了多少钱", lambda t: total(of(t, staff="小美", year=2025, month=9))),
    Asked("pets", "最赚钱的是啥项目呀", lambda t: most(by(t, "what"))),
    Asked("pets", "来的狗里面金毛多还是泰迪多", lambda t: most(Counter(r["kind"] for r in of(t, kind={"金毛", "泰迪"})))),
    Asked("pets", "猫的生意做了多少", lambda t: total(of(t, kind={"布偶猫", "英短"}))),
    Asked("pets", "周六周日加起来收多少", lambda t: total(weekend(t))),
    Asked("pets", "晚上有多少客人", lambda t: float(len(later(t, 18)))),
    Asked("pets", "寄养从年初到现在收入多少", lambda t: total(of(t, what="寄养", year=2025))),
    Asked("pets", "打疫苗的平均收费", lambda t: mean(of(t, what="疫苗"))),
    Asked("pets", "除了洗澡，别的项目一共多少钱", lambda t: total(of(t, what={"美容", "寄养", "疫苗"}))),
    Asked("pets", "支付宝和微信哪个用得多", lambda t: most(Counter(r["way"] for r in of(t, way={"微信", "支付宝"})))),
    Asked("pets", "八月怎么比七月差呢", lambda t: total(of(t, year=2025, month=8))),
    Asked("pets", "收三百以上的有多少笔", lambda t: float(sum(r["total"] >= 300 for r in t))),
)  # fmt: skip
