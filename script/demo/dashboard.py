"""The demo's dashboard: cards that every hub has, and nothing of our own.

Entities are found by what the integration calls them for good, their unique ids, because a user may
rename the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO, DemoMeter, DemoWallet

from .client import Data, Hub
from .tenants import CONTRACTS, TENANTS, unit_of
from .trouble import DemoError

PATH: Final = "demo-site"
_TITLE: Final = DEMO.name
_QUARTER_H: Final = 0.25
_HOUR: Final = 1
_HALF: Final = 6
_WHOLE: Final = 12
"""Columns of a section's grid."""
_TOP_UP: Final = "2.00"
_ICONS: Final = {
    "electricity": "mdi:meter-electric",
    "water": "mdi:water",
    "steam": "mdi:kettle-steam",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the hub calls the entities of the site's things."""

    site: str
    entities: Mapping[str, str]
    things: Mapping[str, str]
    """Ids of meters and lanes by their names, of wallets by purpose and unit."""

    def entity(self, thing: str, key: str) -> str:
        """Return the entity of a thing."""
        unique_id = f"{self.site}_{thing}_{key}"
        if unique_id not in self.entities:
            message = f"The hub has no entity {key!r} of {thing!r}, which the dashboard shows."
            raise DemoError(message)
        return self.entities[unique_id]

    def of(self, name: str, key: str) -> str:
        """Return the entity of a meter or a lane by its name."""
        return self.entity(self.things[name], key)

    def maybe(self, name: str, *keys: str) -> str | None:
        """Return the first of several entities that a thing has."""
        ids = (f"{self.site}_{self.things[name]}_{key}" for key in keys)
        return next((self.entities[one] for one in ids if one in self.entities), None)

    def wallet(self, wallet: DemoWallet, key: str) -> str:
        """Return the entity of a wallet."""
        return self.entity(self.things[_wallet_key(wallet.purpose, unit_of(wallet))], key)


async def write_dashboard(hub: Hub, entry: str) -> bool:
    """Write the dashboard where it is missing or another; tells whether it did."""
    names = await _names(hub, entry)
    config: Data = {"title": _TITLE, "views": [_supply(names), _meters(names), _parking(names)]}
    known = {one["url_path"] for one in await hub.ask("lovelace/dashboards/list")}
    if PATH not in known:
        await hub.ask(
            "lovelace/dashboards/create",
            url_path=PATH,
            title=_TITLE,
            icon="mdi:office-building",
            mode="storage",
        )
        # Whoever opens the hub's address wants to see the demo first.
        await hub.ask("frontend/set_system_data", key="core", value={"default_panel": PATH})
    elif await hub.ask("lovelace/config", url_path=PATH, force=True) == config:
        return False
    await hub.ask("lovelace/config/save", url_path=PATH, config=config)
    return True


async def _names(hub: Hub, entry: str) -> Names:
    devices = await hub.ask("config/device_registry/list")
    entities = await hub.ask("config/entity_registry/list")
    ours = [one for one in entities if one["config_entry_id"] == entry]
    wallets = (await hub.act("list_wallets"))["wallets"]
    site = next(one["unique_id"] for one in ours if one["unique_id"].endswith("_site_float_total"))
    return Names(
        site=site.removesuffix("_site_float_total"),
        entities={one["unique_id"]: one["entity_id"] for one in ours if not one["disabled_by"]},
        things={
            one["name"]: one["model_id"]
            for one in devices
            if one["model_id"] and entry in (one.get("config_entry_id"), *one["config_entries"])
        }
        | {_wallet_key(one["purpose"], one["unit"]): one["wallet"] for one in wallets},
    )


def _supply(names: Names) -> Data:
    heavy = next(one for one in DEMO.meters if one.serial == DEMO.heavy.serial)
    wallet = next(one for one in DEMO.wallets if one.key == heavy.wallet)
    available, state = names.wallet(wallet, "available"), names.wallet(wallet, "state")
    supply = names.of(heavy.name, "supply_state")
    story = [
        _heading(wallet.name, "mdi:bread-slice"),
        _tile(available, "Left to use", colour="green", icon="mdi:wallet"),
        _tile(state, "Wallet", icon="mdi:scale-balance"),
        _tile(names.of(heavy.name, "power"), "Drawn now", icon="mdi:flash", colour="amber"),
        _tile(supply, "Supply", icon="mdi:electric-switch"),
        _top_up(names.things[_wallet_key(wallet.purpose, unit_of(wallet))]),
        _history("Left to use", [(available, "Left to use")], _QUARTER_H),
        _history("How it stands", [(state, "Wallet"), (supply, "Supply")], _QUARTER_H),
    ]
    tenants = [one for one in DEMO.wallets if one.purpose == "utility"]
    wallets = [_heading("Wallets", "mdi:wallet-outline")]
    for one in tenants:
        wallets += [
            _tile(names.wallet(one, "available"), one.name, colour="green", icon="mdi:wallet"),
            _tile(names.wallet(one, "state"), "Wallet", icon="mdi:scale-balance"),
        ]
    contract = next(one for one in DEMO.wallets if one.key == CONTRACTS)
    special = next(one for one in DEMO.wallets if TENANTS[one.key].exempt_quota)
    flat = next(one for one in DEMO.meters if one.wallet == "flat_3_101")
    wallets += [
        _heading("Prices and packages", "mdi:tag-multiple"),
        _tile(names.of(flat.name, "cost_month"), "Flat 3-101, this month", icon="mdi:cash"),
        _tile(names.wallet(contract, "uses"), "Washes left", icon="mdi:washing-machine"),
        _tile(names.wallet(contract, "open_bills"), "House fee to pay", icon="mdi:file-document"),
        _tile(names.wallet(special, "on_exemption"), f"{special.name}: quota", icon="mdi:shield"),
    ]
    supplies = [one for one in (names.maybe(m.name, "supply_state") for m in DEMO.meters) if one]
    site = [
        _heading("Whole site", "mdi:office-building"),
        _tile(names.entity("site", "float_total"), "Prepaid", icon="mdi:safe"),
        _tile(names.entity("site", "revenue_today"), "Charged today", icon="mdi:cash-register"),
        _tile(names.entity("site", "wallets_low"), "Low wallets", icon="mdi:wallet-outline"),
        _tile(names.entity("site", "arrears"), "Owed to us", icon="mdi:alert-circle-outline"),
        _tile(names.entity("site", "reading_rate"), "Meters read", icon="mdi:counter"),
        _tile(names.entity("site", "ledger"), "Books", icon="mdi:book-check-outline"),
        _logbook("What happened", [*(names.wallet(one, "state") for one in tenants), *supplies]),
    ]
    return _view("Supply", "supply", story, wallets, site)


def _meters(names: Names) -> Data:
    sections = []
    for line in DEMO.lines:
        cards = [_heading(f"{line.name}, on Modbus", "mdi:lan")]
        for meter in (one for one in DEMO.meters if one.line == line.key):
            cards += _meter(names, meter)
        sections.append(cards)
    powers = [
        (names.of(one.name, "power"), one.name)
        for one in DEMO.meters
        if one.commodity == "electricity"
    ]
    sections.append([_heading("Load", "mdi:chart-line"), _history("Power", powers, _HOUR)])
    return _view("Meters", "meters", *sections)


def _meter(names: Names, meter: DemoMeter) -> list[Data]:
    total = names.maybe(meter.name, "energy", "volume", "mass")
    flow = names.maybe(meter.name, "mass_flow", "flow", "power")
    supply = names.maybe(meter.name, "supply")
    if total is None or flow is None:
        message = f"{meter.name} has not told how much flows, which the dashboard shows."
        raise DemoError(message)
    cards = [
        {"type": "heading", "heading": meter.name, "heading_style": "subtitle"},
        _tile(total, "Counted", icon=_ICONS[meter.commodity]),
        _tile(flow, "Now", icon="mdi:gauge"),
        _tile(names.of(meter.name, "cost_today"), "Cost today", icon="mdi:cash"),
    ]
    if supply is not None:
        cards.append(_tile(supply, "Supply", icon="mdi:electric-switch"))
    return cards


def _parking(names: Names) -> Data:
    sections = []
    for lane in DEMO.lanes:
        passage = names.of(lane.name, "passage")
        barrier = _tile(names.of(lane.name, "barrier"), "Barrier", icon="mdi:boom-gate")
        sections.append(
            [
                _heading(lane.name, "mdi:boom-gate"),
                barrier
                | {
                    "features": [{"type": "cover-open-close"}],
                    "features_position": "inline",
                    "grid_options": {"columns": _WHOLE},
                },
                _tile(names.of(lane.name, "last_plate"), "Last plate", icon="mdi:car-back"),
                _tile(passage, "Last car", icon="mdi:car-arrow-right")
                | {"state_content": ["event_type"]},
                _logbook("Cars", [passage]),
            ]
        )
    tenants = [one for one in DEMO.wallets if one.purpose == "parking"]
    cards = [_heading("Parking wallets", "mdi:wallet-outline")]
    for wallet in tenants:
        available = names.wallet(wallet, "available")
        cards += [
            _tile(available, unit_of(wallet), colour="blue", icon="mdi:wallet"),
            _tile(names.wallet(wallet, "state"), "Wallet", icon="mdi:scale-balance"),
        ]
    balances = [(names.wallet(one, "available"), unit_of(one)) for one in tenants]
    cards.append(_history("Left to use", balances, _HOUR))
    return _view("Parking", "parking", *sections, cards)


def _view(title: str, path: str, *sections: list[Data]) -> Data:
    return {
        "title": title,
        "path": path,
        "type": "sections",
        "max_columns": len(sections),
        "sections": [{"type": "grid", "cards": cards} for cards in sections],
    }


def _heading(text: str, icon: str) -> Data:
    return {"type": "heading", "heading": text, "icon": icon}


def _tile(entity: str, name: str, *, icon: str, colour: str | None = None) -> Data:
    return {
        "type": "tile",
        "entity": entity,
        "name": name,
        "icon": icon,
        **({"color": colour} if colour else {}),
        "grid_options": {"columns": _HALF},
    }


def _top_up(wallet: str) -> Data:
    return {
        "type": "button",
        "name": f"Top up {_TOP_UP} {DEMO.currency}",
        "icon": "mdi:cash-plus",
        "show_state": False,
        "icon_height": "24px",
        "tap_action": {
            "action": "perform-action",
            "perform_action": "prepaid_parking.top_up",
            "data": {"wallet": wallet, "amount": _TOP_UP},
        },
        "grid_options": {"columns": _WHOLE, "rows": 2},
    }


def _history(title: str, entities: list[tuple[str, str]], hours: float) -> Data:
    return {
        "type": "history-graph",
        "title": title,
        "hours_to_show": hours,
        "entities": [{"entity": entity, "name": name} for entity, name in entities],
        "grid_options": {"columns": "full"},
    }


def _logbook(title: str, entities: list[str]) -> Data:
    return {
        "type": "logbook",
        "title": title,
        "hours_to_show": _HOUR,
        "target": {"entity_id": entities},
        "grid_options": {"columns": "full", "rows": 6},
    }


def _wallet_key(purpose: str, unit: str) -> str:
    return f"{purpose}/{unit}"
