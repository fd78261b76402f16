"""Both languages say everything, with the same values."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from models.texts import Catalogue, language_of, load
from skills.registry import all_specs

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for top in ("app", "agents", "skills", "models")
    for path in (ROOT / top).rglob("texts.toml")
)


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_message_is_in_both_languages(package: str) -> None:
    for key, forms in load(package).items():
        assert forms["en"], key
        assert forms["zh"], key
        assert _fields(forms["en"]) == _fields(forms["zh"]), key
        assert ("fix_en" in forms) == ("fix_zh" in forms), key


@pytest.mark.parametrize("package", PACKAGES)
def test_no_message_is_unused(package: str) -> None:
    folder = ROOT / package.replace(".", "/")
    code = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    prefixes = set(re.findall(r'f"([a-z]+_)\{', code))
    prefixes |= {f"{stem}_" for stem in re.findall(r'stem = "([a-z]+)"', code)}  # of a Listing
    unused = [
        key
        for key in load(package)
        if f'"{key}"' not in code and not any(key.startswith(p) for p in prefixes)
    ]
    assert sorted(set(unused) - summaries(package)) == []


def summaries(package: str) -> set[str]:
    """Return the messages by which the registry says what a package's skill and operations do."""
    specs = [spec for spec in all_specs() if spec.package == package]
    operations = [each for spec in specs for each in spec.operation_specs.values()]
    return {spec.summary_key for spec in [*specs, *operations]}


def test_plurals_and_messages_inside_messages() -> None:
    texts = Catalogue("models")
    message = texts("write_failed", path="a", reason=texts("stopped"))
    assert message.to("en") == "a can't be written: Stopped.."
    with pytest.raises(KeyError):
        texts("no such key")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("把 评论.csv 里的评论分成好评和差评", "zh"),
        ("用 常见问题.md 回答顾客：几点开门", "zh"),
        ("Sort 评论.csv into praise, complaint and question", "en"),
        ("forecast sales.csv", "en"),
        ("预测 /home/user/documents/sales.csv", "zh"),
        ("Sort a.csv into 好评 and 差评", "en"),
        ("forecast 未来四周的销售额", "zh"),
        ("常见问题.md", "zh"),
        ("", "en"),
    ],
)
def test_the_language_of_an_ask(text: str, language: str) -> None:
    assert language_of(text) == language
