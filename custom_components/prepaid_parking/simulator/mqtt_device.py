"""An MQTT device: connects, comes back when the broker does, obeys its own command topics."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
import json
import socket
from time import monotonic
from typing import Any, Final, override

import aiomqtt

from .broker import Broker
from .device import State

type Payload = str | bytes | dict[str, object]

_FIRST_RETRY_S: Final = 0.1
_LONGEST_RETRY_S: Final = 5.0
_NO_DELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Without it a QoS 1 echo takes 45 ms instead of 1 ms (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A message the device was sent on one of its command topics."""

    at: float
    topic: str
    payload: str
    retain: bool
    qos: int

    @property
    def json(self) -> dict[str, object]:
        """The payload as an object."""
        parsed: dict[str, object] = json.loads(self.payload)
        return parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWill:
    """What the broker says for a device that is gone."""

    topic: str
    payload: str


class MqttDevice:
    """One client of the broker. A family of devices says which topics it serves and how."""

    profile = "generic_mqtt"

    def __init__(self, identity: str, *, name: str = "") -> None:
        """Name the device; the identity is its client id and the root of its topics."""
        self.identity = identity
        self.name = name or identity
        self.commands: list[Command] = []
        self.connected = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.obeys = True
        """A device that does not obey still receives: the relay that never moves."""
        self._client: aiomqtt.Client | None = None
        self._life: asyncio.Task[None] | None = None
        self._noted = asyncio.Event()
        self._chores: set[asyncio.Task[None]] = set()
        self._is_off = False

    @property
    def command_topics(self) -> tuple[str, ...]:
        """What it subscribes to."""
        return ()

    @property
    def last_will(self) -> LastWill | None:
        """What the broker publishes, retained, when the connection breaks."""
        return None

    async def greet(self) -> None:
        """Publish what a device of this family says when it comes online."""

    async def routine(self) -> None:
        """What the device does by itself while it is connected."""

    async def farewell(self) -> None:
        """Publish what a device of this family says when it is switched off in order."""

    async def obey(self, command: Command) -> None:
        """Do what a command asks."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def state(self) -> State:
        """What must survive a restart of the simulator."""
        return {}

    def restore(self, state: State) -> None:
        """Take up where an earlier run stopped."""

    async def start(self, broker: Broker) -> None:
        """Begin to live; returns at once, `connected` tells when the broker was reached."""
        self._is_off = False
        self._life = asyncio.create_task(self._live(broker), name=f"life of {self.identity}")

    async def stop(self) -> None:
        """Be switched off: what is under way ends, and nothing begins any more."""
        self._is_off = True
        if self._life is None:
            return
        if self.connected.is_set():
            with suppress(aiomqtt.MqttError):
                await self.farewell()
        tasks = [self._life, *self._chores]
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        self._life = None
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def publish(
        self,
        topic: str,
        payload: Payload,
        *,
        retain: bool = False,
        qos: int = 0,
        times: int = 1,
    ) -> None:
        """Publish; `times` more than once is what a nervous network does."""
        if self._client is None:
            message = f"{self.identity} is not connected"
            raise aiomqtt.MqttError(message)
        if isinstance(payload, dict):
            payload = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        for _ in range(times):
            await self._client.publish(topic, payload, qos=qos, retain=retain)

    async def commanded(
        self,
        match: Callable[[Command], bool] = lambda _: True,
        *,
        times: int = 1,
        timeout: float = 5.0,
    ) -> list[Command]:
        """Wait until matching commands have come; those already seen count."""
        async with asyncio.timeout(timeout):
            while len(found := [c for c in self.commands if match(c)]) < times:
                self._noted.clear()
                await self._noted.wait()
        return found

    def chore(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside: a relay that turns itself off again.

        Its timer may fire while the device is being switched off: nobody would end that any more.
        """
        if self._is_off:
            work.close()
            return

        async def run() -> None:
            with suppress(aiomqtt.MqttError):
                await work

        task = asyncio.create_task(run(), name=f"chore of {self.identity}")
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _live(self, broker: Broker) -> None:
        pause = _FIRST_RETRY_S
        while True:
            try:
                await self._session(broker)
            except aiomqtt.MqttError:
                # The broker is away: a real device tries again and again as well.
                pause = _FIRST_RETRY_S if self.connected.is_set() else pause * 2
            finally:
                self._client = None
                self.connected.clear()
                self.disconnected.set()
            await asyncio.sleep(min(pause, _LONGEST_RETRY_S))

    async def _session(self, broker: Broker) -> None:
        will = self.last_will
        async with aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=self.identity,
            will=aiomqtt.Will(will.topic, will.payload, retain=True) if will else None,
            socket_options=_NO_DELAY,
            keepalive=15,
        ) as client:
            self._client = client
            for topic in self.command_topics:
                await client.subscribe(topic, qos=1)
            await self.greet()
            self.disconnected.clear()
            self.connected.set()
            routine = asyncio.create_task(self.routine(), name=f"routine of {self.identity}")
            try:
                async for message in client.messages:
                    await self._receive(message)
            finally:
                routine.cancel()
                await asyncio.gather(routine, return_exceptions=True)

    async def _receive(self, message: aiomqtt.Message) -> None:
        payload = message.payload
        command = Command(
            at=monotonic(),
            topic=str(message.topic),
            payload=payload.decode() if isinstance(payload, bytes | bytearray) else str(payload),
            retain=message.retain,
            qos=message.qos,
        )
        self.commands.append(command)
        self._noted.set()
        if self.obeys:
            await self.obey(command)

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.identity}>"
