"""Names of the models that the person trained, as an ask says them. Light."""

from __future__ import annotations

import re

from models.home import home


def mentioned(text: str) -> list[str]:
    """Return the trained models whose names occur in a text, in its order."""
    root = home() / "trained"
    names = [card.parent.name for card in root.glob("*/card.json")]
    plain = text.casefold()
    there = [
        (match.start(), -len(name), name)
        for name in names
        if (match := re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", plain))
    ]
    return [name for _, _, name in sorted(there)]
