"""Jobs: where each stands; show, stop, resume, remove."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from agents.jobs import Jobs
from app.commands.jobs import state_text
from app.tui.screens.listing import Line, Listing
from models.texts import Language

_REFRESH_SECONDS = 1.0


class JobsScreen(Listing):
    """Closes with the id of the job to show in the chat."""

    stem = "jobs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "act('stop')", show=False),
        Binding("r", "act('resume')", show=False),
        Binding("d", "delete", show=False),
    ]

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self.jobs = Jobs()

    def on_mount(self) -> None:
        """Fill the list, and keep it fresh."""
        super().on_mount()
        self.set_interval(_REFRESH_SECONDS, self._freshen)

    def _freshen(self) -> None:
        if self.lines() != self.shown:
            self.refill()

    def lines(self) -> list[Line]:
        """Return all jobs, the latest first."""
        return [
            Line(job.id, f"{state_text(job.state(), self.language):<12}  {job.title}")
            for job in self.jobs.every()
        ]

    def do(self, deed: str, chosen: str) -> str:
        """Stop, resume or remove a job."""
        job = self.jobs.find(chosen)
        if deed == "stop":
            job.stop()
            return self.say("stopping")
        if deed == "resume":
            job.start()
            return ""
        job.remove()
        return ""
