"""Token ids of texts, and of pairs of texts that are read together. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

MOST_TOKENS = 256


class Tokens:
    """The tokenizer in a model's folder; longer texts lose their end.

    `charmap.json`, where a folder has one, says what characters become first.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        self._charmap: dict[int, str] = {}
        if (folder / "charmap.json").exists():
            told = json.loads((folder / "charmap.json").read_text(encoding="utf-8"))
            self._charmap = {ord(character): text for character, text in told.items()}

    def ids(self, texts: Sequence[str], *, prefix: str = "") -> list[list[int]]:
        """Return the token ids of each text, with a prefix before it."""
        ready = [self._plain(prefix + text) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(ready)]

    def pair_ids(self, pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
        """Return the token ids of each pair of texts; of a long pair the longer text loses its end."""
        ready = [(self._plain(first), self._plain(second)) for first, second in pairs]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(ready)]

    def _plain(self, text: str) -> str:
        return " ".join(text.translate(self._charmap).split()) if self._charmap else text
