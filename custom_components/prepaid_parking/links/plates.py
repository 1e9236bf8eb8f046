"""The sources of plates: by which family a message is read, and that none is told twice."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ..core.access import PlateRead
from ..core.errors import CoreError
from .message import Message
from .payloads.family import KEPT
from .plate_frigate import frigate
from .plate_generic import generic
from .plate_openalpr import openalpr
from .plate_reading import FRIGATE, MOST_READS, PlateSettings, check_pattern
from .plate_recognizer import plate_recognizer
from .topics import Listener

GENERIC: Final = "generic_mqtt"
OPENALPR: Final = "openalpr"
GENERIC_WEBHOOK: Final = "generic_webhook"
OPENALPR_WEBHOOK: Final = "openalpr_webhook"
PLATE_RECOGNIZER: Final = "plate_recognizer"
DECODERS: Final[Mapping[str, Callable[[PlateSettings, Message], list[PlateRead]]]] = {
    FRIGATE: frigate,
    OPENALPR: openalpr,
    GENERIC: generic,
    PLATE_RECOGNIZER: plate_recognizer,
    OPENALPR_WEBHOOK: openalpr,
    GENERIC_WEBHOOK: generic,
}
WEBHOOKS: Final = (PLATE_RECOGNIZER, OPENALPR_WEBHOOK, GENERIC_WEBHOOK)
"""The families that post to the hub; the others publish on a broker."""


class PlateSource:
    """Tells every plate that the cameras of one source read, twice the same only once."""

    def __init__(self, settings: PlateSettings, told: Callable[[PlateRead], None]) -> None:
        """Prepare; `told` is called within the loop that receives and must not wait."""
        if settings.family not in DECODERS:
            raise CoreError("family_unknown", family=settings.family)
        check_pattern(settings)
        self.settings = settings
        self._told = told
        self._last: deque[PlateRead] = deque(maxlen=MOST_READS)

    def reads(self, message: Message) -> list[PlateRead]:
        """Return the plates a message tells. Raises PayloadError."""
        if not message.payload:
            return []
        return [
            read
            for read in DECODERS[self.settings.family](self.settings, message)
            if self.settings.camera in ("", read.camera)
        ]

    def take(self, message: Message, picture: str = "") -> int:
        """Tell the plates of a message that were not told before; returns how many it has.

        `picture` names the picture that came with it, in place of where its sender says it lies.
        """
        reads = self.reads(message)
        for read in reads:
            if read not in self._last:
                self._last.append(read)
                self._told(replace(read, picture=picture) if picture else read)
        return len(reads)


class MqttPlates(PlateSource):
    """A source behind a broker."""

    @property
    def listener(self) -> Listener:
        """What to attach to the line."""
        topic = self.settings.topic
        if self.settings.family == FRIGATE:
            topics = {f"{topic}/tracked_object_update": KEPT, f"{topic}/events": KEPT}
        else:
            topics = {topic: KEPT}
        return Listener(topics=topics, receive=self._receive)

    def _receive(self, message: Message) -> None:
        self.take(message)
