"""Tables of six more small businesses, for questions of another style (`benchmarks/figures_more.py`)."""

from __future__ import annotations

import random
from datetime import date, datetime

from benchmarks.figures_tables import DAYS, Rows, TableOf, layout


def gym() -> Rows:
    """Payments of a gym's members, a month and member a row."""
    chance = random.Random(31)
    fees = {"Gold": 59.0, "Silver": 39.0, "Student": 29.0}
    names = ("Hart", "Lee", "Shah", "Okafor", "Weber", "Silva", "Novak", "Kim", "Dubois", "Rossi")
    rows: Rows = []
    for month in range(21):
        year, number = divmod(month, 12)
        for at in range(18 + month % 12):
            plan = chance.choices(list(fees), [2, 4, 3])[0]
            rows.append({
                "day": date(2024 + year, number + 1, 1 + at % 27), "member": f"{names[at % 10]} {'ABC'[at // 10 % 3]}.",
                "plan": plan, "total": fees[plan], "visits": chance.randrange(0, 16),
                "late": chance.choices(["no", "yes"], [9, 1])[0], "club": chance.choice(["Harbour", "Mill Lane"]),
            })  # fmt: skip
    return rows


def vet() -> Rows:
    """Visits to a vet's practice."""
    chance = random.Random(32)
    bills = {"Vaccination": 64, "Dental": 210, "Check-up": 45, "Surgery": 640, "Nail clipping": 18}
    rows: Rows = []
    for day in DAYS:
        for _ in range(0 if day.weekday() == 6 else 2 if day.weekday() == 5 else 1 + day.day % 2):
            reason = chance.choices(list(bills), [6, 2, 7, 1, 3])[0]
            rows.append({
                "day": day, "animal": chance.choices(["Dog", "Cat", "Rabbit"], [5, 4, 1])[0],
                "owner": chance.choice(["Keller", "Novak", "Brandt", "Moreau", "Olsen", "Haas", "Petit", "Baker"]),
                "reason": reason, "vet": chance.choices(["Dr Stone", "Dr Patel"], [3, 2])[0],
                "total": round(bills[reason] * chance.uniform(0.8, 1.3), 2),
                "insured": chance.choices(["yes", "no"], [2, 3])[0],
            })  # fmt: skip
    return rows


def craft() -> Rows:
    """Orders of a workshop that sells on a marketplace."""
    chance = random.Random(33)
    goods = {"Linen apron": 38, "Oak spoon set": 18, "Wool scarf": 52, "Beeswax candle": 12}
    rows: Rows = []
    for day in DAYS:
        for _ in range(4 if day.month == 12 else chance.choice([0, 1, 1, 2])):
            name = chance.choices(list(goods), [3, 4, 2 + 3 * (day.month in (11, 12, 1)), 5])[0]
            pieces = chance.choice([1, 1, 2, 3])
            rows.append({
                "day": day, "item": name, "pieces": pieces, "price": goods[name],
                "total": pieces * goods[name] + 5.5,
                "country": chance.choices(["United States", "Canada", "Germany", "Japan"], [8, 3, 2, 1])[0],
                "coupon": chance.choices(["", "WELCOME10"], [4, 1])[0],
            })  # fmt: skip
    return rows


def tea() -> Rows:
    """Drinks of a Chinese tea shop, an order a row."""
    chance = random.Random(34)
    prices = {"珍珠奶茶": 16, "柠檬茶": 12, "杨枝甘露": 22, "芋泥波波": 18}
    rows: Rows = []
    for day in DAYS:
        for _ in range(4 if day.weekday() >= 5 else 2):
            name = chance.choices(list(prices), [6, 4, 2, 3])[0]
            cups = chance.choice([1, 1, 2, 3])
            hour = chance.choices([10, 12, 14, 15, 18, 20], [1, 3, 4, 5, 2, 2])[0]
            rows.append({
                "when": datetime(day.year, day.month, day.day, hour, chance.randrange(60)), "item": name,
                "size": chance.choice(["大杯", "中杯"]), "sweet": chance.choice(["全糖", "七分糖", "半糖", "无糖"]),
                "cups": cups, "total": float(cups * prices[name]),
                "way": chance.choices(["美团", "饿了么", "堂食"], [4, 2, 5])[0],
            })  # fmt: skip
    return rows


def inn() -> Rows:
    """Bookings of a Chinese guest house."""
    chance = random.Random(35)
    prices = {"湖景大床房": 488, "亲子房": 528, "庭院双床房": 388}
    rows: Rows = []
    for day in DAYS:
        for _ in range(3 if day.month in (7, 8, 10) else chance.choice([0, 1, 1])):
            room = chance.choices(list(prices), [4, 2, 3])[0]
            nights = chance.choice([1, 1, 2, 3])
            rows.append({
                "day": day, "room": room, "nights": nights, "total": float(nights * prices[room]),
                "source": chance.choices(["携程", "飞猪", "微信"], [5, 2, 2])[0],
                "status": chance.choices(["已入住", "已取消"], [8, 1])[0],
                "guest": chance.choice(["王磊", "李娜", "赵敏", "孙浩", "周婷", "吴刚", "郑爽", "冯远"]),
            })  # fmt: skip
    return rows


def buys() -> Rows:
    """What a Chinese canteen bought, a delivery a row."""
    chance = random.Random(36)
    goods = {
        "大米": ("永丰粮油", 4.6, 50), "食用油": ("永丰粮油", 11.5, 20), "土豆": ("鲜达蔬菜", 2.1, 40),
        "西红柿": ("鲜达蔬菜", 4.2, 25), "虾仁": ("海川冻品", 46.0, 12), "鸡腿": ("海川冻品", 15.0, 30),
    }  # fmt: skip
    rows: Rows = []
    for day in DAYS:
        for _ in range(0 if day.weekday() == 6 else chance.choice([1, 2])):
            name = chance.choice(list(goods))
            seller, price, much = goods[name]
            price = round(price * chance.uniform(0.9, 1.2 if day.month < 9 else 1.4), 2)
            much = round(much * chance.choice([0.5, 1, 1, 2]))
            rows.append({
                "day": day, "seller": seller, "item": name, "much": much, "price": price,
                "total": round(much * price, 2), "who": chance.choice(["老陈", "小林"]),
            })  # fmt: skip
    return rows


MORE: dict[str, TableOf] = {
    "gym": ("payments.csv", gym, layout("%Y-%m-%d", "Date,Member,Plan,Fee,Visits,Paid late,Club", "member plan total visits late club"), ",", "utf-8"),
    "vet": ("visits.csv", vet, layout("%d/%m/%Y", "Visit date,Animal,Owner,Reason,Vet,Bill,Insured", "animal owner reason vet total insured"), ",", "utf-8"),
    "craft": ("sold-orders.csv", craft, layout("%m/%d/%y", "Sale Date,Item Name,Quantity,Price,Order Total,Ship Country,Coupon", "item pieces price total country coupon"), ",", "utf-8"),
    "tea": ("奶茶店.csv", tea, layout("%Y-%m-%d %H:%M", "下单时间,饮品,规格,甜度,杯数,实付金额,渠道", "item size sweet cups total way"), ",", "utf-8"),
    "inn": ("民宿订单.csv", inn, layout("%Y/%m/%d", "入住日期,房型,间夜,房费,平台,订单状态,客人", "room nights total source status guest"), ",", "gb18030"),
    "buys": ("采购.csv", buys, layout("%Y-%m-%d", "采购日期,供应商,品名,数量,单价,金额,经手人", "seller item much price total who"), ",", "utf-8"),
}  # fmt: skip


def parcels() -> Rows:
    """Jobs of a courier."""
    chance = random.Random(41)
    rows: Rows = []
    for day in DAYS:
        for _ in range(0 if day.weekday() == 6 else chance.choice([1, 2, 2, 3])):
            size = chance.choices(["Envelope", "Small box", "Large box"], [4, 4, 2])[0]
            km = chance.randrange(2, 40)
            rows.append({
                "day": day, "driver": chance.choice(["Aziz", "Magda", "Tomas"]), "size": size, "km": km,
                "client": chance.choices(["Optika Nova", "Law office Brunn", "Flower House", "Print24"], [3, 2, 4, 1])[0],
                "total": round(4 + 0.6 * km + {"Envelope": 0, "Small box": 3, "Large box": 9}[size], 2),
                "state": chance.choices(["delivered", "returned", "lost"], [30, 3, 1])[0],
            })  # fmt: skip
    return rows


def canteen() -> Rows:
    """What each meal of a works canteen brought, a day and meal a row."""
    chance = random.Random(42)
    return [
        {"day": day, "meal": meal, "plates": (plates := chance.randrange(*much)), "total": round(plates * price, 2),
         "leftover": chance.randrange(0, 12), "cook": chance.choice(["Ines", "Pavel"])}
        for day in DAYS if day.weekday() < 5
        for meal, much, price in (("Breakfast", (20, 45), 3.5), ("Lunch", (60, 120), 7.2), ("Snack", (5, 25), 2.4))
    ]  # fmt: skip


def pets() -> Rows:
    """Services of a Chinese pet shop."""
    chance = random.Random(43)
    prices = {"洗澡": 80, "美容": 180, "寄养": 120, "疫苗": 150}
    rows: Rows = []
    for day in DAYS:
        for _ in range(5 if day.weekday() >= 5 else 2):
            what = chance.choices(list(prices), [6, 3, 2, 2])[0]
            rows.append({
                "when": datetime(day.year, day.month, day.day, chance.choice([9, 10, 11, 14, 15, 17, 19]), chance.randrange(60)),
                "what": what, "kind": chance.choices(["金毛", "泰迪", "布偶猫", "英短"], [3, 4, 2, 2])[0],
                "staff": chance.choice(["小美", "阿强"]), "total": float(prices[what] * chance.choice([1, 1, 1, 2])),
                "card": chance.choices(["是", "否"], [2, 3])[0], "way": chance.choices(["微信", "支付宝", "现金"], [5, 3, 1])[0],
            })  # fmt: skip
    return rows


MORE |= {
    "parcels": ("jobs.csv", parcels, layout("%d.%m.%Y", "Date;Driver;Size;Distance (km);Client;Charge;Status", "driver size km client total state"), ";", "utf-8"),
    "canteen": ("canteen.csv", canteen, layout("%Y/%m/%d", "Day,Meal,Plates,Takings,Leftovers,Cook", "meal plates total leftover cook"), ",", "utf-8"),
    "pets": ("宠物店.csv", pets, layout("%Y/%m/%d %H:%M", "时间,项目,品种,店员,收费,会员,支付方式", "what kind staff total card way"), ",", "utf-8"),
}  # fmt: skip
