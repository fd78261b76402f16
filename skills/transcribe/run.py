"""Recognise one recording after the other; the words stream as they come."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from models.errors import BadInputError
from models.files import atomic_write
from models.speech import Recording, Segment, SpeechModel
from models.texts import Catalogue
from skills.contract import Context
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Event,
    Evidence,
    Progress,
    Skipped,
    Text,
    Timing,
)
from skills.readers.inputs import expand
from skills.transcribe.face import TranscribeRequest
from skills.transcribe.subtitles import as_json, srt, text, vtt

TEXTS = Catalogue(__package__)
_SUFFIXES = (".txt", ".srt", ".vtt", ".json")
_TIMINGS_SHOWN = 500
_QUOTED = 160
_PARTICLE = re.compile(
    r"(?<![显名原巨土论编专卓])著(?![名作述称书者])"
)  # OpenCC leaves 著 for the particle 着


@dataclasses.dataclass(slots=True)
class _Done:
    """One recording that was written out."""

    path: Path
    recording: Recording
    segments: list[Segment]
    kept: tuple[str, ...] = ()  # the files that an earlier attempt wrote


class Transcribe:
    """The skill."""

    def run(self, request: TranscribeRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        files, skipped = expand(request.files, "audio", context)
        model = context.runtimes.speech(request.language or None)
        done: list[_Done] = []
        for number, path in enumerate(files):
            context.check()
            if len(files) > 1:
                yield Text(f"{'' if number == 0 else chr(10)}**{path.name}**\n\n")
            try:
                finished = yield from self._one(path, request, context, model)
            except BadInputError as error:
                if len(files) == 1:
                    raise
                skipped.append(Skipped(str(path), error.message(context.language)))
                yield Text(error.message(context.language) + "\n")
                continue
            if len(files) > 1 and not finished.segments:
                yield Text(context.say(TEXTS("silent")) + "\n")
            done.append(finished)
            if request.write:
                yield from self._write(finished, request, model, context)
        if not done:
            raise BadInputError(TEXTS("none_readable", n=len(files)))
        yield self._answer(done, skipped, model, context, asked=request.language)

    def _one(
        self, path: Path, request: TranscribeRequest, context: Context, model: SpeechModel
    ) -> Generator[Event, None, _Done]:
        """Recognise one recording, streaming its words."""
        known = _known(path, request, context, model)
        if known is not None:
            yield Text("".join(segment.text + "\n" for segment in known.segments))
            return known
        note = context.say(TEXTS("listening", name=path.name))
        yield Progress(0, None, note=note)
        recording, found = model.transcribe(
            path, language=request.language or None, should_stop=context.should_stop
        )
        segments: list[Segment] = []
        for segment in found:
            if recording.language == "zh":
                segment = dataclasses.replace(segment, text=simplified(segment.text))  # noqa: PLW2901
            segments.append(segment)
            yield Text(segment.text + "\n")
            yield Progress(segment.end, recording.duration, "s", note)
        context.check()
        return _Done(path, recording, segments)

    def _write(
        self, done: _Done, request: TranscribeRequest, model: SpeechModel, context: Context
    ) -> Iterator[Event]:
        """Write the four files, whose names go together, unless an earlier attempt did."""
        if done.kept:
            for name in done.kept:
                key = f"file_{Path(name).suffix[1:]}"
                yield Artifact(name, context.say(TEXTS(key)))
            return
        contents = (
            text(done.segments), srt(done.segments), vtt(done.segments),
            as_json(done.recording, done.segments, model.name),
        )  # fmt: skip
        folder = context.out or done.path.parent
        stem = _free_stem(folder, done.path.stem)
        written = []
        for suffix, content in zip(_SUFFIXES, contents, strict=True):
            path = atomic_write((folder / f"{stem}{suffix}").absolute(), content)
            written.append(str(path))
            yield Artifact(str(path), context.say(TEXTS(f"file_{suffix[1:]}")))

        segments = [dataclasses.astuple(segment) for segment in done.segments]
        recording = dataclasses.astuple(done.recording)
        context.ledger.put([recording, segments, written], *_key(done.path, request, model))

    def _answer(
        self,
        done: list[_Done],
        skipped: list[Skipped],
        model: SpeechModel,
        context: Context,
        asked: str,
    ) -> Answer:
        minutes = sum(one.recording.duration for one in done)
        words = [segment for one in done for segment in one.segments]
        evidence: list[Evidence] = list(skipped)
        if not asked and model.multilingual:
            evidence += [_language_found(one, context) for one in done if one.segments]
        evidence += [
            Timing(one.path.name, round(s.start, 2), round(s.end, 2), s.text)
            for one in done
            for s in one.segments
        ][:_TIMINGS_SHOWN]
        if not words:
            said = context.say(TEXTS("no_speech", n=len(done)))
        elif len(done) == 1:
            whole = " ".join(segment.text for segment in words)
            quote = whole if len(whole) <= _QUOTED else whole[:_QUOTED].rstrip() + "…"
            said = context.say(TEXTS("answer_one", seconds=round(minutes), text=quote))
        else:
            silent = sum(not one.segments for one in done)
            left = {"silent_too": silent, "unread_too": len(skipped)}
            rest = [context.say(TEXTS(key, n=n)) for key, n in left.items() if n]
            said = context.say(
                TEXTS("answer_many", n=len(done), seconds=round(minutes), rest="".join(rest))
            )
        return Answer(said, evidence=tuple(evidence), data={"recordings": [_data(o) for o in done]})


def _key(path: Path, request: TranscribeRequest, model: SpeechModel) -> tuple[object, ...]:
    """Return what tells one transcript of a recording from another."""
    about = path.stat()
    place = (str(path), about.st_size, about.st_mtime_ns)
    return ("transcribe", model.name, request.language, *place)


def _known(
    path: Path, request: TranscribeRequest, context: Context, model: SpeechModel
) -> _Done | None:
    """Return what an earlier attempt of the job wrote out, if all its files are still there."""
    kept = context.ledger.get(*_key(path, request, model))
    if kept is None or not all(Path(name).is_file() for name in kept[2]):
        return None
    recording, segments, written = kept
    return _Done(path, Recording(*recording), [Segment(*one) for one in segments], tuple(written))


def _data(done: _Done) -> dict[str, Any]:
    return {
        "file": str(done.path),
        "language": done.recording.language,
        "text": " ".join(segment.text for segment in done.segments),
    }


def _language_found(done: _Done, context: Context) -> Assumption:
    name = done.recording.language
    known = name if name not in {"en", "zh"} else context.say(TEXTS(f"language_{name}"))
    share = f"{done.recording.language_probability:.0%}"
    text_ = TEXTS("assumed_language", name=done.path.name, language=known, share=share)
    return Assumption(context.say(text_))


def _free_stem(folder: Path, stem: str) -> str:
    """Return a name under which none of the four files exists yet."""
    free, number = stem, 2
    while any((folder / f"{free}{suffix}").exists() for suffix in _SUFFIXES):
        free, number = f"{stem}-{number}", number + 1
    return free


def simplified(line: str) -> str:
    """Return Chinese in simplified script: Whisper mixes the two at random."""
    converted: str = _converter().convert(line)
    return _PARTICLE.sub("着", converted)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
