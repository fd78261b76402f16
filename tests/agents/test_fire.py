"""The engine under fire: killed in every skill, a full disk, a model damaged while it runs."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from agents.client import Engine
from agents.protocol import Ask
from assets import SAMPLES
from skills.events import Answer, Event, Failure, Progress, Text

pytestmark = pytest.mark.small


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Long work a skill, and the folder it is in."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    many, calls = folder / "many", folder / "long"
    many.mkdir()
    calls.mkdir()
    for number in range(150):
        shutil.copy(SAMPLES / "photos" / "shop-cat.jpg", many / f"{number}.jpg")
    for number in range(8):
        shutil.copy(SAMPLES / "calls" / "order.ogg", calls / f"{number}.ogg")
    with (folder / "long.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "revenue"])
        writer.writerows(
            [[date(2015, 1, 1) + timedelta(i), 100 + i % 7 * 9 + i % 5] for i in range(3000)]
        )
    lines = [f"## Question number {i} about thing {i * 7}?\nAnswer {i}.\n" for i in range(1500)]
    (folder / "large.md").write_text("\n".join(lines))
    return {
        "classify": f"Sort {folder / 'reviews.csv'} into praise and complaint",
        "transcribe": f"Transcribe {calls}",
        "tag": f"Tag the photos in {many}",
        "forecast": f"Forecast the next 90 days of revenue in {folder / 'long.csv'}",
        "faq": f"Answer from {folder / 'large.md'}: when do you open?",
    }


async def _until_killed(engine: Engine, text: str, out: Path, number: int) -> list[Event]:
    """Ask, and kill the engine at the second sign of life."""
    events: list[Event] = []
    async for event in engine.ask(Ask(text=text, out=str(out))):
        events.append(event)
        signs = sum(isinstance(e, Progress | Text) for e in events)
        if signs == 2 and engine.pid is not None:
            os.kill(engine.pid, number)
    return events


@pytest.mark.parametrize("skill", ["classify", "transcribe", "tag", "forecast", "faq"])
async def test_five_deaths_in_every_skill(skill: str, work: dict[str, str], tmp_path: Path) -> None:
    engine = Engine("cpu")
    out = tmp_path / "out"
    for turn in range(5):
        number = (signal.SIGKILL, signal.SIGSEGV)[turn % 2]
        events = await _until_killed(engine, work[skill], out, number)
        last = events[-1]
        assert isinstance(last, Failure)
        assert last.code == "engine_died"
        for path in out.glob("*") if out.exists() else []:
            assert not path.name.startswith("."), "a half-written file was left"
    text = f"Answer from {SAMPLES / 'faq.md'}: when do you open?"
    after = [event async for event in engine.ask(Ask(text=text))]
    assert isinstance(after[-1], Answer)
    engine.close()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB with nothing free."""
    place = tmp_path / "full"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    (place / "ballast").write_bytes(b"x" * 60_000)
    yield place
    subprocess.run(["umount", str(place)], check=False)


async def test_a_full_disk_is_one_clear_sentence(full_disk: Path) -> None:
    engine = Engine("cpu")
    text = f"Forecast the next 400 days of revenue in {SAMPLES / 'sales.csv'}"
    events = [event async for event in engine.ask(Ask(text=text, out=str(full_disk)))]
    last = events[-1]
    assert isinstance(last, Failure)
    assert "disk is full" in last.message
    assert [path.name for path in full_disk.iterdir()] == ["ballast"]
    engine.close()


async def test_a_model_that_is_cut_off_is_named(
    small_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    shutil.copytree(small_models, models, symlinks=True)
    real = (models / "efficientnet-lite0").resolve()
    (models / "efficientnet-lite0").unlink()
    shutil.copytree(real, models / "efficientnet-lite0")
    weights = models / "efficientnet-lite0" / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:1000])
    monkeypatch.setenv("INHOUSE_MODELS", str(models))
    engine = Engine("cpu")
    text = f"Tag {SAMPLES / 'photos' / 'shop-cat.jpg'}"
    last = [event async for event in engine.ask(Ask(text=text, out=str(tmp_path)))][-1]
    assert isinstance(last, Failure)
    assert (last.code, last.exit_status) == ("model_corrupt", 3)
    assert "inhouse models pull efficientnet-lite0" in last.remedy
    engine.close()
