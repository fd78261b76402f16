"""`inhouse doctor`: hardware, versions, models, what each skill will use and why, what connected."""

from __future__ import annotations

import getpass
import io
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from agents.jobs import Jobs
from agents.offline import attempts
from app.context import TEXTS, Options, guarded, json_option
from assets import SAMPLES
from models import preferences
from models.catalog import catalog
from models.devices import ENGINES, choose, hardware
from models.errors import UsageError
from models.files import atomic_write
from models.home import home
from models.preferences import Wish
from models.store import Store
from skills import registry

_PACKAGES = (
    "inhouse", "textual", "llama-cpp-python", "ctranslate2", "faster-whisper", "onnxruntime",
    "chromadb", "statsforecast", "torch", "transformers",
)  # fmt: skip
_LOGS = ("engine.log", "microphone.log", "connections.log")
_LOG_TAIL = 100_000
_PROOF = f"Answer from {SAMPLES / 'faq.md'}: can I return a helmet?"


@click.command()
@json_option
@click.option("--prove", is_flag=True, help="Do an ask in a process without any network (Linux).")
@click.option(
    "--bundle", type=Path, metavar="FILE.zip",
    help="Write a report to send to somebody: no texts of yours, no names of your files.",
)  # fmt: skip
@click.pass_obj
@guarded
def doctor(options: Options, as_json: bool, prove: bool, bundle: Path | None) -> None:
    """Show what is here and what each skill will use, and why. Opens no connection."""
    report = examine(options)
    if prove:
        report["works_without_network"] = proven()
    if bundle:
        write_bundle(report, bundle)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for line in _lines(report, options):
        click.echo(line)
    if bundle:
        click.echo(options.say(TEXTS("bundle_written", path=bundle)))


def _lines(report: dict[str, Any], options: Options) -> list[str]:
    """Put a report into words."""
    about = report["hardware"]
    hardware_ = TEXTS(
        "hardware", processor=about["processor"], threads=about["threads"],
        gigabytes=about["memory_gb"],
    )  # fmt: skip
    lines = [report["system"], options.say(hardware_)]
    for engine, use in report["engines"].items():
        text = TEXTS("engine_uses", engine=engine, device=use["device"].upper(), why=use["why"])
        lines.append(options.say(text))
    free = report["disk_free_gb"]
    lines.append(options.say(TEXTS("disk_free", path=report["models_folder"], gigabytes=free)))
    for name, state in report["skills"].items():
        key = "skill_ready" if state["ready"] else "skill_missing"
        lines.append(options.say(TEXTS(key, name=name, models=", ".join(state["models"]) or "-")))
    lines += [options.say(TEXTS("model_older", name=name)) for name in report["older_models"]]
    tried = report["connections_tried"]
    key = "connections_some" if tried else "connections_none"
    lines.append(options.say(TEXTS(key, n=len(tried), last=tried[-1] if tried else "")))
    if "works_without_network" in report:
        proof = {True: "proof_yes", False: "proof_no", None: "proof_unknown"}
        lines.append(options.say(TEXTS(proof[report["works_without_network"]])))
    lines += [options.say(problem) for problem in preferences.problems()]
    return [*lines, ", ".join(f"{name} {number}" for name, number in report["versions"].items())]


def examine(options: Options) -> dict[str, Any]:
    """Return the report: no text of the person's, no names of their files."""
    found, store = hardware(), Store()
    wish: Wish = options.device  # type: ignore[assignment]
    uses = [choose(engine, wish) for engine in ENGINES]
    here = {model.id: model for model in catalog().models.values() if store.has(model.id)}
    skills = {}
    for spec in registry.all_specs():
        fitting = [[m.id for m in here.values() if m.task == task] for task in spec.models]
        skills[spec.name] = {
            "ready": all(fitting),
            "models": [name for names in fitting for name in names],
        }
    place = store.root if store.root.exists() else home()
    while not place.exists():
        place = place.parent
    return {
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "hardware": {
            "processor": found.processor,
            "threads": found.threads,
            "memory_gb": round(found.memory / 1e9),
            "gpu": found.gpu,
        },
        "engines": {
            use.engine: {"device": use.device, "why": use.why.to(options.language)} for use in uses
        },
        "models_folder": str(store.root),
        "models": {name: len(store.verify_sizes(name)) == 0 for name in here},
        "older_models": [model.id for model in here.values() if store.lacks(model)],
        "disk_free_gb": round(shutil.disk_usage(place).free / 1e9),
        "skills": skills,
        "settings": {s.name: s.origin for s in preferences.every() if s.origin != "default"},
        "jobs": dict(Counter(job.state().status for job in Jobs().every())),
        "connections_tried": attempts(),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def proven() -> bool | None:
    """Do an ask in a process that has no network at all; None where such a process can't be made."""
    tool = shutil.which("unshare")
    alone = [tool, "--user", "--map-root-user", "--net"] if tool else []
    if not alone or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        return None
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *alone,
            sys.executable,
            "-P",
            "-m",
            "app",
            "ask",
            _PROOF,
            "--json",
            "--out",
            folder,
        ]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def write_bundle(report: dict[str, Any], path: Path) -> None:
    """Write the report and the logs, which hold no texts, with the person's name and folders left out.

    Raises:
        UsageError: There is such a file already.
    """
    if path.exists():
        raise UsageError(TEXTS("exists", path=path))
    files = {"report.json": json.dumps(report, ensure_ascii=False, indent=1)}
    for name in _LOGS:
        log = home() / name
        if log.exists():
            files[name] = log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
    for job in Jobs().every():
        log = job.folder / "process.log"
        files[f"jobs/{job.id}.log"] = log.read_text(errors="replace")[-_LOG_TAIL:]
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, redacted(text))
    atomic_write(path, memory.getvalue(), mode=0o600)


def redacted(text: str) -> str:
    """Return a text without the person's folders, name and machine."""
    for folder, mark in ((home(), "<data>"), (Store().root, "<models>"), (Path.home(), "~")):
        text = text.replace(str(folder), mark)
    for secret in (getpass.getuser(), platform.node()):
        if len(secret) > 3:
            text = text.replace(secret, "<redacted>")
    return text
