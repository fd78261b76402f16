"""What the talk remembers: much, and when too much, all but the last of it is let go at once."""

from __future__ import annotations

import itertools

from agents.chat import Talk


def test_old_turns_leave_in_one_go() -> None:
    talk = Talk()
    sizes = []
    for number in range(60):
        talk.remember(f"question {number} " + "x" * 200, "answer " + "y" * 200)
        sizes.append(len(talk._turns))
    drops = sum(after < before for before, after in itertools.pairwise(sizes))
    assert drops <= 4
    assert talk._size() <= 9000
    assert talk._turns[-2]["content"].startswith("question 59")
    assert talk._turns[0]["role"] == "user"


def test_one_huge_turn_is_kept() -> None:
    talk = Talk()
    talk.remember("why", "z" * 20_000)
    assert len(talk._turns) == 2
