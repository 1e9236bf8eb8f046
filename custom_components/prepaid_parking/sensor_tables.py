"""The tables of sensors: what each reads, in the order people look at them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime

from .core.category import Category
from .core.money import price_text
from .core.policy import WalletState
from .core.supply import SupplyState
from .core.wallet import Purpose
from .operations.arrears import arrears_of, open_bills
from .operations.bill_views import open_bills as listed_bills
from .operations.forecast import cut_expected_at, days_left, empty_at
from .operations.lots import uses_left
from .operations.overview import (
    cost_month,
    cost_today,
    price_micro,
    revenue_today,
)
from .operations.site import Site
from .operations.watching import cutoff_of, state_of
from .sensor_description import PrepaidSensorDescription, money_sensor
from .things import LineThing, MeterThing, SiteThing, Thing, WalletThing


def _supply_state(state: SupplyState) -> str | None:
    """Name a supply's state; nobody knows is the hub's own word."""
    return None if state is SupplyState.UNKNOWN else str(state)


def _reason(thing: MeterThing) -> Mapping[str, Any] | None:
    """Say why a supply stands as it does."""
    decision = thing.run.decision
    return None if decision is None else {"reason": str(decision.why)}


def _number(thing: LineThing, name: str) -> float | int | None:
    """Return a number of a line's report."""
    value = thing.state.report().get(name)
    return value if isinstance(value, int | float) else None


def _price(thing: MeterThing) -> str | None:
    micro = price_micro(thing.site, thing.run, thing.now)
    return None if micro is None else price_text(micro)


def _packages(thing: WalletThing) -> Mapping[str, Any]:
    """Say of each package what is left and until when: who looks after a child sees the rest."""
    return {
        "packages": [
            {
                "package": one.id,
                "tariff": one.tariff,
                "left": one.left,
                "valid_until": one.valid_until.isoformat() if one.valid_until else None,
            }
            for one in thing.site.using.packages.values()
            if one.wallet == thing.id
        ]
    }


def _unreconciled(site: Site) -> int:
    """Return what has come without a place, and what differs from the providers' files."""
    lost = sum(one.left_minor for one in site.paying.unmatched.values())
    return lost + site.settling.unreconciled_minor


def _by_category(thing: Thing, owed: Mapping[Category, int]) -> Mapping[str, Any]:
    """Say what is owed for what, in decimal text."""
    return {str(one): thing.site.currency.text(amount) for one, amount in owed.items()}


def _ends(thing: WalletThing) -> Mapping[str, Any]:
    """Say when the money will probably be used up, and when a supply would be cut then."""
    return {
        "empty_at": _whole_minute(empty_at(thing.site, thing.run)),
        "cut_expected_at": _whole_minute(cut_expected_at(thing.site, thing.run)),
    }


def _whole_minute(at: datetime | None) -> datetime | None:
    """Drop the seconds: what counts down by the second would be written every second."""
    return None if at is None else at.replace(second=0, microsecond=0)


METER: Final[tuple[PrepaidSensorDescription[MeterThing], ...]] = (
    PrepaidSensorDescription(
        key="supply_state",
        device_class=SensorDeviceClass.ENUM,
        options=[str(state) for state in SupplyState if state is not SupplyState.UNKNOWN],
        has_fn=lambda thing: thing.switched,
        value_fn=lambda thing: _supply_state(thing.run.state),
        more_fn=_reason,
    ),
    money_sensor(
        "cost_today",
        lambda thing: cost_today(thing.run, thing.data.tally, thing.now),
        lambda thing: thing.midnight,
    ),
    money_sensor(
        "cost_month",
        lambda thing: cost_month(thing.run, thing.data.tally, thing.now),
        lambda thing: thing.midnight.replace(day=1),
    ),
    PrepaidSensorDescription(
        key="price",
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=4,
        value_fn=_price,
    ),
    PrepaidSensorDescription(
        key="last_reading",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda thing: thing.run.good_at,
    ),
)

WALLET: Final[tuple[PrepaidSensorDescription[WalletThing], ...]] = (
    money_sensor("balance", lambda thing: thing.run.balance_minor),
    money_sensor("available", lambda thing: thing.run.available_minor),
    PrepaidSensorDescription(
        key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[str(state) for state in WalletState],
        value_fn=lambda thing: str(state_of(thing.site, thing.run)),
    ),
    PrepaidSensorDescription(
        key="days_left",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=1,
        value_fn=lambda thing: days_left(thing.site, thing.run, thing.now),
        more_fn=_ends,
    ),
    PrepaidSensorDescription(
        key="cutoff_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda thing: _whole_minute(cutoff_of(thing.site, thing.run)),
    ),
    money_sensor(
        "arrears",
        lambda thing: arrears_of(thing.run).total(),
        more_fn=lambda thing: _by_category(thing, arrears_of(thing.run)),
    ),
    PrepaidSensorDescription(
        key="open_bills",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda thing: open_bills(thing.run),
        more_fn=lambda thing: {"bills": listed_bills(thing.site, thing.run)},
    ),
    PrepaidSensorDescription(
        key="uses",
        state_class=SensorStateClass.MEASUREMENT,
        has_fn=lambda thing: thing.run.wallet.purpose is not Purpose.UTILITY,
        value_fn=lambda thing: uses_left(thing.run),
        more_fn=_packages,
    ),
)


def _collected(thing: SiteThing) -> dict[str, Any]:
    """Return what the rate is made of: what was due this month until today, and what came of it."""
    found = thing.site.billing.collected
    return {
        "due": str(thing.money(found.due_minor)),
        "collected": str(thing.money(found.paid_minor)),
        "open": str(thing.money(found.open_minor)),
    }


SITE: Final[tuple[PrepaidSensorDescription[SiteThing], ...]] = (
    money_sensor("float_total", lambda thing: thing.overview.float_minor),
    money_sensor(
        "arrears",
        lambda thing: thing.overview.arrears_minor,
        more_fn=lambda thing: _by_category(thing, thing.overview.arrears),
    ),
    money_sensor(
        "revenue_today",
        lambda thing: revenue_today(thing.site, thing.data.tally, thing.now),
        lambda thing: thing.midnight,
    ),
    money_sensor("unreconciled", lambda thing: _unreconciled(thing.site)),
    PrepaidSensorDescription(
        key="wallets_low",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda thing: thing.overview.wallets_low,
    ),
    PrepaidSensorDescription(
        key="reading_rate",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=lambda thing: thing.overview.reading_percent,
    ),
    PrepaidSensorDescription(
        key="collection_rate",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda thing: thing.site.billing.collected.percent,
        more_fn=_collected,
    ),
    PrepaidSensorDescription(
        key="lab_progress",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=lambda thing: trial.percent if (trial := thing.site.outlook.trial) else None,
    ),
)


LINE: Final[tuple[PrepaidSensorDescription[LineThing], ...]] = (
    PrepaidSensorDescription(
        key="latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=0,
        has_fn=lambda thing: "latency" in thing.state.report(),
        value_fn=lambda thing: _number(thing, "latency"),
    ),
    PrepaidSensorDescription(
        key="failures",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda thing: "failures" in thing.state.report(),
        value_fn=lambda thing: _number(thing, "failures"),
    ),
    PrepaidSensorDescription(
        key="backed_off",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=lambda thing: "backed_off" in thing.state.report(),
        value_fn=lambda thing: _number(thing, "backed_off"),
    ),
)
