"""One connection to a broker: aiomqtt, opened and closed so that nothing is left behind.

Each connection is a new client object: whatever the library still had to send dies with the old one.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
import socket
import ssl
import struct
from typing import Any, Final, override

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client as Paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ..core.errors import DeviceError, DeviceFault

CONNECT_S: Final = 5.0
ANSWER_S: Final = 5.0
LEAVE_S: Final = 0.5
KEEPALIVE_S: Final = 30
UNACKED_MS: Final = 3_000
"""What the broker's host has not acknowledged after this long is thrown away with the connection: a
pulse sent into a broken network must not arrive when somebody plugs the cable in again."""
SESSION_S: Final = 7 * 24 * 3600
"""How long a version 5 broker collects for a hub that is away; a 3.1.1 broker has its own limit."""
PULSE_LIFE_S: Final = 5
REFUSED: Final = 0x80
"""From here on a SUBACK code means no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """Where a broker is, and who we are there.

    The identifier is the session: it must be the same after a restart and nobody else's.
    """

    host: str
    identifier: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    version_5: bool = False
    keepalive_s: int = KEEPALIVE_S


def socket_options() -> list[tuple[int, int, int]]:
    """Return what makes the socket quick and forgetful.

    Without TCP_NODELAY a QoS 1 echo takes 45 ms instead of 1.2 (measured). The limit for what is
    not acknowledged exists on Linux only; elsewhere the keep-alive must do.
    """
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKED_MS))
    return options


class BrokerClient(aiomqtt.Client):
    """A client that can be hung up at any moment."""

    def __init__(
        self, settings: MqttSettings, *, tls: ssl.SSLContext | None, lasting: bool = True
    ) -> None:
        """Prepare a connection; not `lasting` ends the session that the broker keeps for us."""
        five = settings.version_5
        super().__init__(
            settings.host,
            settings.port,
            identifier=settings.identifier,
            username=settings.username,
            password=settings.password,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            clean_session=None if five else not lasting,
            clean_start=not lasting if five else MQTT_CLEAN_START_FIRST_ONLY,
            properties=_properties(PacketTypes.CONNECT, SessionExpiryInterval=SESSION_S)
            if five and lasting
            else None,
            keepalive=settings.keepalive_s,
            timeout=ANSWER_S,
            tls_context=tls,
            socket_options=socket_options(),
        )
        self._client.connect_timeout = CONNECT_S
        self._five = five
        self.pending_calls_threshold = 1_000
        # Whoever hangs up as the broker goes asks nobody why: the loop would log it as an error.
        self._disconnected.add_done_callback(_heard)

    async def open(self) -> None:
        """Connect, or say why not.

        The library connects in a thread that cannot be interrupted. Who gives up meanwhile waits a
        moment, then leaves it to end by itself and to close what it opened: a connection nobody
        knows of would take our place at the broker.
        """
        entering = asyncio.create_task(self.__aenter__())
        try:
            await asyncio.wait((entering,))
        except asyncio.CancelledError:
            entering.add_done_callback(self._entered_too_late)
            await asyncio.wait((entering,), timeout=LEAVE_S)
            if self._client.socket() is not None:
                entering.cancel()
            raise
        try:
            entering.result()
        except aiomqtt.MqttError as err:
            self.abort()
            refused = isinstance(err, MqttConnectError)
            raise DeviceError(
                DeviceFault.REFUSED if refused else DeviceFault.OFFLINE, str(err)
            ) from err

    async def close(self) -> None:
        """Hang up in order, or at once where the other side is gone."""
        try:
            await self.__aexit__(None, None, None)
        except aiomqtt.MqttError, OSError:
            self.abort()

    def abort(self) -> None:
        """Reset the connection: what is not on the wire yet will never be."""
        sock = self._client.socket()
        if not isinstance(sock, socket.socket) or sock.fileno() < 0:
            return
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    async def listen(self, filters: Iterable[tuple[str, int]]) -> set[str]:
        """Subscribe; returns what the broker refuses."""
        asked = list(filters)
        answers = await self.subscribe(asked)
        codes = [one if isinstance(one, int) else one.value for one in answers]
        return {name for (name, _), code in zip(asked, codes, strict=True) if code >= REFUSED}

    async def send(
        self,
        topic: str,
        payload: str | bytes,
        *,
        qos: int,
        timeout: float,
        retain: bool = False,
    ) -> None:
        """Publish; what is sent at QoS 0 expires on its way where it can."""
        properties = (
            _properties(PacketTypes.PUBLISH, MessageExpiryInterval=PULSE_LIFE_S)
            if self._five and not qos
            else None
        )
        await self.publish(
            topic, payload, qos=qos, retain=retain, properties=properties, timeout=timeout
        )

    @override
    def _on_socket_register_write(self, client: Paho, userdata: Any, sock: Any) -> None:
        """Watch the socket for writing, unless it was closed meanwhile.

        The library asks for the number now and registers it later: by then it may be another
        socket's, which the loop would watch for ever in our name.
        """
        number = sock.fileno()

        def register() -> None:
            if sock.fileno() == number:
                self._loop.add_writer(number, self._write)

        self._loop.call_soon_threadsafe(register)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as err:  # noqa: BLE001  as in the library: whatever it is, it is the end
            if not self._disconnected.done():
                self._disconnected.set_exception(err)

    def _entered_too_late(self, entering: asyncio.Task[Any]) -> None:
        if not entering.cancelled():
            entering.exception()
        self.abort()


def _heard(end: asyncio.Future[None]) -> None:
    if not end.cancelled():
        end.exception()


def _properties(packet: int, **values: int) -> Properties:
    # The library's class is typed except for its constructor.
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
