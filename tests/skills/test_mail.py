"""E-mails: what their writer wrote."""

from __future__ import annotations

import contextlib
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInputError
from skills.readers.mail import mail_text, mails_in

PATH = Path("a.eml")


def mail(subject: str, body: str, subtype: str = "plain", charset: str = "utf-8") -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "ana@example.com", subject
    made.set_content(body, subtype=subtype, charset=charset)
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    return made.as_bytes()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (mail("Late", "Where is it?\n\nAna\n"), "Late\nWhere is it?\n\nAna"),
        (mail("退货", "我想退货\n\n在 2024年5月1日，客服写道：\n> 您好\n", charset="gb18030"),
         "退货\n我想退货"),
        (mail("Re: Late", "Still not here.\n> we sent it\n\nOn Mon, 4 May 2026, Shop <a@b.c> wrote:\nsent"),
         "Re: Late\nStill not here."),
        (mail("", "Hi\n-----Original Message-----\nFrom: x\n"), "Hi"),
        (mail("", "<html><style>p{}</style><p>Where</p><p>is it?</p><blockquote>old</blockquote></html>",
              "html"), "Where\nis it?"),
        (mail("", "<p>Where <b>on earth</b> is<br>it?</p>", "html"), "Where on earth is\nit?"),
        (mail("", "Still not here.\n\nOn Mon, 4 May 2026 at 10:02, The Shop <a@b.c>\nwrote:\nsent\n"),
         "Still not here."),
        (mail("", "Thanks\n\n*From:* Shop <a@b.c>\n*Sent:* Monday\n*To:* Ana\nSubject: x\n\nold"), "Thanks"),
        (mail("", "谢谢\n\n发件人: 小店\n发送时间: 2026年\n旧的"), "谢谢"),
        (mail("", "Where is it?\nSent from my iPhone\n-- \nAna\n+49 1"), "Where is it?"),
        (mail("", "From: Munich\nTo: Rome\nHow long?"), "From: Munich\nTo: Rome\nHow long?"),
        (b"Subject: =?utf-8?b?5L2g5aW9?=\n\nplain words\n", "你好\nplain words"),
        (b"Content-Type: text/plain; charset=nobody-knows\n\ncaf\xc3\xa9\n", "café"),
    ],
    ids=["plain", "chinese", "reply", "below", "page", "bold", "two lines", "head", "chinese head",
         "signature", "no head", "encoded", "no charset"],
)  # fmt: skip
def test_the_words_of_a_mail(raw: bytes, text: str) -> None:
    assert mail_text(raw, PATH) == text


def test_a_mailbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "inbox.mbox")
    for raw in (mail("Late", "Where is it?\nFrom here I see nothing."), mail("退货", "我想退货")):
        box.add(raw)
    box.close()
    texts = [mail_text(raw, PATH) for raw in mails_in(tmp_path / "inbox.mbox")]
    assert texts == ["Late\nWhere is it?\nFrom here I see nothing.", "退货\n我想退货"]
    (tmp_path / "none.mbox").write_text("hello\n")
    with pytest.raises(BadInputError, match=r"none\.mbox"):
        list(mails_in(tmp_path / "none.mbox"))


def test_a_mail_without_words_is_named() -> None:
    with pytest.raises(BadInputError, match=r"a\.eml"):
        mail_text(b"From: ana@example.com\n\n", PATH)


@settings(max_examples=200)
@given(
    st.binary(max_size=60),
    st.sampled_from(["", "multipart/mixed; boundary=b", "text/html", "message/rfc822"]),
)
def test_any_bytes_are_read_or_named(body: bytes, kind: str) -> None:
    raw = (
        f"Subject: a\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n--b\n".encode()
        + body
    )
    with contextlib.suppress(BadInputError):
        mail_text(raw, PATH)
