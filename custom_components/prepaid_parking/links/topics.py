"""Who listens to which topic, and that nobody ever listens to our own commands.

A filter that also covered a command topic would read our own wish back as the device's state: 175
relays were once marked switched that had never been commanded. So it is refused from both sides.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..core.errors import CoreError
from .message import Message

LONGEST_TOPIC: Final = 65_535
"""Bytes; the length field of a topic has 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listener:
    """What one device wants to hear, what it will be sent, and how it is told.

    `topics` maps filters to their QoS: 0 for answers that mean nothing later, 1 for what must not
    be lost. `connected` runs after each connect, once subscribed; `settled` when the last message
    that was queued for us has been delivered.
    """

    topics: Mapping[str, int]
    receive: Callable[[Message], None]
    commands: frozenset[str] = frozenset()
    connected: Callable[[], Awaitable[None]] | None = None
    settled: Callable[[], None] | None = None


def matches(pattern: str, topic: str) -> bool:
    """Tell whether a filter covers a topic; wildcards do not reach into the broker's own `$…`."""
    wanted, levels = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index == len(levels) or level not in ("+", levels[index]):
            return False
    return len(wanted) == len(levels)


def is_wild(pattern: str) -> bool:
    """Tell whether a filter has wildcards."""
    return "+" in pattern or "#" in pattern


def check_topic(topic: str) -> str:
    """Return a topic one can publish to, or refuse it."""
    if is_wild(topic):
        raise CoreError("topic_invalid", topic=topic)
    return check_filter(topic)


def check_filter(pattern: str) -> str:
    """Return a filter one can subscribe to, or refuse it as the broker would by hanging up."""
    levels = pattern.split("/")
    if (
        not pattern
        or "\0" in pattern
        or len(pattern.encode(errors="replace")) > LONGEST_TOPIC
        or "#" in levels[:-1]
        or any(is_wild(level) and len(level) > 1 for level in levels)
    ):
        raise CoreError("topic_invalid", topic=pattern)
    return pattern


@dataclass(slots=True)
class Routes:
    """The listeners of one line.

    Exact topics are looked up, only filters with wildcards are tried one by one: 5,000 meters on one
    broker cost as much per message as five.
    """

    _exact: dict[str, list[Listener]] = field(default_factory=dict)
    _wild: dict[str, list[Listener]] = field(default_factory=dict)
    _commands: dict[str, int] = field(default_factory=dict)
    _listeners: dict[Listener, None] = field(default_factory=dict)

    def add(self, listener: Listener) -> None:
        """Take a listener in, unless anybody would then hear our own commands."""
        for topic in listener.commands:
            self.check_command(check_topic(topic))
        commands = self._commands.keys() | listener.commands
        for pattern in listener.topics:
            near = commands if is_wild(check_filter(pattern)) else commands & {pattern}
            for command in near:
                if matches(pattern, command):
                    raise CoreError("covers_own_command", topic=pattern, command=command)
        for topic in listener.commands:
            self._commands[topic] = self._commands.get(topic, 0) + 1
        for pattern in listener.topics:
            table = self._wild if is_wild(pattern) else self._exact
            table.setdefault(pattern, []).append(listener)
        self._listeners[listener] = None

    def remove(self, listener: Listener) -> None:
        """Forget a listener; a second time changes nothing."""
        if listener not in self._listeners:
            return
        del self._listeners[listener]
        for topic in listener.commands:
            self._commands[topic] -= 1
            if not self._commands[topic]:
                del self._commands[topic]
        for pattern in listener.topics:
            table = self._wild if is_wild(pattern) else self._exact
            table[pattern].remove(listener)
            if not table[pattern]:
                del table[pattern]

    def check_command(self, topic: str) -> None:
        """Refuse to publish to a topic that any of our own filters covers."""
        heard = topic if topic in self._exact else next(self._covering(topic), None)
        if heard is not None:
            raise CoreError("covers_own_command", topic=heard, command=topic)

    def find(self, topic: str) -> list[Listener]:
        """Return who wants a topic, each once however many of its filters cover it."""
        found = list(self._exact.get(topic, ()))
        for pattern in self._covering(topic):
            found += [one for one in self._wild[pattern] if one not in found]
        return found

    def filters(self) -> dict[str, int]:
        """Return every filter with the best QoS anyone asked for."""
        wanted: dict[str, int] = {}
        for listener in self._listeners:
            for pattern, qos in listener.topics.items():
                wanted[pattern] = max(qos, wanted.get(pattern, 0))
        return wanted

    def __iter__(self) -> Iterator[Listener]:
        """Go through the listeners; they may come and go meanwhile."""
        return iter(tuple(self._listeners))

    def _covering(self, topic: str) -> Iterator[str]:
        return (pattern for pattern in self._wild if matches(pattern, topic))
