"""Knowledge bases: named, of folders, updated where something changed, surviving kills and damage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assets import SAMPLES
from models.embedder import Embedder
from models.errors import BadInputError, UsageError
from models.runtimes import Runtimes
from models.steps import result_of
from skills import registry
from skills.contract import Context, Said
from skills.events import Answer, Question, Quote, Skipped
from skills.faq.bases import Knowledge, find_base, last_base, named_bases, of_file
from skills.faq.face import FaqRequest
from skills.faq.index import Base, open_base
from skills.faq.keeping import Add, List, Remove
from skills.faq.operations import AddRequest, ListRequest, RemoveRequest, chosen, fill_add
from skills.faq.run import Faq
from skills.readers.files import find_files
from tests.conftest import Program

INJECTIONS = Path(__file__).parents[1] / "data" / "faq_injections.jsonl"


def final(events: Any) -> Answer:
    answer = list(events)[-1]
    assert isinstance(answer, Answer)
    return answer


def ask(question: str, context: Context, **more: Any) -> Answer:
    return final(Faq().run(FaqRequest(question=question, **more), context))


def said(text: str) -> Said:
    files, bare = find_files(text)
    return Said(text, bare, files, "en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "policies"
    (docs / "more").mkdir(parents=True)
    (docs / "returns.md").write_text("# Returns\n\n## Can I return shoes?\nWithin 30 days.\n")
    (docs / "more" / "hours.txt").write_text("Q: When are you open?\nA: From nine to five.\n")
    (docs / "prices.csv").write_text("question,answer\nWhat does a repair cost?,Ten euros.\n")
    (docs / "notes.pdf").write_bytes(b"%PDF-1.4 broken")
    return docs


@pytest.mark.small
def test_a_folder_becomes_a_base_with_a_name(small: Runtimes, home: Path, folder: Path) -> None:
    context = Context(small, home)
    added = final(Add().run(AddRequest(files=(folder,), base="店铺 Wholesale"), context))
    assert added.data == {"base": "店铺 Wholesale", "entries": 3, "files": 3}
    skipped = [item for item in added.evidence if isinstance(item, Skipped)]
    assert [Path(item.file).name for item in skipped] == ["notes.pdf"]
    answer = ask("may I bring shoes back", context, base="店铺 wholesale")
    assert answer.text == "Within 30 days."
    quote = answer.evidence[0]
    assert isinstance(quote, Quote)
    assert quote.source == "policies/returns.md"
    assert last_base(home) == find_base(home, "店铺 Wholesale")
    listed = final(List().run(ListRequest(), context)).data["bases"]
    assert [(b["base"], b["entries"]) for b in listed] == [("店铺 Wholesale", 3)]
    with pytest.raises(UsageError, match="店铺 Wholesale"):
        ask("when?", context, base="retail")


class Counting:
    """An embedder that counts what it is given as passages."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.passages: list[str] = []

    def encode(self, texts: Any, *, kind: Any = "query", **more: Any) -> Any:
        if kind == "passage":
            self.passages += texts
        return self._embedder.encode(texts, kind=kind, **more)


@pytest.mark.small
def test_only_what_changed_is_indexed_again(
    small: Runtimes, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(small.finder("en", 3))
    monkeypatch.setattr(small, "finder", lambda language, texts: counting)
    context = Context(small, home)
    base = Knowledge("shop", (str(folder),))
    result_of(open_base(base, context, language="en"))
    counting.passages.clear()
    same = result_of(open_base(base, context, language="en"))
    assert not same.fresh
    assert counting.passages == []
    (folder / "more" / "hours.txt").write_text("Q: When are you open?\nA: From ten to six.\n")
    changed: Base = result_of(open_base(base, context, language="en"))
    assert (
        counting.passages[:2] == ["When are you open? From ten to six.", "When are you open?"][::-1]
    )
    assert "Can I return shoes?" not in counting.passages
    assert changed.search("When are you open?")[0].entry.answer == "From ten to six."
    assert len(changed.collection.get()["ids"]) == 6
    (folder / "prices.csv").unlink()
    smaller: Base = result_of(open_base(base, context, language="en"))
    assert smaller.size == 2
    assert len(smaller.collection.get()["ids"]) == 4


@pytest.mark.small
def test_what_was_read_outlives_its_file(small: Runtimes, home: Path, folder: Path) -> None:
    context = Context(small, home)
    final(Add().run(AddRequest(files=(folder / "returns.md",), base="shop"), context))
    (folder / "returns.md").unlink()
    answer = ask("may I bring shoes back", context, base="shop")
    assert answer.text == "Within 30 days."
    assert any(isinstance(e, Skipped) and "still used" in e.reason for e in answer.evidence)
    with pytest.raises(BadInputError):
        ask("may I bring shoes back", context, file=folder / "returns.md")


@pytest.mark.small
def test_sources_and_bases_are_removed(small: Runtimes, home: Path, folder: Path) -> None:
    context = Context(small, home)
    files = (folder / "returns.md", folder / "prices.csv")
    final(Add().run(AddRequest(files=files, base="shop"), context))
    base = find_base(home, "shop")
    one = RemoveRequest(base="SHOP", files=(folder / "prices.csv",))
    assert "1 entry" in final(Remove().run(one, context)).text
    with pytest.raises(UsageError, match="one of the sources"):
        list(Remove().run(one, context))
    with pytest.raises(UsageError, match="Nothing would be left"):
        list(Remove().run(RemoveRequest(base="shop", files=(folder / "returns.md",)), context))
    final(Remove().run(RemoveRequest(base="shop"), context))
    assert named_bases(home) == []
    assert not base.folder(home).exists()
    assert last_base(home) is None
    assert (folder / "returns.md").exists()


@pytest.mark.small
def test_a_damaged_store_is_made_anew(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    first = ask("when are you open?", context, file=SAMPLES / "faq.md")
    from skills.faq.index import _close_clients

    _close_clients()
    (home / "knowledge" / "chroma" / "chroma.sqlite3").write_bytes(b"not a database at all" * 999)
    again = ask("when are you open?", context, file=SAMPLES / "faq.md")
    assert again.text == first.text


@pytest.mark.small
def test_a_kill_while_indexing_loses_nothing(small: Runtimes, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    rows = "".join(f"What about part {n}?,Part {n} lies on shelf {n * 7}.\n" for n in range(1500))
    path.write_text("question,answer\n" + rows)
    command = [sys.executable, "-P", "-m", "app", "faq", "", "--file", str(path), "--json"]
    for seconds in (0.5, 1.5):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)
        )
        assert process.stdout
        begun = next(line for line in process.stdout if b"ndexing" in line)
        assert begun
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    base: Base = result_of(open_base(of_file(path), Context(small, home), language="en"))
    assert len(base.collection.get(include=[])["ids"]) == 3000
    assert base.search("where is part 1203")[0].entry.answer.startswith("Part 1203 ")


@pytest.mark.small
def test_two_that_fit_lead_to_a_question(small: Runtimes, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "faq.md"
    path.write_text(
        "## Is parking free at the north shop?\nYes, it is.\n\n"
        "## Is parking free at the south shop?\nNo, two euros an hour.\n\n"
        "## Do you repair bicycles?\nYes, on Mondays.\n\n## Do you sell tea?\nOnly mint.\n"
    )
    events = list(
        Faq().run(FaqRequest(question="Is parking free?", file=path), Context(small, home))
    )
    question = next(event for event in events if isinstance(event, Question))
    assert set(question.choices) == {
        "Is parking free at the north shop?", "Is parking free at the south shop?",
    }  # fmt: skip
    assert question.field == "question"
    for choice in question.choices:
        answer = ask(choice, Context(small, home), file=path)
        assert not answer.data.get("asks_for")
        assert answer.data["question"] == choice


@pytest.mark.small
def test_a_question_that_continues_another(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    first = "Can I return a helmet?"
    alone = ask("and how long do I have?", context, file=SAMPLES / "faq.md")
    joined = ask("and how long do I have?", context, file=SAMPLES / "faq.md", before=first)
    assert "return" in joined.data["question"].lower()
    assert joined.data["score"] > alone.data["score"]


@pytest.mark.small
def test_instructions_change_nothing(small: Runtimes, home: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in INJECTIONS.read_text().splitlines()]
    assert len(rows) >= 40
    faq = SAMPLES / "faq.md"
    poisoned = tmp_path / "poisoned.md"
    inside = [row["text"] for row in rows if row["where"] == "document"]
    extra = "".join(f"\n\n## Note {n} for all\n{text}\n" for n, text in enumerate(inside))
    poisoned.write_text(faq.read_text() + extra)
    context = Context(small, home)
    stored = {entry.answer for entry in _entries(faq, context)}
    for row in rows:
        if row["where"] == "question" and row["text"].isascii():
            answer = ask(row["text"], context, file=faq)
            assert answer.refused or answer.text in stored or answer.data["asks_for"], row
    for question in ("when are you open", "can I return a helmet", "do you ship abroad"):
        clean = ask(question, context, file=faq)
        assert ask(question, context, file=poisoned).text.replace("poisoned", "faq") == clean.text


def _entries(path: Path, context: Context) -> list[Any]:
    base: Base = result_of(open_base(of_file(path), context, language="en"))
    return base.entries()


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("Add {folder} to the knowledge base called shop", "add"),
        ("把 {folder} 加入知识库", "add"),
        ("which knowledge bases are there?", "list"),
        ("有哪些知识库", "list"),
        ("delete the knowledge base shop", "remove"),
        ("Test the FAQ with {table}", "evaluate"),
        ("what did my customers ask that the FAQ doesn't say?", "gaps"),
        ("learn how customers ask", "learn"),
        ("can I return a helmet?", ""),
        ("Answer from faq.md: do you test bicycles?", ""),
    ],
)
def test_the_operation_is_found_in_the_ask(text: str, operation: str, folder: Path) -> None:
    table = folder / "prices.csv"
    assert chosen(said(text.format(folder=folder, table=table))) == operation


def test_the_name_is_found_in_the_ask(folder: Path) -> None:
    values = fill_add(said(f"Add {folder} to the knowledge base called shop")).values
    assert values == {"base": "shop", "files": [str(folder)]}


def test_operations_are_reached_by_name() -> None:
    assert registry.get("faq evaluate").name == "faq evaluate"
    with pytest.raises(UsageError):
        registry.get("faq dance")
    with pytest.raises(UsageError):
        registry.get("forecast evaluate")


@pytest.mark.small
def test_the_command_line_keeps_bases(inhouse: Program, folder: Path) -> None:
    done = inhouse("faq", "add", folder, "--base", "shop", "--json")
    assert done.status == 0, done.err
    assert done.last["data"]["entries"] == 3
    assert inhouse("faq", "may I bring shoes back", "--base", "shop", "--json").last["text"] == (
        "Within 30 days."
    )
    assert "shop" in inhouse("faq", "list").out
    assert inhouse("faq", "remove", "shop").status == 0
    assert "evaluate" in inhouse("faq", "--help").out
    assert "QUESTIONS" in inhouse("faq", "evaluate", "--help").out
