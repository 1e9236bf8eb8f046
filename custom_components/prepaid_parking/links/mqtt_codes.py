"""Codes on MQTT: what a keypad or a code reader says, as it is said, never later."""

from collections.abc import Callable
from typing import Final

from .message import Message
from .payloads.family import ONCE
from .payloads.reading import PayloadError, find, json_of, path_of, text_of
from .topics import Listener

LONGEST_CODE: Final = 64


class MqttCodes:
    """One keypad: a topic, and where in its JSON the code lies; without a path the payload is it.

    What was kept for us or by the broker was typed by somebody who has left.
    """

    def __init__(self, topic: str, path: str, told: Callable[[str], None]) -> None:
        """Prepare; `told` is called within the loop that receives and must not wait."""
        self._topic = topic
        self._path = path_of(path)
        self._told = told

    @property
    def listener(self) -> Listener:
        """What to attach to the line."""
        return Listener(topics={self._topic: ONCE}, receive=self._receive)

    def code(self, message: Message) -> str:
        """Return the code of a message, "" where it says none. Raises PayloadError."""
        if not self._path:
            return checked(text_of(message.payload))
        found = find(json_of(message.payload), self._path)
        if isinstance(found, bool) or not isinstance(found, str | int | None):
            raise PayloadError("payload_wrong_type", path="")
        return "" if found is None else checked(str(found).strip())

    def _receive(self, message: Message) -> None:
        if message.live and (code := self.code(message)):
            self._told(code)


def checked(code: str) -> str:
    """Return a code that somebody may have typed. Raises PayloadError, without repeating it."""
    if len(code) > LONGEST_CODE or not code.isprintable():
        raise PayloadError("payload_wrong_type", path="")
    return code
