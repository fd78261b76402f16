"""Show a file in the system's viewer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def show_file(path: Path) -> bool:
    """Hand a file to whatever the system opens it with; False if there is nothing that would."""
    if sys.platform == "win32":
        os.startfile(path)
        return True
    tool = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    screen = (
        sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if not tool or not screen:
        return False
    quiet = subprocess.DEVNULL
    subprocess.Popen(
        [tool, str(path)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    return True
