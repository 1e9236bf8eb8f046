"""The counts of a building on disk, so that a restart of the simulator is no meter reset."""

import json
import os
from pathlib import Path

from .device import State


def save(path: Path, state: dict[str, State]) -> None:
    """Replace the file as a whole: a crash leaves the old counts or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(state, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load(path: Path) -> dict[str, State]:
    """What was saved; nothing where nothing was."""
    if not path.exists():
        return {}
    state: dict[str, State] = json.loads(path.read_text(encoding="utf-8"))
    return state
