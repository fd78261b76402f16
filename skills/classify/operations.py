"""What else sorting does, each with its own request: train, evaluate, compare, compress, list. Light."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Literal

from models.texts import Catalogue
from skills.contract import Filled, Said, operation
from skills.readers.columns import named_column
from skills.readers.names import given_name
from skills.readers.tables import sample_columns
from skills.request import Request, argument, option
from skills.trained import mentioned

TEXTS = Catalogue(__package__)
MINUTES = re.compile(r"(\d+)\s*(?:min(?:ute)?s?\b|分钟)", re.IGNORECASE)
MINUTES_READING = 3.0  # of the language model, for one file


class TrainRequest(Request):
    """Train a model on labelled rows."""

    file: Path = argument(TEXTS("field_train_file"))
    label: str = option(TEXTS("field_label"), "")
    name: str = option(TEXTS("field_name"), "")
    text_column: str = option(TEXTS("field_text_column"), "")
    group: str = option(TEXTS("field_group"), "")
    time: str = option(TEXTS("field_time"), "")
    minutes: float = option(TEXTS("field_minutes"), 0.0, ge=0)
    tuned: Literal["auto", "never"] = option(TEXTS("field_tuned"), "auto")
    meanings: dict[str, str] = option(TEXTS("field_meanings"), {})
    encoder: Path | None = option(TEXTS("field_encoder"))
    merge: bool = option(TEXTS("field_merge"), False)
    mask: bool = option(TEXTS("field_mask"), False)


class EvaluateRequest(Request):
    """Measure a trained model on labelled rows."""

    name: str = argument(TEXTS("field_trained"))
    file: Path = argument(TEXTS("field_test_file"))
    label: str = option(TEXTS("field_label"), "")
    text_column: str = option(TEXTS("field_text_column"), "")
    minutes: float = option(TEXTS("field_second"), MINUTES_READING, ge=0)


class CompareRequest(Request):
    """Compare two trained models on the same rows."""

    first: str = argument(TEXTS("field_trained"))
    second: str = argument(TEXTS("field_other"))
    file: Path | None = option(TEXTS("field_test_file"))
    label: str = option(TEXTS("field_label"), "")
    text_column: str = option(TEXTS("field_text_column"), "")
    minutes: float = option(TEXTS("field_second"), MINUTES_READING, ge=0)


class CompressRequest(Request):
    """Make a trained model smaller and faster."""

    name: str = argument(TEXTS("field_trained"))


class ListRequest(Request):
    """List the trained models."""


def _minutes(said: Said) -> dict[str, object]:
    """Return how much time was given, if any."""
    match = MINUTES.search(said.bare)
    return {"minutes": float(match[1])} if match else {}


def fill_train(said: Said) -> Filled:
    """Find the table, the column of labels, a name and a time."""
    values: dict[str, object] = {}
    if name := given_name(said.bare, "model"):
        values["name"] = name
    values |= _minutes(said)
    tables = [found for found in said.files if found.kind in {"table", "document"}]
    if not tables:
        return Filled(values, "file", TEXTS("which_training_file"))
    values["file"] = str(tables[0].path)
    columns = sample_columns(tables[0].path)
    if column := named_column(said.bare, columns):
        return Filled({**values, "label": column})
    return Filled(values)


def fill_named(said: Said) -> Filled:
    """Find the trained model, and a table."""
    found = mentioned(said.bare)
    values: dict[str, object] = {"name": found[0]} if found else {}
    values |= _minutes(said)
    if said.files:
        values["file"] = str(said.files[0].path)
    if not found:
        return Filled(values, "name", TEXTS("which_trained"))
    return Filled(values) if said.files else Filled(values, "file", TEXTS("which_test_file"))


def fill_compress(said: Said) -> Filled:
    """Find the trained model."""
    found = mentioned(said.bare)
    if not found:
        return Filled({}, "name", TEXTS("which_trained"))
    return Filled({"name": found[0]})


def fill_compare(said: Said) -> Filled:
    """Find two trained models, and perhaps a table."""
    found = mentioned(said.bare)
    values: dict[str, object] = dict(zip(("first", "second"), found, strict=False))
    values |= _minutes(said)
    if said.files:
        values["file"] = str(said.files[0].path)
    if len(found) < 2:
        return Filled(values, "second" if found else "first", TEXTS("which_trained"))
    return Filled(values)


def fill_list(said: Said) -> Filled:
    """Nothing need be known."""
    return Filled()


_CUES = {
    "train": r"\btrain(?:ing)?\b.*\bmodel\b|\btrain\b.*\b(?:called|named)\b|\bmodel\b.*\bfrom\b.*\bcolumn\b"
    r"|训练.*模型|训练.*(?:叫|名为)",
    "evaluate": r"\b(?:evaluate|test|measure)\b.*|(?:评估|测试|检验).*",
    "compare": r"\bcompare\b|\bwhich (?:model )?is better\b|比较|对比|哪个.*更好",
    "compress": r"\b(?:compress|shrink|quanti[sz]e|smaller|distil)\b|压缩|量化|缩小",
    "list": r"\b(?:list|which|what|show)\b.*\b(?:trained|my) models\b|(?:有哪些|列出).*(?:训练|我的).*模型",
}
_PATTERNS = {name: re.compile(cue, re.IGNORECASE) for name, cue in _CUES.items()}


def chosen(said: Said) -> str:
    """Return which operation an ask is for; empty for sorting."""
    for name, pattern in _PATTERNS.items():
        known = name in {"train", "list"} or mentioned(said.bare)
        if pattern.search(said.bare) and known:
            return name
    return ""


_operation = partial(operation, "classify", models=("embedder",))
OPERATIONS = (
    _operation("train", "TrainRequest", "training:Train", fill="fill_train"),
    _operation("evaluate", "EvaluateRequest", "evaluating:Evaluate", fill="fill_named"),
    _operation("compare", "CompareRequest", "evaluating:Compare", fill="fill_compare"),
    _operation("compress", "CompressRequest", "compress:Compress", fill="fill_compress"),
    _operation("list", "ListRequest", "evaluating:List", fill="fill_list"),
)
