"""The demo's dashboard: cards that every hub has, and nothing of our own."""

from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO, DemoMeter, DemoWallet

from . import tables
from .cards import HOUR, WHOLE, action, heading, history, logbook, tile, view
from .client import Data, Hub
from .names import Names, names_of, used_statistic, wallet_key
from .parking_views import lanes, parking
from .past import POWER, write_past
from .payment_views import payments
from .tenants import CONTRACTS, ENTERPRISE, TENANTS, unit_of
from .trouble import DemoError

PATH: Final = "demo-site"
_TITLE: Final = DEMO.name
_QUARTER_H: Final = 0.25
_TOP_UP: Final = "2.00"
_ICONS: Final = {
    "electricity": "mdi:meter-electric",
    "water": "mdi:water",
    "steam": "mdi:kettle-steam",
}


async def write_dashboard(hub: Hub, entry: str, provider: str) -> bool:
    """Write the dashboard where it is missing or another; tells whether it did.

    `provider` is the address of the pretended provider, where payers pay.
    """
    names = await names_of(hub, entry)
    house = [_supply(names), _money(names), _house(names), _meters(names)]
    views = [*house, parking(names), lanes(names), payments(names, provider)]
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
    return True


def _supply(names: Names) -> Data:
    heavy = next(one for one in DEMO.meters if one.serial == DEMO.heavy.serial)
    wallet = next(one for one in DEMO.wallets if one.key == heavy.wallet)
    available, state = names.wallet(wallet, "available"), names.wallet(wallet, "state")
    supply = names.of(heavy.name, "supply_state")
    story = [
        heading(wallet.name, "mdi:bread-slice"),
        tile(available, "Left to use", colour="green", icon="mdi:wallet"),
        tile(state, "Wallet"),
        tile(names.of(heavy.name, "power"), "Drawn now", icon="mdi:flash", colour="amber"),
        tile(supply, "Supply"),
        _top_up(names, names.things[wallet_key(wallet.purpose, unit_of(wallet))]),
        history("Left to use", [(available, "Left to use")], _QUARTER_H),
        history("How it stands", [(state, "Wallet"), (supply, "Supply")], _QUARTER_H),
    ]
    lists = [
        heading("Cut by the end of tomorrow", "mdi:content-cut"),
        tables.cuts(),
        heading("Wallets", "mdi:wallet-outline"),
        tables.wallets(
            [
                (
                    unit_of(one) + ("" if one.purpose == "utility" else f", {one.purpose}"),
                    *(names.wallet(one, key) for key in ("available", "state", "days_left")),
                )
                for one in DEMO.wallets
                if one.purpose != "parking"
            ]
        ),
    ]
    tenants = [one for one in DEMO.wallets if one.purpose == "utility"]
    supplies = [one for one in (names.maybe(m.name, "supply_state") for m in DEMO.meters) if one]
    site = [
        heading("Whole site", "mdi:office-building"),
        tile(names.entity("site", "float_total"), "Prepaid", icon="mdi:safe"),
        tile(names.entity("site", "revenue_today"), "Charged today", icon="mdi:cash-register"),
        tile(names.entity("site", "wallets_low"), "Low wallets", icon="mdi:wallet-outline"),
        tile(names.entity("site", "arrears"), "Owed to us", icon="mdi:alert-circle-outline"),
        tile(names.entity("site", "reading_rate"), "Meters read", icon="mdi:counter"),
        tile(names.entity("site", "ledger"), "Books", icon="mdi:book-check-outline"),
        logbook("What happened", [*(names.wallet(one, "state") for one in tenants), *supplies]),
    ]
    return view("Supply", "supply", story, lists, site)


def _money(names: Names) -> Data:
    flat = next(one for one in DEMO.wallets if one.key == "flat_3_101")
    business = next(one for one in DEMO.wallets if one.key == ENTERPRISE)
    home = [
        heading(f"{flat.name}: day and night, tiers on top", "mdi:stairs-up"),
        *_owner(names, flat),
        tables.usage("sensor.use_of_a_home", names.meters),
        heading(f"{business.name}: an enterprise, three meters", "mdi:domain"),
        *_owner(names, business),
        tables.usage("sensor.use_of_a_business", names.meters),
    ]
    used = [{"entity": used_statistic(names, one), "name": one.name} for one in POWER]
    trends = [
        heading("Trends", "mdi:chart-bar"),
        _statistics("Used by the hour", used, "hour", 2),
        _statistics("Used by the day", used, "day", 8),
    ]
    prices = [heading("What everything costs", "mdi:tag-multiple"), tables.prices()]
    return view("Prices", "prices", home, trends, prices)


def _house(names: Names) -> Data:
    contract = next(one for one in DEMO.wallets if one.key == CONTRACTS)
    special = next(one for one in DEMO.wallets if TENANTS[one.key].exempt_quota)
    id_ = names.things[wallet_key(contract.purpose, unit_of(contract))]
    on_quota = names.wallet(special, "on_exemption")
    quota = TENANTS[special.key].exempt_quota
    bills = [
        heading("Bills", "mdi:file-document-multiple"),
        tile(names.wallet(contract, "open_bills"), "Open", icon="mdi:file-clock-outline"),
        tile(names.wallet(contract, "available"), "To pay them with", icon="mdi:wallet"),
        tables.bills(),
        heading("Units", "mdi:door"),
        tables.units(),
    ]
    washes = [
        heading("A card of ten washes", "mdi:washing-machine"),
        tile(
            names.wallet(contract, "uses"),
            "Washes left",
            icon="mdi:washing-machine",
            columns=WHOLE,
        ),
        action("Wash once", "mdi:hand-wave", "use_package", names.told(wallet=id_)),
        heading(f"{special.name}: a special wallet", "mdi:shield-account"),
        tile(names.wallet(special, "available"), "Left to use", icon="mdi:wallet"),
        tile(on_quota, "On its quota", icon="mdi:shield-check"),
        {
            "type": "markdown",
            "content": (
                f"It may owe {quota} {DEMO.currency} before anything is cut; used of it: "
                f"{{{{ state_attr('{on_quota}', 'used') or '0.00' }}}}. "
                "The next top-up pays that back first."
            ),
            "grid_options": {"columns": "full"},
        },
        logbook("What happened", [names.wallet(contract, "activity")]),
    ]
    return view("House", "house", bills, washes)


def _owner(names: Names, wallet: DemoWallet) -> list[Data]:
    meters = [one for one in DEMO.meters if one.wallet == wallet.key]
    return [
        tile(names.wallet(wallet, "available"), "Left to use", colour="green", icon="mdi:wallet"),
        tile(names.wallet(wallet, "days_left"), "Days left", icon="mdi:calendar-clock"),
        *(
            tile(
                names.of(one.name, "cost_today"),
                f"{one.name}: cost today",
                icon=_ICONS[one.commodity],
                columns=WHOLE,
            )
            for one in meters
        ),
    ]


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
        cards = [heading(f"{line.name}, on Modbus", "mdi:lan")]
        for meter in (one for one in DEMO.meters if one.line == line.key):
            cards += _meter(names, meter)
        sections.append(cards)
    powers = [(names.of(one.name, "power"), one.name) for one in POWER]
    sections.append([heading("Load", "mdi:chart-line"), history("Power", powers, HOUR)])
    return view("Meters", "meters", *sections)


def _meter(names: Names, meter: DemoMeter) -> list[Data]:
    total = names.maybe(meter.name, "energy", "volume", "mass")
    flow = names.maybe(meter.name, "mass_flow", "flow", "power")
    supply = names.maybe(meter.name, "supply")
    if total is None or flow is None:
        message = f"{meter.name} has not told how much flows, which the dashboard shows."
        raise DemoError(message)
    cards = [
        {"type": "heading", "heading": meter.name, "heading_style": "subtitle"},
        tile(total, "Counted", icon=_ICONS[meter.commodity]),
        tile(flow, "Now", icon="mdi:gauge"),
        tile(names.of(meter.name, "cost_today"), "Cost today", icon="mdi:cash"),
    ]
    if supply is not None:
        cards.append(tile(supply, "Supply"))
    return cards


def _top_up(names: Names, wallet: str) -> Data:
    data = names.told(wallet=wallet, amount=_TOP_UP)
    return action(f"Top up {_TOP_UP} {DEMO.currency}", "mdi:cash-plus", "top_up", data)
