"""The wheel in an environment of its own, and other people's skills."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from bootstrap import llama_environment
from tests.conftest import Program

ROOT = Path(__file__).parents[1]


def _pip(*arguments: str | Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        *map(str, arguments),
    ]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`inhouse` from a wheel, in an environment that has the dependencies but not this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("inhouse-*.whl")
    venv.create(folder / "venv", with_pip=False)
    site = next((folder / "venv" / "lib").glob("python*/site-packages"))
    _pip("install", "--no-deps", "--target", site, wheel)
    # a folder named in a .pth is searched, but its own .pth files, such as this checkout's, are not read
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv" / "bin" / "python"


def _run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "-P", "-m", "app", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.small
def test_the_wheel_works_from_an_empty_and_from_a_hostile_folder(
    program: Path, tmp_path: Path
) -> None:
    where = (
        "import app, assets; print(app.__file__); print((assets.SAMPLES / 'faq.md').exists()"
        " and {path.suffix for path in assets.READERS.iterdir()} > {'.gguf', '.safetensors'})"
    )
    shown = subprocess.run([program, "-P", "-c", where], capture_output=True, text=True, check=True)
    assert str(ROOT) not in shown.stdout
    assert shown.stdout.endswith("True\n")
    hostile = tmp_path / "hostile"
    for name in ("agents", "app", "skills", "models"):
        (hostile / name).mkdir(parents=True)
        (hostile / name / "__init__.py").write_text("raise SystemExit('hostile code ran')")
    for folder in (tmp_path, hostile):
        assert "forecast" in _run(program, "--help", cwd=folder).stdout
        done = _run(program, "ask", "Say hello.", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "hostile" not in done.stdout + done.stderr


@pytest.fixture
def other_skill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example skill of the docs, installed."""
    source = shutil.copytree(ROOT / "docs" / "example-skill", tmp_path / "source")
    target = tmp_path / "site"
    _pip("install", "--no-deps", "--no-build-isolation", "--target", target, source)
    monkeypatch.setenv("PYTHONPATH", str(target))
    return target


@pytest.mark.small
def test_the_example_skill_of_the_docs(inhouse: Program, other_skill: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("one two three\nfour\n")
    assert "Count the words of a text file" in inhouse("--help").out
    done = inhouse("wordcount", notes, "--json")
    assert done.last["data"] == {"words": 4}
    asked = inhouse("ask", f"How many words are in {notes}?", "--json")
    assert (asked.last["skill"], asked.last["text"]) == ("wordcount", "notes.txt has 4 words.")


def test_a_heavy_skill_of_a_stranger_does_not_load_for_help(
    inhouse: Program, other_skill: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "imported"
    module = other_skill / "inhouse_wordcount" / "__init__.py"
    code = f"import pathlib, torch\npathlib.Path({str(mark)!r}).touch()\n" + module.read_text()
    module.write_text(code)
    assert "Count the words of a text file" in inhouse("--help").out
    assert not mark.exists()


def test_a_broken_skill_of_a_stranger_is_named(inhouse: Program, other_skill: Path) -> None:
    (other_skill / "inhouse_wordcount" / "__init__.py").write_text("raise RuntimeError('no')")
    done = inhouse("wordcount", "x.txt")
    assert done.status == 1
    assert "inhouse-wordcount" in done.err
    assert "Traceback" not in done.err
    assert inhouse("--help").status == 0


def test_the_pinned_versions_run_on_the_oldest_python() -> None:
    oldest = "3.11.0"  # what README and pyproject promise; Debian 12 ships 3.11.2
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==")[0] for line in lines if "==" in line and not line.startswith("#")]
    here = {dist.metadata["Name"].lower().replace("_", "-"): dist for dist in distributions()}
    refuse = [
        (name, needs)
        for name in pins
        if (dist := here.get(name.lower().replace("_", "-")))
        and (needs := dist.metadata["Requires-Python"])
        and not SpecifierSet(needs).contains(oldest)
    ]
    assert refuse == []


@pytest.mark.skipif(sys.platform == "win32", reason="MSVC has no AMX to leave out")
def test_llama_is_compiled_without_amx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXXFLAGS", "-O1")
    monkeypatch.delenv("CFLAGS", raising=False)
    environment = llama_environment()
    assert environment["CXXFLAGS"] == "-O1 -U__AMX_INT8__"
    assert environment["CFLAGS"] == "-U__AMX_INT8__"


def test_the_llama_that_was_compiled_has_no_amx() -> None:
    asked = "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())"
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout
    assert "AMX_INT8 = 1" not in told
