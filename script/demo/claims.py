"""Which ports this demo has: taken before anything listens there, so that no two demos take the same.

A port that is free now may be another demo's in a second: both look, and both start. A lock on a file is
one's own at once, and goes with the process, however it ends.
"""

from contextlib import ExitStack
import fcntl
import os
from pathlib import Path
import socket
import tempfile
from typing import Final, Self

from .places import HOST
from .trouble import DemoError

_MOST_TRIED: Final = 100


class Claims:
    """The ports of one demo, until it ends."""

    def __init__(self) -> None:
        """Claim nothing yet."""
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Go on claiming."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let every port go."""
        self._held.close()

    def take(self, port: int) -> bool:
        """Take a port; False where something listens there, or a demo has taken it."""
        folder = Path(tempfile.gettempdir(), f"prepaid-parking-demo-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        claim = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
            return False
        if not _is_free(port):
            os.close(claim)
            return False
        self._held.callback(os.close, claim)
        return True

    def next_free(self, wanted: int) -> int:
        """Take the wanted port, or the next one that nobody has."""
        for port in range(wanted, min(wanted + _MOST_TRIED, 65_536)):
            if self.take(port):
                return port
        message = f"No port from {wanted} to {wanted + _MOST_TRIED - 1} is free."
        raise DemoError(message)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
