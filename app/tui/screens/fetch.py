"""The first-run screen: which models, how large; and the fetching of models in view."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.context import TEXTS
from models.catalog import SetName
from models.store import Store
from models.texts import Language

_MEGA = 1_000_000
_BAR = 30
_SETS: tuple[SetName, ...] = ("standard", "small")
_STREAM_LIMIT = 1 << 20


class FetchScreen(ModalScreen[bool]):
    """Lets the person choose a set of models, or fetches those named; closes with whether all came."""

    DEFAULT_CSS = """
    FetchScreen { align: center middle; }
    FetchScreen > Vertical { width: 96%; max-width: 100; height: auto; padding: 1 2; }
    FetchScreen > Vertical { border: round $primary; }
    FetchScreen OptionList { height: auto; background: transparent; margin: 1 0; }
    FetchScreen OptionList, FetchScreen OptionList:focus { border: none; }
    FetchScreen .hint { color: $text-muted; }
    FetchScreen .problem { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, language: Language, names: Sequence[str] = ()) -> None:
        super().__init__()
        self.language = language
        self.names = names
        self._process: asyncio.subprocess.Process | None = None

    def compose(self) -> ComposeResult:
        """Lay out the choice."""
        with Vertical():
            yield Static(Content(self.say("set_intro")), classes="title")
            options = [*(Option(Content(self._set_line(name)), id=name) for name in _SETS)]
            options.append(Option(Content(self.say("fetch_later")), id="later"))
            yield OptionList(*options, markup=False)
            yield Static("", classes="progress")
            yield Static(Content(self.say("fetch_keys")), classes="hint")

    def say(self, key: str, **values: object) -> str:
        """Return a text in the interface language."""
        return TEXTS(key, **values).to(self.language)

    def _set_line(self, name: SetName) -> str:
        wanted = Store().missing(name)
        megabytes = sum(model.download_bytes() for model in wanted) // _MEGA
        licences = ", ".join(sorted({model.licence for model in wanted}))
        return self.say(f"fetch_{name}", megabytes=megabytes, licences=licences)

    def on_mount(self) -> None:
        """Let the person choose, or begin with what is named."""
        if self.names:
            self._begin(list(self.names))
        else:
            self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        if event.option_id == "later":
            self.dismiss(False)
        else:
            self._begin(["--set", str(event.option_id)])

    def _begin(self, what: list[str]) -> None:
        self.query_one(OptionList).display = False
        self.query_one(".progress", Static).update(Content(self.say("thinking")))
        self._fetch(what)

    @work
    async def _fetch(self, what: list[str]) -> None:
        """Run `inhouse models pull`, whose lines say how far it is."""
        command = [sys.executable, "-P", "-m", "app", "models", "pull", *what, "--yes", "--json"]
        environment = {**os.environ, "INHOUSE_PARENT": str(os.getpid())}
        environment["INHOUSE_LANG"] = self.language
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            limit=_STREAM_LIMIT,
        )
        assert self._process.stdout and self._process.stderr
        problems = asyncio.create_task(self._process.stderr.read())
        async for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                self._show(json.loads(line))
        said = (await problems).decode(errors="replace").strip()
        if await self._process.wait() == 0:
            self.dismiss(True)
            return
        box = self.query_one(".progress", Static).add_class("problem")
        box.update(Content("\n".join(said.splitlines()[-3:]) or self.say("kept_partial")))

    def _show(self, step: dict[str, Any]) -> None:
        total = step.get("total") or 1
        share = min(1.0, step.get("done", 0) / total)
        bar = "━" * round(_BAR * share) + "─" * (_BAR - round(_BAR * share))
        counts = f"{step.get('done', 0) // _MEGA:,} / {total // _MEGA:,} MB"
        text = f"{step['model']}\n{bar} {share:.0%}  {counts}\n{step.get('note', '')}"
        self.query_one(".progress", Static).update(Content(text))

    def action_close(self) -> None:
        """Stop fetching; what has come is kept."""
        if self._process and self._process.returncode is None:
            self._process.terminate()
        self.dismiss(False)
