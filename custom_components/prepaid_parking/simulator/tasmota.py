"""Tasmota: words on cmnd and stat topics, telemetry with ENERGY, a pulse time of its own."""

import asyncio
from datetime import datetime
from typing import override

from .counter import Amount
from .mqtt_device import Command, LastWill
from .mqtt_meter import MqttMeter


class Tasmota(MqttMeter):
    """A metering plug or a relay. Its time stamps are local and carry no offset."""

    profile = "tasmota"

    def __init__(
        self,
        identity: str,
        *,
        name: str = "",
        start: Amount = 0,
        on: bool = True,
        period_s: float | None = None,
        pulse_time: int = 0,
    ) -> None:
        """Name a device; `pulse_time` 1 to 111 are tenths of a second, above it seconds + 100."""
        super().__init__(identity, name=name, start=start, on=on, period_s=period_s)
        self.pulse_time = pulse_time
        self.inputs: list[bool] = []
        """Detached switches (`SetOption114`), in the order of their numbers."""
        self.switched: list[bool] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    @override
    def command_topics(self) -> tuple[str, ...]:
        return (f"cmnd/{self.identity}/#",)

    @property
    @override
    def last_will(self) -> LastWill:
        return LastWill(topic=f"tele/{self.identity}/LWT", payload="Offline")

    @override
    async def greet(self) -> None:
        await self.publish(f"tele/{self.identity}/LWT", "Online", retain=True)
        await self._tell_power()

    @override
    async def stop(self) -> None:
        """Be switched off: what was to happen later does not."""
        await super().stop()
        self._cancel_timer()

    @override
    async def farewell(self) -> None:
        await self.publish(f"tele/{self.identity}/LWT", "Offline", retain=True)

    @property
    def pulse_s(self) -> float | None:
        """How long the relay stays on before it goes off alone."""
        if not self.pulse_time:
            return None
        return self.pulse_time / 10 if self.pulse_time <= 111 else self.pulse_time - 100.0

    @override
    async def report(self) -> None:
        """Publish the telemetry of this moment."""
        await self.report_at(datetime.now().astimezone())

    async def report_at(self, at: datetime, *, retain: bool = False, times: int = 1) -> None:
        """Publish the telemetry with a chosen time stamp: late, twice, retained."""
        await self.publish(
            f"tele/{self.identity}/SENSOR", self._sensors(at), retain=retain, times=times
        )

    async def set_input(self, number: int, *, on: bool) -> None:
        """Close or open a detached switch, and tell."""
        self.inputs[number] = on
        action = {"Action": "ON" if on else "OFF"}
        await self.publish(f"stat/{self.identity}/RESULT", {f"Switch{number + 1}": action})

    async def switch(self, *, on: bool) -> None:
        """Change the relay, as the button does, and tell."""
        self._cancel_timer()
        if on != self.on:
            self.on = on
            self.switched.append(on)
        if on and self.pulse_s is not None:
            self._timer = asyncio.get_running_loop().call_later(
                self.pulse_s, lambda: self.chore(self.switch(on=False))
            )
        await self._tell_power()

    @override
    async def obey(self, command: Command) -> None:
        match command.topic.rpartition("/")[2].upper(), command.payload.strip().upper():
            case "POWER" | "POWER1", "":
                await self._tell_power()
            case "POWER" | "POWER1", "ON" | "1" | "TRUE":
                await self.switch(on=True)
            case "POWER" | "POWER1", "OFF" | "0" | "FALSE":
                await self.switch(on=False)
            case "POWER" | "POWER1", "TOGGLE" | "2":
                await self.switch(on=not self.on)
            case "STATUS", "10":
                sensors = self._sensors(datetime.now().astimezone())
                await self.publish(f"stat/{self.identity}/STATUS10", {"StatusSNS": sensors})
            case "PULSETIME" | "PULSETIME1", value:
                if value.isdecimal():
                    self.pulse_time = int(value)
                await self.publish(
                    f"stat/{self.identity}/RESULT",
                    {"PulseTime1": {"Set": self.pulse_time, "Remaining": 0}},
                )
            case _:
                await self.publish(f"stat/{self.identity}/RESULT", {"Command": "Unknown"})

    def _sensors(self, at: datetime) -> dict[str, object]:
        """Everything it measures, as in its telemetry and in its status 10."""
        watts = self.watts
        energy = {
            "TotalStartTime": "2026-01-01T00:00:00",
            "Total": self.kwh,
            "Yesterday": 0.0,
            "Today": 0.0,
            "Period": 0,
            "Power": round(watts),
            "ApparentPower": round(watts),
            "ReactivePower": 0,
            "Factor": 1.0,
            "Voltage": 230,
            "Current": round(watts / 230, 3),
        }
        local = at.replace(tzinfo=None, microsecond=0).isoformat()
        return {"Time": local, **self._switches, "ENERGY": energy}

    @property
    def _switches(self) -> dict[str, object]:
        return {f"Switch{n + 1}": "ON" if on else "OFF" for n, on in enumerate(self.inputs)}

    async def _tell_power(self) -> None:
        word = "ON" if self.on else "OFF"
        await self.publish(f"stat/{self.identity}/RESULT", {"POWER": word})
        await self.publish(f"stat/{self.identity}/POWER", word)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
