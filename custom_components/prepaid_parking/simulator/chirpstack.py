"""A LoRaWAN meter behind ChirpStack v4: uplinks, back-filled ones too, and slow downlinks."""

import base64
from datetime import UTC, datetime, timedelta
import struct
from typing import Final, override
from uuid import uuid4

from .counter import PER_KWH, Amount, base_units
from .mqtt_device import Command
from .mqtt_meter import MqttMeter, rfc3339

_SWITCH_PORT: Final = 10
"""A downlink on this port with one byte switches the supply: 1 on, 0 off."""


class ChirpStackMeter(MqttMeter):
    """A class A device: it hears a downlink only after it has spoken.

    An uplink carries the register as 4 bytes in Wh, and as an `object` where the application
    server has a codec.
    """

    profile = "chirpstack_v4"

    def __init__(
        self,
        dev_eui: str,
        *,
        application: str = "7d8c8b8e-7b26-4a34-9e63-2b1f5a0cbb01",
        name: str = "",
        start: Amount = 0,
        on: bool = True,
        period_s: float | None = None,
        codec: bool = True,
    ) -> None:
        """Name a device by its EUI."""
        super().__init__(dev_eui, name=name, start=start, on=on, period_s=period_s)
        self.application = application
        self.codec = codec
        self.frame_count = 0
        self.last_uplink: dict[str, object] = {}
        self._downlinks: list[Command] = []

    @property
    def root(self) -> str:
        """What its topics begin with."""
        return f"application/{self.application}/device/{self.identity}"

    @property
    @override
    def command_topics(self) -> tuple[str, ...]:
        return (f"{self.root}/command/down",)

    @override
    async def report(self) -> None:
        """Send an uplink with the register of now."""
        await self.uplink()

    async def uplink(
        self,
        *,
        kwh: Amount | None = None,
        at: datetime | None = None,
        measured_at: datetime | None = None,
        times: int = 1,
    ) -> None:
        """Send a register: by default today's, else a stored one that is sent late.

        `at` is when the network heard it, `measured_at` when the meter took it (in the object).
        Sent more than once it is the same uplink, as from a broker that delivers twice.
        """
        total = self.counter.total if kwh is None else base_units(kwh, PER_KWH)
        payload = struct.pack(">I", total // 1000)
        self.frame_count += 1
        event: dict[str, object] = {
            "deduplicationId": str(uuid4()),
            "time": rfc3339(at),
            "deviceInfo": {
                "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
                "applicationId": self.application,
                "applicationName": "building",
                "deviceProfileName": "lora meter",
                "deviceName": self.name,
                "devEui": self.identity,
                "tags": {},
            },
            "devAddr": "01ab34cd",
            "adr": True,
            "dr": 5,
            "fCnt": self.frame_count,
            "fPort": 2,
            "confirmed": False,
            "data": base64.b64encode(payload).decode(),
            "rxInfo": [{"gatewayId": "a84041ffff1f8021", "rssi": -57, "snr": 9.5}],
            "txInfo": {"frequency": 868_100_000},
        }
        if self.codec:
            measured: dict[str, object] = {"energy_kwh": total // 1000 / 1000, "relay": self.on}
            if measured_at is not None:
                measured["time"] = rfc3339(measured_at)
            event["object"] = measured
        self.last_uplink = event
        await self.publish(f"{self.root}/event/up", event, qos=1, times=times)
        await self._hear_downlinks()

    async def repeat(self) -> None:
        """Send the last uplink again, unchanged."""
        await self.publish(f"{self.root}/event/up", self.last_uplink, qos=1)

    async def back_fill(self, registers: list[tuple[timedelta, Amount]]) -> None:
        """Send stored registers in the order given, each as old as said."""
        now = datetime.now(UTC)
        for age, kwh in registers:
            await self.uplink(kwh=kwh, at=now, measured_at=now - age)

    @override
    async def obey(self, command: Command) -> None:
        self._downlinks.append(command)

    async def _hear_downlinks(self) -> None:
        heard, self._downlinks = self._downlinks, []
        for command in heard:
            wish = command.json
            data = base64.b64decode(str(wish.get("data", "")))
            wanted = wish.get("object")
            if isinstance(wanted, dict) and isinstance(wanted.get("relay"), bool):
                self.on = wanted["relay"]
            elif wish.get("fPort") == _SWITCH_PORT and data in (b"\x00", b"\x01"):
                self.on = data == b"\x01"
            if wish.get("confirmed"):
                await self.publish(
                    f"{self.root}/event/ack",
                    {
                        "deduplicationId": str(uuid4()),
                        "time": rfc3339(),
                        "deviceInfo": {"devEui": self.identity},
                        "acknowledged": True,
                        "fCntDown": self.frame_count,
                    },
                    qos=1,
                )
