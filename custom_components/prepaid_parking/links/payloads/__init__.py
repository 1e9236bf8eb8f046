"""The families of MQTT devices, by name. A new family is one file and one line here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ...core.errors import CoreError
from ..units import check_unit
from . import chirpstack, esphome, generic, shelly, tasmota, zigbee2mqtt
from .family import MeterFamily, MeterSettings, RelayFamily, RelaySettings

METERS: Final[Mapping[str, MeterFamily]] = {
    one.METER.key: one.METER for one in (tasmota, shelly, zigbee2mqtt, esphome, chirpstack, generic)
}

RELAYS: Final[Mapping[str, type[RelayFamily]]] = {
    one.key: one
    for one in (
        tasmota.TasmotaRelay,
        shelly.ShellyRelay,
        zigbee2mqtt.Zigbee2MqttRelay,
        esphome.EspHomeRelay,
        chirpstack.ChirpStackRelay,
        generic.GenericRelay,
    )
}


def meter_family(settings: MeterSettings) -> tuple[MeterFamily, MeterSettings]:
    """Return a meter's family and its settings with the unit filled in and checked."""
    family = METERS.get(settings.family)
    if family is None:
        raise CoreError("family_unknown", family=settings.family)
    unit = settings.unit or family.units.get(settings.quantity, "")
    return family, replace(settings, unit=check_unit(unit, settings.quantity))


def relay_family(settings: RelaySettings, source: str) -> RelayFamily:
    """Return how a relay is spoken to; `source` is our own name for its answers."""
    family = RELAYS.get(settings.family)
    if family is None:
        raise CoreError("family_unknown", family=settings.family)
    return family(settings, source)
