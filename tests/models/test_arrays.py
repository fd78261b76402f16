"""Arrays in a file: as they were, private, and nothing where the file is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.arrays import read_arrays, write_arrays


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    write_arrays(path, {"numbers": np.arange(3, dtype=np.float16), "names": np.array(["a", "猫"])})
    found = read_arrays(path)
    assert found is not None
    assert found["numbers"].dtype == np.float16
    assert (found["numbers"].tolist(), found["names"].tolist()) == ([0, 1, 2], ["a", "猫"])
    assert path.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("size", [0, 1, 40, 200])
def test_a_torn_file_counts_as_none(tmp_path: Path, size: int) -> None:
    path = tmp_path / "some.npz"
    assert read_arrays(path) is None
    write_arrays(path, {"numbers": np.arange(100)})
    path.write_bytes(path.read_bytes()[:size])
    assert read_arrays(path) is None


def test_pickled_objects_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, objects=np.array([{"a": 1}], dtype=object))
    assert read_arrays(path) is None
