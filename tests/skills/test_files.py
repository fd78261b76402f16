"""Files as people name them in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from skills.readers.files import find_files


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name in (
        "feedback may.csv",
        "sales.csv",
        "评论.csv",
        "常见问题.md",
        "call 1.wav",
        "a.b.csv",
    ):
        (tmp_path / name).write_text("x")
    (tmp_path / "my photos").mkdir()
    (tmp_path / "照片").mkdir()
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "1.jpg").write_text("x")
    (tmp_path / "shots" / "2.jpg").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "names", "bare"),
    [
        ("Sort {d}/feedback may.csv into praise", ["feedback may.csv"], "Sort into praise"),
        ("Sort feedback may.csv into praise", ["feedback may.csv"], "Sort into praise"),
        ("sort 'feedback may.csv' please", ["feedback may.csv"], "sort please"),
        ("把评论.csv里的评论分成好评和差评", ["评论.csv"], "把 里的评论分成好评和差评"),
        ("用 常见问题.md 回答顾客：几点开门", ["常见问题.md"], "用 回答顾客：几点开门"),
        ("Answer from {d}/常见问题.md: can I return it?", ["常见问题.md"],
         "Answer from : can I return it?"),
        ("compare sales.csv and a.b.csv.", ["sales.csv", "a.b.csv"], "compare and ."),
        ("Transcribe call 1.wav", ["call 1.wav"], "Transcribe"),
        ("tag everything in {d}/my photos", ["my photos"], "tag everything in"),
        ("tag {d}/my photos, please", ["my photos"], "tag , please"),
        ("tag the shots folder", ["shots"], "tag the folder"),
        ("给照片文件夹打标签", ["照片"], "给 文件夹打标签"),
        ("tag shots/*.jpg", ["1.jpg", "2.jpg"], "tag"),
        ("tag ./shots now", ["shots"], "tag now"),
        ("Version 2.5 and e.g. this, 3.14", [], "Version 2.5 and e.g. this, 3.14"),
        ("either/or what and/or that", [], "either/or what and/or that"),
        ("no files here", [], "no files here"),
    ],
)  # fmt: skip
def test_files_are_found(here: Path, text: str, names: list[str], bare: str) -> None:
    found, rest = find_files(text.replace("{d}", str(here)), here)
    assert [entry.path.name for entry in found] == names
    assert all(entry.exists for entry in found)
    assert rest == bare


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("forecast salse.csv", "salse.csv"),
        ("forecast /nowhere/at all/x.csv", "x.csv"),
        ("预测 销售.csv 的销量", "销售.csv"),
        ('open "not here.xlsx"', "not here.xlsx"),
    ],
)
def test_a_missing_file_is_found_too(here: Path, text: str, name: str) -> None:
    found, _ = find_files(text, here)
    assert [(entry.path.name, entry.exists) for entry in found] == [(name, False)]


def test_a_missing_file_in_a_folder_that_exists(here: Path) -> None:
    found, _ = find_files(f"forecast {here}/shots/sales.csv for June", here)
    assert [(entry.path, entry.exists) for entry in found] == [
        (here / "shots" / "sales.csv", False)
    ]
    found, _ = find_files(f"给 {here}/照片/ 里的图打标签", here)
    assert [(entry.path, entry.exists) for entry in found] == [(here / "照片", True)]


def test_a_path_is_not_cut_off_where_something_else_exists(here: Path) -> None:
    (here / "secret").write_text("x")
    found, _ = find_files(f"sort {here}/secret.csv into a and b", here)
    assert [(entry.path.name, entry.exists) for entry in found] == [("secret.csv", False)]
    found, _ = find_files(f"sort {here}/secret2 into a and b", here)
    assert not any(entry.path.name == "secret" for entry in found)
    found, _ = find_files(f"look at {here}/secret.", here)
    assert [entry.path.name for entry in found] == ["secret"]


def test_a_home_path(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    found, _ = find_files("forecast ~/sales.csv", Path("/"))
    assert found[0].path == here / "sales.csv"


@pytest.mark.parametrize(
    "text",
    [
        "Tag the photos in photos",
        "tag everything from photos.",
        "给 photos 里的照片打标签",
        "给photos里的照片打标签",
    ],
)
def test_a_bare_folder_after_a_word_of_place(text: str, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (found,), _ = find_files(text, tmp_path)
    assert found.path == tmp_path / "photos"
    assert find_files("what is in stock?", tmp_path)[0] == ()


def test_a_bare_folder_in_a_short_ask(tmp_path: Path) -> None:
    for name in ("calls", "录音"):
        (tmp_path / name).mkdir()
    for text, name in (
        ("Transcribe calls", "calls"),
        ("转写 calls", "calls"),
        ("转写 录音", "录音"),
    ):
        (found,), bare = find_files(text, tmp_path)
        assert found.path == tmp_path / name
        assert name not in bare
    (tmp_path / "x.mp3").touch()
    (found,), _ = find_files("Transcribe x.mp3 of the calls", tmp_path)
    assert found.path == tmp_path / "x.mp3"
    assert find_files("how do I get more calls from people who buy bicycles", tmp_path)[0] == ()


def test_a_hundred_files_dragged_in_are_found(tmp_path: Path) -> None:
    paths = [tmp_path / f"photo {number}.jpg" for number in range(100)]
    for path in paths:
        path.touch()
    escaped = " ".join(str(path).replace(" ", "\\ ") for path in paths)
    found, rest = find_files(f"tag {escaped}", tmp_path)
    assert [entry.path for entry in found] == paths
    assert rest == "tag"
