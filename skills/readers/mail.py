"""The words of an e-mail: its subject and what its writer wrote, without what is quoted below."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from models.errors import BadInputError
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
_BELOW = re.compile(
    r"\s*(?:-{2,}\s*(?:original message|forwarded message|原始邮件|原邮件|转发邮件).*"
    r"|on\b.{5,120}\bwrote:|在.{5,80}写道[:：]|_{10,})\s*$",
    re.IGNORECASE,
)


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
    return str(page.get_text("\n"))


def _own_words(text: str) -> str:
    """Return the lines up to what is quoted from an earlier mail."""
    own: list[str] = []
    for line in text.splitlines():
        if own and _BELOW.match(line):
            break
        if not line.startswith(">"):
            own.append(line.strip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()
