"""What else tagging does: learn a person's own categories from example photos, and measure that. Light."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from models.texts import Catalogue
from skills.contract import Filled, Said, operation
from skills.readers.names import given_name
from skills.request import Request, argument, option
from skills.trained import IMAGE, mentioned

TEXTS = Catalogue(__package__)


class LearnRequest(Request):
    """Learn categories from photos that are sorted into folders."""

    folder: Path = argument(TEXTS("field_examples"))
    name: str = option(TEXTS("field_name"), "")
    label: str = option(TEXTS("field_label"), "")


class EvaluateRequest(Request):
    """Measure what was learned on other photos."""

    name: str = argument(TEXTS("field_trained"))
    folder: Path = argument(TEXTS("field_test_examples"))


def fill_learn(said: Said) -> Filled:
    """Find the folder of examples, or the table that lists them, and a name."""
    values: dict[str, object] = {}
    if name := given_name(said.bare):
        values["name"] = name
    if not said.files:
        return Filled(values, "folder", TEXTS("which_examples"))
    return Filled({**values, "folder": str(said.files[0].path)})


def fill_evaluate(said: Said) -> Filled:
    """Find what was learned, and the folder to measure it on."""
    found = mentioned(said.bare, IMAGE)
    values: dict[str, object] = {"name": found[0]} if found else {}
    if said.files:
        values["folder"] = str(said.files[0].path)
    if not found:
        return Filled(values, "name", TEXTS("which_trained"))
    return Filled(values) if said.files else Filled(values, "folder", TEXTS("which_examples"))


_LEARN = re.compile(
    r"\b(?:learn|teach|train)\b|\bfrom (?:these |my |the )?(?:examples?|folders)\b|学习|学会|训练|照着",
    re.IGNORECASE,
)
_EVALUATE = re.compile(r"\b(?:evaluate|test|measure|check)\b|评估|测试|检验|考", re.IGNORECASE)


def chosen(said: Said) -> str:
    """Return which operation an ask is for; empty for tagging."""
    if _LEARN.search(said.bare):
        return "learn"
    return "evaluate" if _EVALUATE.search(said.bare) and mentioned(said.bare, IMAGE) else ""


_operation = partial(operation, "tag", models=("vision",))
OPERATIONS = (
    _operation("learn", "LearnRequest", "learning:Learn", fill="fill_learn"),
    _operation("evaluate", "EvaluateRequest", "learning:Evaluate", fill="fill_evaluate"),
)
