"""Files that ship with Inhouse: the sample shop."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
