"""Transcription on the real small model: words, times, silence, bad files."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import jiwer
import pytest

from models.errors import BadInputError, ModelMissingError, Stopped
from models.runtimes import Runtimes
from models.speech import Recording, Segment
from skills.contract import Context, Said
from skills.events import Answer, Artifact, Skipped, Text, Timing
from skills.readers.files import find_files
from skills.transcribe.face import TranscribeRequest, fill
from skills.transcribe.run import Transcribe, simplified
from skills.transcribe.subtitles import as_json, clock, srt, vtt
from tests.conftest import Program
from tests.models.test_runtimes import _tone

pytestmark = pytest.mark.small
CALLS = Path(__file__).parents[2] / "assets" / "samples" / "calls"


def _words(text: str) -> str:
    """Words without digits: whether `four seven` or `47` is written is not judged here."""
    bare = re.sub(r"[^a-z ]", "", text.lower().replace("\n", " "))
    return re.sub(r"\b(?:zero|one|two|four|five|seven|nine)\b", "", bare)


def test_a_call_is_written_out(small: Runtimes, tmp_path: Path) -> None:
    context = Context(small, tmp_path, out=tmp_path)
    events = list(Transcribe().run(TranscribeRequest(files=(CALLS / "refund.ogg",)), context))
    answer = events[-1]
    assert isinstance(answer, Answer)
    paths = {Path(e.path).suffix: Path(e.path) for e in events if isinstance(e, Artifact)}
    assert set(paths) == {".txt", ".srt", ".vtt", ".json"}
    spoken = (CALLS / "refund.txt").read_text()
    assert jiwer.wer(_words(spoken), _words(paths[".txt"].read_text())) <= 0.1
    assert sum(isinstance(event, Text) for event in events) > 2  # it streams
    timings = [item for item in answer.evidence if isinstance(item, Timing)]
    assert all(a.end <= b.start + 0.5 for a, b in itertools.pairwise(timings))
    data = json.loads(paths[".json"].read_text())
    assert data["language"] == "en"
    assert paths[".vtt"].read_text().startswith("WEBVTT\n\n00:00:0")


def test_a_folder_with_silence_and_a_bad_file(small: Runtimes, tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    _tone(folder / "silence.wav", 3, 0.0)
    (folder / "bad.mp3").write_text("not sound")
    (folder / "refund.ogg").write_bytes((CALLS / "refund.ogg").read_bytes())
    events = list(Transcribe().run(TranscribeRequest(files=(folder,)), Context(small, tmp_path)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    skipped = [item for item in answer.evidence if isinstance(item, Skipped)]
    assert [Path(item.file).name for item in skipped] == ["bad.mp3"]
    assert (folder / "silence.txt").read_text() == ""
    assert not (folder / "bad.txt").exists()
    assert "in 1 of them nobody speaks; 1 could not be read" in answer.text
    assert any(isinstance(event, Text) and "no speech" in event.delta for event in events)


def test_silence_alone_is_said(small: Runtimes, tmp_path: Path) -> None:
    path = _tone(tmp_path / "silence.wav", 3, 0.0)
    answer = list(Transcribe().run(TranscribeRequest(files=(path,)), Context(small, tmp_path)))[-1]
    assert isinstance(answer, Answer)
    assert "no speech" in answer.text


def test_a_stop_leaves_no_file(small: Runtimes, tmp_path: Path) -> None:
    calls = iter([False, False])
    context = Context(small, tmp_path, out=tmp_path, should_stop=lambda: next(calls, True))
    with pytest.raises(Stopped):
        list(Transcribe().run(TranscribeRequest(files=(CALLS / "refund.ogg",)), context))
    assert list(tmp_path.iterdir()) == []


def test_names_go_together_and_nothing_is_overwritten(small: Runtimes, tmp_path: Path) -> None:
    path = _tone(tmp_path / "note.wav", 1, 0.0)
    (tmp_path / "note.txt").write_text("mine")
    list(Transcribe().run(TranscribeRequest(files=(path,)), Context(small, tmp_path)))
    assert (tmp_path / "note.txt").read_text() == "mine"
    assert {p.name for p in tmp_path.glob("note-2.*")} == {
        "note-2.txt", "note-2.srt", "note-2.vtt", "note-2.json",
    }  # fmt: skip


def test_bad_input(small: Runtimes, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("no")
    with pytest.raises(BadInputError, match=r"x\.wav"):
        list(
            Transcribe().run(
                TranscribeRequest(files=(tmp_path / "x.wav",)), Context(small, tmp_path)
            )
        )
    with pytest.raises(ModelMissingError, match="whisper-base"):
        request = TranscribeRequest(files=(CALLS / "refund.ogg",), language="zh")
        list(Transcribe().run(request, Context(small, tmp_path)))


def test_subtitle_formats() -> None:
    segments = [Segment(0, 1.5, "a <b> & c", 0, 0), Segment(3661.25, 3662, "x", 0, 0)]
    assert srt(segments).splitlines()[1] == "00:00:00,000 --> 00:00:01,500"
    assert "a &lt;b&gt; &amp; c" in vtt(segments)
    assert clock(3661.25, ".") == "01:01:01.250"
    assert (
        json.loads(as_json(Recording("zh", 1, 2, 2), segments, "m"))["segments"][1]["end"] == 3662
    )


def test_chinese_becomes_simplified() -> None:
    assert simplified("請問這個電話號碼對嗎") == "请问这个电话号码对吗"
    assert simplified("享受著陽光的著名作家") == "享受着阳光的著名作家"


@pytest.mark.parametrize(
    ("text", "language"),
    [("转写 {d}，是普通话", "zh"), ("transcribe {d}, it is in English", "en"), ("transcribe {d}", None),
     ("transcribe the Chinese call {d}", "zh")],
)  # fmt: skip
def test_filling_a_request(text: str, language: str | None) -> None:
    said = text.replace("{d}", str(CALLS / "order.ogg"))
    files, bare = find_files(said)
    assert fill(Said(said, bare, files, "en")).values.get("language") == language


@pytest.mark.standard
def test_the_standard_model_finds_the_language(inhouse: Program, tmp_path: Path) -> None:
    done = inhouse("transcribe", CALLS, "--out", tmp_path / "out", "--json")
    assert done.status == 0, done.err
    for recording in done.last["data"]["recordings"]:
        assert recording["language"] == "en"
        spoken = Path(recording["file"]).with_suffix(".txt").read_text()
        assert jiwer.wer(_words(spoken), _words(recording["text"])) <= 0.15
