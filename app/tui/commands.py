"""Slash commands: the chat's own and one a skill, with completion."""

from __future__ import annotations

from app.context import TEXTS
from models.texts import Language
from skills import registry

OWN = (
    "tour", "talk", "copy", "open", "wrong", "unanswered", "job", "jobs", "sessions", "models", "settings",
    "help", "clear", "quit",
)  # fmt: skip


def own_command(text: str) -> tuple[str, str] | None:
    """Split `/copy table` into the chat's own command and the rest; None if it is no such command."""
    word, _, rest = text.partition(" ")
    name = word.removeprefix("/")
    return (name, rest.strip()) if word.startswith("/") and name in OWN else None


def every(language: Language) -> list[tuple[str, str]]:
    """Return all commands with a line each."""
    own = [(f"/{name}", TEXTS(f"slash_{name}").to(language)) for name in OWN]
    skills = [(f"/{name}", registry.summary(name, language)) for name in registry.names()]
    return [*skills, *own]


def completions(text: str, language: Language) -> list[tuple[str, str]]:
    """Return the commands that begin with what is typed."""
    if not text.startswith("/") or " " in text or "\n" in text:
        return []
    return [(name, line) for name, line in every(language) if name.startswith(text)]


def help_text(language: Language) -> str:
    """Return the help, as Markdown."""
    lines = [TEXTS("help_intro").to(language), ""]
    for name in registry.names():
        examples = registry.get(name).examples(language)
        lines.append(f"- **{registry.summary(name, language)}**  \n  `{examples[0]}`")
    own = [f"`/{name}` {TEXTS(f'slash_{name}').to(language)}" for name in OWN]
    return "\n".join([*lines, "", " · ".join(own), "", TEXTS("help_keys").to(language)])
