"""What an ask looks like while it is answered: a state, and how each event changes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from skills.events import (
    Answer,
    Artifact,
    Chart,
    Event,
    Failure,
    Notice,
    Progress,
    Question,
    Step,
    Table,
    Text,
)


@dataclass(frozen=True, slots=True)
class View:
    """The state of one ask. `final` is None while it runs."""

    asked: str = ""
    step: Step | None = None
    streamed: str = ""
    progress: Progress | None = None
    notices: tuple[Notice, ...] = ()
    blocks: tuple[Table | Chart, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    question: Question | None = None
    final: Answer | Failure | None = None

    @property
    def running(self) -> bool:
        """Say whether it is still being answered."""
        return self.final is None

    @property
    def headline(self) -> str:
        """The first thing to read: the answer, or what streamed so far."""
        return self.final.text if isinstance(self.final, Answer) else self.streamed

    @property
    def detail(self) -> str:
        """Text that streamed and is not simply the answer: a transcript, for instance."""
        if isinstance(self.final, Answer) and self.streamed.strip() != self.final.text.strip():
            return self.streamed
        return ""


def reduce(view: View, event: Event) -> View:
    """Return the state after an event."""
    match event:
        case Step():
            return replace(view, step=event)
        case Text():
            return replace(view, streamed=view.streamed + event.delta)
        case Progress():
            return replace(view, progress=event)
        case Notice():
            return replace(view, notices=(*view.notices, event))
        case Table() | Chart():
            return replace(view, blocks=(*view.blocks, event))
        case Artifact():
            return replace(view, artifacts=(*view.artifacts, event))
        case Question():
            return replace(view, question=event)
        case Answer() | Failure():
            return replace(view, progress=None, final=event)
