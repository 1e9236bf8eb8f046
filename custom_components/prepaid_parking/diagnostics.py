"""Diagnostics: what helps to find a fault, without a name, a plate, a number or a secret in it."""

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.proof import Proof
from .operations.meter_run import MeterRun
from .operations.overview import overview
from .operations.proving import proof_view
from .operations.reports import meter_view
from .operations.site import Site
from .operations.watching import state_of
from .store.sqlite import sqlite_is_sound, sqlite_version
from .troubles import troubles

TO_REDACT: Final = {
    "address",
    "app",
    "code",
    "coil_topic",
    "device",
    "expected",
    "found",
    "host",
    "key_id",
    "held_by",
    "held_reason",
    "locked_out_by",
    "merchant",
    "name",
    "password",
    "pay_proxies",
    "pay_url",
    "prefix",
    "serial",
    "subject",
    "title",
    "topic",
    "unique_id",
    "username",
    "webhook_id",
}
"""Names of flats and serial numbers tell whose meter it is; addresses and logins open the way to it."""


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001
    entry: PrepaidConfigEntry,
) -> dict[str, Any]:
    """Return how a site is set up and how it stands."""
    data = entry.runtime_data
    site, books = data.site, data.books
    now = overview(site)
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "books": {
            "state": str(books.state),
            "problem": books.problem,
            "sqlite": {"version": sqlite_version(), "sound": sqlite_is_sound()},
            "troubles": troubles(site),
            "proof": _proof(site, site.proof),
            "statement": _proof(site, site.audited),
        },
        "site": {
            "currency": site.currency.code,
            "clock_ok": site.clock_ok,
            "can_pay": site.can_pay,
            "emergency": site.emergency,
            "wallets": dict(Counter(str(state_of(site, run)) for run in site.wallets.values())),
            "wallets_exposed": sum(run.wallet.exposed for run in site.wallets.values()),
            "cards": len(site.cards),
            "meters_read": now.meters_read,
            "entities_refused": data.room.refused,
        },
        "rules": {
            "tariffs": {tariff: len(one.versions) for tariff, one in site.tariffs.items()},
            "policies": {
                policy: asdict(versions[-1]) for policy, versions in site.policies.items()
            },
        },
        "lines": {
            key: {"connected": line.connected(), **line.report()}
            for key, line in data.lines.items()
        },
        "payments": {
            "channels": [
                {"channel": run.key, "kind": str(run.kind), "trouble": run.trouble}
                for run in site.paying.channels.values()
            ],
            "without_keys": sorted(data.pay.idle),
            "orders": dict(Counter(str(one.state) for one in site.paying.orders.values())),
            "without_place": len(site.paying.unmatched),
            "port": {"open": data.pay.port != 0, "trouble": data.pay.trouble},
        },
        "meters": [_meter(run) for run in site.meters.values()],
        "lanes": [
            {"lane": run.id, "direction": run.direction, "barrier": run.barrier is not None}
            for run in site.lanes.values()
        ],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001
    entry: PrepaidConfigEntry,
    device: dr.AnyDeviceEntry,
) -> dict[str, Any]:
    """Return how a meter stands; other devices have nothing that the site's do not say."""
    site = entry.runtime_data.site
    return {"meters": [_meter(run) for run in _meters_of(site, entry, device)]}


def _proof(site: Site, proof: Proof | None) -> dict[str, Any] | None:
    return None if proof is None else proof_view(site, proof)


def _meters_of(site: Site, entry: PrepaidConfigEntry, device: dr.AnyDeviceEntry) -> list[MeterRun]:
    return [
        run
        for run in site.meters.values()
        if (DOMAIN, f"{entry.unique_id}_{run.meter.id}") in device.identifiers
    ]


def _meter(run: MeterRun) -> dict[str, Any]:
    command = run.command
    return {
        **async_redact_data(meter_view(run), TO_REDACT),
        "quantity": str(run.meter.quantity),
        "interval_s": run.interval_s,
        "seen": run.seen,
        "written_today": run.written_today,
        "unposted_minor": run.unposted_minor,
        "command": None
        if command is None
        else {"on": command.on, "tries": command.tries, "refused": command.refused},
        "values": dict(run.values),
    }
