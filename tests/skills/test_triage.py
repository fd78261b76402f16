"""Incoming messages: what is found in each, what is suggested, who must look and why."""

from __future__ import annotations

import csv
import json
import mailbox
import shutil
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import SAMPLES
from models.errors import BadInputError, UsageError
from models.runtimes import Runtimes
from skills.classify.operations import TrainRequest
from skills.classify.training import Train
from skills.contract import Context, Said
from skills.events import Answer, Event, Notice, Skipped
from skills.readers.files import find_files
from skills.readers.personal import find_personal, mask
from skills.triage.face import TriageRequest, fill, fits
from skills.triage.run import Triage
from skills.triage.urgent import alarming
from tests.skills.test_training import examples, write


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to ana.b@shop.co.uk please", "write to [email] please"),
        ("call +44 20 7946 0958 today", "call [phone] today"),
        ("call (212) 555-0187", "call [phone]"),
        ("我的手机是13812345678，谢谢", "我的手机是[phone]，谢谢"),
        ("card 4111 1111 1111 1111 was charged", "card [card] was charged"),
        ("order 4111 1111 1111 1112 is late", "order 4111 1111 1111 1112 is late"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [iban]"),
        ("身份证 11010519491231002X", "身份证 [identity]"),
        ("order 20261124001 of 12 shoes, size 42, 3 × 19.90", None),
        ("", ""),
    ],
)
def test_personal_data(text: str, masked: str | None) -> None:
    assert mask(text) == (text if masked is None else masked)


@given(st.text(max_size=200))
def test_any_text_is_masked_without_overlap(text: str) -> None:
    found = find_personal(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    mask(text)


def test_words_that_alarm() -> None:
    assert alarming("My lawyer will write to you") == "lawyer"
    assert alarming("孩子吃了以后过敏") == "过敏"
    assert alarming("I love the firework colours") == ""


def test_the_request_is_found_in_the_ask(tmp_path: Path) -> None:
    (tmp_path / "inbox.csv").write_text("message\nwhere is my parcel\n")
    (tmp_path / "faq.md").write_text("# When?\nNow.\n")
    text = f"Triage {tmp_path}/inbox.csv with {tmp_path}/faq.md"
    files, bare = find_files(text)
    values = fill(Said(text, bare, files, "en")).values
    assert values == {"source": str(tmp_path / "inbox.csv"), "faq": str(tmp_path / "faq.md")}
    assert fill(Said("triage", "triage", (), "en")).missing == "source"


def run(request: TriageRequest, context: Context) -> tuple[Answer, list[Event]]:
    events = list(Triage().run(request, context))
    answer = events[-1]
    assert isinstance(answer, Answer)
    return answer, events


@pytest.mark.small
def test_a_table_gets_replies_and_reasons(small: Runtimes, home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox.csv"
    inbox.write_text(
        "id,message\n1,When are you open?\n2,\n3,My lawyer will hear of the injury your bike caused\n"
        "4,Who painted the Mona Lisa?\n5,Card 4111 1111 1111 1111 - can I return a helmet?\n"
    )
    answer, _ = run(TriageRequest(source=inbox, faq=SAMPLES / "faq.md"), Context(small, home))
    rows = list(csv.DictReader((tmp_path / "inbox-triaged.csv").open()))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["reply"].startswith("Monday")
    assert rows[0]["reply_from"] == "When are you open?"
    assert rows[1]["who"] == ""
    assert rows[2]["urgency"] == "urgent"
    assert "lawyer" in rows[2]["why"]
    assert rows[3]["reply"] == ""
    assert "no answer" in rows[3]["why"]
    assert rows[4]["personal"] == "card number"
    assert "identity number" in rows[4]["why"]
    assert answer.data["messages"] == 4
    assert any(isinstance(item, Skipped) and item.row == 3 for item in answer.evidence)


@pytest.mark.small
def test_trained_labels_say_what_a_message_is_about(
    small: Runtimes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(small, home)
    tickets = write(tmp_path / "tickets.csv", examples(240))
    list(Train().run(TrainRequest(file=tickets, name="routes", tuned="never"), context))
    inbox = tmp_path / "inbox.jsonl"
    texts = ["the parcel never arrived at my house", "zebras paint the moon with algebra"]
    inbox.write_text("".join(json.dumps({"message": text}) + "\n" for text in texts))
    monkeypatch.setenv("INHOUSE_HOME", str(home))
    text = f"Triage {inbox} with the model routes"
    files, bare = find_files(text)
    values = fill(Said(text, bare, files, "en")).values
    assert values == {"source": str(inbox), "model": "routes"}
    run(TriageRequest.model_validate(values), context)
    first, second = [json.loads(line) for line in (tmp_path / "inbox-triaged.jsonl").open()]
    assert first["intent"] == "delivery"
    assert second["who"] == "a person"
    assert "your model" in second["why"]
    with pytest.raises(UsageError, match="no such"):
        run(TriageRequest(source=inbox, model="no such"), context)


@pytest.mark.small
def test_voice_messages_are_written_out_first(small: Runtimes, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    call = next(iter(sorted((SAMPLES / "calls").glob("*.*"))))
    shutil.copy(call, folder / call.name)
    (folder / "note.txt").write_text("When are you open?")
    (folder / "备忘.txt").write_text("包裹还没有到，我已经等了一个星期", encoding="gb18030")
    mail = EmailMessage()
    mail["Subject"] = "Opening hours"
    mail.set_content("Are you open on Saturday?\n\nOn Mon, 4 May the shop wrote:\n> a reply\n")
    (folder / "ask.eml").write_bytes(mail.as_bytes())
    box = mailbox.mbox(folder / "box.mbox")
    box.add(mail)
    box.add(b"Subject: \n\n")
    box.close()
    (folder / "letter.html").write_text("<p>When are you open?</p>")
    (folder / "noise.txt").write_bytes(bytes(range(32)) * 9)
    (folder / "broken.mp3").write_bytes(b"nothing")
    answer, events = run(TriageRequest(source=folder, faq=SAMPLES / "faq.md"), Context(small, home))
    # the small models read no Chinese: such messages have no reply, and the others do
    assert any(isinstance(event, Notice) and "multilingual" in event.text for event in events)
    rows = {
        row["file"]: row
        for row in csv.DictReader((tmp_path / "inbox-triaged.csv").open(encoding="utf-8-sig"))
    }
    assert set(rows) == {call.name, "note.txt", "备忘.txt", "ask.eml", "letter.html", "box.mbox 1"}
    assert rows["ask.eml"]["message"] == "Opening hours\nAre you open on Saturday?"
    assert rows["box.mbox 1"]["message"] == rows["ask.eml"]["message"]
    assert any(isinstance(i, Skipped) and i.file == "box.mbox 2" for i in answer.evidence)
    assert rows["letter.html"]["reply"].startswith("Monday")
    assert rows["note.txt"]["reply"].startswith("Monday")
    assert rows["备忘.txt"]["message"] == "包裹还没有到，我已经等了一个星期"
    assert any(isinstance(i, Skipped) and "noise" in i.file for i in answer.evidence)
    assert len(rows[call.name]["message"].split()) > 5
    assert any(isinstance(i, Skipped) and "broken" in i.file for i in answer.evidence)


@pytest.mark.small
def test_without_a_faq_it_says_so(small: Runtimes, home: Path, tmp_path: Path) -> None:
    answer, events = run(TriageRequest(text="When are you open?"), Context(small, home))
    assert any(isinstance(event, Notice) and "FAQ" in event.text for event in events)
    assert answer.data["who"] == "person"
    with pytest.raises(UsageError):
        run(TriageRequest(text="When?", base="nowhere"), Context(small, home))
    (tmp_path / "empty.csv").write_text("message\n")
    with pytest.raises(BadInputError):
        run(TriageRequest(source=tmp_path / "empty.csv"), Context(small, home))


@pytest.mark.standard
def test_the_language_model_judges(standard: Runtimes, home: Path, tmp_path: Path) -> None:
    messages: list[tuple[str, dict[str, str]]] = [
        ("Where is my parcel? It was promised for last week.", {"intent": "delivery"}),
        ("Thank you so much, the new saddle is wonderful!", {"intent": "praise"}),
        ("鞋子太小了，我想退货退款。", {"intent": "return", "language": "zh"}),
        (
            "The brakes failed and my son is bleeding",
            {"urgency": "urgent", "sentiment": "negative"},
        ),
    ]
    inbox = tmp_path / "inbox.jsonl"
    inbox.write_text("".join(json.dumps({"text": text}) + "\n" for text, _ in messages))
    run(TriageRequest(source=inbox), Context(standard, home))
    rows = [json.loads(line) for line in (tmp_path / "inbox-triaged.jsonl").open()]
    for row, (text, expected) in zip(rows, messages, strict=True):
        assert {key: row[key] for key in expected} == expected, text


@pytest.mark.parametrize(
    ("cell", "may_be"), [("收到的货坏了怎么办", True), ("it came broken", True), ("¥1,200", False)]
)
def test_a_table_of_chinese_messages_fits(tmp_path: Path, cell: str, may_be: bool) -> None:
    """Chinese words stand without spaces."""
    table = tmp_path / "inbox.csv"
    table.write_text(f'no,what\n1,"{cell}"\n', encoding="utf-8")
    (found,), _ = find_files(str(table))
    assert fits(found) is may_be
