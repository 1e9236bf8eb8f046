"""Steps from an older file to today's: numbered, one transaction each, a copy kept before the first.

Rows of the books are never rewritten: a new meaning gets a new `hash_version` or a table beside.
A step is frozen once released: it spells its SQL out instead of using `schema.py`, which moves on.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from .migration_2 import step_2
from .sqlite import copy_into, raw, transaction

type Step = Callable[[Connection], None]

STEPS: Final[Mapping[int, Step]] = {2: step_2}
"""The step that makes a version out of the one before it, by the version it makes."""


def migrate(
    connection: Connection,
    path: Path,
    steps: Mapping[int, Step],
    target: int,
) -> Path | None:
    """Bring the file to `target`; return the copy that was made before, None if nothing was due."""
    version = version_of(connection)
    if version >= target:
        return None
    copy = path.with_name(f"{path.stem}.before-v{target}{path.suffix}")
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.draft")
        draft.unlink(missing_ok=True)
        copy_into(raw(connection), draft)
        draft.replace(copy)
    for number in range(version + 1, target + 1):
        with transaction(raw(connection)):
            steps[number](connection)
            connection.exec_driver_sql(f"PRAGMA user_version={number}")
    return copy


def version_of(connection: Connection) -> int:
    """Return the schema version of the file."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
