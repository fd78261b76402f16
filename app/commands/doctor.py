"""`inhouse doctor`: hardware, versions, models, what each skill will use, and what is wrong."""

from __future__ import annotations

import json
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from app.context import TEXTS, Options, guarded
from models.catalog import catalog
from models.devices import ENGINES, choose, hardware
from models.home import home
from models.preferences import Wish
from models.store import Store
from skills import registry

_PACKAGES = (
    "inhouse", "textual", "llama-cpp-python", "ctranslate2", "faster-whisper", "onnxruntime",
    "chromadb", "statsforecast", "torch", "transformers",
)  # fmt: skip


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
@guarded
def doctor(options: Options, as_json: bool) -> None:
    """Show what is here and what each skill will use, and why. Opens no connection."""
    report = examine(options)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    about = report["hardware"]
    line = TEXTS(
        "hardware",
        processor=about["processor"],
        threads=about["threads"],
        gigabytes=about["memory_gb"],
    )
    click.echo(options.say(line))
    for engine, use in report["engines"].items():
        text = TEXTS("engine_uses", engine=engine, device=use["device"].upper(), why=use["why"])
        click.echo(options.say(text))
    click.echo(
        options.say(
            TEXTS("disk_free", path=report["models_folder"], gigabytes=report["disk_free_gb"])
        )
    )
    for name, state in report["skills"].items():
        key = "skill_ready" if state["ready"] else "skill_missing"
        click.echo(options.say(TEXTS(key, name=name, models=", ".join(state["models"]) or "-")))
    click.echo(", ".join(f"{name} {number}" for name, number in report["versions"].items()))


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
        "disk_free_gb": round(shutil.disk_usage(place).free / 1e9),
        "skills": skills,
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"
