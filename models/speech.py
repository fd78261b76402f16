"""Speech recognition: Whisper through CTranslate2 (faster-whisper), voice activity on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.devices import Use
from models.errors import TEXTS, BadInputError, Stopped
from models.llm import ShouldStop, never

_SURE = 0.5
_COMMON = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech; seconds from the start of the recording."""

    start: float
    end: float
    text: str
    average_logprob: float
    no_speech_probability: float


@dataclass(frozen=True, slots=True)
class Recording:
    """What was found out about a recording before its words. Durations in seconds."""

    language: str
    language_probability: float
    duration: float
    speech_duration: float


class SpeechModel:
    """A recogniser. `multilingual` is False for the English-only models."""

    def __init__(self, folder: Path, name: str, use: Use, threads: int) -> None:
        from faster_whisper import WhisperModel

        self.name, self.use = name, use
        self._model: Any = WhisperModel(
            str(folder),
            device="cuda" if use.device == "cuda" else "cpu",
            compute_type="int8_float16" if use.device == "cuda" else "int8",
            cpu_threads=threads,
            local_files_only=True,
        )
        self.multilingual = bool(self._model.model.is_multilingual)

    def transcribe(
        self, path: Path, *, language: str | None = None, should_stop: ShouldStop = never
    ) -> tuple[Recording, Iterator[Segment]]:
        """Recognise a file: any container with an audio stream.

        Segments come lazily; `should_stop` is looked at between them. With `language` None it is
        found out, at the price of a second pass over the first half minute.

        Raises:
            BadInputError: The file holds no audio that can be decoded; names it and says why.
            Stopped: `should_stop` said so.
        """
        audio = decode(path)
        if not self.multilingual:
            language = "en"
        sure = 1.0
        if language is None and len(audio):
            language, sure = self._language(audio)
        segments, info = self._model.transcribe(
            audio,
            language=language or "en",
            beam_size=1,
            temperature=0.0,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        recording = Recording(
            language or "en", sure, float(info.duration), float(info.duration_after_vad)
        )
        return recording, _segments(segments, should_stop)

    def _language(self, audio: Any) -> tuple[str, float]:
        """Find the language; where that is unsure, the likelier of English and Chinese."""
        language, sure, every = self._model.detect_language(audio, vad_filter=True)
        if sure < _SURE:
            language, sure = max(
                ((name, p) for name, p in every if name in _COMMON), key=lambda pair: pair[1]
            )
        return str(language), float(sure)


def decode(path: Path) -> Any:
    """Decode a file to 16 kHz mono samples, shape (n,), float32.

    Raises:
        BadInputError: It has no audio stream, or is damaged before the first sound.
    """
    import av
    from faster_whisper.audio import decode_audio

    try:
        audio = decode_audio(str(path))
    except (av.error.FFmpegError, IndexError, ValueError, OSError) as error:
        if isinstance(error, IndexError):
            reason = "no audio stream"
        else:
            reason = getattr(error, "strerror", None) or type(error).__name__
        raise BadInputError(TEXTS("audio_unreadable", path=path, reason=reason)) from error
    if not len(audio):
        raise BadInputError(TEXTS("audio_unreadable", path=path, reason="0 s"))
    return audio


def _segments(segments: Any, should_stop: ShouldStop) -> Iterator[Segment]:
    if should_stop():
        raise Stopped
    for found in segments:
        if should_stop():
            raise Stopped
        text = found.text.strip()
        if text:
            yield Segment(
                float(found.start),
                float(found.end),
                text,
                float(found.avg_logprob),
                float(found.no_speech_prob),
            )
