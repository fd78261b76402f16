"""Which encoding a text file is written in."""

from __future__ import annotations

import re
from pathlib import Path

from models.errors import BadInputError
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
_ENOUGH_TO_GUESS = 40


def detect_encoding(raw: bytes, path: Path) -> str:
    """Return the encoding of a text file.

    Raises:
        BadInputError: It is not text.
    """
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            return name
    if b"\x00" in raw[:4096]:
        raise BadInputError(TEXTS("no_text_file", path=path))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy_encoding(raw)
    return "utf-8"


def decoded(raw: bytes, path: Path) -> tuple[str, str]:
    """Return what the bytes of a text file say, and the encoding; what fits nowhere becomes `\ufffd`.

    Raises:
        BadInputError: It is not text.
    """
    encoding = detect_encoding(raw, path)
    return raw.decode(encoding, errors="replace"), encoding


def _legacy_encoding(raw: bytes) -> str:
    """Tell Chinese two-byte text, whose high bytes come in pairs, from Western one-byte text."""
    runs = re.findall(rb"[\x80-\xff]+", raw[:200_000])
    high = sum(map(len, runs))
    paired = sum(len(run) for run in runs if len(run) % 2 == 0)
    if paired > 0.7 * high:
        try:
            raw.decode("gb18030")
        except UnicodeDecodeError:
            pass
        else:
            return "gb18030"
    if high < _ENOUGH_TO_GUESS:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:200_000]).best()
    known = best.encoding if best else "cp1252"
    return (
        known
        if known.startswith(("cp125", "iso8859", "latin", "utf", "big5", "shift"))
        else "cp1252"
    )
