"""Files appear whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from models.errors import BadInputError, ResourceError
from models.files import atomic_write, atomic_writer, existing_file, unique_path, write_error


def test_a_crash_while_writing_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with pytest.raises(RuntimeError), atomic_writer(target) as file:
        file.write("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = atomic_write(tmp_path / "out.txt", "old")
    with pytest.raises(RuntimeError), atomic_writer(target) as file:
        file.write("new")
        raise RuntimeError
    assert target.read_text() == "old"
    atomic_write(target, "new", mode=0o600)
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_said_in_both_languages() -> None:
    error = write_error(Path("a.csv"), OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(error, ResourceError)
    assert "disk is full" in error.message()
    assert "磁盘已满" in error.message("zh")
    assert error.remedy("zh")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = unique_path(tmp_path, "name", ".csv")
    first.touch()
    second = unique_path(tmp_path, "name", ".csv")
    assert [first.name, second.name] == ["name.csv", "name-2.csv"]


@pytest.mark.parametrize(("name", "key"), [("missing.csv", "no_file"), ("empty.csv", "file_empty")])
def test_a_bad_file_is_named(tmp_path: Path, name: str, key: str) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(BadInputError) as caught:
        existing_file(tmp_path / name)
    assert caught.value.said.key == key
    assert name in str(caught.value)
