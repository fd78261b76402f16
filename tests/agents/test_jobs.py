"""Jobs: real processes on the small models, killed, stopped, resumed, orphaned."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agents.jobrunner import EventLog
from agents.jobs import Job, Jobs
from agents.protocol import Ask
from assets import SAMPLES
from models.errors import UsageError
from skills.events import Answer, Event, Failure, Progress, Text
from tests.conftest import Program

pytestmark = pytest.mark.small
FAQ = f"Answer from {SAMPLES / 'faq.md'}: can I return a helmet?"


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def events_of(job: Job) -> list[Event]:
    async def read() -> list[Event]:
        return [event async for event in job.follow()]

    return asyncio.run(read())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        shutil.copy(SAMPLES / "photos" / "shop-cat.jpg", folder / f"{number:02}.jpg")
    return folder


def pid_of(job: Job) -> int:
    wait_until(job.held)
    mine = [
        p.pid
        for p in psutil.process_iter(["cmdline"])
        if str(job.folder) in (p.info["cmdline"] or [])
    ]
    assert len(mine) == 1
    return mine[0]


def test_a_job_does_the_work_and_keeps_the_record() -> None:
    jobs = Jobs()
    job = jobs.create(Ask(text=FAQ), "cpu")
    assert job.state().status == "interrupted"
    process = job.start()
    assert job.state().status in {"waiting", "running"}
    with pytest.raises(UsageError):
        job.start()
    with pytest.raises(UsageError):
        job.remove()
    assert psutil.Process(pid_of(job)).nice() == 10 + psutil.Process().nice()
    last = events_of(job)[-1]
    assert isinstance(last, Answer)
    assert "helmet" in str(last.data["question"]).lower()
    process.wait(20)
    assert (job.state().status, jobs.find("last").id) == ("done", job.id)
    assert events_of(job)[-1] == last  # a finished job is followed from its record
    assert (job.folder / "events-1.jsonl").stat().st_mode & 0o077 == 0
    job.remove()
    assert jobs.every() == []


@pytest.mark.parametrize("round_", range(5))
def test_a_killed_job_goes_on_where_it_was(photos: Path, tmp_path: Path, round_: int) -> None:
    job = Jobs().create(Ask(text=f"Tag the photos in {photos}", out=str(tmp_path)), "cpu")
    process = job.start()
    ledger = job.folder / "ledger.jsonl"
    wait_until(lambda: ledger.exists() and ledger.stat().st_size > 0)
    os.kill(pid_of(job), signal.SIGKILL)
    process.wait()
    assert job.state().status == "interrupted"
    finished = len(ledger.read_bytes().splitlines())
    assert 0 < finished < 60
    job.start().wait(60)
    state = job.state()
    assert isinstance(state.final, Answer)
    assert (state.status, state.attempts) == ("done", 2)
    assert len(state.final.data) == 60
    assert (
        len(ledger.read_bytes().splitlines()) <= 60 + 8
    )  # no batch but the torn one was done twice
    assert len(list(tmp_path.glob("*-tags.csv"))) == 1


def test_stop_and_resume(photos: Path, tmp_path: Path) -> None:
    job = Jobs().create(Ask(text=f"Tag the photos in {photos}", out=str(tmp_path)), "cpu")
    process = job.start()
    ledger = job.folder / "ledger.jsonl"
    wait_until(lambda: ledger.exists() and ledger.stat().st_size > 0)
    job.stop()
    process.wait(10)
    state = job.state()
    assert isinstance(state.final, Failure)
    assert (state.status, state.final.code) == ("stopped", "stopped")
    job.start().wait(60)
    assert job.state().status == "done"


def test_jobs_take_turns(tmp_path: Path) -> None:
    jobs = Jobs()
    code = (
        "import sys, time; from filelock import FileLock; FileLock(sys.argv[1]).acquire();"
        "print(1, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(jobs.root / "turn")]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    job = jobs.create(Ask(text=FAQ), "cpu")
    process = job.start()
    wait_until(lambda: job.attempts == 1)
    assert job.state().status == "waiting"
    holder.kill()
    holder.wait()
    process.wait(60)
    assert job.state().status == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_job_ends_with_its_parent_unless_detached(photos: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from agents.jobs import Jobs; from agents.protocol import Ask;"
        f"job = Jobs().create(Ask(text={f'Tag the photos in {photos}'!r}, out={str(tmp_path)!r}), 'cpu');"
        "job.start(detach=len(sys.argv) > 1); print(job.id, flush=True); time.sleep(60)"
    )
    for arguments, survives in (([], False), (["detach"], True)):
        parent = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout
        job = Jobs().find(parent.stdout.readline().strip())
        pid = pid_of(job)
        parent.kill()
        parent.wait()
        if survives:
            wait_until(lambda job=job: job.state().status == "done")  # type: ignore[misc]
        else:
            wait_until(lambda pid=pid: not psutil.pid_exists(pid), 10)  # type: ignore[misc]
            assert job.state().status == "interrupted"


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    job = Jobs().create(Ask(text=FAQ), "cpu")
    monkeypatch.chdir(tmp_path)
    gone.rmdir()
    job.start().wait(30)
    final = job.state().final
    assert isinstance(final, Failure)
    assert str(gone) in final.message
    asks = Jobs().create(Ask(text="Sort the reviews"), "cpu")
    asks.start().wait(60)
    assert asks.state().status == "asks"


def test_the_log_is_throttled_and_a_torn_line_passed_over(tmp_path: Path) -> None:
    job = Job(tmp_path)
    path = job.attempt_path(1)
    with path.open("wb") as file:
        log = EventLog(file, path)
        for number in range(1000):
            log.write(Progress(number, 1000))
        log.write(Text("kept"))
        file.write(b'{"event":"te')
    kinds = [type(event).__name__ for event in job.events()]
    assert kinds == ["Progress", "Text"]


def test_the_command_line(inhouse: Program, tmp_path: Path) -> None:
    assert "no jobs" in inhouse("jobs").out
    done = inhouse("jobs", "start", FAQ, "--json")
    assert (done.status, done.last["event"]) == (0, "answer")
    (listed,) = inhouse("jobs", "--json").events
    assert (listed["status"], listed["attempts"]) == ("done", 1)
    assert inhouse("jobs", "follow", "--json").last == done.last
    assert inhouse("jobs", "resume").status == 2
    assert inhouse("jobs", "stop").status == 2
    assert inhouse("jobs", "follow", "nothing").status == 2
    bad = inhouse("jobs", "start", "Transcribe nowhere.mp3")
    assert (bad.status, "nowhere.mp3" in bad.out + bad.err) == (1, True)
    assert inhouse("jobs", "remove", listed["job"]).status == 0
    detached = inhouse("jobs", "start", FAQ, "--detach", "--json")
    name = detached.last["job"]
    assert inhouse("jobs", "follow", name, "--json").last["event"] == "answer"


def test_jobs_are_forgotten(home: Path) -> None:
    jobs = Jobs()
    first = jobs.create(Ask(text="Transcribe Maria Lopez.mp3"), "cpu")
    second = jobs.create(Ask(text="Sort reviews.csv"), "cpu")
    (second.folder / "ledger.jsonl").write_text('["k",["wrote to maria lopez",0.9]]\n')
    third = jobs.create(Ask(text="Tag photos"), "cpu")
    running = jobs.create(Ask(text="about MARIA LOPEZ"), "cpu")
    (running.folder / "starting").touch()
    assert jobs.forget("maria lopez") == 2
    assert {job.id for job in jobs.every()} == {third.id, running.id}
    assert not first.folder.exists()
    assert jobs.forget(older_than=1.0) == 0
    (running.folder / "starting").unlink()
    assert jobs.forget() == 2
