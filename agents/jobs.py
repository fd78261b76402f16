"""Long work as jobs: a folder each, with the ask, its events, the finished pieces and a lock.

    jobs/20261124-201500-3f2a/
        job.json        the ask, the folder it was asked in, the device
        events-1.jsonl  what happened in the first attempt, one event a line; a resume adds another
        ledger.jsonl    finished pieces, for the next attempt
        lock            held by the process that works on it: that, and no number, says it is alive
        stop            is there once the person wants it stopped
        process.log     native output; holds none of the person's texts

Whoever reads the folder knows the state: nothing has to be told to anyone, so a chat, a second chat and
a script see the same, and a process that was killed leaves nothing that lies.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from agents.client import engine_environment
from agents.protocol import Ask, Recall
from models.errors import UsageError
from models.files import atomic_write
from models.home import home, private_dir
from models.journal import read_journal
from models.texts import Catalogue
from skills.events import FINAL, Answer, Event, Failure, Progress, Question

TEXTS = Catalogue(__package__)
Status = Literal["waiting", "running", "done", "asks", "failed", "stopped", "interrupted"]
_STARTING_SECONDS = 20
_POLL_SECONDS = 0.1
_DAY = 86_400
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class JobSpec(msgspec.Struct, frozen=True):
    """What `job.json` holds. `created` in seconds since 1970; `folder` is where paths are relative to."""

    ask: Ask
    folder: str
    device: str
    created: float
    memory: Recall = Recall()


@dataclass(frozen=True, slots=True)
class State:
    """Where a job stands."""

    status: Status
    attempts: int
    progress: Progress | None
    final: Answer | Failure | None

    @property
    def alive(self) -> bool:
        """Say whether a process works on it or waits for its turn."""
        return self.status in ("waiting", "running")


class Job:
    """One job's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    @cached_property
    def spec(self) -> JobSpec:
        """What is to be done."""
        return msgspec.json.decode((self.folder / "job.json").read_bytes(), type=JobSpec)

    @property
    def title(self) -> str:
        """The ask on one line."""
        ask = self.spec.ask
        return " ".join((ask.text or f"{ask.skill} {ask.request}").split())

    def attempt_path(self, number: int) -> Path:
        """Return the file of an attempt's events; the first is 1."""
        return self.folder / f"events-{number}.jsonl"

    @property
    def attempts(self) -> int:
        """How often it was started."""
        return len(list(self.folder.glob("events-*.jsonl")))

    def events(self) -> Iterator[Event]:
        """Return what happened in the last attempt; a torn last line is left out."""
        return read_journal(self.attempt_path(self.attempts), _events)

    def held(self) -> bool:
        """Say whether a process holds the job."""
        from filelock import FileLock, Timeout

        if not (self.folder / "lock").exists():
            return False
        try:
            with FileLock(self.folder / "lock", timeout=0):
                return False
        except Timeout:
            return True

    def state(self) -> State:
        """Look where it stands."""
        progress: Progress | None = None
        final: Answer | Failure | None = None
        asked_back = begun = False
        for event in self.events():
            begun = True
            if isinstance(event, Progress):
                progress = event
            elif isinstance(event, Question):
                asked_back = True
            elif isinstance(event, FINAL):
                final = event
        alive = self.held() or self._starting()
        if final is None and alive:
            status: Status = "running" if begun else "waiting"
        else:
            status = _ended(final, asked_back)
        return State(status, self.attempts, progress, final)

    def _starting(self) -> bool:
        """Say whether a process was started a moment ago that does not hold the lock yet."""
        try:
            age = time.time() - (self.folder / "starting").stat().st_mtime
        except OSError:
            return False
        return age < _STARTING_SECONDS

    def start(self, *, detach: bool = False) -> subprocess.Popen[bytes]:
        """Start a process that works on it. It ends with the present process unless `detach` is said.

        Raises:
            UsageError: It is being worked on, or done.
        """
        state = self.state()
        if state.alive or state.status == "done":
            raise UsageError(TEXTS("job_not_startable", job=self.id))
        (self.folder / "stop").unlink(missing_ok=True)
        (self.folder / "starting").touch()
        parent = 0 if detach else os.getpid()
        command = [sys.executable, "-P", "-m", "agents.jobrunner", str(self.folder), str(parent)]
        options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
        with (self.folder / "process.log").open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=engine_environment(self.spec.device),
                **options,
            )

    def stop(self) -> None:
        """Ask its process to stop; what is finished is kept for a resume."""
        (self.folder / "stop").touch()

    def stop_wanted(self) -> bool:
        """Say whether the person wants it stopped."""
        return (self.folder / "stop").exists()

    def mentions(self, words: str) -> bool:
        """Say whether the ask, an answer or a finished piece holds the words; nothing is in all."""
        files = (path for path in self.folder.iterdir() if path.suffix in {".json", ".jsonl"})
        wanted = words.casefold()
        return any(wanted in path.read_text(errors="replace").casefold() for path in files)

    def remove(self) -> None:
        """Delete its record; the files it wrote for the person stay.

        Raises:
            UsageError: It is being worked on.
        """
        if self.state().alive:
            raise UsageError(TEXTS("job_is_running", job=self.id))
        shutil.rmtree(self.folder)

    async def follow(self) -> AsyncIterator[Event]:
        """Yield the events of the present attempt as they come, until it ends or its process does."""
        number = max(1, self.attempts)
        while not self.attempt_path(number).exists() and self.state().alive:
            await asyncio.sleep(_POLL_SECONDS)
        if not self.attempt_path(number).exists():
            return
        with self.attempt_path(number).open("rb") as file:
            part = b""
            while True:
                alive = self.held()  # asked before reading: what it wrote last is read then
                while line := file.readline():
                    part += line
                    if not part.endswith(b"\n"):
                        continue
                    event, part = _event(part), b""
                    if event is not None:
                        yield event
                    if isinstance(event, FINAL):
                        return
                if not alive:
                    return
                await asyncio.sleep(_POLL_SECONDS)


class Jobs:
    """All jobs of a home."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or private_dir(home() / "jobs")

    def create(self, ask: Ask, device: str, memory: Recall | None = None) -> Job:
        """Write down a job, not yet started."""
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        spec = JobSpec(ask, str(Path.cwd()), device, time.time(), memory or Recall())
        folder = private_dir(self.root / name)
        atomic_write(folder / "job.json", msgspec.json.encode(spec), mode=0o600)
        return Job(folder)

    def every(self) -> list[Job]:
        """Return all jobs, the latest first."""
        folders = sorted((p.parent for p in self.root.glob("*/job.json")), reverse=True)
        return [Job(folder) for folder in folders]

    def find(self, given: str) -> Job:
        """Return the job of this id, or the one whose id holds it; `last` is the latest.

        Raises:
            UsageError: There is none, or more than one.
        """
        known = self.every()
        if given == "last" and known:
            return known[0]
        found = [job for job in known if job.id == given] or [j for j in known if given in j.id]
        if len(found) != 1:
            raise UsageError(TEXTS("no_job", name=given, n=len(found)))
        return found[0]

    def forget(self, words: str = "", older_than: float | None = None) -> int:
        """Delete the records of jobs that mention the words, or are older than so many days, or all.

        A job that is being worked on stays.
        """
        limit = time.time() - older_than * _DAY if older_than is not None else None
        gone = [
            job
            for job in self.every()
            if (job.mentions(words) if limit is None else job.spec.created < limit)
            and not job.state().alive
        ]
        for job in gone:
            job.remove()
        return len(gone)


def _event(line: bytes) -> Event | None:
    try:
        return _events.decode(line)
    except msgspec.DecodeError:
        return None


def _ended(final: Answer | Failure | None, asked_back: bool) -> Status:
    if final is None:
        return "interrupted"
    if isinstance(final, Answer):
        return "asks" if asked_back else "done"
    return "stopped" if final.code == "stopped" else "failed"
