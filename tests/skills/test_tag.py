"""Tagging pictures: good ones, bad ones, folders."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from models.errors import BadInputError, Stopped
from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Answer, Artifact, Progress, Skipped
from skills.readers.files import find_files
from skills.tag.face import TagRequest, fill
from skills.tag.naming import certainty
from skills.tag.run import Tag
from tests.conftest import Program

pytestmark = pytest.mark.small


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        Image.new("RGB", (320, 240), (number * 20, 90, 120)).save(folder / f"{number}.jpg")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.jpg").write_bytes(b"")
    return folder


def test_a_folder_with_a_broken_file(photos: Path, small: Runtimes, tmp_path: Path) -> None:
    events = list(Tag().run(TagRequest(files=(photos,)), Context(small, tmp_path)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    skipped = [item for item in answer.evidence if isinstance(item, Skipped)]
    assert [Path(item.file).name for item in skipped] == ["broken.png"]
    paths = [Path(event.path) for event in events if isinstance(event, Artifact)]
    assert [path.name for path in paths] == ["photos-tags.csv", "photos-tags.json"]
    with paths[0].open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["file"] for row in rows}) == 10
    assert all(0 <= float(row["confidence"]) <= 1 for row in rows)
    assert len(json.loads(paths[1].read_text())) == 10
    assert any(isinstance(event, Progress) for event in events)


def test_a_stop_between_pictures(photos: Path, small: Runtimes, tmp_path: Path) -> None:
    calls = iter([False] * 5)
    context = Context(small, tmp_path, should_stop=lambda: next(calls, True))
    with pytest.raises(Stopped):
        list(Tag().run(TagRequest(files=(photos,)), context))
    assert not list(tmp_path.glob("*-tags*"))


def test_nothing_but_broken_pictures(tmp_path: Path, small: Runtimes) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no")
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(BadInputError, match=r"a\.jpg"):
        list(Tag().run(TagRequest(files=(tmp_path / "a.jpg",)), Context(small, tmp_path)))
    with pytest.raises(BadInputError, match=r"empty\.jpg is empty"):
        list(Tag().run(TagRequest(files=(tmp_path / "empty.jpg",)), Context(small, tmp_path)))
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInputError, match="no picture"):
        list(Tag().run(TagRequest(files=(tmp_path / "none",)), Context(small, tmp_path)))


def test_words_for_confidence() -> None:
    assert [certainty(p) for p in (0.9, 0.4, 0.1)] == ["sure", "likely", "unsure"]


@pytest.mark.parametrize(
    ("text", "tags"), [("tag {d} with 5 tags", 5), ("给 {d} 每张三个标签", 3), ("tag {d}", None)]
)
def test_filling_a_request(photos: Path, text: str, tags: int | None) -> None:
    said = text.replace("{d}", str(photos))
    files, bare = find_files(said)
    values = fill(Said(said, bare, files, "en")).values
    assert values.get("tags") == tags
    assert values["files"] == [str(photos)]


def test_through_the_program(inhouse: Program, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    done = inhouse("tag", photos / "1.jpg", photos / "2.jpg", "--tags", "2", "--out", out, "--json")
    assert done.status == 0, done.err
    assert len(done.last["data"]) == 2
    assert {Path(path).suffix for path in done.last["artifacts"]} == {".csv", ".json"}
    chinese = inhouse("--lang", "zh", "tag", photos / "1.jpg", "--out", out)
    assert "拍的是" in chinese.out
