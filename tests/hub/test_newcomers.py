"""What comes while a site runs is shown step by step, and right whatever happens between two steps."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from unittest.mock import patch

from homeassistant.core import callback
from homeassistant.helpers import entity_platform as ep
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.operations import gently
from custom_components.prepaid_parking.roster import ROSTERS, Roster, async_each
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.things import Thing
from tests.journeys.conftest import Hub, bound_meter

WALLETS = 6


@pytest.fixture(autouse=True)
def one_at_a_time() -> Iterator[None]:
    """Let others have the loop after each thing, however quick the machine is."""
    with patch.object(gently, "STEP_S", -1.0):
        yield


def roster_of(hub: Hub) -> Roster:
    """What keeps in mind what a site shows."""
    return hub.hass.data[ROSTERS][hub.entry.entry_id]


def shown(hub: Hub) -> list[str]:
    """Which wallets have their balance on the hub, as entities that live."""
    return sorted(
        str(entity.unique_id).removeprefix(f"{hub.entry.unique_id}_")
        for platform in ep.async_get_platforms(hub.hass, DOMAIN)
        for entity in platform.entities.values()
        if platform.domain == "sensor" and str(entity.unique_id).endswith("_balance")
    )


def balances(*wallets: int) -> list[str]:
    """What is shown of these wallets."""
    return [f"w{number}_balance" for number in wallets]


async def first(hub: Hub) -> None:
    """Open a wallet and wait until it is shown: by then all looks of the start are over."""
    await hub.call("open_wallet", unit="Flat 1")

    async def there() -> bool:
        return shown(hub) == balances(1)

    await hub.until(there)


@asynccontextmanager
async def newcomers(hub: Hub) -> AsyncIterator[None]:
    """Open wallets that all come in one look, as a list does; inside, nobody has looked yet."""
    await first(hub)
    with patch.object(hub.data.coordinator, "touch"):
        for number in range(1, WALLETS):
            await hub.call("open_wallet", unit=f"Flat {number + 1}")
        yield


def watch(hub: Hub) -> tuple[list[str], Callable[[Thing], None]]:
    """What is called back for, in its order."""
    seen: list[str] = []

    @callback
    def found(thing: Thing) -> None:
        seen.append(thing.key)

    return seen, found


async def test_many_that_come_in_one_look_let_others_have_the_loop(hub: Hub) -> None:
    """A barrier's pulse must not wait until a thousand flats of a list are on the hub."""
    async with newcomers(hub):
        roster_of(hub).async_look()
    seen = [len(shown(hub))]
    while len(shown(hub)) < WALLETS:
        await asyncio.sleep(0)
        seen.append(len(shown(hub)))
    assert list(dict.fromkeys(seen)) == list(range(1, WALLETS + 1))
    assert shown(hub) == balances(*range(1, WALLETS + 1))


async def test_who_is_looked_for_again_while_others_come_is_shown_once(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """Each wallet that is opened has everything looked through: the hub refuses a second of a kind."""
    async with newcomers(hub):
        roster_of(hub).async_look()
        await asyncio.sleep(0)
        roster_of(hub).async_look()
        await asyncio.sleep(0)
    await hub.call("open_wallet", unit="Flat 77")
    await hub.hass.async_block_till_done()

    async def all_shown() -> bool:
        return len(shown(hub)) > WALLETS

    await hub.until(all_shown)
    assert shown(hub) == balances(*range(1, WALLETS + 2))
    assert "does not generate unique IDs" not in caplog.text


async def test_who_went_before_its_turn_is_not_shown(hub: Hub) -> None:
    """A wallet that was opened for the wrong flat and closed at once leaves no ghost."""
    async with newcomers(hub):
        await hub.call("close_wallet", wallet="w3")
        roster_of(hub).async_look()
        await hub.call("close_wallet", wallet="w5")
        roster_of(hub).async_look()
    await hub.hass.async_block_till_done()
    assert "w3_balance" not in shown(hub)
    assert set(balances(1, 2, 4, 6)) <= set(shown(hub))


async def test_a_meter_that_is_renamed_before_its_turn_comes_by_its_new_name(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """It is found once, and not by the number of another door."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.hass.async_block_till_done()
    (subentry,) = hub.entry.get_subentries_of_type("meter")
    roster = Roster(hub.hass, hub.entry)
    titles: list[str] = []
    await roster.async_add(lambda thing: titles.append(thing.title))
    roster.async_look()
    with patch.object(hub.data.coordinator, "touch"):
        hub.hass.config_entries.async_update_subentry(hub.entry, subentry, title="Flat 3-202")
        roster.async_look()
        await hub.hass.async_block_till_done()
    assert titles.count("Flat 3-202") == 1
    assert subentry.title not in [one for one in titles if one != "Flat 3-202"]


async def test_a_meter_that_is_removed_before_its_turn_is_not_asked_for(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The hub would refuse entities of a part of the site that is no more, in its log, for ever."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.hass.async_block_till_done()
    (subentry,) = hub.entry.get_subentries_of_type("meter")
    roster = Roster(hub.hass, hub.entry)
    seen, found = watch(hub)
    await roster.async_add(found)
    roster.async_look()
    with patch.object(hub.data.coordinator, "touch"):
        hub.hass.config_entries.async_remove_subentry(hub.entry, subentry.subentry_id)
        await hub.hass.async_block_till_done()
    assert "site" in seen
    assert "meter:m1" not in seen


async def test_a_site_that_is_taken_down_while_things_come_shows_none_of_them(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """An entity that outlives its site would answer from books that are closed."""
    async with newcomers(hub):
        roster_of(hub).async_look()
        for _ in range(WALLETS // 2):
            await asyncio.sleep(0)
        assert 1 < len(shown(hub)) < WALLETS
        await hub.stop()
    assert shown(hub) == []
    assert "Error" not in caplog.text


async def test_a_site_that_is_loaded_anew_while_things_come_shows_each_once(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """A changed line loads the site anew, whatever else is going on."""
    async with newcomers(hub):
        roster_of(hub).async_look()
        await asyncio.sleep(0)
        await hub.restart()
    assert shown(hub) == balances(*range(1, WALLETS + 1))
    assert "does not generate unique IDs" not in caplog.text


async def test_who_asks_for_everything_is_told_of_what_comes_later(hub: Hub) -> None:
    """One way for what is there and for what comes: nobody is told twice or not at all."""
    await first(hub)
    seen, found = watch(hub)
    await async_each(hub.hass, hub.entry, found)
    assert seen == ["site", "wallet:w1"]
    await hub.call("open_wallet", unit="Flat 2")

    async def told() -> bool:
        return "wallet:w2" in seen

    await hub.until(told)
    assert seen == ["site", "wallet:w1", "wallet:w2"]
