"""The words of e-mails: the subject and what the writer wrote, without what is quoted below."""

from __future__ import annotations

import email
import mailbox
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from models.errors import BadInputError
from models.texts import Catalogue
from skills.readers.web import shown_lines

TEXTS = Catalogue(__package__)
_BELOW = re.compile(
    r"\s*(?:-{2,}\s*(?:original message|forwarded message|原始邮件|原邮件|转发邮件).*"
    r"|on\b.{5,120}\bwrote:|在.{5,80}写道[:：]|_{10,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s*\*?(?:from|von|de|发件人|寄件者)\s?\*?\s?[:：]", re.IGNORECASE)
_SENT = re.compile(
    r"\s*\*?(?:sent|date|to|gesendet|datum|an|envoyé|发送时间|发送日期|日期|时间|收件人)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(r"(?:sent from my .{2,30}|发自我的.{2,20})", re.IGNORECASE)
_LONGEST_INTRODUCTION = 200


def mail_text(raw: bytes, path: Path) -> str:
    """Return the subject and the words of an e-mail.

    Raises:
        BadInputError: It has no words, or is no e-mail.
    """
    try:
        message = email.message_from_bytes(raw, policy=default)
        subject = " ".join(str(message["subject"] or "").split())
        body = _own_words(_body(message))
    except Exception as error:  # a damaged mail makes the parser raise almost anything
        reason = type(error).__name__
        raise BadInputError(TEXTS("document_damaged", path=path, reason=reason)) from error
    text = "\n".join(filter(None, (subject, body)))
    if not text:
        raise BadInputError(TEXTS("document_empty", path=path))
    return text


def mails_in(path: Path) -> Iterator[bytes]:
    """Yield the e-mails of a mailbox (.mbox, as Thunderbird and Google Takeout write them), one in memory.

    Raises:
        BadInputError: It holds none.
    """
    box = mailbox.mbox(path, create=False)
    try:
        if not len(box):
            raise BadInputError(TEXTS("no_mails", path=path))
        for key in box.iterkeys():
            yield box.get_bytes(key).replace(b"\n>From ", b"\nFrom ")  # as a mailbox writes it
    finally:
        box.close()


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:  # a charset that nobody knows
        text = raw.decode("utf-8", errors="replace")
    if part.get_content_type() != "text/html":
        return text
    from bs4 import BeautifulSoup

    page = BeautifulSoup(text, "html.parser")
    for tag in page.find_all(("script", "style", "head", "blockquote")):
        tag.decompose()
    return "\n".join(shown_lines(page))


def _own_words(text: str) -> str:
    """Return the lines up to a signature or to what is quoted from an earlier mail."""
    lines = text.splitlines()
    own: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line.rstrip() == "--" or (own and _begins_quotation(line, following)):
            break
        if not line.startswith(">") and not _SENT_FROM.fullmatch(line.strip()):
            own.append(line.strip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()


def _begins_quotation(line: str, following: str) -> bool:
    """Say whether an earlier mail begins here: a line of its own, broken in two, or the head of a mail."""
    if _BELOW.match(line) or (_SENT.match(following) and _FROM.match(line)):
        return True
    return len(line) + len(following) < _LONGEST_INTRODUCTION and bool(
        following.strip() and _BELOW.match(f"{line.rstrip()} {following.strip()}")
    )
