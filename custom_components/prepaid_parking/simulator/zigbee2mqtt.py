"""Zigbee2MQTT: a metering plug behind a bridge, one JSON object for everything."""

import asyncio
import json
from typing import override

from .counter import Amount
from .mqtt_device import Command, LastWill
from .mqtt_meter import MqttMeter

_BASE = "zigbee2mqtt"


class Zigbee2Mqtt(MqttMeter):
    """A plug; its energy has two decimals. The will is the bridge's, as all devices share it."""

    profile = "zigbee2mqtt"

    def __init__(
        self,
        identity: str,
        *,
        name: str = "",
        start: Amount = 0,
        on: bool = True,
        period_s: float | None = None,
    ) -> None:
        """Name a plug; the identity is its friendly name."""
        super().__init__(identity, name=name, start=start, on=on, period_s=period_s)
        self.switched: list[bool] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def topic(self) -> str:
        """Where the plug publishes."""
        return f"{_BASE}/{self.identity}"

    @property
    @override
    def command_topics(self) -> tuple[str, ...]:
        return (f"{self.topic}/set", f"{self.topic}/get")

    @property
    @override
    def last_will(self) -> LastWill:
        return LastWill(topic=f"{_BASE}/bridge/state", payload='{"state":"offline"}')

    @override
    async def greet(self) -> None:
        await self.publish(f"{_BASE}/bridge/state", {"state": "online"}, retain=True)
        await self.set_available(online=True)
        await self.report()

    @override
    async def farewell(self) -> None:
        self._cancel_timer()
        await self.set_available(online=False)

    async def set_available(self, *, online: bool) -> None:
        """Tell whether the bridge can reach the plug."""
        word = "online" if online else "offline"
        await self.publish(f"{self.topic}/availability", {"state": word}, retain=True)

    @override
    async def report(self) -> None:
        """Publish state and reading."""
        await self.publish(
            self.topic,
            {
                "state": "ON" if self.on else "OFF",
                "energy": self.counter.total // 10_000 / 100,
                "power": round(self.watts),
                "voltage": 230,
                "current": round(self.watts / 230, 2),
                "linkquality": 131,
            },
        )

    async def switch(self, *, on: bool) -> None:
        """Change the relay, as the button does, and tell."""
        self._cancel_timer()
        if on != self.on:
            self.on = on
            self.switched.append(on)
        await self.report()

    @override
    async def obey(self, command: Command) -> None:
        if command.topic.endswith("/get"):
            await self.report()
            return
        try:
            wish = command.json
        except json.JSONDecodeError:
            return
        state, on_time = str(wish.get("state", "")).upper(), wish.get("on_time")
        if state == "TOGGLE":
            state = "OFF" if self.on else "ON"
        if state not in ("ON", "OFF"):
            return
        await self.switch(on=state == "ON")
        if state == "ON" and isinstance(on_time, int | float):
            self._timer = asyncio.get_running_loop().call_later(
                on_time, lambda: self.chore(self.switch(on=False))
            )

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
