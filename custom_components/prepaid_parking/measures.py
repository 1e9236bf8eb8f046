"""What a meter's numbers are called and in which unit the hub gets them.

The total is the billed register in the commodity's display unit, exact; the other values are for
people and switched off at first, because nobody needs every voltage of two hundred meters recorded.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfLength,
    UnitOfMass,
    UnitOfPower,
    UnitOfPressure,
    UnitOfReactiveEnergy,
    UnitOfReactivePower,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
    UnitOfVolumeFlowRate,
)

from .core.metering import BASE_PER_UNIT, Commodity, Quantity
from .core.wallet import Meter

KILOGRAM: Final = 1_000
"""The hub knows no tonne: mass is shown in kilograms, one of which is so many grams."""


def _total(
    key: str, device_class: SensorDeviceClass | None, unit: str, digits: int
) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=digits,
    )


ENERGY: Final = _total("energy", SensorDeviceClass.ENERGY, UnitOfEnergy.KILO_WATT_HOUR, 2)
HEAT: Final = _total("heat", SensorDeviceClass.ENERGY, UnitOfEnergy.KILO_WATT_HOUR, 2)
WATER: Final = _total("volume", SensorDeviceClass.WATER, UnitOfVolume.CUBIC_METERS, 3)
GAS: Final = _total("volume", SensorDeviceClass.GAS, UnitOfVolume.CUBIC_METERS, 3)
TOTALS: Final[Mapping[Quantity, SensorEntityDescription]] = {
    Quantity.ENERGY: ENERGY,
    Quantity.REACTIVE: _total(
        "reactive_energy",
        SensorDeviceClass.REACTIVE_ENERGY,
        UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR,
        2,
    ),
    Quantity.VOLUME: _total("volume", SensorDeviceClass.VOLUME, UnitOfVolume.CUBIC_METERS, 3),
    Quantity.MASS: _total("mass", SensorDeviceClass.WEIGHT, UnitOfMass.KILOGRAMS, 0),
    Quantity.DURATION: _total("runtime", SensorDeviceClass.DURATION, UnitOfTime.HOURS, 1),
    Quantity.LENGTH: _total("distance", SensorDeviceClass.DISTANCE, UnitOfLength.KILOMETERS, 1),
    Quantity.COUNT: _total("count", None, "pcs", 0),
}
ENERGY_BUT: Final[Mapping[Commodity, SensorEntityDescription]] = {
    Commodity.HEAT: HEAT,
    Commodity.STEAM: HEAT,
}
VOLUME_BUT: Final[Mapping[Commodity, SensorEntityDescription]] = {
    Commodity.WATER: WATER,
    Commodity.GAS: GAS,
}

TOTAL_KEYS: Final = frozenset(
    one.key for one in (*TOTALS.values(), *ENERGY_BUT.values(), *VOLUME_BUT.values())
)


def total_of(meter: Meter) -> SensorEntityDescription:
    """Return how a meter's total is shown."""
    known = TOTALS[meter.quantity]
    if meter.quantity is Quantity.ENERGY:
        return ENERGY_BUT.get(meter.commodity, known)
    if meter.quantity is Quantity.VOLUME:
        return VOLUME_BUT.get(meter.commodity, known)
    return known


def shown_total(register: int, quantity: Quantity) -> Decimal:
    """Return a register in the unit the hub shows, exactly."""
    base = KILOGRAM if quantity is Quantity.MASS else BASE_PER_UNIT[quantity]
    return Decimal(register) / base


def _value(
    key: str,
    device_class: SensorDeviceClass | None,
    unit: str | None,
    digits: int,
    *,
    shown: bool = False,
    counter: bool = False,
) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.TOTAL_INCREASING if counter else SensorStateClass.MEASUREMENT,
        suggested_display_precision=digits,
        entity_registry_enabled_default=shown,
        entity_category=None if shown else EntityCategory.DIAGNOSTIC,
    )


VALUES: Final[Mapping[str, SensorEntityDescription]] = {
    one.key: one
    for one in (
        _value("power", SensorDeviceClass.POWER, UnitOfPower.WATT, 0, shown=True),
        _value(
            "flow",
            SensorDeviceClass.VOLUME_FLOW_RATE,
            UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR,
            3,
            shown=True,
        ),
        _value("mass_flow", None, "kg/h", 0, shown=True),
        *(
            _value(f"voltage_l{phase}", SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, 1)
            for phase in (1, 2, 3)
        ),
        *(
            _value(f"current_l{phase}", SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE, 2)
            for phase in (1, 2, 3)
        ),
        *(
            _value(f"power_l{phase}", SensorDeviceClass.POWER, UnitOfPower.WATT, 0)
            for phase in (1, 2, 3)
        ),
        _value(
            "reactive_power",
            SensorDeviceClass.REACTIVE_POWER,
            UnitOfReactivePower.VOLT_AMPERE_REACTIVE,
            0,
        ),
        _value(
            "apparent_power", SensorDeviceClass.APPARENT_POWER, UnitOfApparentPower.VOLT_AMPERE, 0
        ),
        _value("power_factor", SensorDeviceClass.POWER_FACTOR, None, 2),
        _value("frequency", SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ, 2),
        _value(
            "energy_import",
            SensorDeviceClass.ENERGY,
            UnitOfEnergy.KILO_WATT_HOUR,
            2,
            counter=True,
        ),
        _value(
            "energy_export",
            SensorDeviceClass.ENERGY,
            UnitOfEnergy.KILO_WATT_HOUR,
            2,
            counter=True,
        ),
        _value(
            "heat_energy",
            SensorDeviceClass.ENERGY,
            UnitOfEnergy.KILO_WATT_HOUR,
            2,
            counter=True,
        ),
        _value(
            "volume_reverse",
            SensorDeviceClass.VOLUME,
            UnitOfVolume.CUBIC_METERS,
            3,
            counter=True,
        ),
        _value("pressure", SensorDeviceClass.PRESSURE, UnitOfPressure.BAR, 2),
        _value("temperature", SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS, 1),
        _value("battery_voltage", SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, 2),
        _value("own_balance", None, None, 2),
        _value("own_purchases", None, None, 0),
        _value("alarms", None, None, 0),
        _value("tamper", None, None, 0),
    )
}
"""The values that a profile may offer, by name, in the units the links hand them on in."""
