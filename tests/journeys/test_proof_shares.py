"""What a house pays together: by heads, which change in the middle of the month, and to the last watt-hour."""

from decimal import Decimal
from typing import Final

import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import PER_KWH, accounts_of, all_entries, is_sound
from .buildings import house, wallet
from .clock import Clock
from .conftest import Hub
from .steps import post, reads
from .test_supply_rules import in_berlin, local

LIGHT: Final = "m2"


async def two_flats(hub: Hub) -> tuple[str, str, str]:
    """Let two in Flat 1 and one in Flat 2 share the stairwell's light by head; return the wallets."""
    first, second = await wallet(hub, "Flat 1"), await wallet(hub, "Flat 2")
    shared = await wallet(hub, "Stairwell", "", kind="shared")
    for name, tenant, persons in (("Flat 1", first, 2), ("Flat 2", second, 1)):
        await hub.call("set_unit", name=name)
        await hub.call("move_in", unit=name, wallet=tenant, persons=persons)
    await hub.call("bind_meter", meter=LIGHT, wallet=shared, tariff="home")
    members = [{"member": "Flat 1"}, {"member": "Flat 2"}]
    await hub.call("set_shares", wallet=shared, by="persons", members=members)
    return first, second, shared


async def burns(hub: Hub, light: AcrelDdsy1352, time: Clock, at: str, kwh: str) -> None:
    """Let the light have used so much by a time, and its meter be read."""
    time.set(local(at))
    light.add(kwh=kwh)
    await reads(hub, f"{Decimal(light.register) / 100:f}", meter=LIGHT)


async def balances(hub: Hub, *wallets: str) -> list[str]:
    """Return what wallets have left."""
    return [str((await hub.wallet(one))["balance"]) for one in wallets]


async def test_heads_counted_anew_in_the_month_share_only_what_comes_after(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The baby of the 16th does not pay for the light of the 1st: 10 kWh by 2 to 1, 10 by 2 to 3."""
    time = await in_berlin(hub, "2031-05-01 00:00")
    _, light, _ = await house(hub, modbus_line, modbus_device)
    first, second, shared = await two_flats(hub)
    await burns(hub, light, time, "2031-05-16 12:00", "10")
    # Nobody looks at a bill in between: the light of half a month is not posted yet.
    await hub.call("set_unit", unit="Flat 2", persons=3)
    await burns(hub, light, time, "2031-05-31 12:00", "10")
    await post(hub, shared)
    # 8.00 as 5.33 and 2.67, then 8.00 as 3.20 and 4.80
    assert await balances(hub, first, second, shared) == ["91.47", "92.53", "0.00"]
    account = (await accounts_of(hub.data.books))[LIGHT]
    assert (account.posted_minor, account.charged) == (1600, 20 * PER_KWH)
    statements = [await hub.call("get_statement", wallet=one) for one in (first, second)]
    parts = [Decimal(line["quantity"]) for told in statements for line in told["usage"]]
    assert sum(parts) == 20
    await is_sound(hub.data.books)


@pytest.mark.parametrize(
    "steps", [("0.01",) * 20, ("0.37", "1.11", "0.05", "2.93", "0.01", "7.77")]
)
async def test_shares_add_up_to_the_meter_whatever_it_counts(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, steps: tuple[str, ...]
) -> None:
    """Thirds of a cent and of a watt-hour: what the two have paid is what the meter says, no more."""
    time = await in_berlin(hub, "2031-05-01 00:00")
    _, light, _ = await house(hub, modbus_line, modbus_device)
    first, second, shared = await two_flats(hub)
    for day, kwh in enumerate(steps, 2):
        await burns(hub, light, time, f"2031-05-{day:02} 12:00", kwh)
        if day % 3 == 0:
            await hub.call("set_unit", unit="Flat 2", persons=1 + day % 4)
        await post(hub, shared)
    used = sum(map(Decimal, steps))
    account = (await accounts_of(hub.data.books))[LIGHT]
    assert account.charged == int(used * PER_KWH)
    paid = [100 - Decimal(left) for left in await balances(hub, first, second)]
    assert sum(paid) * 100 == account.posted_minor
    assert 0 <= used * Decimal("0.80") - sum(paid) < Decimal("0.01")
    assert (await balances(hub, shared)) == ["0.00"]
    for entry in await all_entries(hub.data.books):
        lines, shares = ([*entry.detail.get(key, ())] for key in ("lines", "shares"))  # type: ignore[misc]
        assert sum(one["quantity"] for one in shares) == sum(one["quantity"] for one in lines)
    await is_sound(hub.data.books)
