"""Slash commands: the chat's own and one a skill, with completion."""

from __future__ import annotations

from app.context import TEXTS
from models.texts import Language
from skills import registry

OWN = ("help", "copy", "clear", "quit")


def completions(text: str, language: Language) -> list[tuple[str, str]]:
    """Return the commands that begin with what is typed, with a line each."""
    if not text.startswith("/") or " " in text or "\n" in text:
        return []
    own = [(f"/{name}", TEXTS(f"slash_{name}").to(language)) for name in OWN]
    skills = [(f"/{name}", registry.summary(name, language)) for name in registry.names()]
    return [(name, line) for name, line in [*skills, *own] if name.startswith(text)]


def help_text(language: Language) -> str:
    """Return the help, as Markdown."""
    lines = [TEXTS("help_intro").to(language), ""]
    for name in registry.names():
        examples = registry.get(name).examples(language)
        lines.append(f"- **{registry.summary(name, language)}**  \n  `{examples[0]}`")
    return "\n".join([*lines, "", TEXTS("help_keys").to(language)])
