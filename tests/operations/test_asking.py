"""What a lane goes by: the right card, the right stay, what was bought and what is owed, from memory."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.admission import Asked, Reason, Way, decide
from custom_components.prepaid_parking.core.identity import (
    BillId,
    CardId,
    InvitationId,
    LaneId,
    PermitId,
    ReservationId,
    SpaceId,
    StayId,
    TariffId,
    WalletId,
)
from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.core.parking_rules import ParkingRules, StayTariff
from custom_components.prepaid_parking.core.permit import Permit, PermitKind
from custom_components.prepaid_parking.core.rights import Rights
from custom_components.prepaid_parking.core.space import Location, Space, Tenure
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.vehicle import RuleKind, VehicleClass
from custom_components.prepaid_parking.core.visiting import Invitation, Reservation
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.asking import asked_of
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.permits import keep_permit, permits_of
from custom_components.prepaid_parking.operations.renewing import renew_permits
from custom_components.prepaid_parking.operations.stay_book import hold
from custom_components.prepaid_parking.operations.vehicle_rules import set_vehicle_rule
from tests.operations.world import HOUR, MANAGER, World

PLATE = "京A12345"
OTHER = "京A99999"
HOURLY = {"tariff": "hourly", "kind": "duration", "duration": {"price": "5.00"}}


class Park:
    """A car park with one entry, one exit and one card."""

    def __init__(self, world: World) -> None:
        self.world, self.site = world, world.site
        self.way_in = self.lane("l1", "entry")
        self.way_out = self.lane("l2", "exit")
        self.card = CardId("")

    def lane(self, name: str, direction: str, **fields: Any) -> LaneRun:
        """Put up a lane."""
        told: dict[str, Any] = {"name": name, "direction": direction, "reads": True} | fields
        run = self.site.lanes[LaneId(name)] = LaneRun(id=LaneId(name), **told)
        return run

    def rules(self, **fields: Any) -> None:
        """Set the rules."""
        told: dict[str, Any] = {"version": 1, "valid_from": self.world.clock.now - HOUR} | fields
        self.site.parking.rules = [ParkingRules(**told)]

    def ask(
        self,
        plate: str = PLATE,
        way: Way = Way.ENTRY,
        *,
        kind: CredentialKind = CredentialKind.PLATE,
        **fields: Any,
    ) -> Asked:
        """Ask about a plate that is read now, or about what a driver shows."""
        told: dict[str, Any] = {"plate": plate, "at": self.world.clock.now} | fields
        return asked_of(
            self.site,
            self.way_in if way is Way.ENTRY else self.way_out,
            way=way,
            kind=kind,
            digest=self.site.privacy.blind(kind, plate),
            read=PlateRead(**told),
        )

    def leave(self, plate: str = PLATE, **fields: Any) -> Asked:
        """Ask at the exit."""
        return self.ask(plate, Way.EXIT, **fields)

    def space(self, tenure: Tenure, **fields: Any) -> Space:
        """Give the card a space."""
        told: dict[str, Any] = {"name": "B1-001", "location": Location.UNDERGROUND, **fields}
        number = len(self.site.parking.spaces) + 1
        space = Space(id=SpaceId(f"sp{number}"), no=number, tenure=tenure, **told)
        self.site.parking.spaces[space.id] = space
        self.site.cards[self.card] = replace(self.site.cards[self.card], space=space.id)
        return space

    def permit(self, **fields: Any) -> Permit:
        """Sell the card something for July."""
        number = len(self.site.parking.permits) + 1
        told: dict[str, Any] = {
            "kind": PermitKind.PACKAGE,
            "first": date(2026, 7, 1),
            "last": date(2026, 7, 31),
        } | fields
        permit = Permit(
            id=PermitId(f"pm{number}"),
            no=number,
            card=self.card,
            wallet=WalletId("w1"),
            price_minor=30_000,
            sold_at=self.world.clock.now,
            **told,
        )
        keep_permit(self.site, permit)
        return permit

    def stay(self, plate: str = PLATE, **fields: Any) -> Stay:
        """Let a car be inside for half an hour."""
        number = len(self.site.parking.stays) + 1
        told: dict[str, Any] = {
            "kind": StayKind.TEMPORARY,
            "state": StayState.INSIDE,
            "plate": self.site.privacy.blind(CredentialKind.PLATE, plate),
            "entered_at": self.world.clock.now - timedelta(minutes=30),
        } | fields
        stay = Stay(id=StayId(f"st{number}"), no=number, **told)
        hold(self.site, stay)
        return stay


@pytest.fixture
async def park(world: World) -> Park:
    """A car park, a card for one plate with 20.00 on its wallet."""
    park = Park(world)
    wallet = await world.wallet("20", purpose=Purpose.PARKING)
    receipt = await issue_card(
        world.site,
        wallet=wallet.wallet.id,
        plates=[PLATE],
        tags=["AABB"],
        actor=MANAGER,
    )
    park.card = CardId(str(receipt.detail["card"]))
    return park


async def test_a_card_is_known_by_its_plate_and_its_tag_and_a_stranger_by_nothing(
    park: Park,
) -> None:
    """Whatever its driver shows, it is one card."""
    for asked in (park.ask("京a·12345"), park.ask("AABB", kind=CredentialKind.TAG)):
        assert asked.card is not None
        assert (asked.card.id, asked.near, asked.tracked) == (park.card, False, True)
    stranger = park.ask(OTHER)
    assert (stranger.card, stranger.stay, stranger.rule, stranger.near) == (None,) * 3 + (False,)


async def test_a_card_on_a_utility_wallet_is_no_parking_card(park: Park) -> None:
    """No other money pays at a lane: the power of a flat is not parked away."""
    utility = await park.world.wallet("50")
    await issue_card(park.site, wallet=utility.wallet.id, tags=["CCDD"], actor=MANAGER)
    assert park.ask("CCDD", kind=CredentialKind.TAG).card is None


async def test_what_a_read_says_of_itself_is_asked_as_it_is(park: Park) -> None:
    """A camera's queue, its score and its clock decide before anybody is looked up."""
    assert park.ask(retained=True).replayed
    assert park.ask(burst=True).replayed
    assert park.ask(score=400).score == 400
    assert park.ask().car is None
    park.way_in.fitted = frozenset({LaneInput.ENTRY_LOOP})
    park.way_in.inputs[LaneInput.ENTRY_LOOP] = False
    assert park.ask().car is False


async def test_who_passes_free_by_its_plate_is_seen_as_that(park: Park) -> None:
    """The fire brigade passes, by its plate's form or by the site's own pattern."""
    park.rules(free_plates=("FD[0-9]+",))
    assert park.ask("FD 17").vehicle is VehicleClass.EMERGENCY
    assert park.ask("京A1234警").vehicle is VehicleClass.EMERGENCY
    assert park.ask("AFD 17").vehicle is VehicleClass.CAR
    assert park.ask("FD 17", kind=CredentialKind.CODE).vehicle is VehicleClass.CAR


async def test_an_owner_has_a_space_and_no_permit(park: Park) -> None:
    """Who owns comes in by that; a space that was closed is nobody's."""
    space = park.space(Tenure.OWNED)
    assert decide(park.ask()).reason is Reason.OWNER
    park.site.parking.spaces[space.id] = replace(space, closed_at=park.world.clock.now)
    assert park.ask().space is None


async def test_a_permit_counts_by_its_day_its_zone_and_its_bill(park: Park) -> None:
    """What is not paid, or is for the other house, opens only as far as the rules let it."""
    permit = park.permit(rights=Rights(zones=("North",)), bill=BillId("b1"))
    park.way_in.zone = "North"
    asked = park.ask()
    assert (asked.permit, asked.unpaid, asked.lapsed) == (permit, False, None)
    park.site.wallets[WalletId("w1")].bills[BillId("b1")] = None  # type: ignore[assignment]
    assert park.ask().unpaid
    park.way_in.zone = "South"
    asked = park.ask()
    assert (asked.permit, asked.unpaid, asked.lapsed) == (None, False, Reason.OTHER_LANE)


@pytest.mark.parametrize(
    ("first", "last", "lapsed"),
    [
        (date(2026, 7, 1), date(2026, 7, 1), None),
        (date(2026, 6, 1), date(2026, 6, 30), Reason.EXPIRED),
        (date(2026, 7, 2), date(2026, 7, 31), Reason.NOT_YET_VALID),
    ],
)
async def test_why_a_permit_does_not_hold_is_known(
    park: Park, first: date, last: date, lapsed: Reason | None
) -> None:
    """The driver must hear whether to renew or to come tomorrow."""
    park.permit(first=first, last=last)
    assert park.ask().lapsed is lapsed


async def test_a_rented_space_without_a_rental_has_lapsed(park: Park) -> None:
    """A card for a space that was rented out once opens no gate for nothing."""
    park.space(Tenure.RENTED)
    assert decide(park.ask()).reason is Reason.EXPIRED


async def test_a_rental_brings_the_room_of_its_space(park: Park) -> None:
    """Two cars stand in a rented tandem space, though its rental names no number."""
    space = park.space(Tenure.RENTED, capacity=2)
    park.permit(kind=PermitKind.RENTAL, space=space.id)
    park.stay(OTHER, kind=StayKind.RENTER, card=park.card)
    asked = park.ask()
    assert (asked.inside, decide(asked).reason) == (1, Reason.RENTER)
    park.stay("京A88888", kind=StayKind.RENTER, card=park.card, state=StayState.ARRIVING)
    asked = park.ask()
    assert (asked.inside, decide(asked).reason) == (2, Reason.STILL_INSIDE)


async def test_a_car_that_pays_for_itself_and_the_car_itself_take_up_no_right(park: Park) -> None:
    """The third car came in as a temporary: when one of the two has left, its right is free again."""
    park.permit()
    park.stay(OTHER, kind=StayKind.TEMPORARY, card=park.card)
    park.stay(PLATE, kind=StayKind.PACKAGE, card=park.card)
    asked = park.ask()
    assert asked.inside == 0
    assert asked.stay is not None
    assert decide(asked).review == "second_entry"


async def test_a_stay_is_priced_at_the_exit_and_paid_by_its_own_wallet(park: Park) -> None:
    """Half an hour of a started hour; the wallet that came in pays, a stranger's is not there."""
    await park.world.publish(HOURLY, since=park.world.clock.now - 24 * HOUR)
    told: dict[str, Any] = {"tariff": TariffId("hourly"), "version": 1}
    park.stay(PLATE, kind=StayKind.CARD, card=park.card, wallet=WalletId("w1"), **told)
    park.stay(OTHER, **told)
    own, stranger = park.leave(), park.leave(OTHER)
    assert (own.due_minor, own.payable, decide(own).charge_minor) == (500, True, 500)
    assert (stranger.due_minor, decide(stranger).reason) == (500, Reason.TO_PAY)
    assert park.leave("AABB", kind=CredentialKind.TAG).stay == own.stay


async def test_a_tag_of_two_cars_inside_pays_for_neither(park: Park) -> None:
    """Which of the two drives out, the tag does not say: nobody is billed for a guess."""
    for plate in (PLATE, OTHER):
        park.stay(plate, kind=StayKind.CARD, card=park.card)
    assert park.leave("AABB", kind=CredentialKind.TAG).stay is None


async def test_a_lane_has_its_price_where_stays_have_none(park: Park) -> None:
    """What was a gate with a fee stays one."""
    park.way_in.fee_minor, park.way_out.fee_minor = 500, 300
    assert decide(park.ask()).charge_minor == 500
    park.stay(kind=StayKind.CARD, card=park.card)
    assert decide(park.leave()).charge_minor == 300


async def test_a_plate_one_sign_off_is_found_where_the_site_wants_it(park: Park) -> None:
    """A camera that takes 5 for S lets in who is registered, free, and says so."""
    assert park.ask("京A1234S").card is None
    park.rules(fuzzy=True)
    for misread in ("京A1234S", "京A12346", "京A1234", "京A123455", "津A12345"):
        asked = park.ask(misread)
        assert asked.near, misread
        assert (decide(asked).admits, decide(asked).charge_minor) == (True, 0)
    assert not park.ask("京A54321").near
    assert not park.ask().near


async def test_a_plate_between_two_registered_ones_is_neither(park: Park) -> None:
    """Of two cards that could be meant none is: it would be chance."""
    other = await park.world.wallet("20", purpose=Purpose.PARKING)
    await issue_card(park.site, wallet=other.wallet.id, plates=["京A12347"], actor=MANAGER)
    park.rules(fuzzy=True)
    assert not park.ask("京A12346").near


async def test_whoever_has_reserved_by_a_plate_is_no_misread_of_another(park: Park) -> None:
    """A guest whose plate is one sign off a registered one is a guest."""
    park.rules(fuzzy=True)
    now = park.world.clock.now
    park.site.parking.reservations[ReservationId("rs1")] = Reservation(
        id=ReservationId("rs1"),
        no=1,
        from_at=now - HOUR,
        to_at=now + HOUR,
        made_at=now,
        digest=park.site.privacy.blind(CredentialKind.PLATE, "京A12346"),
    )
    asked = park.ask("京A12346")
    assert (asked.near, decide(asked).rule) == (False, "reservation")


async def test_a_misread_at_the_exit_finds_its_car_and_charges_nobody(park: Park) -> None:
    """The attendant sees which car it may be; no wallet pays for a guess."""
    await park.world.publish(HOURLY, since=park.world.clock.now - 24 * HOUR)
    stay = park.stay(kind=StayKind.CARD, card=park.card, tariff=TariffId("hourly"), version=1)
    asked = park.leave("京A1234S")
    assert (asked.stay, asked.near, asked.due_minor) == (stay, True, 500)
    assert decide(asked).reason is Reason.NEAR_MATCH


async def test_a_car_misread_at_the_entry_leaves_by_its_own_plate(park: Park) -> None:
    """Its stay began as a guess, free, under a plate that belongs to nobody; a stranger's did not."""
    park.stay("京A1234S")
    assert park.leave().stay is None
    park.site.parking.stays.clear()
    park.site.parking.found.clear()
    stay = park.stay("京A1234S", kind=StayKind.FREE)
    asked = park.leave()
    assert (asked.stay, asked.near) == (stay, False)
    park.stay("京AI2345", kind=StayKind.FREE)
    assert park.leave().stay is None  # Two could be meant.


async def test_what_is_looked_for_one_sign_off_is_bounded(park: Park) -> None:
    """A stranger must not hold up the lane: some hundred look-ups, a millisecond."""
    park.rules(fuzzy=True)
    blind = park.site.privacy.blind
    with patch.object(park.site.privacy, "blind", side_effect=blind) as tried:
        park.ask("粤AD12345")
        assert 500 < tried.call_count < 900
        tried.reset_mock()
        park.ask()
        assert tried.call_count == 1


async def test_a_car_that_is_read_again_as_it_leaves_holds_nobody_up(park: Park) -> None:
    """Its camera sees it for seconds, and behind it stand others: no plate beside its own is tried."""
    park.stay(OTHER)
    park.stay("京A1234S", kind=StayKind.FREE)
    await set_vehicle_rule(
        park.site, plate="京A1234S", kind=RuleKind.FREE, reason="police", actor=MANAGER
    )
    blind = park.site.privacy.blind
    with patch.object(park.site.privacy, "blind", side_effect=blind) as tried:
        assert park.leave().stay is None
        assert tried.call_count == 1


async def test_strangers_find_a_price_and_a_place(park: Park) -> None:
    """Who comes in must be told what it costs, and must find room."""
    await park.world.publish(HOURLY, since=park.world.clock.now - 24 * HOUR)
    asked = park.ask(OTHER)
    assert (asked.tariff, asked.places) == ("", None)
    park.rules(temporaries=True, tariffs=(StayTariff(tariff=TariffId("hourly")),))
    park.space(Tenure.TEMPORARY)
    asked = park.ask(OTHER)
    assert (asked.tariff, asked.places) == ("hourly", 1)
    park.stay("京A77777")
    assert decide(park.ask(OTHER)).reason is Reason.FULL


async def test_what_a_car_left_unpaid_is_remembered(park: Park) -> None:
    """Who drove out of an open gate is asked at the next entry."""
    park.stay(OTHER, state=StayState.UNPAID, owed_minor=800)
    asked = park.ask(OTHER)
    assert (asked.owed_minor, asked.stay) == (800, None)


@pytest.mark.parametrize("hidden", [{"left": 0}, {"lanes": ("l9",)}], ids=["used up", "elsewhere"])
async def test_an_invitation_that_does_not_hold_hides_none_that_does(
    park: Park, hidden: dict[str, Any]
) -> None:
    """Invited again for today, a guest stood outside because of last week's visit."""
    now, digest = park.world.clock.now, park.site.privacy.blind(CredentialKind.PLATE, OTHER)
    for number, (hours, fields) in enumerate(((48, hidden), (2, {})), 1):
        invitation = Invitation(
            id=InvitationId(f"iv{number}"),
            no=number,
            digest=digest,
            masked="",
            from_at=now - HOUR,
            to_at=now + hours * HOUR,
            made_at=now,
            **fields,
        )
        park.site.parking.invitations[invitation.id] = invitation
    answer = decide(park.ask(OTHER))
    assert (answer.reason, answer.trace[-1].values) == (
        Reason.INVITED,
        {"invitation": "iv2", "left": 1},
    )


async def test_guests_and_rules_are_found_by_the_plate(park: Park) -> None:
    """An invitation that holds goes before one that is still to come; a rule goes with its plate."""
    site, now = park.site, park.world.clock.now
    digest = site.privacy.blind(CredentialKind.PLATE, OTHER)
    for number, begins in enumerate((24 * HOUR, -HOUR), 1):
        name = InvitationId(f"iv{number}")
        site.parking.invitations[name] = Invitation(
            id=name,
            no=number,
            digest=digest,
            masked="",
            from_at=now + begins,
            to_at=now + begins + 2 * HOUR,
            made_at=now,
        )
    kept = Reservation(
        id=ReservationId("rs1"),
        no=1,
        from_at=now - HOUR,
        to_at=now + HOUR,
        made_at=now,
        card=park.card,
    )
    site.parking.reservations[kept.id] = kept
    await set_vehicle_rule(site, plate=OTHER, kind=RuleKind.BLOCKED, reason="damage", actor=MANAGER)
    guest = park.ask(OTHER)
    assert guest.invitation is not None
    assert (guest.invitation.id, decide(guest).reason) == ("iv2", Reason.BLOCKED)
    assert (guest.reservation, park.ask().reservation) == (None, kept)


async def test_a_card_whose_package_is_long_over_is_not_taken_for_one_that_never_had_any(
    park: Park,
) -> None:
    """Half a year after its last package a car must not park for nothing."""
    for day in (date(2026, 7, 1), date(2026, 7, 2)):
        sold = park.permit(kind=PermitKind.RENTAL, first=day, last=day)
        await park.world.books.record(sold)
    for _ in range(3):
        park.world.clock.now += 15 * 24 * HOUR
        await renew_permits(park.site, park.world.clock.now)
    await park.world.restart()
    assert [one.id for one in permits_of(park.world.site, park.card)] == ["pm2"]
    assert decide(Park(park.world).ask()).reason is Reason.EXPIRED
