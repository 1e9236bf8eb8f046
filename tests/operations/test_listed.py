"""Lanes go by the list of an office at another hub: also when that is away."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import time, timedelta
from hashlib import sha256

import pytest

from custom_components.prepaid_parking.core.lane_list import HeldList, card_at_office
from custom_components.prepaid_parking.core.lane_list_text import read_head
from custom_components.prepaid_parking.core.rights import Rights, TimeWindow
from custom_components.prepaid_parking.core.stay import StayKind
from custom_components.prepaid_parking.core.vehicle import RuleKind
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.cards import block_card, issue_card
from custom_components.prepaid_parking.operations.explaining import explain_access
from custom_components.prepaid_parking.operations.gate import present
from custom_components.prepaid_parking.operations.lane_listing import (
    make_lane_list,
    read_lane_list,
    write_lane_list,
)
from custom_components.prepaid_parking.operations.vehicle_rules import set_vehicle_rule
from tests.operations.garage import Garage
from tests.operations.park import OTHER, PLATE, Park
from tests.operations.turns import stretches
from tests.operations.world import MANAGER, World

type MakeWorld = Callable[..., Awaitable[World]]


class TwoHubs:
    """An office on one hub, a car park's lanes on the other, and the list between them."""

    def __init__(self, office: World, park: Park) -> None:
        self.office, self.park = office, park
        self.garage = Garage(office)

    @classmethod
    async def open(cls, make_world: MakeWorld) -> TwoHubs:
        """Build both."""
        office, lanes = await make_world(), await make_world()
        return cls(office, await Park.open(lanes, temporaries=False))

    async def tell(self) -> HeldList:
        """Make the list, write it, read it again, and have the lanes go by it."""
        head, parts = await write_lane_list(await make_lane_list(self.office.site))
        told = await read_lane_list(read_head(head), parts)
        self.park.world.site.parking.lane_list = told
        return told

    async def come(self, plate: str = PLATE) -> tuple[str, str]:
        """Let a car come to the entry; say what it was answered."""
        answer = await self.park.come(plate)
        return answer.kind, answer.reason


@pytest.fixture
async def hubs(make_world: MakeWorld) -> TwoHubs:
    """Two hubs; strangers stay out."""
    return await TwoHubs.open(make_world)


async def test_a_card_of_the_office_opens_at_the_lane_and_its_stay_names_it(hubs: TwoHubs) -> None:
    """Who bought a month at the office must not stand before a barrier that never heard of it."""
    assert await hubs.come() == ("refused", "unknown")
    await hubs.garage.package()
    card = await hubs.garage.customer("1000")
    await hubs.garage.sell(card)
    await hubs.tell()
    assert await hubs.come() == ("admitted", "package")
    (stay,) = await hubs.park.stays()
    assert stay.kind is StayKind.PACKAGE
    assert card_at_office(stay.card) == card.id
    assert stay.masked
    assert PLATE not in repr(stay)
    answer = await hubs.park.go()
    assert (answer.kind, answer.reason) == ("admitted", "package")
    assert (await hubs.park.stays())[0].amount_minor == 0


async def test_an_unpaid_month_opens_once_it_is_paid(hubs: TwoHubs) -> None:
    """A payment at the office must open the barrier at the other end of the yard."""
    await hubs.garage.package()
    card = await hubs.garage.customer()
    permit = await hubs.garage.sell(card)
    assert hubs.garage.unpaid(permit)
    await hubs.tell()
    assert await hubs.come() == ("refused", "bill_unpaid")
    await hubs.office.pay(hubs.garage.wallet(card), "400")
    await hubs.office.work()
    assert not hubs.garage.unpaid(permit)
    await hubs.tell()
    assert await hubs.come() == ("admitted", "package")


async def test_a_blocked_card_and_a_blocked_plate_stay_out(hubs: TwoHubs) -> None:
    """A lost card must open nothing, nor must a plate that is kept out."""
    await hubs.garage.package()
    card = await hubs.garage.customer("1000")
    await hubs.garage.sell(card)
    await block_card(hubs.office.site, card=card.id, reason="lost", actor=MANAGER)
    await hubs.tell()
    assert await hubs.come() == ("refused", "card_blocked")
    other = await hubs.garage.customer("1000", OTHER)
    await hubs.garage.sell(other)
    await set_vehicle_rule(
        hubs.office.site, plate=OTHER, kind=RuleKind.BLOCKED, reason="damage", actor=MANAGER
    )
    await hubs.tell()
    assert await hubs.come(OTHER) == ("refused", "blocked")


async def test_a_permit_ends_by_the_list_also_when_the_office_is_away(hubs: TwoHubs) -> None:
    """A month that was paid ends when it ends, and the next one that is listed already begins."""
    await hubs.garage.package()
    card = await hubs.garage.customer("1000")
    permit = await hubs.garage.sell(card)
    await hubs.garage.renew(permit)
    await hubs.tell()
    hubs.park.world.clock.now += timedelta(days=45)
    assert await hubs.come() == ("admitted", "package")
    await hubs.park.go()
    hubs.park.world.clock.now += timedelta(days=45)
    assert await hubs.come() == ("refused", "expired")


async def test_hours_zones_and_the_number_at_once_hold_at_the_other_hub(hubs: TwoHubs) -> None:
    """An off-peak card of the office must not become an all-day card at the lane."""
    rights = Rights(windows=(TimeWindow(start=time(18), end=time(8)),))
    await hubs.garage.package("night", rights=rights)
    card = await hubs.garage.customer("1000")
    await hubs.garage.sell(card, "night")
    await hubs.garage.package("pair", rights=Rights(at_once=1))
    run = await hubs.office.wallet("1000", purpose=Purpose.PARKING)
    receipt = await issue_card(
        hubs.office.site, wallet=run.wallet.id, plates=["粤B11111", "粤B22222"], actor=MANAGER
    )
    await hubs.garage.sell(hubs.garage.card(str(receipt.detail["card"])), "pair")
    await hubs.tell()
    assert await hubs.come() == ("refused", "outside_time")
    assert await hubs.come("粤B11111") == ("admitted", "package")
    assert await hubs.come("粤B22222") == ("refused", "still_inside")
    hubs.park.world.clock.now = hubs.park.world.clock.now.replace(hour=20)
    assert await hubs.come() == ("admitted", "package")


async def test_a_tag_of_the_office_is_known_at_the_lane(hubs: TwoHubs) -> None:
    """Who shows a tag instead of a plate is listed too."""
    run = await hubs.office.wallet("100", purpose=Purpose.PARKING)
    await issue_card(hubs.office.site, wallet=run.wallet.id, tags=["04A1B2C3"], actor=MANAGER)
    await hubs.tell()
    answer = await present(
        hubs.park.world.site, lane=hubs.park.entry.id, kind=CredentialKind.TAG, value="04a1b2c3"
    )
    assert (answer.kind, answer.reason) == ("admitted", "card")


async def test_the_offices_card_never_moves_money_of_the_lanes_own_card(hubs: TwoHubs) -> None:
    """Both hubs have a card c1: the exit must not charge the wallet of the wrong one."""
    run = await hubs.park.customer("100", [OTHER])
    await hubs.garage.customer("1000")
    await hubs.tell()
    assert await hubs.come() == ("admitted", "card")
    answer = await hubs.park.go()
    assert (answer.kind, answer.reason) == ("refused", "to_pay")
    assert run.available_minor == 100_00


async def test_explain_says_by_which_list(hubs: TwoHubs) -> None:
    """A person at the lane must see that the answer is an old one."""
    await hubs.garage.package()
    card = await hubs.garage.customer("1000")
    await hubs.garage.sell(card)
    await hubs.tell()
    hubs.park.world.clock.now += timedelta(minutes=3)
    decision, _ = explain_access(
        hubs.park.world.site, lane=hubs.park.entry.id, kind=CredentialKind.PLATE, value=PLATE
    )
    assert decision.rule == "listed"
    assert decision.trace[-1].values == {"list": 1, "at": "12:00", "minutes": 3}


async def test_ten_thousand_cards_are_listed_without_holding_anything_up(hubs: TwoHubs) -> None:
    """While a list is made a barrier must still open: no step may take long."""
    card = await hubs.garage.customer("1000")
    site = hubs.office.site
    (credential,) = site.credentials.values()
    for no in range(10_000):
        one = replace(card, id=type(card.id)(f"c{no + 10}"), no=no + 10)
        digest = sha256(no.to_bytes(4)).digest()[:16]
        site.cards[one.id] = one
        site.credentials[digest] = replace(credential, digest=digest, card=one.id)
    with stretches() as taken:
        told = await hubs.tell()
    assert len(told.found) == 10_001
    assert taken.longest < taken.total / 5
