"""Shelly Gen2 and later: JSON-RPC over MQTT, a relay with a timer of its own, an energy counter."""

import asyncio
from collections.abc import Mapping
import json
from time import time
from typing import override

from .counter import Amount
from .mqtt_device import Command, LastWill, Payload
from .mqtt_meter import MqttMeter

_NO_SUCH_METHOD = 404
_BAD_ARGUMENT = -103


class ShellyGen2(MqttMeter):
    """A switch with power metering; with `three_phase` also `em:0` and `emdata:0`.

    `toggle_after` turns the output back by itself: a pulse that ends even if nobody asks again.
    """

    profile = "shelly_gen2"

    def __init__(
        self,
        identity: str,
        *,
        name: str = "",
        start: Amount = 0,
        on: bool = True,
        period_s: float | None = None,
        status_ntf: bool = True,
        rpc_ntf: bool = True,
        three_phase: bool = False,
        inputs: int = 2,
        level: bool = False,
    ) -> None:
        """Name a device; the identity is its topic prefix. `level` gives it a second output."""
        super().__init__(identity, name=name, start=start, on=on, period_s=period_s)
        self.status_ntf = status_ntf
        self.rpc_ntf = rpc_ntf
        self.three_phase = three_phase
        self.inputs = [False] * inputs
        self.level: bool | None = False if level else None
        """The second output, where there is one: it stays as it is left."""
        self.switched: list[tuple[bool, str]] = []
        """Every real change of the output, with its source."""
        self.turned_on = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    @override
    def command_topics(self) -> tuple[str, ...]:
        return (
            f"{self.identity}/rpc",
            f"{self.identity}/command/switch:0",
            f"{self.identity}/command",
        )

    @property
    @override
    def last_will(self) -> LastWill:
        return LastWill(topic=f"{self.identity}/online", payload="false")

    @override
    async def greet(self) -> None:
        await self.publish(f"{self.identity}/online", "true", retain=True)
        await self.report()

    @override
    async def stop(self) -> None:
        """Be switched off: what was to happen later does not."""
        await super().stop()
        self._cancel_timer()

    @override
    async def farewell(self) -> None:
        await self.publish(f"{self.identity}/online", "false", retain=True)

    @property
    def switch_status(self) -> dict[str, object]:
        """What `Switch.GetStatus` says."""
        watts = self.watts
        return {
            "id": 0,
            "source": self.switched[-1][1] if self.switched else "init",
            "output": self.on,
            "apower": watts,
            "voltage": 230.0,
            "current": round(watts / 230, 3),
            "aenergy": {
                "total": self.counter.total / 1000,
                "by_minute": [0.0, 0.0, 0.0],
                "minute_ts": int(time()) // 60 * 60,
            },
            "temperature": {"tC": 41.2, "tF": 106.2},
        }

    @override
    async def report(self) -> None:
        """Publish the full status, and the notification of a change."""
        if self.status_ntf:
            await self.publish(f"{self.identity}/status/switch:0", self.switch_status)
            for n, state in enumerate(self.inputs):
                await self.publish(f"{self.identity}/status/input:{n}", {"id": n, "state": state})
            if self.level is not None:
                await self.publish(f"{self.identity}/status/switch:1", self._level_status)
        if self.three_phase:
            await self._report_phases()
        await self._notify({"switch:0": self.switch_status})

    async def set_input(self, number: int, *, on: bool) -> None:
        """Close or open an input: a loop, a key, a limit switch."""
        self.inputs[number] = on
        if self.status_ntf:
            await self.publish(
                f"{self.identity}/status/input:{number}", {"id": number, "state": on}
            )
        await self._notify({f"input:{number}": {"id": number, "state": on}})

    async def switch(self, *, on: bool, source: str = "button") -> None:
        """Change the output, as a hand at the device does, and tell."""
        self._cancel_timer()
        if on != self.on:
            self.on = on
            self.switched.append((on, source))
        if on:
            self.turned_on.set()
        else:
            self.turned_on.clear()
        await self.report()

    @override
    async def obey(self, command: Command) -> None:
        if command.topic == f"{self.identity}/command/switch:0":
            if command.payload in ("on", "off"):
                await self.switch(on=command.payload == "on", source="mqtt")
        elif command.topic == f"{self.identity}/command":
            if command.payload == "status_update":
                await self.report()
        else:
            await self._rpc(command)

    async def _rpc(self, command: Command) -> None:
        try:
            request = command.json
        except json.JSONDecodeError:
            return
        source = request.get("src")
        answer: dict[str, object] = {"id": request.get("id"), "src": self.identity, "dst": source}
        parameters = request.get("params")
        result = await self._call(
            str(request.get("method")), parameters if isinstance(parameters, dict) else {}
        )
        answer["error" if "code" in result else "result"] = result
        if isinstance(source, str):
            await self.publish(f"{source}/rpc", answer)

    async def _call(self, method: str, parameters: Mapping[str, object]) -> dict[str, object]:
        if parameters.get("id") == 1 and self.level is not None:
            return await self._call_level(method, parameters)
        if method == "Switch.GetStatus":
            return self.switch_status
        if method == "Input.GetStatus":
            number = parameters.get("id")
            if not isinstance(number, int) or number not in range(len(self.inputs)):
                return {
                    "code": _BAD_ARGUMENT,
                    "message": f"Argument 'id', value {number} not found!",
                }
            return {"id": number, "state": self.inputs[number]}
        if method == "Shelly.GetDeviceInfo":
            return {"id": self.identity, "model": "SNSW-001P16EU", "gen": 2, "ver": "1.4.4"}
        if method != "Switch.Set":
            return {"code": _NO_SUCH_METHOD, "message": f"No handler for {method}"}
        on, after = parameters.get("on"), parameters.get("toggle_after")
        if parameters.get("id") != 0 or not isinstance(on, bool):
            return {"code": _BAD_ARGUMENT, "message": "Missing or bad argument"}
        was_on = self.on
        await self.switch(on=on, source="MQTT")
        if isinstance(after, int | float):
            self._timer = asyncio.get_running_loop().call_later(
                after, lambda: self.chore(self.switch(on=not on, source="timer"))
            )
        return {"was_on": was_on}

    @property
    def _level_status(self) -> dict[str, object]:
        return {"id": 1, "source": "MQTT", "output": self.level}

    async def _call_level(self, method: str, parameters: Mapping[str, object]) -> dict[str, object]:
        if method == "Switch.Set" and isinstance(on := parameters.get("on"), bool):
            was_on, self.level = self.level, on
            await self.report()
            return {"was_on": was_on}
        if method == "Switch.GetStatus":
            return self._level_status
        return {"code": _BAD_ARGUMENT, "message": "Missing or bad argument"}

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _report_phases(self) -> None:
        watts = self.watts
        power: Payload = {"id": 0, "total_act_power": watts, "total_current": watts / 230}
        await self.publish(f"{self.identity}/status/em:0", power)
        energy: Payload = {"id": 0, "total_act": self.counter.total / 1000, "total_act_ret": 0.0}
        await self.publish(f"{self.identity}/status/emdata:0", energy)

    async def _notify(self, changed: dict[str, object]) -> None:
        if self.rpc_ntf:
            await self.publish(
                f"{self.identity}/events/rpc",
                {
                    "src": self.identity,
                    "dst": f"{self.identity}/events",
                    "method": "NotifyStatus",
                    "params": {"ts": round(time(), 2), **changed},
                },
            )
