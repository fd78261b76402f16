"""The doctor's report, its proof, and a bundle that tells nothing of the person."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from agents.jobs import Jobs
from agents.protocol import Ask
from agents.session import Sessions
from app.cli import main
from models import preferences
from skills.events import Answer
from tests.app.test_demo import _can_unshare
from tests.conftest import Program


def test_a_report_in_words_and_as_json(inhouse: Program, home: Path) -> None:
    (home / "connections.log").write_text("2026-01-01T10:00:00 192.0.2.7\n")
    said = inhouse("--device", "cpu", "doctor")
    assert "the CPU was asked for" in said.out
    assert "tag: ready" in said.out
    assert "1 connection was tried" in said.out
    report = inhouse("doctor", "--json").last
    assert report["connections_tried"] == ["2026-01-01T10:00:00 192.0.2.7"]
    assert report["skills"]["faq"]["ready"]


@pytest.mark.small
def test_what_an_older_model_lacks_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.store.lesson_of", lambda name: "a later one")
    said = CliRunner().invoke(main, ["doctor"]).output
    assert "What it lacks is made of what is here by: inhouse models pull all-minilm-l6-v2" in said
    assert "smollm2" not in [
        line.split()[0] for line in said.splitlines() if "earlier version" in line
    ]


@pytest.mark.small
@pytest.mark.skipif(not _can_unshare(), reason="no process without a network can be made here")
def test_the_proof(inhouse: Program) -> None:
    assert inhouse("doctor", "--prove", "--json").last["works_without_network"] is True


def test_a_bundle_tells_nothing_of_the_person(inhouse: Program, home: Path, tmp_path: Path) -> None:
    secret = "Maria Lopez"
    store = Sessions()
    session = store.begin()
    store.happened(session, store.asked(session, f"find {secret}"), Answer(f"{secret} lives here"))
    job = Jobs().create(Ask(text=f"Transcribe {secret}.mp3"), "cpu")
    job.start().wait(60)
    preferences.save("chat_model", f"/home/{secret}/model.gguf")
    (home / "engine.log").write_text(f"ValueError at {home}/x.py:3 < {Path.home()}/y.py:4\n")
    bundle = tmp_path / "report.zip"
    assert inhouse("doctor", "--bundle", bundle).status == 0
    assert bundle.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(bundle) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {"report.json", "engine.log", f"jobs/{job.id}.log"} <= set(texts)
    whole = "\n".join(texts.values())
    for word in (secret, str(home), str(Path.home()) + "/"):
        assert word not in whole
    if len(getpass.getuser()) > 3:
        assert getpass.getuser() not in whole
    assert "<data>/x.py:3 < ~/y.py:4" in texts["engine.log"]
    assert inhouse("doctor", "--bundle", bundle).status == 2


def _leaves(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += _leaves(command, (*path, name))
        else:
            found.append((" ".join((*path, name)), command))
    return found


def test_every_command_speaks_json() -> None:
    without = [
        name for name, command in _leaves(main)
        if not any("--json" in parameter.opts for parameter in command.params)
    ]  # fmt: skip
    assert without == []
    assert len(_leaves(main)) > 25


def test_no_colour_when_not_a_terminal(inhouse: Program) -> None:
    for command in (("doctor",), ("settings",), ("models", "list"), ("--help",)):
        assert "\x1b" not in inhouse(*command).out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(inhouse: Program, shell: str) -> None:
    done = inhouse("completion", shell)
    assert done.status == 0
    assert "_INHOUSE_COMPLETE" in done.out


def test_completion_completes() -> None:
    environment = {
        **os.environ, "_INHOUSE_COMPLETE": "bash_complete", "COMP_WORDS": "inhouse mod", "COMP_CWORD": "1",
    }  # fmt: skip
    program = Path(sys.executable).with_name("inhouse")
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["plain,models"]
