"""Row N1 through the front door: whatever is asked of the office, no frame cuts who has paid for it."""

from collections import Counter
import random
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError
import probatio as vol
import pytest

from custom_components.prepaid_parking.actions.call import Action
from custom_components.prepaid_parking.services import ACTIONS
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .conftest import Hub, bound_meter, meter_data
from .selling import HOURLY, WASHES
from .steps import attend, meter_shows

MAY_SWITCH: Final = frozenset(
    {"cut_supply", "set_schedule", "set_supply_rules", "set_load_limit", "unbind_meter"}
)
"""A named person's word, the clock and the load may cut; what nobody pays for is not judged here."""
MONEY: Final = ("0.50", "1", "7.25", "10")
TRIP: Final = (1, 1)
FORCE: Final = 0x0057
TIMES: Final = 4
"""Each action is asked so often: once is too seldom for one that is refused at first."""
ENDS: Final = frozenset({"close_wallet", "move", "move_in", "move_out"})
"""Asked after all others: who has left has no supply that could be cut wrongly."""
POOL: Final[dict[str, tuple[Any, ...]]] = {
    "wallet": ("w1", "w2", "w3", "w4", "w5"),
    "to": ("w1", "w2", "w3", "w4"),
    "member": ("w1", "w2"),
    "owner": ("w3", "w1"),
    "customer": ("w1",),
    "meter": ("m1", "m2"),
    "main": ("m1",),
    "unit": ("u1", "u2"),
    "amount": MONEY,
    "statement": ("1", "100000"),
    "category": ("utility", "property", "rent", "parking", "service"),
    "purpose": ("utility", "property", "parking"),
    "reason": ("because",),
    "tariff": ("home", "dear", "washes", "hourly"),
    "price": ("0.80", "0.90"),
    "quantity": ("1", "energy"),
    "policy": ("standard", "strict"),
    "grace_hours": (0,),
    "alert": ("1",),
    "share": ("50", "100"),
    "day_cap": ("5",),
    "bill": ("b1", "b2", "b3"),
    "lines": ([{"text": "Rent", "amount": "900.00"}],),
    "deposit": ("h1",),
    "package": ("k1",),
    "card": ("c1",),
    "point": ("p1",),
    "points": (1, 100),
    "per": ("1",),
    "worth": ("1",),
    "promotion": ("autumn",),
    "steps": ([{"top_up": "5", "bonus": "1"}],),
    "name": ("Flat 1", "Flat 2", "Rent"),
    "persons": (1, 3),
    "area": ("40",),
    "by": ("fixed", "persons", "area"),
    "members": ([{"member": "w1", "weight": "1"}, {"member": "w2", "weight": "1"}],),
    "rows": ([{"wallet": "w1", "amount": "1"}, {"wallet": "w3", "amount": "2"}],),
    "entry": (3, 5, 8, 13, 21),
    "kind": ("individual", "enterprise", "special", "tap"),
    "recurring": ("r1",),
    "first": ("2026-01-01",),
    "due_days": (0,),
    "dunning": ([{"days": 1, "fee": "5"}],),
    "draft": ({"tariff": "home", "quantity": "energy", "price": "0.85"},),
    "since": ("2026-01-01 00:00:00",),
    "settle": (True, False),
    "dry_run": (True, False),
    "protected": (True, False),
    "schedule": ("",),
    "month": ("2026-01",),
    "use": ("s1",),
    "how": ("accept",),
    "doubts": (["d1"],),
    "readings": ([{"at": "2026-01-01 00:00:00", "register": "1000"}],),
    "final_register": ("1000",),
    "start_register": ("1000",),
    "limit": (50,),
    "lane": ("l1",),
    "plate": ("A12345",),
    "tags": (["t1"],),
    "until": ("2031-01-01 00:00:00",),
}


async def house(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> AcrelDdsy1352:
    """Two flats with plenty of light money, and everything owed that can be owed beside it."""
    other = AcrelDdsy1352(unit=2, serial="202611220002", start="1000")
    line.add(other)
    await bound_meter(hub, line, device)
    (line_id,) = hub.data.lines
    await hub.add("meter", "Flat 2", "meter:2", meter_data(line_id, other))
    await meter_shows(hub, lambda one: one["register"] is not None, meter="m2")
    await hub.call("open_wallet", unit="Flat 2")
    await hub.call("bind_meter", meter="m2", wallet="w2", tariff="home")
    for purpose in ("property", "parking", "utility"):
        await hub.call("open_wallet", unit=f"Other {purpose}", purpose=purpose)
    for wallet in ("w1", "w2"):
        await hub.call("top_up", wallet=wallet, amount="100000")
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="1", alert2="0")
    await hub.call("publish_tariff", tariff="dear", quantity="energy", price="1.20")
    await hub.call("publish_tariff", **WASHES)
    await hub.call("publish_tariff", **HOURLY)
    for name in ("Flat 1", "Flat 2"):
        await hub.call("set_unit", name=name, area="50")
    for wallet, category in (("w3", "rent"), ("w4", "parking"), ("w3", "property")):
        lines = POOL["lines"][0]
        await hub.call("create_bill", wallet=wallet, category=category, lines=lines)
        await hub.call("record_debt", wallet=wallet, category=category, amount="9000", reason="old")
    for meter in ("m1", "m2"):
        await meter_shows(hub, lambda one: one["supply"] == "on", meter=meter)
    line.log.clear()
    return other


def asked(chance: random.Random, fields: Any) -> dict[str, Any] | None:
    """Return something that may be asked of an action: all it needs, and some of what it takes."""
    chosen: dict[str, Any] = {}
    for key in fields:
        name, needed = str(key), isinstance(key, vol.Required)
        if needed and name not in POOL:
            return None
        if name in POOL and (needed or chance.random() < 0.5):
            chosen[name] = chance.choice(POOL[name])
    return chosen


def in_any_order(chance: random.Random) -> list[Action]:
    """Return each action several times, mixed, and those that end something last."""
    actions = TIMES * [one for one in ACTIONS if one.name not in MAY_SWITCH]
    chance.shuffle(actions)
    return sorted(actions, key=lambda one: one.name in ENDS)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_that_is_asked_of_the_office_cuts_who_has_paid(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, seed: int
) -> None:
    """Debts, bills, rents, moves and corrections in any order: the wire stays silent for who has money."""
    chance = random.Random(seed)
    other = await house(hub, modbus_line, modbus_device)
    done: Counter[str] = Counter()
    for number, action in enumerate(in_any_order(chance)):
        fields = asked(chance, action.fields)
        if fields is None:
            continue
        try:
            await hub.call(action.name, **fields)
        except HomeAssistantError, vol.Invalid:
            continue
        done[action.name] += 1
        if number % 8 == 0:
            (modbus_device if number % 16 else other).add(kwh="0.5")
            await attend(hub)
        for wallet in ("w1", "w2"):
            told = await hub.wallet(wallet)
            assert told["state"] in ("ok", "low", "closed"), (done, told["state"])
    await attend(hub)
    await attend(hub)
    assert len(done) >= 25, done
    for unit in (1, 2):
        trips = modbus_line.log.find(unit=unit, address=FORCE, values=TRIP)
        assert not trips, (done, trips)
    await is_sound(hub.data.books)
