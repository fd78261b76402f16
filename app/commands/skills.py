"""One command a skill, made from its request: `inhouse forecast sales.csv --horizon 28`."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from agents.protocol import Ask
from app.context import TEXTS, Options, guarded
from app.runner import run
from models.texts import Language
from skills import registry
from skills.request import description, is_positional


def skill_command(name: str, language: Language) -> click.Command:
    """Make the command of a skill: positional fields become arguments, the others options."""
    spec = registry.get(name)
    fields = spec.request_class().model_fields
    parameters = [_parameter(field, info, language) for field, info in fields.items()]
    parameters += [
        click.Option(["--out"], type=Path, help=TEXTS("option_out").to(language)),
        click.Option(["--json", "as_json"], is_flag=True, help=TEXTS("option_json").to(language)),
        click.Option(["--job", "as_job"], is_flag=True, help=TEXTS("option_job").to(language)),
        click.Option(["--detach"], is_flag=True, help=TEXTS("option_detach").to(language)),
    ]
    listed = "\n".join(
        f"{field.upper()}: {description(info, language)}"
        for field, info in fields.items()
        if is_positional(info)
    )
    help_text = f"{spec.summary(language)}\n\n\b\n{listed}"
    more = [f"{n}: {s.summary(language)}" for n, s in spec.operation_specs.items()]
    if more:
        said = TEXTS("help_operations", name=name).to(language)
        help_text += f"\n\n\b\n{said}\n" + "\n".join(more)
    return click.Command(name, params=parameters, callback=_callback(name), help=help_text)


def _parameter(field: str, info: FieldInfo, language: Language) -> click.Parameter:
    kind, many = _click_type(info.annotation)
    if is_positional(info):
        return click.Argument(
            [field], type=kind, required=info.is_required(), nargs=-1 if many else 1
        )
    flag = kind is bool
    name = field.replace("_", "-")
    return click.Option(
        [f"--{name}/--no-{name}" if flag and info.default is True else f"--{name}", field],
        type=None if flag else kind,
        is_flag=flag,
        multiple=many,
        default=None,
        help=description(info, language),
    )


def _click_type(annotation: Any) -> tuple[Any, bool]:
    """Return click's type for an annotation, and whether it takes several values."""
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return _click_type(next(part for part in get_args(annotation) if part is not type(None)))
    if origin is Literal:
        return click.Choice(list(get_args(annotation))), False
    if origin in {tuple, list}:
        return _click_type(get_args(annotation)[0])[0], True
    if origin is dict:
        return Pair(), True
    if hasattr(annotation, "__metadata__"):
        return _click_type(get_args(annotation)[0])
    return (annotation if annotation in {int, float, bool, Path} else str), False


class Pair(click.ParamType[tuple[str, str]]):
    """`NAME=VALUE`."""

    name = "name=value"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """Split at the first equals sign."""
        key, found, text = str(value).partition("=")
        if not found:
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        return key.strip(), text.strip()


def _callback(name: str) -> Callable[..., None]:
    @click.pass_obj
    @guarded
    def call(
        options: Options,
        /,
        out: Path | None,
        as_json: bool,
        as_job: bool,
        detach: bool,
        **values: Any,
    ) -> None:
        fields = registry.get(name).request_class().model_fields
        given = {k: v for k, v in values.items() if not _is_unset(v, fields[k].default)}
        request = {key: _plain(value) for key, value in given.items()}
        ask = Ask(
            skill=name, request=request, out=str(out.absolute()) if out else "",
            language=options.language,
        )  # fmt: skip
        if as_job or detach:
            from agents.jobs import Jobs
            from app.commands.jobs import begin

            begin(Jobs().create(ask, options.device), options, detach, as_json)
            return
        sys.exit(run([ask], options, as_json=as_json))

    return call


def _is_unset(value: Any, default: Any) -> bool:
    return value is None or value == () or (value is False and default is not True)


def _plain(value: Any) -> Any:
    """Return a value as it travels; paths become absolute, for the engine may stand elsewhere."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return dict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value.absolute()) if isinstance(value, Path) else value
