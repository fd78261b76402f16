"""Settings: file, environment, defaults; what is wrong is named and passed over."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from models import preferences as p
from models.errors import UsageError
from models.store import chosen_sources
from tests.conftest import Program


def test_file_environment_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INHOUSE_LANG")
    assert p.preferences() == p.Preferences()
    p.save("device", "cpu")
    p.save("retention_days", "30")
    p.save("language", "zh")
    assert (p.preferences().device, p.preferences().retention_days) == ("cpu", 30.0)
    assert p.interface_language() == "zh"
    assert p.interface_language("en") == "en"
    monkeypatch.setenv("INHOUSE_DEVICE", "cuda")
    assert p.preferences().device == "cuda"
    assert {s.name: s.origin for s in p.every()}["device"] == "environment"
    assert stat.S_IMODE(p.path().stat().st_mode) == 0o600
    p.save("retention_days", None)
    assert p.preferences().retention_days == 0.0


def test_a_comment_stays(home: Path) -> None:
    p.path().write_text('# mine\ntheme = "nord" # dark\n')
    p.save("device", "cpu")
    assert p.path().read_text() == '# mine\ntheme = "nord" # dark\ndevice = "cpu"\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("device = 'gpu'", "auto, cpu, cuda, metal, vulkan"),
        ("retention_days = -3", "0 or more"),
        ("retention_days = 'soon'", "0 or more"),
        ("colour = 'red'", "no setting colour"),
        ("device = ", "can't be read"),
        ("theme = 3", "theme"),
    ],
)
def test_what_is_wrong_is_named_and_passed_over(home: Path, text: str, named: str) -> None:
    p.path().write_text(text + "\n")
    assert p.preferences() == p.Preferences(language="en")
    assert any(named in problem.to("en") for problem in p.problems())


def test_a_wrong_save_changes_nothing(home: Path) -> None:
    for name, value in (("device", "gpu"), ("colour", "red"), ("notify_after", "nan")):
        with pytest.raises(UsageError):
            p.save(name, value)
    assert not p.path().exists()
    p.path().write_text("broken =")
    with pytest.raises(UsageError, match="can't be read"):
        p.save("device", "cpu")
    assert p.path().read_text() == "broken ="


def test_every_setting_is_described() -> None:
    for setting in p.every():
        assert setting.description.to("en")
        assert setting.description.to("zh")
        assert setting.name in p.ENVIRONMENT


def test_the_sources_follow(home: Path, tmp_path: Path) -> None:
    p.save("sources", "folder,hub")
    assert len(chosen_sources()) == 1
    p.save("model_folder", str(tmp_path))
    assert len(chosen_sources()) == 2


def test_the_command_line(inhouse: Program, home: Path) -> None:
    assert inhouse("settings", "set", "theme", "nord").status == 0
    assert inhouse("settings", "--json").last["theme"] == {"value": "nord", "origin": "file"}
    bad = inhouse("settings", "set", "device", "gpu")
    assert (bad.status, "auto, cpu" in bad.err) == (2, True)
    hidden = inhouse("settings", "set", "device", "cpu", INHOUSE_DEVICE="auto")
    assert "INHOUSE_DEVICE" in hidden.out
    p.path().write_text("theme =")
    broken = inhouse("settings")
    assert (broken.status, "can't be read" in broken.err) == (0, True)
    assert "Traceback" not in broken.err
