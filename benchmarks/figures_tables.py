"""Tables of fifteen small businesses, as their programs write them; made anew each time, always the same."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
TableOf = tuple[str, Callable[[], Rows], Callable[[Rows], list[list[object]]], str, str]
"""File name, rows, how they are laid out, delimiter and encoding."""
FIRST, LAST = date(2024, 1, 1), date(2025, 9, 30)


DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def till() -> Rows:
    """Receipts of a café: more on Saturdays, closed on Mondays and for two weeks in August 2025."""
    chance = random.Random(1)
    prices = {"Latte": 4.2, "Espresso": 2.6, "Croissant": 3.1, "Cheesecake": 5.4, "Tea": 2.9}
    rows: Rows = []
    for day in DAYS:
        closed = day.weekday() == 0 or date(2025, 8, 4) <= day <= date(2025, 8, 17)
        for _ in range(0 if closed else 9 if day.weekday() == 5 else 5):
            item = chance.choices(list(prices), [8, 5, 6, 2, 3])[0]
            pieces = chance.choice([1, 1, 2, 3])
            hour = chance.choices([8, 9, 11, 13, 15, 16], [6, 4, 2, 2, 3, 1])[0]
            rows.append({
                "when": datetime(day.year, day.month, day.day, hour, chance.randrange(60)),
                "item": item, "pieces": pieces, "total": round(pieces * prices[item], 2),
                "payment": chance.choices(["CARD", "CASH"], [7, 3])[0],
            })  # fmt: skip
    return rows


def daily() -> Rows:
    """Takings of a German shop, a day a row, closed on Sundays."""
    chance = random.Random(2)
    return [
        {"day": day, "total": round((900 + 300 * (day.month == 12) + 40 * day.weekday()) * chance.uniform(0.8, 1.2), 2),
         "customers": chance.randrange(40, 90)}
        for day in DAYS if day.weekday() != 6
    ]  # fmt: skip


def expenses() -> Rows:
    """What an office paid, and to whom."""
    chance = random.Random(3)
    kinds = {
        "Rent": (["Hartmann Immobilien"], 2400, 1), "Supplies": (["Staples", "Paper & More"], 90, 3),
        "Travel": (["Deutsche Bahn", "Lufthansa"], 220, 2), "Software": (["Adobe", "GitHub"], 60, 2),
        "Food": (["Rewe", "Metro"], 45, 4),
    }  # fmt: skip
    rows: Rows = []
    for month in range(21):
        year, number = divmod(month, 12)
        for kind, (vendors, amount, times) in kinds.items():
            for _ in range(times):
                day = date(2024 + year, number + 1, chance.randrange(1, 28))
                paid = amount if kind == "Rent" else round(amount * chance.uniform(0.4, 2.2), 2)
                rows.append(
                    {"day": day, "vendor": chance.choice(vendors), "kind": kind, "total": paid}
                )
    return sorted(rows, key=lambda row: row["day"])


def bookings() -> Rows:
    """Bookings of a guest house."""
    chance = random.Random(4)
    rows: Rows = []
    for day in DAYS:
        for _ in range(3 if day.month in (6, 7, 8) else 1):
            room, price = chance.choices(
                [("Single", 70), ("Double", 110), ("Suite", 190)], [3, 5, 1]
            )[0]
            nights = chance.choice([1, 2, 2, 3, 5])
            rows.append({
                "day": day, "room": room, "nights": nights, "guests": 1 if room == "Single" else chance.choice([1, 2, 2, 3]),
                "total": float(price * nights), "source": chance.choices(["Booking.com", "Phone", "Website"], [5, 2, 3])[0],
                "status": chance.choices(["confirmed", "cancelled", "no-show"], [17, 2, 1])[0],
            })  # fmt: skip
    return rows


def shop_orders() -> Rows:
    """Orders of a Chinese web shop."""
    chance = random.Random(5)
    goods = {
        "保温杯": ("杯壶", 89),
        "双肩包": ("箱包", 199),
        "雨伞": ("日用", 49),
        "行李箱": ("箱包", 459),
        "毛巾": ("日用", 25),
    }
    rows: Rows = []
    for day in DAYS:
        for _ in range(6 if (day.month, day.day) == (6, 18) else 2):
            name = chance.choices(list(goods), [5, 3, 4, 1, 6])[0]
            kind, price = goods[name]
            pieces = chance.choice([1, 1, 1, 2, 4])
            rows.append({
                "day": day, "customer": f"客户{chance.randrange(1, 31):02}", "item": name, "kind": kind, "pieces": pieces,
                "total": float(price * pieces), "status": chance.choices(["已完成", "已退款", "待发货"], [16, 2, 1])[0],
            })  # fmt: skip
    return rows


def branches() -> Rows:
    """Takings and guests of three branches of a Chinese restaurant, a day and branch a row."""
    chance = random.Random(6)
    size = {"城东店": 8200, "城西店": 6100, "高铁站店": 9400}
    return [
        {"day": day, "shop": shop, "total": round(much * (1.4 if day.weekday() >= 5 else 1) * chance.uniform(0.75, 1.25)),
         "guests": chance.randrange(80, 260)}
        for day in DAYS for shop, much in size.items()
        if not (shop == "城西店" and date(2025, 3, 10) <= day <= date(2025, 3, 20))
    ]  # fmt: skip


def salon() -> Rows:
    """Appointments of a hairdresser."""
    chance = random.Random(7)
    prices = {"Cut": 38, "Colour": 85, "Beard": 18, "Perm": 110}
    rows: Rows = []
    for day in DAYS:
        for _ in range(0 if day.weekday() in (0, 6) else 4):
            service = chance.choices(list(prices), [8, 3, 4, 1])[0]
            rows.append({
                "day": day, "client": f"{chance.choice(_NAMES)} {chance.choice('ABCDEFG')}.", "service": service,
                "stylist": chance.choices(["Mia", "Jonas", "Aylin"], [4, 3, 2])[0], "total": float(prices[service]),
                "tip": float(chance.choice([0, 0, 2, 5])), "paid": chance.choices(["card", "cash", "voucher"], [6, 3, 1])[0],
            })  # fmt: skip
    return rows


def advertising() -> Rows:
    """What advertising cost and brought, a week and channel a row."""
    chance = random.Random(8)
    return [
        {"day": FIRST + timedelta(days=7 * week), "channel": channel, "spend": round(much * chance.uniform(0.6, 1.4), 2),
         "clicks": round(much * 3 * chance.uniform(0.7, 1.3)), "orders": round(much / 20 * chance.uniform(0.5, 1.6))}
        for week in range(91) for channel, much in {"Google": 420, "Instagram": 260, "Newsletter": 40}.items()
    ]  # fmt: skip


def lessons() -> Rows:
    """Fees of a Chinese school of music."""
    chance = random.Random(9)
    fees = {"钢琴": 3600, "吉他": 2400, "声乐": 2800, "架子鼓": 3000}
    rows: Rows = []
    for day in DAYS:
        for _ in range(3 if day.month in (2, 9) else 1):
            course = chance.choices(list(fees), [5, 3, 2, 2])[0]
            rows.append({
                "day": day, "pupil": f"学员{chance.randrange(1, 90):03}", "course": course,
                "campus": chance.choices(["人民路校区", "滨江校区"], [5, 4])[0], "hours": chance.choice([12, 24, 24, 48]),
                "total": float(fees[course]), "way": chance.choices(["微信", "支付宝", "现金"], [6, 3, 1])[0],
            })  # fmt: skip
    return rows


def rentals() -> Rows:
    """Bicycles that were hired out."""
    chance = random.Random(10)
    fees = {"E-Bike": 32, "City Bike": 15, "Tandem": 40, "Kids Bike": 9}
    rows: Rows = []
    for day in DAYS:
        for _ in range(
            6 if 4 <= day.month <= 9 and day.weekday() >= 5 else 2 if 4 <= day.month <= 9 else 1
        ):
            bike = chance.choices(list(fees), [5, 6, 1, 3])[0]
            length = chance.choice([1, 1, 2, 3, 7])
            rows.append({
                "day": day, "bike": bike, "length": length, "total": float(fees[bike] * length),
                "where": chance.choices(["Harbour", "Old Town"], [3, 2])[0], "late": chance.choices(["no", "yes"], [9, 1])[0],
            })  # fmt: skip
    return rows


def fruit() -> Rows:
    """What a Chinese fruit stand sold, by weight."""
    chance = random.Random(11)
    prices = {"苹果": 6.5, "香蕉": 4.8, "葡萄": 12.8, "西瓜": 2.6, "橙子": 7.2}
    rows: Rows = []
    for day in DAYS:
        for _ in range(5 if day.weekday() >= 5 else 3):
            name = chance.choices(list(prices), [5, 4, 2, 3, 3])[0]
            weight = round(chance.uniform(1, 9), 1)
            price = round(prices[name] * chance.uniform(0.9, 1.1), 1)
            rows.append({"day": day, "item": name, "weight": weight, "price": price, "total": price * weight,
                         "way": chance.choices(["微信", "现金", "支付宝"], [6, 2, 2])[0]})  # fmt: skip
    return rows


def consulting() -> Rows:
    """Hours that were worked for clients."""
    chance = random.Random(12)
    rates = {"Nordwind GmbH": 120, "Café Luna": 80, "Stadtwerke": 140, "Blumen Koch": 75}
    rows: Rows = []
    for day in DAYS:
        for _ in range(0 if day.weekday() >= 5 else 2):
            client = chance.choices(list(rates), [4, 2, 3, 1])[0]
            hours = chance.choice([0.5, 1.0, 2.0, 3.5, 6.0])
            rows.append({
                "day": day, "client": client, "who": chance.choices(["Lena", "Omar", "Petra"], [3, 2, 2])[0],
                "task": chance.choices(["Design", "Meeting", "Development"], [3, 2, 5])[0], "hours": hours,
                "total": hours * rates[client],
            })  # fmt: skip
    return rows


def donations() -> Rows:
    """Gifts to an animal shelter."""
    chance = random.Random(13)
    rows: Rows = []
    for day in DAYS:
        for _ in range(4 if day.month == 12 else 1):
            rows.append({
                "day": day, "donor": f"{chance.choice(_NAMES)} {chance.choice('KLMNOPQR')}.",
                "total": float(chance.choice([10, 20, 20, 50, 100, 250])),
                "purpose": chance.choices(["Cats", "Dogs", "Building"], [4, 5, 2])[0],
                "recurring": chance.choices(["Yes", "No"], [2, 3])[0], "via": chance.choices(["PayPal", "Bank"], [3, 2])[0],
            })  # fmt: skip
    return rows


def bakery() -> Rows:
    """What a bakery sold and threw away, a day and product a row."""
    chance = random.Random(14)
    size = {
        "Rye bread": (60, 4.9),
        "Rolls": (240, 0.6),
        "Pretzel": (90, 1.1),
        "Berliner": (40, 1.8),
    }
    rows: Rows = []
    for day in DAYS:
        if day.weekday() == 0:
            continue
        for name, (many, price) in size.items():
            sold = round(many * (1.5 if day.weekday() == 5 else 1) * chance.uniform(0.7, 1.2))
            rows.append({"day": day, "item": name, "sold": sold, "waste": round(sold * chance.uniform(0, 0.2)),
                         "total": round(sold * price, 2)})  # fmt: skip
    return rows


def repairs() -> Rows:
    """Jobs of a Chinese workshop for phones."""
    chance = random.Random(15)
    fees = {"换屏": 480, "换电池": 160, "进水维修": 320, "贴膜": 30}
    rows: Rows = []
    for day in DAYS:
        for _ in range(2 if day.weekday() < 5 else 4):
            job = chance.choices(list(fees), [4, 5, 1, 6])[0]
            rows.append({
                "day": day, "job": job, "brand": chance.choices(["苹果", "华为", "小米"], [5, 4, 3])[0],
                "worker": chance.choices(["王师傅", "李师傅"], [3, 2])[0], "total": float(fees[job]),
                "parts": round(fees[job] * chance.uniform(0.2, 0.5)), "again": chance.choices(["否", "是"], [15, 1])[0],
            })  # fmt: skip
    return rows


_NAMES = ("Anna", "Ben", "Clara", "David", "Emil", "Frida", "Greta", "Hugo", "Ida", "Jan")


def _german(value: float) -> str:
    return f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _till(rows: Rows) -> list[list[object]]:
    lines = [[f"R{n:05}", f"{r['when']:%m/%d/%Y %I:%M %p}", r["item"], r["pieces"], f"${r['total']:,.2f}", r["payment"]]
             for n, r in enumerate(rows, 1)]  # fmt: skip
    return [["Receipt No", "Timestamp", "Item", "Qty", "Line Total", "Payment"], *lines]


def _daily(rows: Rows) -> list[list[object]]:
    head = [["Tagesabschluss Filiale Nord", "", ""], ["Datum", "Umsatz", "Kunden"]]
    return [*head, *([f"{r['day']:%d.%m.%Y}", _german(r["total"]), r["customers"]] for r in rows)]


def _orders(rows: Rows) -> list[list[object]]:
    lines = [[f"D{n:06}", f"{r['day']:%Y年%m月%d日}", r["customer"], r["item"], r["kind"], r["pieces"], f"¥{r['total']:.2f}",
              r["status"]] for n, r in enumerate(rows, 1)]  # fmt: skip
    return [["订单号", "下单日期", "客户", "商品", "类别", "数量", "金额", "状态"], *lines]


def _salon(rows: Rows) -> list[list[object]]:
    keys = ("client", "service", "stylist")
    lines = [
        [
            f"{r['day']:%Y-%m-%d}",
            *(r[k] for k in keys),
            f"€{r['total']:.0f}",
            f"€{r['tip']:.0f}",
            r["paid"],
        ]
        for r in rows
    ]
    return [
        ["Appointment date", "Client", "Service", "Stylist", "Charged", "Tip", "Paid by"],
        *lines,
    ]


def _rentals(rows: Rows) -> list[list[object]]:
    keys = ("bike", "length", "where", "total", "late")
    lines = [
        [f"{r['day']:%B} {r['day'].day}, {r['day'].year}", *(r[k] for k in keys)] for r in rows
    ]
    return [["Pick-up", "Bike type", "Days", "Station", "Fee", "Returned late"], *lines]


def _fruit(rows: Rows) -> list[list[object]]:
    keys = ("item", "weight", "price", "way")
    return [["日期", "品名", "数量", "单价", "付款方式"],
            *([f"{r['day'].year}-{r['day'].month}-{r['day'].day}", *(r[k] for k in keys)] for r in rows)]  # fmt: skip


def _consulting(rows: Rows) -> list[list[object]]:
    keys = ("client", "who", "task", "hours")
    lines = [
        [f"{r['day']:%d/%m/%Y}", *(r[k] for k in keys), f"{r['total']:,.2f} EUR"] for r in rows
    ]
    return [["Date", "Client", "Consultant", "Task", "Hours", "Billed"], *lines]


def _donations(rows: Rows) -> list[list[object]]:
    keys = ("donor", "purpose", "recurring", "via")
    lines = [[f"{r['day']:%m/%d/%y}", *(r[k] for k in keys), f"${r['total']:,.0f}"] for r in rows]
    return [["Received", "Donor", "Purpose", "Recurring", "Via", "Gift"], *lines]


def _bakery(rows: Rows) -> list[list[object]]:
    lines = [[r["day"], r["item"], r["sold"], r["waste"], _german(r["total"])] for r in rows]
    return [["Date", "Product", "Sold", "Thrown away", "Takings"], *lines]


def _repairs(rows: Rows) -> list[list[object]]:
    keys = ("job", "brand", "worker", "total", "parts", "again")
    return [["接单日期", "维修项目", "品牌", "师傅", "收费", "配件成本", "返修"],
            *([f"{r['day']:%Y%m%d}", *(r[k] for k in keys)] for r in rows)]  # fmt: skip


def layout(form: str, head: str, keys: str) -> Callable[[Rows], list[list[object]]]:
    """Return how a table is laid out: its days by a form, its header, the fields of a row in their order."""

    def lay_out(rows: Rows) -> list[list[object]]:
        lines = [
            [f"{r.get('day') or r['when']:{form}}", *(r[k] for k in keys.split())] for r in rows
        ]
        return [re.split("[,;]", head), *lines]

    return lay_out


TABLES: dict[str, TableOf] = {
    "till": ("till.csv", till, _till, ",", "utf-8"),
    "daily": ("tagesabschluss.csv", daily, _daily, ";", "cp1252"),
    "expenses": ("expenses.csv", expenses, layout("%d %b %Y", "Date,Vendor,Category,Amount", "vendor kind total"), ",", "utf-8"),
    "bookings": ("bookings.csv", bookings, layout("%Y-%m-%d", "arrival,room type,nights,guests,price,source,status", "room nights guests total source status"), "\t", "utf-8"),
    "orders": ("订单.csv", shop_orders, _orders, ",", "gb18030"),
    "salon": ("appointments.csv", salon, _salon, ",", "utf-8"),
    "ads": ("advertising.csv", advertising, layout("%d-%b-%Y", "Week starting,Channel,Spend (EUR),Clicks,Orders", "channel spend clicks orders"), ",", "utf-8"),
    "lessons": ("缴费记录.csv", lessons, layout("%Y.%m.%d", "缴费日期,学员,课程,校区,课时,学费,缴费方式", "pupil course campus hours total way"), ",", "utf-8"),
    "rentals": ("rentals.csv", rentals, _rentals, ",", "utf-8"),
    "fruit": ("水果摊.csv", fruit, _fruit, ",", "utf-8"),
    "hours": ("hours.csv", consulting, _consulting, ",", "utf-8"),
    "donations": ("donations.csv", donations, _donations, ",", "utf-8"),
    "bakery": ("bakery.csv", bakery, _bakery, ";", "utf-8"),
    "repairs": ("维修单.csv", repairs, _repairs, ",", "gb18030"),
    "branches": ("门店日报.csv", branches, layout("%Y/%m/%d", "日期,门店,营业额,客流", "shop total guests"), ",", "utf-8-sig"),
}  # fmt: skip


def write(folder: Path, tables: dict[str, TableOf]) -> dict[str, tuple[Path, Rows]]:
    """Write tables into a folder; return where each is, and its rows as they were before writing."""
    made = {}
    for key, (name, make, lay_out, delimiter, encoding) in tables.items():
        rows = make()
        path = folder / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(lay_out(rows))
        made[key] = (path, rows)
    return made
