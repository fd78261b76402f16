"""The shops that teach the desk's reader, and how it is taught."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import pytest
import torch

from benchmarks import teach_finder
from benchmarks.faq import DEVELOPED, QUESTIONS
from benchmarks.lessons import TAUGHT, Message, Shop, parsed, written
from benchmarks.teach_reader import Changed, grouped, loss_of, read, row_of, seen, write
from models.encoders import change

SHOP = Shop(
    "shop.md", "en", ((1, 2, 3), (1, 2, 4), (1, 2, 5), (1, 2, 6, 7)), (8, 9),
    (Message((20, 21), 1, (0, 1, 2, 3)), Message((22,), None, (2, 0, 1, 3))),
)  # fmt: skip


def test_a_taught_shop_is_a_faq_and_messages() -> None:
    faq, cases = parsed(
        "# Shop\n## Money\n### Cards?\nYes.\n> plastic ok\n### Cheques?\nNo.\n## Not said\n> bitcoin\n"
    )
    assert "> " not in faq
    assert "bitcoin" not in faq
    assert [(case.question, case.entry) for case in cases] == [
        ("plastic ok", "Cards?"), ("bitcoin", ""),
    ]  # fmt: skip


def test_every_shop_teaches_and_none_is_one_that_is_measured() -> None:
    measured = {
        json.loads(line)["question"].casefold()
        for path in (QUESTIONS, DEVELOPED / "unseen.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    names = []
    for name, faq, cases in written():
        names.append(name)
        answered = {case.entry for case in cases if case.entry}
        assert answered, name
        assert all(f"# {entry}\n" in faq for entry in answered), name
        assert sum(not case.entry for case in cases) >= 8, name
        assert not measured & {case.question.casefold() for case in cases}, name
    assert len(names) == len(set(names)) >= 60
    assert not {path.name for path in TAUGHT.iterdir()} & {
        json.loads(line)["file"]
        for line in (DEVELOPED / "unseen.jsonl").read_text(encoding="utf-8").splitlines()
    }


def test_a_message_is_read_after_its_entry_and_the_nearest_others() -> None:
    pairs = SHOP.drawn(random.Random(0), others=2)
    assert 0 in pairs[1]
    assert 0 in pairs[0]
    assert sum(0 in messages for messages in pairs.values()) == 3
    assert sorted(entry for entry, messages in pairs.items() if 1 in messages) == [0, 2]


def test_each_message_sees_the_head_and_itself() -> None:
    tokens, owner, positions, ends = row_of(SHOP, 3, [0, 1])
    assert tokens == [1, 2, 6, 7, 20, 21, 8, 9, 22, 8, 9]
    assert positions == [0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6]
    assert ends == [(7, 3, 0), (10, 3, 1)]
    mask = seen(torch.tensor([owner]))[0, 0] == 0
    assert mask[7].tolist() == [True] * 8 + [False] * 3
    assert mask[10].tolist() == [True] * 4 + [False] * 4 + [True] * 3
    assert mask[2].tolist() == [True] * 3 + [False] * 8


def test_rows_of_like_length_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.teach_reader._MOST_AT_ONCE", 14)
    rows = [row_of(SHOP, entry, [0, 1]) for entry in (3, 0, 1)]
    assert [len(group) for group in grouped(rows)] == [1, 1, 1]
    monkeypatch.setattr("benchmarks.teach_reader._MOST_AT_ONCE", 22)
    assert [len(group) for group in grouped(rows)] == [2, 1]


def test_the_loss_falls_where_the_right_one_wins() -> None:
    ends = [(0, 0, 1, 0), (0, 0, 0, 0), (0, 0, 2, 1)]
    right, wrong = torch.tensor([4.0, -4.0, -4.0]), torch.tensor([-4.0, 4.0, 4.0])
    assert float(loss_of(SHOP, ends, right)) < 0.1
    assert float(loss_of(SHOP, ends, wrong)) > 3
    even = loss_of(SHOP, ends[2:], torch.zeros(1))  # one entry against none at all
    assert float(even) == pytest.approx(0.693, abs=1e-3)


def test_a_change_is_nothing_at_first() -> None:
    linear = torch.nn.Linear(4, 3)
    x = torch.randn(2, 4)
    changed = Changed(linear, 2)
    assert torch.equal(changed(x), linear(x))
    with torch.no_grad():
        changed.up += 1
    assert not torch.equal(changed(x), linear(x))


def test_what_a_finder_learned_is_added_to_its_weights(tmp_path: Path) -> None:
    plain = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.GELU(), torch.nn.Linear(32, 8))
    taught = copy.deepcopy(plain)
    changes = teach_finder.changed(taught, 2)
    assert list(changes) == ["0", "2"]
    torch.nn.init.normal_(changes["0"].up, std=0.1)
    x = torch.randn(3, 64)
    assert not torch.allclose(taught(x), plain(x), atol=1e-2)
    teach_finder.write(changes, tmp_path / "changes.safetensors")
    change(plain, tmp_path / "changes.safetensors")
    assert torch.allclose(taught(x), plain(x), atol=1e-2)


def test_a_lesson_goes_on_where_an_earlier_one_ended(tmp_path: Path) -> None:
    taught, fresh = Changed(torch.nn.Linear(64, 32), 2), Changed(torch.nn.Linear(64, 32), 2)
    torch.nn.init.normal_(taught.up)
    write({"blk.0.attn_q.weight": taught}, tmp_path / "reader.gguf")
    read({"blk.0.attn_q.weight": fresh}, tmp_path / "reader.gguf")
    assert torch.allclose(fresh.down, taught.down, atol=1e-3)
    assert torch.allclose(fresh.up, taught.up, atol=1e-2)
    assert fresh.up.dtype == torch.float32
