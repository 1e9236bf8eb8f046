"""The demo as another program runs it: its own command, in a folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import signal
import subprocess
from typing import Final

from . import ROOT
from .trouble import DemoError

COMMAND: Final = str(ROOT / "script" / "develop")
_READY: Final = "Ctrl-C stops everything"
_STOP_S: Final = 60


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """What the command printed, and what it started."""

    printed: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """The address it prints."""
        found = re.search(r"http://\S+", self.printed.partition("The dashboard is there")[2])
        if found is None:
            message = f"The demo printed no address:\n{self.printed}"
            raise DemoError(message)
        return found.group()

    @property
    def parts(self) -> dict[str, int]:
        """The processes at work, by their names."""
        noted = json.loads((self.folder / "parts.json").read_text())
        return {name: pid for name, (pid, _) in noted.items()}

    def stop(self) -> int:
        """Press Ctrl-C and wait; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_STOP_S)


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    """Run a demo whose bakery runs empty, from nothing."""
    with subprocess.Popen(
        [COMMAND, "--fast", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "MQTT_URL"},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if _READY in line:
                break
        demo = RunningDemo(printed, folder, process)
        try:
            if _READY not in printed:
                message = f"The demo did not come up:\n{printed}"
                raise DemoError(message)
            yield demo
        finally:
            if process.poll() is None:
                demo.stop()
