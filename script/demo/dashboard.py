"""The demo's dashboard: cards that every hub has, and nothing of our own.

Entities are found by what the integration calls them for good, their unique ids, because a user may
rename the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO, DemoMeter, DemoWallet

from . import tables
from .client import Data, Hub
from .past import POWER, write_past
from .tenants import CONTRACTS, ENTERPRISE, TENANTS, unit_of
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

    @property
    def meters(self) -> dict[str, str]:
        """Return by their ids what the meters are called within their unit."""
        return {self.things[one.name]: _within(one) for one in DEMO.meters}

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
    views = [_supply(names), _money(names), _house(names), _meters(names), _parking(names)]
    config: Data = {"title": _TITLE, "views": views}
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
    await write_past(hub, {one.name: used_statistic(names, one) for one in POWER})
    # The lists are asked for by the minute; whoever has just arrived does not wait for it.
    await hub.ask("fire_event", event_type="demo_lists")
    return True


def used_statistic(names: Names, meter: DemoMeter) -> str:
    """Return the statistic of what a meter used by the hour."""
    return f"prepaid_parking:{names.site[:8]}_{names.things[meter.name]}_used"


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
        _tile(state, "Wallet"),
        _tile(names.of(heavy.name, "power"), "Drawn now", icon="mdi:flash", colour="amber"),
        _tile(supply, "Supply"),
        _top_up(names.things[_wallet_key(wallet.purpose, unit_of(wallet))]),
        _history("Left to use", [(available, "Left to use")], _QUARTER_H),
        _history("How it stands", [(state, "Wallet"), (supply, "Supply")], _QUARTER_H),
    ]
    lists = [
        _heading("Cut by the end of tomorrow", "mdi:content-cut"),
        tables.cuts(),
        _heading("Wallets", "mdi:wallet-outline"),
        tables.wallets(
            [
                (
                    unit_of(one) + ("" if one.purpose == "utility" else f", {one.purpose}"),
                    *(names.wallet(one, key) for key in ("available", "state", "days_left")),
                )
                for one in DEMO.wallets
            ]
        ),
    ]
    tenants = [one for one in DEMO.wallets if one.purpose == "utility"]
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
    return _view("Supply", "supply", story, lists, site)


def _money(names: Names) -> Data:
    flat = next(one for one in DEMO.wallets if one.key == "flat_3_101")
    business = next(one for one in DEMO.wallets if one.key == ENTERPRISE)
    home = [
        _heading(f"{flat.name}: day and night, tiers on top", "mdi:stairs-up"),
        *_owner(names, flat),
        tables.usage("sensor.use_of_a_home", names.meters),
        _heading(f"{business.name}: an enterprise, three meters", "mdi:domain"),
        *_owner(names, business),
        tables.usage("sensor.use_of_a_business", names.meters),
    ]
    used = [{"entity": used_statistic(names, one), "name": one.name} for one in POWER]
    trends = [
        _heading("Trends", "mdi:chart-bar"),
        _statistics("Used by the hour", used, "hour", 2),
        _statistics("Used by the day", used, "day", 8),
    ]
    prices = [_heading("What everything costs", "mdi:tag-multiple"), tables.prices()]
    return _view("Prices", "prices", home, trends, prices)


def _house(names: Names) -> Data:
    contract = next(one for one in DEMO.wallets if one.key == CONTRACTS)
    special = next(one for one in DEMO.wallets if TENANTS[one.key].exempt_quota)
    id_ = names.things[_wallet_key(contract.purpose, unit_of(contract))]
    on_quota = names.wallet(special, "on_exemption")
    quota = TENANTS[special.key].exempt_quota
    bills = [
        _heading("Bills", "mdi:file-document-multiple"),
        _tile(names.wallet(contract, "open_bills"), "Open", icon="mdi:file-clock-outline"),
        _tile(names.wallet(contract, "available"), "To pay them with", icon="mdi:wallet"),
        tables.bills(),
        _heading("Units", "mdi:door"),
        tables.units(),
    ]
    washes = [
        _heading("A card of ten washes", "mdi:washing-machine"),
        _tile(
            names.wallet(contract, "uses"),
            "Washes left",
            icon="mdi:washing-machine",
            columns=_WHOLE,
        ),
        _action("Wash once", "mdi:hand-wave", "use_package", {"wallet": id_}),
        _heading(f"{special.name}: a special wallet", "mdi:shield-account"),
        _tile(names.wallet(special, "available"), "Left to use", icon="mdi:wallet"),
        _tile(on_quota, "On its quota", icon="mdi:shield-check"),
        {
            "type": "markdown",
            "content": (
                f"It may owe {quota} {DEMO.currency} before anything is cut; used of it: "
                f"{{{{ state_attr('{on_quota}', 'used') or '0.00' }}}}. "
                "The next top-up pays that back first."
            ),
            "grid_options": {"columns": "full"},
        },
        _logbook("What happened", [names.wallet(contract, "activity")]),
    ]
    return _view("House", "house", bills, washes)


def _owner(names: Names, wallet: DemoWallet) -> list[Data]:
    meters = [one for one in DEMO.meters if one.wallet == wallet.key]
    return [
        _tile(names.wallet(wallet, "available"), "Left to use", colour="green", icon="mdi:wallet"),
        _tile(names.wallet(wallet, "days_left"), "Days left", icon="mdi:calendar-clock"),
        *(
            _tile(
                names.of(one.name, "cost_today"),
                f"{one.name}: cost today",
                icon=_ICONS[one.commodity],
                columns=_WHOLE,
            )
            for one in meters
        ),
    ]


def _within(meter: DemoMeter) -> str:
    """Return what a meter is called within its unit: `Laundry 0-03 steam` is steam."""
    return meter.name.split(maxsplit=2)[2]


def _statistics(title: str, entities: list[Data], period: str, days: int) -> Data:
    return {
        "type": "statistics-graph",
        "title": title,
        "entities": entities,
        "chart_type": "bar",
        "stat_types": ["change"],
        "period": period,
        "days_to_show": days,
        "hide_legend": period == "day",
        "grid_options": {"columns": "full"},
    }


def _meters(names: Names) -> Data:
    sections = []
    for line in DEMO.lines:
        cards = [_heading(f"{line.name}, on Modbus", "mdi:lan")]
        for meter in (one for one in DEMO.meters if one.line == line.key):
            cards += _meter(names, meter)
        sections.append(cards)
    powers = [(names.of(one.name, "power"), one.name) for one in POWER]
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
        cards.append(_tile(supply, "Supply"))
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
            _tile(names.wallet(wallet, "state"), "Wallet"),
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


def _tile(
    entity: str,
    name: str,
    *,
    icon: str | None = None,
    colour: str | None = None,
    columns: int = _HALF,
) -> Data:
    """Show a state; without an icon, the one that goes with the state."""
    return {
        "type": "tile",
        "entity": entity,
        "name": name,
        **({"icon": icon} if icon else {}),
        **({"color": colour} if colour else {}),
        "grid_options": {"columns": columns},
    }


def _top_up(wallet: str) -> Data:
    data = {"wallet": wallet, "amount": _TOP_UP}
    return _action(f"Top up {_TOP_UP} {DEMO.currency}", "mdi:cash-plus", "top_up", data)


def _action(name: str, icon: str, action: str, data: Data) -> Data:
    return {
        "type": "button",
        "name": name,
        "icon": icon,
        "show_state": False,
        "icon_height": "24px",
        "tap_action": {
            "action": "perform-action",
            "perform_action": f"prepaid_parking.{action}",
            "data": data,
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
