"""Files that ship with Inhouse: the sample shop, and what taught chat models to judge answers."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
READERS = Path(__file__).parent / "readers"
