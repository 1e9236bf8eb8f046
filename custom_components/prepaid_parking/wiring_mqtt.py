"""An MQTT line at work: one client per broker, devices that push, barriers that confirm."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_PROTOCOL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import client_context

from .const import (
    CONF_CLOSE,
    CONF_CONSENT,
    CONF_FAMILY,
    CONF_INVERTED,
    CONF_KIND,
    CONF_LEVEL,
    CONF_LINE_ID,
    CONF_LINK,
    CONF_PROFILE,
    CONF_PULSE,
    CONF_RELAY,
    CONF_SITE,
    CONF_TLS,
    LINK_MQTT,
    PROTOCOL_5,
    RELAY_PROFILE,
    SUBENTRY_LINE,
)
from .coordinator import LineState, PrepaidConfigEntry
from .core.access import PlateRead
from .core.errors import DeviceError, DeviceFault
from .core.identity import MeterId
from .core.metering import Sample
from .flow_meter_mqtt import relay_settings
from .links.board_inputs import InputsTold
from .links.mqtt import MqttLine
from .links.mqtt_barrier import MqttBarrier
from .links.mqtt_client import MqttSettings
from .links.mqtt_codes import MqttCodes
from .links.mqtt_health import MqttHealth
from .links.mqtt_holder import MqttHolder
from .links.mqtt_inputs import MqttInputs, WiredTopic
from .links.mqtt_meter import MqttMeter
from .links.mqtt_relay import MqttRelay
from .links.payloads.contacts import contact_family, contact_settings
from .links.payloads.family import MeterSettings, RelaySettings, settings_of
from .links.plate_reading import PlateSettings
from .links.plates import MqttPlates
from .links.poller import Outcome
from .operations.lane_run import LaneRun
from .operations.meter_run import MeterRun

BAD_LOGIN: Final = ("[code:134]", "[code:135]")
"""How the client names a refusal for the user name or the password."""
FRESH_S: Final = 900
"""Devices that push set their own pace: five minutes is usual, three of those are believed."""


class MqttLineRun:
    """One broker: what is attached listens, what is detached is unsubscribed there."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PrepaidConfigEntry,
        subentry: ConfigSubentry,
        report: Callable[[MeterId, Outcome], None],
    ) -> None:
        """Prepare; nothing is sent before `start`."""
        self._hass = hass
        self._entry = entry
        self._line_id = subentry.subentry_id
        self._report = report
        self._meters: set[MeterId] = set()
        self._asked: dict[MeterId, MqttMeter] = {}
        self._barriers: list[MqttBarrier] = []
        self._inputs: list[MqttInputs] = []
        self.line = _line(entry, subentry)
        self.line.watch(self._on_health)

    async def start(self) -> None:
        """Connect, and connect again whenever the broker was away."""
        await self.line.start()

    def keep(self) -> None:
        """Go on collecting whatever is taken down from now on: the hub ends, its meters do not."""
        self.line.keep()

    async def stop(self) -> None:
        """Hang up; the broker goes on collecting for us."""
        for barrier in self._barriers:
            await barrier.settle()
        await self.line.stop()

    def state(self) -> LineState:
        """Return how the line is asked for its health."""
        return LineState(connected=lambda: self.line.connected, report=self._health)

    async def add_meter(self, run: MeterRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Listen to a meter; returns how to stop that."""
        meter_id = run.meter.id
        relay = None
        if data.get(CONF_RELAY, {}).get(CONF_KIND) == RELAY_PROFILE:
            settings = relay_settings(data)
            relay = MqttRelay(self.line, settings, meter_id, tested=bool(data.get(CONF_CONSENT)))
        meter = MqttMeter(
            self.line,
            settings_of(MeterSettings, {**data, "family": data[CONF_PROFILE]}),
            partial(self._told, meter_id),
            relay=relay,
        )
        run.relay = meter if relay is not None else None
        run.interval_s = max(run.interval_s, FRESH_S // 3)
        self._meters.add(meter_id)
        self._asked[meter_id] = meter
        detach = self.line.attach(meter.listener)

        def stop() -> None:
            detach()
            self._meters.discard(meter_id)
            self._asked.pop(meter_id, None)

        return stop

    async def forget(self) -> None:
        """Stop for good: the broker collects nothing for us any more."""
        await self.stop()
        with suppress(DeviceError):
            await self.line.forget()

    async def add_barrier(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a barrier behind this broker; returns how to take it away."""
        lane.barrier, stop = self._pulsed(lane.id, data)
        return stop

    async def add_holder(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a contact that holds its barrier open; returns how to take it away."""
        settings = settings_of(RelaySettings, {**data, "family": data[CONF_FAMILY]})
        holder = MqttHolder(self.line, settings, f"{lane.id}-{CONF_LEVEL}")
        detach = self.line.attach(holder.listener)
        lane.holder = holder
        return detach

    async def add_closer(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a contact that asks its barrier to close; returns how to take it away."""
        lane.closer, stop = self._pulsed(f"{lane.id}-{CONF_CLOSE}", data)
        return stop

    async def add_inputs(
        self, lane: LaneRun, inputs: Mapping[str, Mapping[str, Any]], told: InputsTold
    ) -> Callable[[], None]:
        """Listen to a lane's inputs; returns how to stop that."""
        wired = {
            name: WiredTopic(
                family=contact_family(
                    contact_settings(one), f"{self.line.identifier}-{lane.id}-{name}"
                ),
                inverted=bool(one.get(CONF_INVERTED)),
            )
            for name, one in inputs.items()
        }
        heard = MqttInputs(self.line, wired, told)
        detach = self.line.attach(heard.listener)
        self._inputs.append(heard)

        def stop() -> None:
            detach()
            self._inputs.remove(heard)

        return stop

    async def add_reader(
        self, data: Mapping[str, Any], heard: Callable[[PlateRead], None]
    ) -> Callable[[], None]:
        """Listen to a camera; returns how to stop that."""
        known = {one.name: data[one.name] for one in fields(PlateSettings) if one.name in data}
        return self.line.attach(MqttPlates(PlateSettings(**known), heard).listener)

    def add_codes(self, topic: str, path: str, told: Callable[[str], None]) -> Callable[[], None]:
        """Listen to a keypad; returns how to stop that."""
        return self.line.attach(MqttCodes(topic, path, told).listener)

    def pace(self, run: MeterRun) -> None:
        """Devices that push keep their own pace."""

    def look_again(self, run: MeterRun) -> None:
        """Ask a device to report now, where it can be asked."""
        meter = self._asked.get(run.meter.id)
        if meter is not None and self.line.connected:
            self._hass.async_create_background_task(_ask(meter), "ask meter", eager_start=True)

    def _pulsed(self, name: str, data: Mapping[str, Any]) -> tuple[MqttBarrier, Callable[[], None]]:
        settings = settings_of(RelaySettings, {**data, "family": data[CONF_FAMILY]})
        barrier = MqttBarrier(self.line, settings, name, pulse_seconds=data[CONF_PULSE])
        self._barriers.append(barrier)
        detach = self.line.attach(barrier.listener)

        def stop() -> None:
            detach()
            self._barriers.remove(barrier)

        return barrier, stop

    def _told(self, meter: MeterId, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self._report(meter, sample)

    def _on_health(self, health: MqttHealth) -> None:
        if not health.connected:
            for inputs in self._inputs:
                inputs.lost()
            for meter in self._meters:
                self._report(meter, DeviceError(DeviceFault.OFFLINE, health.detail))
        if health.fault is DeviceFault.REFUSED and health.detail.startswith(BAD_LOGIN):
            self._entry.async_start_reauth(self._hass, data={CONF_LINE_ID: self._line_id})

    def _health(self) -> dict[str, object]:
        health = self.line.health
        return {
            "subscribed": self.line.subscribed,
            "messages": health.messages,
            "bad_payloads": health.bad_payloads,
            "connects": health.connects,
            "detail": health.detail,
        }


async def forget_sessions(entry: PrepaidConfigEntry) -> None:
    """Let the brokers of a site that is removed collect nothing more for it.

    One that is away keeps what it has until it forgets it by its own rules.
    """
    lines = [
        _line(entry, subentry)
        for subentry in entry.get_subentries_of_type(SUBENTRY_LINE)
        if subentry.data[CONF_LINK] == LINK_MQTT
    ]
    await asyncio.gather(*(line.forget() for line in lines), return_exceptions=True)


def _line(entry: PrepaidConfigEntry, subentry: ConfigSubentry) -> MqttLine:
    data = subentry.data
    return MqttLine(
        MqttSettings(
            host=data[CONF_HOST],
            port=data[CONF_PORT],
            identifier=f"prepaid-{entry.data[CONF_SITE][:16]}-{subentry.subentry_id}",
            username=data[CONF_USERNAME] or None,
            password=data[CONF_PASSWORD] or None,
            version_5=data[CONF_PROTOCOL] == PROTOCOL_5,
        ),
        tls=client_context() if data[CONF_TLS] else None,
    )


async def _ask(meter: MqttMeter) -> None:
    try:
        await meter.ask()
    except DeviceError:
        return
