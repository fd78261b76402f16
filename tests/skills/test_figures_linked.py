"""Words of an ask that a table calls otherwise, and what the language model takes them for."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from models.runtimes import Runtimes
from skills.contract import Context
from skills.events import Answer, Event
from skills.figures import linked
from skills.figures.face import FiguresRequest
from skills.figures.run import Figures


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    chance = random.Random(3)
    path = tmp_path / "订单.csv"
    rows = [
        f"2025-0{1 + n // 20}-{1 + n % 20:02},{chance.choice(['保温杯', '雨伞'])},{20 + n},"
        f"{('已完成', '已退款', '已完成', '待发货')[n % 4]}"
        for n in range(120)
    ]
    path.write_text("\n".join(["下单日期,商品,金额,状态", *rows]), encoding="utf-8")
    return path


def _events(path: Path, unheard: list[str], runtimes: Runtimes) -> list[Event]:
    request = FiguresRequest(file=path, measure="count", unheard=unheard)
    return list(Figures(date(2025, 7, 1)).run(request, Context(runtimes, path.parent, None, "en")))


def _told(path: Path, unheard: list[str], runtimes: Runtimes) -> Answer:
    last = _events(path, unheard, runtimes)[-1]
    assert isinstance(last, Answer)
    return last


def test_without_a_model_words_are_left(orders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtimes = Runtimes()
    monkeypatch.setattr(runtimes, "reader", lambda: None)
    told = _told(orders, ["refunds", "regulars"], runtimes)
    assert told.data["value"] == 120
    assert "left out of this: refunds, regulars" in told.text


def test_what_a_word_is_taken_for_is_said(orders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meant = {"refunds": ("状态", "已退款"), "open ones": ("状态", "待发货")}
    runtimes = Runtimes()
    monkeypatch.setattr(runtimes, "reader", object)
    monkeypatch.setattr(linked, "_meant", lambda word, *_: meant.get(word))
    told = _told(orders, ["refunds", "open ones", "regulars"], runtimes)
    assert told.data["value"] == 60  # both, of one column
    assert "“refunds” is taken for 状态 已退款." in told.text
    assert "left out of this: regulars" in told.text  # the third is not looked for


def test_a_table_with_very_many_values_is_not_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.csv"
    path.write_text("name,total\n" + "".join(f"n{n % 30},{n}\n" for n in range(120)))
    runtimes = Runtimes()
    monkeypatch.setattr(runtimes, "reader", lambda: pytest.fail("loaded for nothing"))
    assert "left out" in _told(path, ["refunds"], runtimes).text


@pytest.mark.standard
def test_the_language_model_finds_what_a_word_means(orders: Path, standard: Runtimes) -> None:
    told = _told(orders, ["refunds"], standard)
    assert told.data["value"] == 30
    assert "已退款" in told.text
    other = _told(orders, ["lighthouse"], standard)
    assert other.data["value"] == 120
    assert "left out of this: lighthouse" in other.text
