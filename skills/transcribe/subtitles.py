"""Segments as text, SubRip, WebVTT and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from models.speech import Recording, Segment


def text(segments: Sequence[Segment]) -> str:
    """Return the words, a line a segment."""
    return "".join(f"{segment.text}\n" for segment in segments)


def srt(segments: Sequence[Segment]) -> str:
    """Return SubRip subtitles (`HH:MM:SS,mmm`)."""
    return "\n".join(
        f"{number}\n{clock(s.start, ',')} --> {clock(s.end, ',')}\n{s.text}\n"
        for number, s in enumerate(segments, 1)
    )


def vtt(segments: Sequence[Segment]) -> str:
    """Return WebVTT subtitles (W3C), with what is markup there escaped."""
    cues = "\n".join(
        f"{clock(s.start, '.')} --> {clock(s.end, '.')}\n{_escape(s.text)}\n" for s in segments
    )
    return f"WEBVTT\n\n{cues}"


def _escape(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_json(recording: Recording, segments: Sequence[Segment], model: str) -> str:
    """Return everything that is known, for programs."""
    return json.dumps(
        {
            "language": recording.language,
            "language_probability": round(recording.language_probability, 3),
            "duration": round(recording.duration, 2),
            "speech_duration": round(recording.speech_duration, 2),
            "model": model,
            "text": " ".join(segment.text for segment in segments),
            "segments": [
                {"start": round(s.start, 2), "end": round(s.end, 2), "text": s.text}
                for s in segments
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def clock(seconds: float, decimal: str) -> str:
    """Return seconds as `HH:MM:SS` and milliseconds."""
    total = round(max(0.0, seconds) * 1000)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, thousandths = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{decimal}{thousandths:03}"
