"""Jobs in the chat: start one, show it as it goes on, leave the chat free."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from agents.jobs import Job, Jobs
from agents.protocol import Ask, Done, Recall
from models.errors import InhouseError
from skills.events import Answer, Event, Failure

if TYPE_CHECKING:
    from app.tui.app import ChatApp

_LATEST = 20


def start_job(app: ChatApp, ask: Ask) -> None:
    """Start an ask as a job and show it in the chat."""
    try:
        job = Jobs().create(ask, app.options.device, app.record.memory())
        job.start()
    except (InhouseError, OSError) as error:
        app.notify(str(error), severity="error")
        return
    app.run_worker(follow_job(app, job.id))


async def follow_job(app: ChatApp, name: str) -> None:
    """Show a job as it goes on, and tell the engine of its answer, for what is asked next."""
    job = Jobs().find(name)
    await app.show_ask(f"[{job.id[-4:]}] {job.title}", _events(app, job))
    state = job.state()
    if isinstance(state.final, Answer):
        final = state.final
        done = Done(final.skill, final.request, final.artifacts)
        app.engine.recall(Recall((), ((job.title, final.text),), (done,)))
    app.notify(app.say(f"job_{state.status}"), title=job.title[:60])


async def _events(app: ChatApp, job: Job) -> AsyncIterator[Event]:
    ended = False
    async for event in job.follow():
        ended = isinstance(event, Answer | Failure)
        yield event
    if not ended:
        yield Failure(app.say("job_left", job=job.id))


def name_interrupted(app: ChatApp) -> None:
    """Say how many jobs an earlier end left unfinished."""
    left = [job for job in Jobs().every()[:_LATEST] if job.state().status == "interrupted"]
    if left:
        app.notify(app.say("jobs_left", n=len(left)))
