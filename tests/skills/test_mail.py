"""E-mails: what their writer wrote."""

from __future__ import annotations

import contextlib
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInputError
from skills.readers.mail import mail_text

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
        (b"Subject: =?utf-8?b?5L2g5aW9?=\n\nplain words\n", "你好\nplain words"),
        (b"Content-Type: text/plain; charset=nobody-knows\n\ncaf\xc3\xa9\n", "café"),
    ],
    ids=["plain", "chinese", "reply", "below", "page", "encoded", "no charset"],
)  # fmt: skip
def test_the_words_of_a_mail(raw: bytes, text: str) -> None:
    assert mail_text(raw, PATH) == text


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
