"""Set Inhouse up and start it, with nothing but Python 3.11+ and a C++ compiler.

    python bootstrap.py run | demo | test | test-full | setup

Standard library only. `make` calls it; Windows, which has no make, calls it directly.

Environment:
    MODELS=small|standard  fetch this set of models without asking
    TORCH=cpu|cuda         which PyTorch to install (default: cuda if an NVIDIA GPU is found)
    TORCH_INDEX=URL        where PyTorch comes from (default: its own CPU index when reachable)
    CMAKE_ARGS=...         how llama.cpp is compiled, for instance "-DGGML_CUDA=on"
    LLAMA_WHEEL=PATH|URL   a prebuilt llama-cpp-python wheel; nothing is compiled then
    VENV=PATH              the environment to make and use (default: .venv)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("VENV", ROOT / ".venv")).absolute()
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOG = VENV / "setup.log"
CONSTRAINTS = ROOT / "constraints.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
COMMANDS = ("run", "demo", "test", "test-full", "setup")
CHECKS = (
    ("format", ["-m", "ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["-m", "ruff", "check", "--quiet", "."]),
    ("types", ["-m", "mypy", "--no-error-summary"]),
    ("import contracts", ["-c", "from importlinter.cli import lint_imports_command as c; c()"]),
)


def main(arguments: list[str]) -> int:
    """Run one command; return its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs before any installer checks
        print("Inhouse needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
        return 2
    command = arguments[0] if arguments else "run"
    if command not in COMMANDS:
        print(__doc__)
        return 2
    set_up(dev=command.startswith("test"))
    if command == "setup":
        return 0
    return {"run": run, "demo": demo, "test": test, "test-full": test_full}[command](arguments[1:])


def run(arguments: list[str]) -> int:
    """Fetch the models if some are missing, then open the chat."""
    status = fetch(os.environ.get("MODELS"))
    return status or call([*inhouse(), *arguments])


def demo(arguments: list[str]) -> int:
    """Do the five jobs on the bundled samples and check each answer against its gold."""
    status = fetch("standard")
    return status or call([*inhouse(), "demo", *arguments])


def test(arguments: list[str]) -> int:
    """Check format, lint, types and contracts, and run the tests that need the small models."""
    status = fetch("small")
    if status:
        return status
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if call([str(PYTHON), *command], quiet=name == "import contracts"):
            print(f"The {name} check failed.")
            return 1
    print("== tests", flush=True)
    selected = ["-m", "not standard and not network", "-n", "2", "--dist", "loadfile"]
    return call([str(PYTHON), "-m", "pytest", "-q", *selected, *arguments])


def test_full(arguments: list[str]) -> int:
    """Run the tests that need the standard models."""
    status = fetch("standard")
    selected = ["-m", "standard and not network"]
    return status or call([str(PYTHON), "-m", "pytest", "-q", *selected, *arguments])


def inhouse() -> list[str]:
    """Return the command that starts Inhouse; `-P` keeps the current folder off the path."""
    return [str(PYTHON), "-P", "-m", "app"]


def fetch(models: str | None) -> int:
    """Fetch a set of models; None asks the person, and says what would be fetched."""
    chosen = ["--set", models, "--yes"] if models else ["--set", "ask"]
    return call([*inhouse(), "models", "pull", *chosen])


def call(command: list[str], *, quiet: bool = False) -> int:
    """Run a command in view and return its exit status; with `quiet`, show output on failure."""
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=quiet, text=True)
    except KeyboardInterrupt:
        return 130
    if quiet and done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode


def set_up(*, dev: bool) -> None:
    """Make the environment and install into it whatever is not there yet."""
    stamp = VENV / ("inhouse-dev.stamp" if dev else "inhouse.stamp")
    wanted = fingerprint()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        step("Making the environment", make_venv())
    step("Installing PyTorch", torch_command())
    llama = os.environ.get("LLAMA_WHEEL")
    if llama:
        step("Installing the llama.cpp wheel", pip(llama))
    elif not installed("llama_cpp"):
        need_compiler()
        spec = pinned("llama-cpp-python")
        step("Compiling llama.cpp (3 to 8 minutes, once)", pip(spec), llama_environment())
    step("Installing the other packages", pip("--editable", f"{ROOT}[dev]" if dev else str(ROOT)))
    for name in {stamp.name, "inhouse.stamp"}:
        (VENV / name).write_text(wanted)


def fingerprint() -> str:
    """Return a hash of all that decides what is installed."""
    parts = [(ROOT / "pyproject.toml").read_bytes(), CONSTRAINTS.read_bytes(), sys.version.encode()]
    parts += [os.environ.get(name, "").encode() for name in ("TORCH", "LLAMA_WHEEL")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_venv() -> list[str]:
    """Return the command that makes the environment."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        stop(
            "Python's venv module is incomplete here. On Debian or Ubuntu: apt install python3-venv"
        )
    return [sys.executable, "-m", "venv", str(VENV)]


def pip(*arguments: str) -> list[str]:
    """Return a pip command that installs within the tested versions."""
    base = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    return [*base, "--constraint", str(CONSTRAINTS), *arguments]


def pinned(package: str) -> str:
    """Return `package==version` as the constraints file has it."""
    for line in CONSTRAINTS.read_text().splitlines():
        if line.lower().startswith(package + "=="):
            return line.strip()
    return package


def torch_command() -> list[str]:
    """Return the command that installs PyTorch: the CPU build unless there is a GPU to use."""
    index = os.environ.get("TORCH_INDEX")
    kind = os.environ.get("TORCH") or ("cuda" if shutil.which("nvidia-smi") else "cpu")
    if not index and kind == "cpu" and sys.platform == "linux" and reachable(CPU_INDEX):
        index = CPU_INDEX
    return pip(pinned("torch"), *(["--extra-index-url", index] if index else []))


def reachable(url: str) -> bool:
    """Say whether `url` answers within three seconds."""
    try:
        with urllib.request.urlopen(url + "/", timeout=3):
            return True
    except (urllib.error.URLError, OSError, ValueError):
        return False


def installed(module: str) -> bool:
    """Say whether the environment already has `module`."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    return subprocess.run([str(PYTHON), "-c", code], check=False).returncode == 0


def need_compiler() -> None:
    """Stop with advice if nothing here can compile C++."""
    if os.name != "nt" and not any(shutil.which(c) for c in ("c++", "g++", "clang++")):
        stop(
            "A C++ compiler is needed to build llama.cpp, and none was found.\n"
            "  Debian/Ubuntu: apt install g++    macOS: xcode-select --install\n"
            "  Or set LLAMA_WHEEL to a prebuilt llama-cpp-python wheel."
        )


def llama_environment() -> dict[str, str]:
    """Return the environment for compiling llama.cpp, without its image parts.

    And without AMX: its tiles' configuration is optimized away, and the first of them is an illegal
    instruction (https://github.com/ggml-org/llama.cpp/pull/26954).
    """
    jobs = str(max(1, os.cpu_count() or 1))
    defaults = {"CMAKE_ARGS": "-DLLAVA_BUILD=OFF", "CMAKE_BUILD_PARALLEL_LEVEL": jobs}
    environment = {**defaults, **os.environ}
    if os.name != "nt":
        for name in ("CFLAGS", "CXXFLAGS"):
            environment[name] = f"{environment.get(name, '')} -U__AMX_INT8__".strip()
    return environment


def step(title: str, command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a set-up command with a running clock; on failure show the end of its log and stop."""
    started = time.monotonic()
    finished = threading.Event()
    clock = threading.Thread(target=tick, args=(title, started, finished), daemon=True)
    clock.start()
    try:
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    finally:
        finished.set()
        clock.join()
    print(f"{title}: {'done' if done.returncode == 0 else 'FAILED'}, "
          f"{time.monotonic() - started:.0f} s", flush=True)  # fmt: skip
    if VENV.exists():
        with LOG.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout}\n{done.stderr}\n")
    if done.returncode:
        print(*(done.stdout + done.stderr).splitlines()[-25:], sep="\n")
        stop(f"{title} failed. The whole log: {LOG}")


def tick(title: str, started: float, finished: threading.Event) -> None:
    """Show the seconds that passed, on a terminal only."""
    while not finished.wait(1.0):
        if sys.stdout.isatty():
            print(f"\r{title} … {time.monotonic() - started:.0f} s ", end="", flush=True)
    if sys.stdout.isatty():
        print("\r\x1b[K", end="")


def stop(message: str) -> None:
    """Print a message and end."""
    print(message)
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
