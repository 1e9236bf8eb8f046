"""Small files that must be whole after a power cut: keys, anchors, the list of the erased."""

import os
from pathlib import Path
import secrets
from typing import Final

from ..core.errors import StoreError

PRIVATE: Final = 0o600
KEY_SIZE: Final = 32


def write_whole(place: Path, content: bytes) -> None:
    """Replace a private file: afterwards it is the old one or the new one, never a mixture."""
    draft = place.with_name(f"{place.name}.draft")
    _write_new(draft, content)
    draft.replace(place)
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_key(place: Path) -> bytes:
    """Make a key file: whole or not at all, for us alone, and never over an older one."""
    key = secrets.token_bytes(KEY_SIZE)
    draft = place.with_name(f"{place.name}.draft")
    place.parent.mkdir(parents=True, exist_ok=True)
    _write_new(draft, key.hex().encode())
    try:
        place.hardlink_to(draft)
    finally:
        draft.unlink()
    sync_folder(place.parent)
    return key


def read_key(place: Path) -> bytes | None:
    """Return the key in a file, None where there is no file; a damaged one is trouble."""
    try:
        key = bytes.fromhex(place.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except ValueError as err:
        raise StoreError("key_differs", f"{place.name} is damaged") from err
    if len(key) != KEY_SIZE:
        raise StoreError("key_differs", f"{place.name} is damaged")
    return key


def _write_new(draft: Path, content: bytes) -> None:
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
