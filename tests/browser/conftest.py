"""The demo, started by its own command in a folder of its own, as a newcomer starts it."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import signal
import subprocess
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = str(ROOT / "script" / "develop")
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
        found = re.search(r"http://\S+/demo-site", self.printed)
        assert found, self.printed
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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo whose bakery runs empty, from nothing."""
    folder = tmp_path_factory.mktemp("demo")
    command = [COMMAND, "--fast", "--folder", str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "MQTT_URL"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C stops everything" in line:
                break
        running = RunningDemo(printed, folder, process)
        try:
            assert process.poll() is None, printed
            assert "Ctrl-C stops everything" in printed, printed
            yield running
        finally:
            if process.poll() is None:
                running.stop()
