"""What is said on the terminal while the demo comes up."""

import sys
import time
from typing import Final

_STARTED: Final = time.monotonic()
_COLOUR: Final = sys.stdout.isatty()


def step(text: str) -> None:
    """Say what is being done, with the seconds since the start."""
    seconds = time.monotonic() - _STARTED
    write(f"{_style('1', f'== {seconds:5.1f} s')}  {text}")


def warn(text: str) -> None:
    """Say what is in the way."""
    write(_style("1;31", f"== {text}"))


def write(text: str = "") -> None:
    """Say something, at once: a pipe would keep it back."""
    print(text, flush=True)


def _style(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if _COLOUR else text
