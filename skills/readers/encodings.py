"""Which encoding a text file is written in."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from models.errors import BadInputError
from models.texts import Catalogue

TEXTS = Catalogue(__package__)
_ENOUGH_TO_GUESS = 40
_LOOKED_AT = 4096
_GUESSED_FROM = 200_000
_FEW = 0.01  # of all bytes
_TIMES = 3  # as many zeros in the high bytes as in the low ones, where a character like 退 has one
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\v\x1a\x1b"})
_COMMON = frozenset(
    "的一是不了在人有我他这這个個们們来來到时時大地为為子中你说說生国國年着著就那和要她出也得里裡后後自以会會家可下而过過"
    "天去能对對小多然于於心学學么麼之都好看起发發当當没沒成只如事把还還用第样樣道想作种種开開很给給少高点點但下上两兩回做"
    "买買卖賣东東西店货貨价價钱錢问問质質量服务務快慢件单單号號码碼退换換送收请請谢謝员員客再真太最几幾什吗嗎呢吧被从從比"
    "非常差错錯坏壞新旧舊环環境房间間感觉覺应應该該已经經现現前台等些本方便外还送位只此所行手同公司订訂付款家使用电電"
)
_MANY_COMMON = (
    0.1  # of all Chinese characters; a third in any text, hardly one in what was decoded wrongly
)


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
    if b"\x00" in raw[:_LOOKED_AT]:
        return _unmarked(raw, path)
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


def _unmarked(raw: bytes, path: Path) -> str:
    """Return the encoding of text in two bytes a character without a mark, or with a few zeros in it."""
    head = raw[:_LOOKED_AT]
    for name, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros, others = head[first::2].count(0), head[1 - first :: 2].count(0)
        if zeros > max(_FEW * len(head), _TIMES * others) and _is_readable(head, name):
            return name
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > _FEW * len(head):
        raise BadInputError(TEXTS("no_text_file", path=path))
    return detect_encoding(raw.replace(b"\x00", b""), path)


def _is_readable(head: bytes, encoding: str) -> bool:
    try:
        text = head[: len(head) // 2 * 2].decode(encoding)
    except UnicodeDecodeError:
        return False
    return sum(c.isprintable() or c.isspace() for c in text) > (1 - _FEW) * len(text)


def _legacy_encoding(raw: bytes) -> str:
    """Tell Chinese two-byte text by its most common characters, or by high bytes that come in pairs."""
    head = raw[:_GUESSED_FROM]
    shares = {name: _common_share(head, name) for name in ("gb18030", "cp950")}
    likely = max(shares, key=lambda name: shares[name])
    if shares[likely] > _MANY_COMMON:
        return likely
    runs = re.findall(rb"[\x80-\xff]+", head)
    high = sum(map(len, runs))
    paired = sum(len(run) for run in runs if len(run) % 2 == 0)
    if paired > 0.7 * high and _text_in(raw, "gb18030") is not None:
        return "gb18030"
    if high < _ENOUGH_TO_GUESS:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(head).best()
    known = best.encoding if best else "cp1252"
    return (
        known
        if known.startswith(("cp125", "iso8859", "latin", "utf", "big5", "shift"))
        else "cp1252"
    )


def _text_in(raw: bytes, encoding: str) -> str | None:
    """Return what bytes say in an encoding, the last of them aside; None if they are not in it."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        return None


def _common_share(raw: bytes, encoding: str) -> float:
    """Return the share of the commonest among the Chinese characters that bytes would be."""
    text = _text_in(raw, encoding) or ""
    chinese = [character for character in text if "\u4e00" <= character <= "\u9fff"]
    return sum(character in _COMMON for character in chinese) / max(1, len(chinese))
