"""Listening: what ends it (pure), the real network on real speech, and a real sound server."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from agents.microphone import Hearing
from agents.voice import Ended, Level, Microphone, Ready, VoiceEvent
from assets import SAMPLES
from models.errors import ResourceError
from models.speech import decode
from models.voice_activity import VoiceActivity, at_rate
from tests.sound import Server

CLIP = SAMPLES / "calls" / "order.ogg"


def scripted(spoken: Callable[[float], bool]) -> Callable[[Any], list[float]]:
    """A voice activity that follows a script by the seconds so far."""
    at = 0.0

    def activity(block: np.ndarray[Any, Any]) -> list[float]:
        nonlocal at
        at += len(block) / 16_000
        return [0.9 if spoken(at) else 0.1] * max(1, len(block) // 512)

    return activity


def run(hearing: Hearing, seconds: float, value: float = 0.1) -> tuple[str, float]:
    block = np.full(512, value, np.float32)
    while hearing.seconds < seconds:
        reason = hearing.take(block)
        if reason:
            return reason, hearing.seconds
    return "", hearing.seconds


def test_a_second_of_silence_after_speech_ends_it() -> None:
    reason, at = run(Hearing(16_000, scripted(lambda s: 2 < s < 4)), 60)
    assert reason == "silence"
    assert 4.9 < at < 5.2


def test_silence_alone_does_not_end_it_but_the_limit_does() -> None:
    assert run(Hearing(16_000, scripted(lambda s: False)), 60)[0] == ""
    reason, at = run(Hearing(16_000, scripted(lambda s: True)), 200)
    assert (reason, round(at)) == ("limit", 120)


def test_a_cough_is_no_speech() -> None:
    assert run(Hearing(16_000, scripted(lambda s: 2 < s < 2.1)), 10)[0] == ""


def test_zeros_without_an_error_are_a_denied_microphone() -> None:
    reason, at = run(Hearing(16_000, scripted(lambda s: False)), 60, 0.0)
    assert (reason, round(at)) == ("zeros", 8)


def test_the_network_hears_speech_and_only_speech() -> None:
    audio = decode(CLIP)
    probabilities = VoiceActivity().feed(audio)
    assert np.mean(np.array(probabilities) > 0.5) > 0.5
    in_pieces, activity = [], VoiceActivity()
    for start in range(0, len(audio), 700):
        in_pieces += activity.feed(audio[start : start + 700])
    assert np.allclose(in_pieces, probabilities, atol=1e-5)
    noise = np.random.default_rng(0).normal(0, 0.05, 48_000).astype(np.float32)
    assert max(VoiceActivity().feed(noise)) < 0.5
    assert max(VoiceActivity().feed(np.zeros(48_000, np.float32))) < 0.5
    telephone = at_rate(audio[::2], 8_000)
    assert abs(len(telephone) - len(audio)) <= 2
    assert np.mean(np.array(VoiceActivity().feed(telephone)) > 0.5) > 0.4


# ------------------------------------------------------------ with a real sound server


async def collect(
    microphone: Microphone, on: Callable[[VoiceEvent], None] = lambda event: None
) -> list[VoiceEvent]:
    events: list[VoiceEvent] = []
    async for event in microphone.listen():
        events.append(event)
        on(event)
    return events


def test_listening_ends_by_itself(sound_server: Server) -> None:
    microphone = Microphone()

    def play(event: VoiceEvent) -> None:
        if isinstance(event, Level) and round(event.seconds, 1) == 2.0:
            sound_server.play(CLIP)

    events = asyncio.run(collect(microphone, play))
    assert isinstance(events[0], Ready)
    last = events[-1]
    assert isinstance(last, Ended)
    assert last.reason == "silence"
    assert max(event.rms for event in events if isinstance(event, Level)) > 0.01
    with wave.open(str(microphone.path)) as wav:
        assert wav.getnframes() / wav.getframerate() == pytest.approx(last.seconds, abs=0.2)
    assert microphone.path.stat().st_mode & 0o077 == 0
    microphone.discard()
    assert not microphone.path.exists()


def test_the_key_ends_it(sound_server: Server) -> None:
    microphone = Microphone()
    events = asyncio.run(collect(microphone, lambda event: microphone.end()))
    assert isinstance(events[-1], Ended)
    assert (events[-1].reason, events[-1].only_zeros) == ("key", True)


@pytest.mark.parametrize("victim", ["server", "listener"])
def test_a_death_while_listening_keeps_what_was_heard(sound_server: Server, victim: str) -> None:
    microphone = Microphone()

    def kill(event: VoiceEvent) -> None:
        if isinstance(event, Level) and 1.0 <= event.seconds < 1.15:
            if victim == "server":
                sound_server.process.kill()
            else:
                assert microphone._process
                microphone._process.kill()

    events = asyncio.run(collect(microphone, kill))
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "lost"
    with wave.open(str(microphone.path)) as wav:
        assert wav.getnframes() > 12_000


def test_troubles_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip(
        "sounddevice", exc_type=OSError, reason="no PortAudio: apt install libportaudio2"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    with pytest.raises(ResourceError, match=r"no microphone|can't be opened"):
        asyncio.run(collect(Microphone()))


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ResourceError, match="PortAudio"):
        asyncio.run(collect(Microphone()))


def test_no_such_microphone(sound_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHOUSE_MICROPHONE", "Golden Ear 3000")
    with pytest.raises(ResourceError, match="Golden Ear 3000"):
        asyncio.run(collect(Microphone()))


def test_the_listener_ends_with_its_parent(sound_server: Server) -> None:
    code = (
        "import asyncio; from agents.voice import Microphone\n"
        "async def main():\n"
        "    async for event in (m := Microphone()).listen(): print(m._process.pid, flush=True)\n"
        "asyncio.run(main())"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    end = time.monotonic() + 5
    while psutil.pid_exists(pid):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_recording_that_a_killed_chat_left_is_deleted(home: Path) -> None:
    folder = home / "voice"
    folder.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (folder / f"{gone.pid}.raw").write_bytes(b"private")
    (folder / f"{os.getppid()}.raw").write_bytes(b"of a chat that runs")
    Microphone()
    assert [path.name for path in folder.iterdir()] == [f"{os.getppid()}.raw"]
