"""The rows that trained models keep privately, and how they are forgotten. Light."""

from __future__ import annotations

from pathlib import Path

from models.files import atomic_write


def forget_rows(home: Path, words: str = "") -> int:
    """Delete the kept rows that hold the words, or all; return how many went. The models stay."""
    gone = 0
    for path in (home / "trained").glob("*/*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        wanted = words.casefold()
        left = [line for line in lines if wanted not in line.decode(errors="replace").casefold()]
        if len(left) < len(lines):
            atomic_write(path, b"".join(left), mode=0o600)
            gone += len(lines) - len(left)
    return gone
