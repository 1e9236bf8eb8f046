"""Pictures of the lanes, from the hub's cameras and from what cameras post: held, kept, forgotten.

The hub's cameras are asked for a still only where somebody has to look, and for no longer than a
person waits. What is posted with a read is held in memory until the lane has answered it; then it is
kept, or gone.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
import logging
import secrets
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DEFAULT_PICTURE_DAYS
from .core.errors import StoreError
from .core.identity import LaneId
from .core.picture import kind_of
from .core.review import Review
from .store.books import Books
from .store.pictures import PictureFiles

_LOGGER: Final = logging.getLogger(__name__)
CAMERA_S: Final = 5
"""A still that takes longer shows the street after the car has gone."""
MOST_HELD: Final = 32
MOST_NAMED: Final = 256
HELD_FOR: Final = timedelta(minutes=1)
"""By then the lane has answered: the picture of who drove in is gone from the memory too."""
NAME_BYTES: Final = 16


class Held(NamedTuple):
    """What came with a read, and when."""

    content: bytes
    at: datetime


class Last(NamedTuple):
    """The picture that was kept last of a lane."""

    name: str
    at: datetime


class LanePictures:
    """What a site's lanes show: it is named at once, and taken and kept when there is time."""

    def __init__(
        self,
        hass: HomeAssistant,
        files: PictureFiles,
        clock: Callable[[], datetime],
        told: Callable[[LaneId], None],
    ) -> None:
        """Begin without cameras; `told` hears of each picture that was kept."""
        self.days = DEFAULT_PICTURE_DAYS
        self.last: dict[LaneId, Last] = {}
        self._kept: dict[str, LaneId] = {}
        self._hass = hass
        self._files = files
        self._clock = clock
        self._told = told
        self._cameras: dict[LaneId, str] = {}
        self._held: dict[str, Held] = {}
        self._named: dict[str, None] = {}
        self._failing: set[str] = set()

    def watch(self, lane: LaneId, camera: str) -> Callable[[], None]:
        """Let a camera of the hub look at a lane; returns how to end that."""
        self._cameras[lane] = camera

        def stop() -> None:
            self._cameras.pop(lane, None)

        return stop

    def hold(self, content: bytes) -> str:
        """Hold what came with a read until it is answered; "" for what is never kept."""
        if not self.days or kind_of(content) is None:
            return ""
        name = secrets.token_hex(NAME_BYTES)
        self._held[name] = Held(content, self._clock())
        while len(self._held) > MOST_HELD:
            self._held.pop(next(iter(self._held)))
        return name

    def name(self, lane: LaneId, known: str = "") -> str:
        """Return what came with the read where it is a picture, else the name of one to be taken."""
        if not self.days or known in self._held or lane not in self._cameras:
            return known
        name = secrets.token_hex(NAME_BYTES)
        self._named[name] = None
        while len(self._named) > MOST_NAMED:
            self._named.pop(next(iter(self._named)))
        return name

    def has(self, name: str) -> bool:
        """Tell whether a picture is there to be seen."""
        return self._files.has(name)

    async def show(self, name: str) -> bytes | None:
        """Return a picture; None where there is none."""
        return await self._files.get(name)

    async def recall(self, books: Books) -> None:
        """Find each lane's last picture again, by the passages and reviews that name it.

        A picture is older than what names it by no more than a camera is waited for.
        """
        taken = self._files.taken
        if not taken:
            return
        since = min(taken.values()) - HELD_FOR
        try:
            lanes = await books.pictured(taken.keys(), since)
            seen = [read for review in await books.load(Review) for read in review.reads]
        except StoreError as err:
            _LOGGER.warning("The lanes' last pictures could not be looked up: %s", err)
            return
        lanes |= {read.picture: read.lane for read in seen}
        self._kept |= {name: LaneId(lanes[name]) for name in taken.keys() & lanes.keys()}
        self._let_go()

    async def keep(self, lane: LaneId, name: str) -> None:
        """Keep a picture by its name; a name of neither a held nor a promised one is somebody else's."""
        held = self._held.pop(name, None)
        content = held.content if held is not None else None
        if name in self._named:
            del self._named[name]
            content = await self._still(lane)
        if content is None:
            return
        at = self._clock()
        try:
            kept = await self._files.put(name, content, at)
        except OSError as err:
            self._say("disk", f"A picture could not be written: {err.strerror}")
            return
        self._failing.discard("disk")
        if kept:
            self.last[lane] = Last(name, at)
            self._kept[name] = lane
            self._told(lane)
        else:
            self._say(lane, f"What {self._cameras.get(lane, lane)} shows is no JPEG or PNG of 2 MB")

    async def forget(self, now: datetime) -> None:
        """Delete what is older than the site keeps it, at once where it keeps none."""
        for name in [key for key, held in self._held.items() if abs(now - held.at) > HELD_FOR]:
            del self._held[name]
        try:
            await self._files.drop_before(now - timedelta(days=self.days))
        except OSError as err:
            self._say("disk", f"Old pictures could not be deleted: {err.strerror}")
        self._let_go()

    async def erase(self, names: Collection[str]) -> None:
        """Delete pictures that are somebody's. Raises StoreError: who asked for it has to ask again."""
        for name in names:
            self._held.pop(name, None)
        try:
            await self._files.drop(names)
        except OSError as err:
            raise StoreError("failed", str(err)) from err
        finally:
            self._let_go()

    async def _still(self, lane: LaneId) -> bytes | None:
        """Ask a lane's camera for what it sees; None where it does not answer in time."""
        camera = self._cameras.get(lane)
        if camera is None:
            return None
        try:
            # The part that shows cameras is loaded only where somebody has one.
            from homeassistant.components.camera import async_get_image  # noqa: PLC0415

            async with asyncio.timeout(CAMERA_S):
                image = await async_get_image(self._hass, camera, timeout=CAMERA_S)
        except (HomeAssistantError, TimeoutError, ImportError) as err:
            self._say(lane, f"{camera} gives no picture: {err or 'it takes too long'}")
            return None
        except Exception as err:  # noqa: BLE001  # A camera is whatever somebody has installed.
            self._say(lane, f"{camera} gives no picture: {err!r}")
            return None
        self._failing.discard(lane)
        return image.content

    def _let_go(self) -> None:
        """Show as a lane's last picture the newest that is there still."""
        taken = self._files.taken
        self._kept = {name: lane for name, lane in self._kept.items() if name in taken}
        newest = sorted(self._kept, key=taken.__getitem__)
        before, self.last = (
            self.last,
            {self._kept[name]: Last(name, taken[name]) for name in newest},
        )
        for lane in before.keys() | self.last.keys():
            if before.get(lane) != self.last.get(lane):
                self._told(lane)

    def _say(self, key: str, what: str) -> None:
        """Say trouble once, until it is over."""
        if key not in self._failing:
            self._failing.add(key)
            _LOGGER.warning("%s", what)
