"""The rules of a car park: versions that count from their time on, and nothing in them that cannot work."""

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.parking_rules import StayTariff, Unpaid, ZonePlaces
from custom_components.prepaid_parking.operations.parking_rules import (
    parks_free,
    rules_at,
    rules_now,
    set_parking_rules,
)
from tests.operations.world import DAY, HOUR, MANAGER, World


async def ruled(world: World, **changes: object) -> None:
    """Set rules from now on."""
    await set_parking_rules(world.site, changes=changes, actor=MANAGER)


async def test_a_car_park_without_rules_lets_cards_in_only(world: World) -> None:
    """Strangers must not find an open gate because nobody has decided yet."""
    rules = rules_now(world.site)
    assert (rules.version, rules.temporaries, rules.owned) == (0, False, Unpaid.ADMIT)


async def test_what_is_not_named_stays_as_it_was_also_after_a_restart(world: World) -> None:
    """Who switches one thing must not lose another."""
    await ruled(world, temporaries=True)
    await ruled(world, owned=Unpaid.ASK)
    await world.restart()
    rules = rules_now(world.site)
    assert (rules.version, rules.temporaries, rules.owned) == (2, True, Unpaid.ASK)
    entries = await world.books.entries(kinds=(EntryKind.PARKING_RULES_SET,))
    assert [one.event for one in entries] == ["parking_rules/1", "parking_rules/2"]


async def test_rules_of_tomorrow_hold_from_tomorrow_on(world: World) -> None:
    """Cars that come today are let in by today's rules."""
    await ruled(world, temporaries=True)
    start = world.clock.now
    world.clock.now += HOUR
    site = world.site
    begins = world.clock.now + DAY
    await set_parking_rules(site, changes={"temporaries": False}, valid_from=begins, actor=MANAGER)
    assert rules_now(site).temporaries
    with pytest.raises(CoreError, match="parking_rules_out_of_order"):
        await ruled(world, fuzzy=True)
    world.clock.now = begins
    assert not rules_now(site).temporaries
    assert rules_at(site, start).version == 1
    assert rules_at(site, start - HOUR).version == 0
    with pytest.raises(CoreError, match="parking_rules_out_of_order"):
        await set_parking_rules(site, changes={}, valid_from=start, actor=MANAGER)


async def test_a_tariff_that_could_price_no_stay_is_refused(world: World) -> None:
    """A stranger would come in and nobody could say what it costs."""
    for tariff, key in (("nowhere", "unknown_tariff"), ("home", "tariff_not_for_stays")):
        with pytest.raises(CoreError, match=key):
            await ruled(world, tariffs=(StayTariff(tariff=TariffId(tariff)),))
    with pytest.raises(CoreError, match="zone_twice"):
        await ruled(world, places=(ZonePlaces(zone="N", places=1), ZonePlaces(zone="N", places=2)))
    with pytest.raises(CoreError, match="plate_pattern_invalid"):
        await ruled(world, free_plates=("京[",))
    with pytest.raises(CoreError, match="unknown_field"):
        await ruled(world, colour="red")
    assert await world.books.entries(kinds=(EntryKind.PARKING_RULES_SET,)) == []


async def test_plates_that_park_free_match_as_a_whole_however_they_are_spelt(world: World) -> None:
    """A pattern for the fire brigade must not let in whoever has its letters in the middle."""
    await ruled(world, free_plates=("京X[0-9]{4}应急", "FD[0-9]+"))
    rules = rules_now(world.site)
    assert parks_free(rules, "京x·1234 应急")
    assert parks_free(rules, "fd-17")
    assert not parks_free(rules, "AFD-17")
    assert not parks_free(rules, "")
    assert not parks_free(rules, "FD" + "1" * 10_000)
