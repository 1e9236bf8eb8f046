"""Invited visitors and reserved places: who may come when, kept sealed, and gone when it is over."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import CardId, PermitId, WalletId
from custom_components.prepaid_parking.core.permit import Permit, PermitKind
from custom_components.prepaid_parking.core.space import Tenure
from custom_components.prepaid_parking.core.stay import StayKind
from custom_components.prepaid_parking.core.visiting import Invitation, Reservation, most_at_once
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cards import block_card, issue_card
from custom_components.prepaid_parking.operations.invitations import (
    cancel_invitation,
    code_of,
    invite_visitor,
)
from custom_components.prepaid_parking.operations.reservations import (
    cancel_reservation,
    reserve_space,
)
from tests.operations.test_occupancy import car, space
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, NOON, World


async def invited(world: World, **fields: Any) -> Invitation:
    """Invite somebody for an hour."""
    about: dict[str, Any] = {"from_at": NOON, "to_at": NOON + HOUR} | fields
    _, invitation = await invite_visitor(world.site, actor=MANAGER, **about)
    return invitation


async def reserved(world: World, **fields: Any) -> Reservation:
    """Keep a place for an hour."""
    about: dict[str, Any] = {"from_at": NOON, "to_at": NOON + HOUR} | fields
    _, reservation = await reserve_space(world.site, actor=MANAGER, **about)
    return reservation


async def host(world: World) -> str:
    """Issue a card that invites."""
    wallet = await world.wallet(purpose=Purpose.PARKING)
    receipt = await issue_card(world.site, wallet=wallet.wallet.id, plates=["H1"], actor=MANAGER)
    return str(receipt.detail["card"])


async def test_an_invited_plate_is_found_sealed_and_comes_back_after_a_restart(
    world: World,
) -> None:
    """The guest comes after the power cut; who reads the file does not learn who visits whom."""
    invitation = await invited(world, plate="ab-12 cd", host=await host(world), host_pays=True)
    assert invitation.digest == world.site.privacy.blind("plate", "AB12CD")
    assert await code_of(world.site, invitation) == ""
    await world.restart()
    assert world.site.parking.invitations == {invitation.id: invitation}
    assert await world.site.privacy.get_subject(invitation.subject) == {"plate": "AB12CD"}
    assert "AB12CD" not in str(await world.books.entries())


async def test_a_code_is_made_up_told_again_and_no_two_are_the_same(world: World) -> None:
    """The host lost the message: the same invitation, asked for again, tells the same code."""
    receipts = [
        await invite_visitor(
            world.site, from_at=NOON, to_at=NOON + HOUR, actor=MANAGER, reference="r1"
        )
        for _ in range(2)
    ]
    (_, first), (again, second) = receipts
    code = await code_of(world.site, first)
    assert code.isdecimal()
    assert first.digest == world.site.privacy.blind("code", code)
    assert again.repeated
    assert await code_of(world.site, second) == code
    assert list(world.site.parking.invitations) == [first.id]
    other = await invited(world)
    assert await code_of(world.site, other) != code


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"to_at": NOON}, "end_before_start"),
        ({"from_at": NOON - DAY, "to_at": NOON - HOUR}, "time_is_past"),
        ({"visits": 0}, "visits_not_positive"),
        ({"plate": "--"}, "plate_missing"),
        ({"lanes": ["l9"]}, "unknown_lane"),
        ({"host": "c9"}, "unknown_card"),
        ({"host_pays": True}, "host_missing"),
    ],
)
async def test_an_invitation_that_could_not_work_is_refused(
    world: World, fields: dict[str, Any], why: str
) -> None:
    """The host hears it at the desk, and not the guest at the barrier."""
    with pytest.raises(CoreError, match=why):
        await invited(world, **{"plate": "A1"} | fields)
    assert not world.site.parking.invitations


async def test_a_blocked_card_invites_nobody(world: World) -> None:
    """Who is kept out himself lets nobody in."""
    card = await host(world)
    await block_card(world.site, card=card, reason="lost", actor=MANAGER)
    with pytest.raises(CoreError, match="card_not_active"):
        await invited(world, plate="A1", host=card)


async def test_a_cancelled_invitation_is_over_and_its_plate_destroyed(world: World) -> None:
    """A guest who is not welcome any more, and whose plate nobody needs to keep."""
    invitation = await invited(world, plate="A1")
    await cancel_invitation(world.site, invitation=invitation.id, actor=MANAGER)
    assert not world.site.parking.invitations
    with pytest.raises(CoreError, match="subject_unknown"):
        await world.site.privacy.get_subject(invitation.subject)
    with pytest.raises(CoreError, match="unknown_invitation"):
        await cancel_invitation(world.site, invitation=invitation.id, actor=MANAGER)
    await world.restart()
    assert not world.site.parking.invitations


async def test_what_is_past_ends_by_itself_and_not_under_a_guest(world: World) -> None:
    """The host pays for the guest who stays an hour longer: the invitation lasts until he left."""
    gone = await invited(world, plate="A1")
    stays = await invited(world, plate="B2")
    kept = await reserved(world, zone="", plate="B2")
    await car(world, StayKind.VISITOR, invitation=stays.id)
    await world.tick(2 * HOUR)
    assert list(world.site.parking.invitations) == [stays.id]
    assert not world.site.parking.reservations
    for one in (gone, kept):
        with pytest.raises(CoreError, match="subject_unknown"):
            await world.site.privacy.get_subject(one.subject)
    world.site.parking.stays.clear()
    await world.tick(MINUTE)
    assert not world.site.parking.invitations
    (ended,) = await world.books.load(Invitation, id=stays.id)
    assert ended.ended_at == NOON + HOUR


async def test_a_space_is_kept_for_one_at_a_time(world: World) -> None:
    """Two guests before one space: the second one hears it when he asks, not when he comes."""
    await space(world, zone="North")
    first = await reserved(world, space="P1", plate="A1")
    assert (first.space, first.zone) == ("sp1", "North")
    with pytest.raises(CoreError, match="space_reserved"):
        await reserved(world, space="P1", plate="B2", from_at=NOON + 59 * MINUTE, to_at=NOON + DAY)
    await reserved(world, space="P1", plate="B2", from_at=NOON + HOUR, to_at=NOON + DAY)
    await cancel_reservation(world.site, reservation=first.id, actor=MANAGER)
    await reserved(world, space="sp1", plate="C3")
    await world.restart()
    assert len(world.site.parking.reservations) == 2
    with pytest.raises(CoreError, match="unknown_reservation"):
        await cancel_reservation(world.site, reservation=first.id, actor=MANAGER)


async def test_a_zone_is_kept_up_to_its_places_and_not_beyond(world: World) -> None:
    """A conference of forty in a zone of two: the office hears it while it can still move them."""
    await space(world, zone="North")
    await space(world, zone="North")
    await reserved(world, space="P1", plate="A1")
    await reserved(world, zone="North", plate="B2")
    with pytest.raises(CoreError, match=r"zone_reserved\(zone=North, places=2\)"):
        await reserved(world, zone="North", plate="C3")
    await reserved(world, zone="North", plate="C3", from_at=NOON + HOUR, to_at=NOON + 2 * HOUR)
    with pytest.raises(CoreError, match="zone_without_places"):
        await reserved(world, zone="Nrth", plate="D4")


async def test_whose_space_it_is_keeps_it(world: World) -> None:
    """An owner comes home and finds the office's guest in the space that is on the deed."""
    await space(world, Tenure.OWNED)
    with pytest.raises(CoreError, match="space_is_owned"):
        await reserved(world, space="P1", plate="A1")
    let = await space(world, Tenure.RENTED)
    permit = Permit(
        id=PermitId("pm1"),
        no=1,
        kind=PermitKind.RENTAL,
        card=CardId("c1"),
        wallet=WalletId("w1"),
        first=NOON.date(),
        last=NOON.date() + timedelta(days=30),
        price_minor=0,
        sold_at=NOON,
        space=let.id,
    )
    world.site.parking.permits[permit.id] = permit
    with pytest.raises(CoreError, match="space_is_let"):
        await reserved(world, space="P2", plate="A1")
    await reserved(world, space="P2", plate="A1", from_at=NOON + 40 * DAY, to_at=NOON + 41 * DAY)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "reservation_holder"),
        ({"plate": "A1", "card": "c1"}, "reservation_holder"),
        ({"card": "c9"}, "unknown_card"),
        ({"plate": "A1", "space": "P9"}, "unknown_space"),
        ({"plate": "--"}, "plate_missing"),
        ({"plate": "A1", "to_at": NOON}, "end_before_start"),
        ({"plate": "A1", "from_at": NOON - DAY, "to_at": NOON - HOUR}, "time_is_past"),
    ],
)
async def test_a_reservation_that_could_not_work_is_refused(
    world: World, fields: dict[str, Any], why: str
) -> None:
    """Nobody stands before a place that is kept for nobody."""
    with pytest.raises(CoreError, match=why):
        await reserved(world, **fields)


async def test_the_same_reservation_announced_twice_is_one(world: World) -> None:
    """The booking page sends it again when the answer is slow."""
    await space(world, zone="North")
    one = await reserved(world, space="P1", plate="A1", reference="r1")
    assert await reserved(world, space="P1", plate="A1", reference="r1") == one
    assert list(world.site.parking.reservations) == [one.id]


TIMES = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=20)


@given(TIMES)
def test_most_at_once_is_what_a_look_at_every_minute_finds(times: list[tuple[int, int]]) -> None:
    """One place too many kept is a guest without one."""
    spans: list[tuple[datetime, datetime]] = [
        (NOON + start * MINUTE, NOON + (start + length) * MINUTE) for start, length in times
    ]
    looked = max(
        sum(start <= NOON + minute * MINUTE < end for start, end in spans) for minute in range(71)
    )
    assert most_at_once(spans) == looked
