"""A sound server of our own with one virtual microphone, into which tests play clips."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.speech import decode


@dataclass(frozen=True)
class Server:
    """A PulseAudio of our own with one virtual microphone."""

    socket: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def play(self, clip: Path, seconds: float = 7.0) -> subprocess.Popen[bytes]:
        wav = self.socket.with_name("clip.wav")
        with wave.open(str(wav), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(16_000)
            out.writeframes((decode(clip)[: int(seconds * 16_000)] * 32767).astype("<i2").tobytes())
        command = ["paplay", "--device=vmic", str(wav)]
        return subprocess.Popen(command, env={**os.environ, **self.environment})


@pytest.fixture
def sound_server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    if not shutil.which("pulseaudio") or not shutil.which("paplay"):
        pytest.skip(
            "no PulseAudio here: apt install pulseaudio pulseaudio-utils libasound2-plugins"
        )
    pytest.importorskip(
        "sounddevice", exc_type=OSError, reason="no PortAudio: apt install libportaudio2"
    )
    folder = tmp_path_factory.mktemp("pulse")
    socket = folder / "s"
    command = [
        "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
        "-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
        "-L", "module-null-sink sink_name=vmic rate=16000 channels=1",
    ]  # fmt: skip
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **own})
    end = time.monotonic() + 10
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.skip(f"no sound server can start here: {(folder / 'log').read_text()[-300:]}")
        time.sleep(0.05)
    (folder / ".asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
    environment = {
        "PULSE_SERVER": f"unix:{socket}", "PULSE_SOURCE": "vmic.monitor", "PULSE_LATENCY_MSEC": "30",
        **own,
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield Server(socket, process, environment)
    process.kill()
    process.wait()
