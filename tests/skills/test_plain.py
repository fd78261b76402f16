"""Questions and answers in plain text that marks neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.faq.entries import read_entries
from skills.faq.plain import plain_pairs

SHOP = """营业时间
每天上午11点到晚上10点，春节期间休息三天。

可以自带酒水吗？
可以自带，不收开瓶费。

发票怎么开
结账后扫小票上的二维码，30天内可以开电子发票。

会员卡：
充值500元送50元，不能提现，全国门店通用。
"""


def test_titles_that_do_not_ask_are_no_part_of_the_answer_before(tmp_path: Path) -> None:
    """A customer who asked for wine was told of bills and members' cards, too."""
    file = tmp_path / "faq.txt"
    file.write_text(SHOP, encoding="utf-8")
    entries = {entry.question: entry.answer for entry in read_entries(file)}
    assert list(entries) == ["营业时间", "可以自带酒水吗？", "发票怎么开", "会员卡"]
    assert entries["可以自带酒水吗？"] == "可以自带，不收开瓶费。"


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "营业时间：每天9点到21点\n【地址】人民路12号\n【电话】\n停车: 门口免费\n\n拐弯就是",
            [("营业时间", "每天9点到21点"), ("地址", "人民路12号"), ("停车", "门口免费\n拐弯就是")],
        ),
        (
            "Opening hours\n\nEvery day from nine.\n\nParking\n\nIn the yard, free.\n\n"
            "Returns\n\nWithin 30 days.\n\nPlease bring the receipt with you.\n",
            [
                ("Opening hours", "Every day from nine."), ("Parking", "In the yard, free."),
                ("Returns", "Within 30 days.\n\nPlease bring the receipt with you."),
            ],
        ),
        (
            "1. Opening hours\nMon-Fri 9-5\n2. Parking\nIn the yard, free.\n3. Returns\nIn 30 days.\n",
            [
                ("Opening hours", "Mon-Fri 9-5"), ("Parking", "In the yard, free."),
                ("Returns", "In 30 days."),
            ],
        ),
    ],
)  # fmt: skip
def test_three_ways_of_writing_them(text: str, pairs: list[tuple[str, str]]) -> None:
    assert plain_pairs(text) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "We sell bikes. Come in and\nhave a look.\n\nOur shop is open daily.\n\nWe repair, too.\n",
        "Dear customer,\n\nthank you for the order. We ship\non Monday.\n\nKind regards\nMaria\n",
        # a narrow page
        "Our shop was founded in\n1984 by two brothers who\nloved bikes.\n\nToday it is run by their\n"
        "daughters, who love them\nas well.\n\nCome and have a look at\nall that rolls, or have\n"
        "yours mended.\n",
        "Our shop was founded\nby two brothers who\nloved bikes. Today\nit is run by their\ndaughters.",
        # a list
        "Tag the photos\nSort the reviews\n\nWrite out the call\nForecast the sales\n\nAnswer them\nAll",
        "Only one\nhere.\n",
        "",
    ],
)  # fmt: skip
def test_other_texts_are_left_alone(text: str) -> None:
    assert plain_pairs(text) == []


@given(st.text(alphabet="aA1 .:：【】\n-|?？营业", max_size=80))
def test_whatever_it_reads_stands_in_the_text(text: str) -> None:
    for title, below in plain_pairs(text):
        assert title in text
        assert all(line.strip() in text for line in below.splitlines())
        assert title.strip()
        assert below.strip()
