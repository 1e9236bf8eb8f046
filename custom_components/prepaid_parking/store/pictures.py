"""Pictures, a sealed file each: their names tell nothing, their age is the file's own.

They are no records. What is lost of them, to a full disk or a damaged file, is a picture and never
a passage, so nothing in here stands in anybody's way.
"""

import asyncio
from collections.abc import Iterable
import contextlib
from datetime import UTC, datetime
import os
from pathlib import Path
import secrets
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..core.picture import kind_of
from .files import write_whole

NONCE_SIZE: Final = 12
MOST_FILES: Final = 2_000
"""With more the oldest go first: four gigabytes at the very most, whatever is posted to a lane."""
FOLDER_MODE: Final = 0o700


class PictureFiles:
    """The pictures of a site, in a folder that holds nothing else."""

    def __init__(self, folder: Path, key: bytes, known: dict[str, datetime]) -> None:
        """Use `open`."""
        self._folder = folder
        self._sealing = AESGCM(key)
        self._known = known

    @classmethod
    async def open(cls, folder: Path, key: bytes) -> Self:
        """Find what is there; what a power cut left half written goes."""
        return cls(folder, key, await asyncio.to_thread(_found, folder))

    @property
    def taken(self) -> dict[str, datetime]:
        """When each picture that is there was taken."""
        return self._known.copy()

    def has(self, name: str) -> bool:
        """Tell whether a picture is there."""
        return name in self._known

    async def put(self, name: str, content: bytes, at: datetime) -> bool:
        """Keep a picture, taken at `at`; False where it is none. Raises OSError."""
        if kind_of(content) is None:
            return False
        nonce = secrets.token_bytes(NONCE_SIZE)
        sealed = nonce + self._sealing.encrypt(nonce, content, name.encode())
        await asyncio.to_thread(_write, self._folder, name, sealed, at)
        self._known[name] = at
        if (over := len(self._known) - MOST_FILES) > 0:
            await self.drop(sorted(self._known, key=self._known.__getitem__)[:over])
        return True

    async def get(self, name: str) -> bytes | None:
        """Return a picture; None where there is none, or none that can be read."""
        if name not in self._known:
            return None
        try:
            sealed = await asyncio.to_thread((self._folder / name).read_bytes)
            return self._sealing.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], name.encode())
        except OSError, InvalidTag, ValueError:
            return None

    async def drop(self, names: Iterable[str]) -> None:
        """Delete pictures; one that is gone already is none."""
        for name in [one for one in names if one in self._known]:
            await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)
            self._known.pop(name, None)

    async def drop_before(self, at: datetime) -> None:
        """Delete what was taken earlier."""
        await self.drop([name for name, taken in self._known.items() if taken < at])


def _found(folder: Path) -> dict[str, datetime]:
    """Return what is there; what cannot be read is left alone, and no reason not to start."""
    found: dict[str, datetime] = {}
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            with contextlib.suppress(OSError):
                if file.suffix:
                    file.unlink()
                elif file.is_file():
                    found[file.name] = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return found


def _write(folder: Path, name: str, sealed: bytes, at: datetime) -> None:
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    place = folder / name
    try:
        write_whole(place, sealed)
    except OSError:
        with contextlib.suppress(OSError):
            place.with_name(f"{name}.draft").unlink()
        raise
    os.utime(place, (at.timestamp(), at.timestamp()))
