"""How a broker's line is: kept as it happens, said once, and told to whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
import logging
from typing import Final

from ..core.errors import CoreError, DeviceError, DeviceFault

_LOGGER = logging.getLogger(__name__)

MOST_REMEMBERED: Final = 1_000
"""Topics remembered as already reported or unsubscribed, so that an odd broker costs no memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttHealth:
    """How a line is, for the report, the entities and the one who is called at night.

    `strays` are messages of filters that earlier runs left at the broker, `refused` the filters it
    does not let us have, `unmarked` says that it does not return our marker either.
    """

    connected: bool = False
    settled: bool = False
    since: datetime | None = None
    fault: DeviceFault | None = None
    detail: str = ""
    connects: int = 0
    messages: int = 0
    bad_payloads: int = 0
    strays: int = 0
    refused: frozenset[str] = frozenset()
    unmarked: bool = False


class HealthRecord:
    """The health of one line as it changes; `name` is what the log calls the line."""

    def __init__(self, name: str, clock: Callable[[], datetime]) -> None:
        """Begin as a line that has not tried yet."""
        self._name = name
        self._clock = clock
        self._now = MqttHealth()
        self._said: set[str] = set()
        self._watchers: list[Callable[[MqttHealth], None]] = []

    @property
    def now(self) -> MqttHealth:
        """How the line is at this moment."""
        return self._now

    def watch(self, watcher: Callable[[MqttHealth], None]) -> Callable[[], None]:
        """Be told when the line comes, goes or settles."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def online(self) -> None:
        """The broker has taken us; what it kept for us is still to come."""
        if self._now.fault is not None:
            _LOGGER.warning("%s: connected again", self._name)
        self._now = replace(self._now, fault=None, detail="", connects=self._now.connects + 1)
        self._tell(connected=True, settled=False)

    def settled(self) -> None:
        """What was kept for us has come: from now on a message is news."""
        self._tell(connected=True, settled=True)

    def offline(self, err: DeviceError) -> None:
        """The connection ended or none came about."""
        if self._now.fault is None:
            _LOGGER.warning("%s: no connection (%s); trying again", self._name, err)
        self._now = replace(self._now, fault=err.fault, detail=err.detail)
        self._tell(connected=False, settled=False)

    def heard(self) -> None:
        """A message came."""
        self._now = replace(self._now, messages=self._now.messages + 1)

    def strayed(self) -> None:
        """A message came that nobody wants."""
        self._now = replace(self._now, strays=self._now.strays + 1)

    def misunderstood(self, topic: str, err: Exception) -> None:
        """A payload made no sense, or (not a `CoreError`) a listener made a mistake over it."""
        self._now = replace(self._now, bad_payloads=self._now.bad_payloads + 1)
        if topic in self._said or len(self._said) >= MOST_REMEMBERED:
            return
        self._said.add(topic)
        known = isinstance(err, CoreError)
        _LOGGER.warning(
            "%s: a payload on %s was not understood (%s); said once",
            self._name,
            topic,
            err if known else type(err).__name__,
            exc_info=None if known else err,
        )

    def _tell(self, *, connected: bool, settled: bool) -> None:
        since = self._now.since if connected == self._now.connected else self._clock()
        self._now = replace(
            self._now, connected=connected, settled=settled, since=since or self._clock()
        )
        for watcher in tuple(self._watchers):
            watcher(self._now)
