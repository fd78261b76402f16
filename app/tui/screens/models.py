"""The models on disk: how much each takes, what it is for, when it was used; fetch and remove."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.binding import Binding, BindingType

from app.context import TEXTS
from app.tui.screens.listing import Line, Listing
from models.catalog import Model, catalog
from models.store import Store
from models.texts import Language

_MEGA = 1_000_000
_UNUSED_DAYS = 30
_DAY = 86_400


class ModelsScreen(Listing):
    """Closes with the name of a model to fetch, or nothing."""

    stem = "models"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "delete", show=False)]

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self.store = Store()

    def lines(self) -> list[Line]:
        """Return what is here first, then what could be fetched."""
        here = [m for m in catalog().models.values() if self.store.has(m.id)]
        absent = [m for m in catalog().models.values() if not self.store.has(m.id)]
        return [Line(model.id, self._line(model)) for model in [*here, *absent]]

    def _line(self, model: Model) -> str:
        here = self.store.has(model.id)
        size = self.store.disk_bytes(model.id) if here else model.download_bytes()
        state = self._use(model) if here else self.say("absent")
        return f"{model.id:<30} {size // _MEGA:>6,} MB  {state}"

    def _use(self, model: Model) -> str:
        used = self.store.last_used(model.id)
        if used is None:
            return self.say("never_used")
        days = int((time.time() - used) / _DAY)
        if days == 0:
            return self.say("used_today")
        return self.say("unused" if days >= _UNUSED_DAYS else "used", days=days)

    def deletable(self, chosen: str) -> bool:
        """Say whether a model is here."""
        return bool(chosen) and self.store.has(chosen)

    def do(self, deed: str, chosen: str) -> str:
        """Remove a model."""
        freed = self.store.remove(chosen)
        return TEXTS("removed", name=chosen, megabytes=freed // _MEGA).to(self.language)

    def selected(self, chosen: str) -> None:
        """Fetch what is not here."""
        if chosen and not self.store.has(chosen):
            self.dismiss(chosen)
