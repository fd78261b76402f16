"""The process that works on one job: `python -P -m agents.jobrunner FOLDER PARENT`.

It lowers its priority, waits until no other job of this home runs, works, and writes every event to the
job's folder. With a PARENT (not 0) it ends when that process does; what was finished is kept.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from agents.engine import die_with, log_trace, step_back
from agents.jobs import Job
from agents.offline import stay_offline
from models.errors import BadInputError, Stopped
from models.files import private_file, write_error
from models.journal import write_line
from models.texts import Catalogue, language_of
from skills.events import FINAL, Event, Progress, failure
from skills.ledger import Ledger

TEXTS = Catalogue(__package__)
_NICE = 10
_PROGRESS_SECONDS = 0.5
_LOOK_SECONDS = 0.2


def main() -> None:
    """Work on the job, unless another process does."""
    job, parent = Job(Path(sys.argv[1])), int(sys.argv[2])
    if parent:
        die_with(parent)
    step_back(_NICE)
    stay_offline()
    try:
        with FileLock(job.folder / "lock", timeout=5):
            (job.folder / "starting").unlink(missing_ok=True)
            work(job)
    except Timeout:
        return  # it is being worked on already


def work(job: Job) -> None:
    """Take a turn, work, and write down what happens."""
    stop = stop_of(job)
    path = job.attempt_path(job.attempts + 1)
    with private_file(path, "xb") as file:
        log = EventLog(file, path)
        spec = job.spec
        try:
            turn = wait_for_turn(job.folder.parent / "turn", stop)
            os.chdir(spec.folder)
        except Stopped as error:
            log.write(failure(error, language_of(spec.ask.text)))
            return
        except OSError:
            gone = BadInputError(TEXTS("job_folder_gone", path=spec.folder))
            log.write(failure(gone, language_of(spec.ask.text)))
            return
        from agents.assistant import Assistant

        assistant = Assistant(ledger=Ledger(job.folder / "ledger.jsonl"))
        assistant.recall(spec.memory)
        with turn:
            for event in assistant.answer(spec.ask, stop, log_trace):
                log.write(event)


class EventLog:
    """Writes events, a line each; of quick progress only the latest now and then."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._last = 0.0

    def write(self, event: Event) -> None:
        """Write one event.

        Raises:
            ResourceError: The disk is full.
        """
        now = time.monotonic()
        if isinstance(event, Progress):
            if now - self._last < _PROGRESS_SECONDS:
                return
            self._last = now
        try:
            write_line(self._file, event)
            if isinstance(event, FINAL):
                os.fsync(self._file.fileno())
        except OSError as error:
            raise write_error(self._path, error) from error


def stop_of(job: Job) -> Callable[[], bool]:
    """Return a cheap `should_stop`: native code asks it thousands of times a second."""
    looked, wanted = 0.0, False

    def should_stop() -> bool:
        nonlocal looked, wanted
        now = time.monotonic()
        if now - looked > _LOOK_SECONDS:
            looked, wanted = now, job.stop_wanted()
        return wanted

    return should_stop


def wait_for_turn(path: Path, should_stop: Callable[[], bool]) -> FileLock:
    """Wait until no other job of this home runs: two at once would only slow each other down.

    Returns the lock, held.

    Raises:
        Stopped: `should_stop` said so.
    """
    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=_LOOK_SECONDS)
        except Timeout:
            if should_stop():
                raise Stopped from None
        else:
            return lock


if __name__ == "__main__":
    main()
