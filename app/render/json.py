"""Events as JSON, one a line: `{"event": NAME, "ask": N, …}`. The contract for scripts."""

from __future__ import annotations

import json

import msgspec

from skills.events import Event


def line(event: Event, ask: int) -> str:
    """Return an event as one line of JSON."""
    fields = msgspec.to_builtins(event)
    name = fields.pop("event")
    return json.dumps({"event": name, "ask": ask, **fields}, ensure_ascii=False)
