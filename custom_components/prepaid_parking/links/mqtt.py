"""One broker: a session that outlives us, and an honest answer to whether a message is news.

The broker keeps what is sent while the hub restarts (persistent session, QoS 1), so that no plate,
no top-up at a device and no stored reading is lost. What was kept arrives as a burst after the
connect; acting on it as if it happened now would open gates for cars long gone.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
import logging
import ssl
from time import monotonic
from typing import Final

import aiomqtt

from ..core.errors import CoreError, DeviceError, DeviceFault
from .message import Message
from .mqtt_client import ANSWER_S, BrokerClient, MqttSettings
from .mqtt_health import MOST_REMEMBERED, HealthRecord, MqttHealth
from .mqtt_session import Session
from .topics import Listener, Routes, check_topic

_LOGGER = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0
LASTING_S: Final = 10.0
"""A connection that lived this long was a good one: the next retry is quick again. Two hubs with one
identifier throw each other out at once; they must not do so every second."""
PULSE_S: Final = 1.0
"""A pulse that is not on the wire by now must never get there."""
LARGEST_PAYLOAD: Final = 256 * 1024
"""No reading and no plate is larger; a picture on a topic that is listened to by mistake is."""


class MqttLine:
    """The client of one broker.

    What is detached while we are offline is unsubscribed at the next connect; `leftovers` are the
    filters of earlier runs that the broker may still serve.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        tls: ssl.SSLContext | None = None,
        leftovers: Iterable[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        """Prepare; nothing is sent before `start`."""
        self.settings = settings
        self._tls = tls
        self._clock = clock
        self._first_retry_s = first_retry_s
        self._routes = Routes()
        self._on_broker = set(leftovers)
        self._session: Session | None = None
        self._up = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._record = HealthRecord(settings.identifier, clock)
        self.watch = self._record.watch
        self._stray_topics: set[str] = set()
        self._kept = False
        self._marker = f"prepaid_parking/{settings.identifier}/marker"
        self._routes.add(Listener(topics={self._marker: 1}, receive=self._marked))

    @property
    def identifier(self) -> str:
        """Our name at the broker; also the root of topics that answers to us are sent to."""
        return self.settings.identifier

    @property
    def connected(self) -> bool:
        """Whether a message published now would leave."""
        return self._session is not None

    @property
    def subscribed(self) -> bool:
        """Whether the broker serves exactly what is attached, and what it kept for us has come."""
        session = self._session
        return session is not None and session.settled.is_set() and session.in_step.is_set()

    @property
    def health(self) -> MqttHealth:
        """How the line is now."""
        session, now = self._session, self._record.now
        if session is None:
            return now
        return replace(now, refused=session.refused, unmarked=session.marker_lost)

    @property
    def filters(self) -> tuple[str, ...]:
        """What the broker may hold for us: the next run's `leftovers`."""
        return tuple(sorted(self._on_broker | self._routes.filters().keys()))

    async def start(self) -> None:
        """Begin to live; returns at once, the broker may be away."""
        if self._life is None:
            self._life = asyncio.create_task(self._live(), name=f"mqtt {self.identifier}")

    def keep(self) -> None:
        """Take nobody off any more, here or at the broker: the next run wants what comes until then."""
        self._kept = True

    async def stop(self) -> None:
        """Hang up; the broker goes on collecting for us."""
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            await asyncio.wait((life,))

    async def forget(self) -> None:
        """End the session at the broker: it stops collecting. For a line that is removed."""
        await self.stop()
        client = BrokerClient(self.settings, tls=self._tls, lasting=False)
        await client.open()
        await client.close()
        self._on_broker.clear()

    def attach(self, listener: Listener) -> Callable[[], None]:
        """Listen from now on; the returned function ends it, at the broker too."""
        self._routes.add(listener)
        session = self._session
        if session is not None:
            session.resubscribe(set(listener.topics))
            if session.settled.is_set():
                self._greet(session, listener)

        def detach() -> None:
            if self._kept:
                return
            self._routes.remove(listener)
            if self._session is not None:
                self._session.resubscribe(set())

        return detach

    async def in_step(self, timeout: float = ANSWER_S) -> None:
        """Wait until the broker serves exactly what is attached and the burst is over."""
        try:
            async with asyncio.timeout(timeout):
                while (session := self._session) is None or not session.settled.is_set():
                    await self._up.wait()
                await session.in_step.wait()
        except TimeoutError as err:
            raise DeviceError(DeviceFault.OFFLINE, self._record.now.detail) from err

    async def publish(self, topic: str, payload: str | bytes, *, qos: int = 1) -> None:
        """Send a level (a wanted supply, a setting) or say why not; returns when the broker has it.

        Never retained and never kept for later: what is wanted then is decided then.
        """
        await self._send(topic, payload, qos=qos, timeout=ANSWER_S)

    async def leave(self, topic: str, payload: bytes) -> None:
        """Leave a message at the broker for whoever comes later; the next one takes its place.

        For what another hub is told, never for a device: what is retained is acted on at any time.
        """
        await self._send(topic, payload, qos=1, timeout=ANSWER_S, retain=True)

    async def pulse(self, topic: str, payload: str | bytes) -> None:
        """Send what must happen now or not at all: QoS 0, over a connection that stands.

        When it does not get onto the wire, or the caller gives up, the connection is reset so that
        nothing of it lies in a buffer and opens a gate later.
        """
        session = self._session
        try:
            await self._send(topic, payload, qos=0, timeout=PULSE_S)
        except DeviceError, asyncio.CancelledError:
            if session is not None:
                session.client.abort()
            raise

    async def _send(
        self,
        topic: str,
        payload: str | bytes,
        *,
        qos: int,
        timeout: float,
        retain: bool = False,
    ) -> None:
        self._routes.check_command(check_topic(topic))
        session = self._session
        if session is None:
            raise DeviceError(DeviceFault.OFFLINE, self._record.now.detail)
        try:
            await session.client.send(topic, payload, qos=qos, timeout=timeout, retain=retain)
        except aiomqtt.MqttError as err:
            fault = DeviceFault.NO_ANSWER if self._session is session else DeviceFault.OFFLINE
            raise DeviceError(fault, str(err)) from err

    async def _live(self) -> None:
        pause = self._first_retry_s
        while True:
            began = monotonic()
            try:
                await self._connection()
            except DeviceError as err:
                self._record.offline(err)
            except Exception as err:
                # Whatever the library comes up with: a line that gave up for good is silence.
                _LOGGER.exception("%s: the connection ended unexpectedly", self.identifier)
                self._record.offline(DeviceError(DeviceFault.GARBLED, type(err).__name__))
            if monotonic() - began >= LASTING_S:
                pause = self._first_retry_s
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY_S)

    async def _connection(self) -> None:
        client = BrokerClient(self.settings, tls=self._tls)
        await client.open()
        session = Session(
            client, self._routes, self._on_broker, marker=self._marker, at=self._clock()
        )
        self._session = session
        self._record.online()
        try:
            await session.run(
                lambda raw: self._receive(session, raw), lambda: self._settled(session)
            )
        except aiomqtt.MqttError as err:
            raise DeviceError(DeviceFault.OFFLINE, str(err)) from err
        finally:
            self._session = None
            self._up.clear()
            await client.close()

    def _receive(self, session: Session, raw: aiomqtt.Message) -> None:
        message = Message(
            topic=raw.topic.value,
            payload=raw.payload,
            at=self._clock(),
            connected_at=session.at,
            qos=raw.qos,
            retained=raw.retain,
            burst=not session.settled.is_set(),
        )
        self._record.heard()
        listeners = self._routes.find(message.topic)
        if not listeners:
            self._stray(session, message.topic)
        for listener in listeners:
            try:
                _check_size(message)
                listener.receive(message)
            except Exception as err:  # noqa: BLE001  one listener's mistake must not silence the others
                self._record.misunderstood(message.topic, err)

    def _stray(self, session: Session, topic: str) -> None:
        """Take a message nobody wants: a filter of an earlier run, unsubscribed by its topic."""
        self._record.strayed()
        if topic not in self._stray_topics and len(self._stray_topics) < MOST_REMEMBERED:
            self._stray_topics.add(topic)
            self._on_broker.add(topic)
            session.resubscribe(set())

    def _marked(self, message: Message) -> None:
        if self._session is not None:
            self._session.marked(message.payload)

    def _settled(self, session: Session) -> None:
        for listener in self._routes:
            if listener.settled is not None:
                listener.settled()
            self._greet(session, listener)
        self._up.set()
        self._record.settled()

    def _greet(self, session: Session, listener: Listener) -> None:
        if listener.connected is None:
            return
        greeting = listener.connected()

        async def greet() -> None:
            with suppress(DeviceError):
                await greeting

        session.beside(greet())


def _check_size(message: Message) -> None:
    if len(message.payload) > LARGEST_PAYLOAD:
        raise CoreError("payload_too_large", size=len(message.payload))
