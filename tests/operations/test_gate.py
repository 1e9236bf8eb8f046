"""The lanes: one car, one pulse, one charge; what is old, unsure or unknown opens nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.admission import Reason
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, DeviceFault
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.supply import CommandLog, CommandOutcome
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.cashier import close_wallet, freeze
from custom_components.prepaid_parking.operations.explaining import explain_access
from custom_components.prepaid_parking.operations.gate import (
    Answer,
    block_card,
    issue_card,
    plate_read,
)
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.releasing import release_barrier
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.money import is_sound
from tests.operations.world import DAY, HOUR, MANAGER, SECOND, BarrierDevice, World

PLATE = "京A12345"


class Gate:
    """A lane, a card on a wallet, and what drives up."""

    def __init__(self, world: World, wallet: WalletRun, lane: LaneRun, barrier: BarrierDevice):
        self.world, self.wallet, self.lane, self.barrier = world, wallet, lane, barrier

    async def read(self, plate: str = PLATE, after: float = 0, **fields: Any) -> Answer:
        """Let the camera read a plate some seconds later."""
        self.world.clock.now += timedelta(seconds=after)
        told: dict[str, Any] = {"plate": plate, "at": self.world.clock.now} | fields
        return await plate_read(self.world.site, lane=self.lane.id, read=PlateRead(**told))

    async def passages(self) -> list[tuple[str, str]]:
        """What was written down."""
        return [(one.kind, one.reason) for one in await self.world.books.load(Passage)]


async def gate(
    world: World,
    *,
    money: str = "20",
    fee: str = "5",
    plates: tuple[str, ...] = (PLATE,),
    **lane: Any,
) -> Gate:
    """A parking wallet with a card, and a lane with a fee."""
    wallet = await world.wallet(money, purpose=Purpose.PARKING)
    if plates:
        await issue(world, wallet, plates=plates)
    run, barrier = world.lane(fee=fee, **lane)
    return Gate(world, wallet, run, barrier)


async def issue(world: World, wallet: WalletRun, **fields: Any) -> str:
    """Issue a card."""
    receipt = await issue_card(world.site, wallet=wallet.wallet.id, actor=MANAGER, **fields)
    return str(receipt.detail["card"])


async def test_a_known_plate_is_charged_written_down_and_let_in(world: World) -> None:
    """The order matters: the books first, then one pulse, then what came of it."""
    here = await gate(world)
    before: list[CommandOutcome] = []
    here.barrier.opened = lambda: before.append(CommandOutcome.SENT)
    answer = await here.read()
    assert (answer.kind, answer.fee_minor, answer.masked) == (PassageKind.ADMITTED, 500, "京****45")
    assert (here.barrier.pulses, here.wallet.posted_minor) == (1, 1500)
    (command,) = await world.books.load(CommandLog)
    (passage,) = await world.books.load(Passage)
    (entry,) = await world.books.entries(kinds=(EntryKind.PASSAGE,))
    assert (command.outcome, passage.command, passage.entry) == (
        CommandOutcome.VERIFIED,
        command.id,
        entry.id,
    )
    assert PLATE not in str(passage) + str(world.facts) + str(entry)


@pytest.mark.parametrize("wrong", range(5))
@pytest.mark.parametrize("misread", ["京A12346", "京A1245", "京A123A5"])
async def test_five_reads_with_one_wrong_are_one_car(
    world: World, wrong: int, misread: str
) -> None:
    """Two seconds of reading, one of them garbled, also the first: one pulse, one charge."""
    here = await gate(world)
    for number in range(5):
        await here.read(misread if number == wrong else PLATE, 0.4)
    assert (here.barrier.pulses, here.wallet.posted_minor) == (1, 1500)


@pytest.mark.parametrize("wrong", range(1, 5))
async def test_a_misread_that_is_the_neighbours_plate_charges_nobody_else(
    world: World, wrong: int
) -> None:
    """Fleets have plates one digit apart: the colleague does not pay for a garbled frame."""
    here = await gate(world)
    other = await world.wallet("20", purpose=Purpose.PARKING)
    await issue(world, other, plates=("京A12346",))
    for number in range(5):
        await here.read("京A12346" if number == wrong else PLATE, 0.4)
    assert (here.barrier.pulses, here.wallet.posted_minor, other.posted_minor) == (1, 1500, 2000)


async def test_neighbouring_plates_of_a_fleet_both_pass(world: World) -> None:
    """The second car of the fleet must not stand before a gate that takes it for the first."""
    here = await gate(world, plates=(PLATE, "京A12346"))
    for _ in range(5):
        await here.read(PLATE, 1)
    answers = [await here.read("京A12346", 1) for _ in range(12)]
    assert [one.kind for one in answers].count(PassageKind.ADMITTED) == 1
    assert (here.barrier.pulses, here.wallet.posted_minor) == (2, 1000)


async def test_a_car_that_waits_at_the_gate_pays_once(world: World) -> None:
    """A lorry that blocks the ramp for five minutes must not cost the car behind it fifty."""
    here = await gate(world)
    for _ in range(300):
        await here.read(PLATE, 1)
    assert (here.barrier.pulses, here.wallet.posted_minor) == (1, 1500)
    await here.read(PLATE, 31)  # gone, and back
    assert (here.barrier.pulses, here.wallet.posted_minor) == (2, 1000)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"retained": True}, Reason.REPLAYED),
        ({"burst": True}, Reason.REPLAYED),
        ({"age": 11}, Reason.TOO_OLD),
        ({"age": -61}, Reason.FROM_FUTURE),
    ],
)
async def test_what_is_not_of_now_is_written_down_and_opens_nothing(
    world: World, fields: dict[str, Any], reason: Reason
) -> None:
    """A message kept from yesterday must not open today's gate, nor shut it for the car that is there."""
    here = await gate(world)
    age = timedelta(seconds=fields.pop("age", 0))
    answer = await here.read(at=world.clock.now - age, **fields)
    assert (answer.kind, answer.reason) == (PassageKind.RECORDED, reason)
    assert await here.passages() == [("recorded", reason)]
    assert (here.barrier.pulses, here.wallet.posted_minor) == (0, 2000)
    assert (await here.read()).kind is PassageKind.ADMITTED


async def test_old_reads_between_new_ones_do_not_open_again(world: World) -> None:
    """A camera that sends its backlog while a car stands there: still one car."""
    here = await gate(world)
    await here.read()
    for minutes in (5, 60, 600):
        await here.read("沪B99999", at=world.clock.now - timedelta(minutes=minutes))
        await here.read(after=1)
    assert here.barrier.pulses == 1


async def test_a_clock_set_back_shuts_nobody_out(world: World) -> None:
    """An hour back at the end of summer: who passed at three passes again at half past two."""
    here = await gate(world)
    await here.read()
    world.clock.now -= timedelta(minutes=30)
    assert (await here.read()).kind is PassageKind.ADMITTED


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        ("unknown", Reason.UNKNOWN),
        ("poor", Reason.NOT_ENOUGH_MONEY),
        ("frozen", Reason.WALLET_FROZEN),
        ("closed", Reason.WALLET_CLOSED),
        ("blocked", Reason.CARD_BLOCKED),
        ("expired", Reason.EXPIRED),
    ],
)
async def test_a_refusal_moves_nothing_and_says_why(
    world: World, prepare: str, reason: Reason
) -> None:
    """The driver reads the reason; no money moves, no barrier opens."""
    here = await gate(world, money="4.99" if prepare == "poor" else "20", least_score=800)
    name, card = here.wallet.wallet.id, world.site.cards["c1"]  # type: ignore[index]
    match prepare:
        case "frozen":
            await freeze(world.site, wallet=name, reason="court", actor=MANAGER)
        case "closed":
            await close_wallet(world.site, wallet=name, actor=MANAGER)
        case "blocked":
            await block_card(world.site, card=card.id, reason="lost", actor=MANAGER)
        case "expired":
            world.site.cards[card.id] = replace(card, valid_until=world.clock.now)
    before = here.wallet.posted_minor
    plate = "沪B99999" if prepare == "unknown" else PLATE
    answer = await here.read(plate, score=900)
    kind = PassageKind.RECORDED if prepare == "unsure" else PassageKind.REFUSED
    assert (answer.kind, answer.reason) == (kind, reason)
    assert (here.barrier.pulses, here.wallet.posted_minor) == (0, before)
    assert await here.passages() == [(kind, reason)]


async def test_what_the_meters_used_is_not_there_for_parking_either(world: World) -> None:
    """Two lanes at the same moment: the money is there once."""
    here = await gate(world, money="5")
    other, barrier = world.lane(fee="5")
    here.lane.recent.clear()
    read = PlateRead(plate=PLATE, at=world.clock.now)
    answers = await asyncio.gather(
        plate_read(world.site, lane=here.lane.id, read=read),
        plate_read(world.site, lane=other.id, read=read),
    )
    assert sorted(one.kind for one in answers) == [PassageKind.ADMITTED, PassageKind.REFUSED]
    assert here.barrier.pulses + barrier.pulses == 1
    assert here.wallet.posted_minor == 0


async def test_a_payment_at_the_gate_lets_in_at_once(world: World) -> None:
    """Refused for want of money, topped up by phone, read again: in."""
    here = await gate(world, money="1")
    assert (await here.read()).kind is PassageKind.REFUSED
    await world.pay(here.wallet, "10")
    assert (await here.read(after=1)).kind is PassageKind.ADMITTED
    assert here.barrier.pulses == 1


async def test_a_clearer_read_of_the_same_car_lets_in_at_once(world: World) -> None:
    """The first frame is blurred; the second must not wait for five seconds."""
    here = await gate(world, least_score=800)
    blurred = await here.read(score=500)
    assert (blurred.kind, blurred.reason) == (PassageKind.RECORDED, Reason.LOW_SCORE)
    assert (await here.read(after=0.3, score=950)).kind is PassageKind.ADMITTED


async def test_a_barrier_that_does_not_answer_is_asked_once(world: World) -> None:
    """It may have opened: a second pulse could come down on the car."""
    here = await gate(world)
    here.barrier.fault = DeviceFault.NO_ANSWER
    answer = await here.read()
    assert answer.kind is PassageKind.NOT_CONFIRMED
    for _ in range(100):
        await here.read(after=1)
    assert (here.barrier.pulses, here.wallet.posted_minor) == (1, 1500)
    assert await here.passages() == [("not_confirmed", "card")]
    (command,) = await world.books.load(CommandLog)
    assert (command.outcome, command.detail) == (CommandOutcome.NOT_CONFIRMED, "no_answer")


async def test_a_pulse_that_was_open_at_a_crash_is_not_confirmed_and_not_sent_again(
    world: World,
) -> None:
    """Killed between the record and the pulse: nobody knows, so nobody fires."""
    here = await gate(world)
    await here.read()
    (command,) = await world.books.load(CommandLog)
    await world.books.record(replace(command, outcome=CommandOutcome.DECIDED))
    await world.restart()
    (command,) = await world.books.load(CommandLog)
    assert command.outcome is CommandOutcome.NOT_CONFIRMED
    assert here.barrier.pulses == 1


async def test_the_very_same_read_delivered_again_after_a_crash_opens_nothing(
    world: World,
) -> None:
    """A broker repeats what was not acknowledged: charged once, opened once."""
    here = await gate(world)
    at = world.clock.now
    await here.read(at=at)
    await world.restart()
    lane, barrier = world.lane(fee="5")
    answer = await plate_read(world.site, lane=lane.id, read=PlateRead(plate=PLATE, at=at))
    assert (answer.kind, answer.repeated) == (PassageKind.RECORDED, True)
    assert barrier.pulses == 0
    assert world.wallet_now(here.wallet).posted_minor == 1500


async def test_without_a_fee_nothing_is_booked_and_the_passage_is(world: World) -> None:
    """A free lane still knows who came in."""
    here = await gate(world, money="", fee="0")
    assert (await here.read()).kind is PassageKind.ADMITTED
    assert await world.books.entries(kinds=(EntryKind.PASSAGE,)) == []
    assert await here.passages() == [("admitted", "card")]


@pytest.mark.parametrize("fee", ["5", "0"])
async def test_what_cannot_be_written_down_opens_nothing(world: World, fee: str) -> None:
    """Disk full: refused with the reason, nothing charged; when there is room, in at the next read."""
    here = await gate(world, fee=fee)
    with world.full_disk():
        answer = await here.read()
        assert (answer.kind, answer.reason) == (PassageKind.REFUSED, Reason.LEDGER_CLOSED)
    assert (here.barrier.pulses, here.wallet.posted_minor) == (0, 2000)
    assert (await here.read(after=1)).kind is PassageKind.ADMITTED
    assert here.barrier.pulses == 1
    assert world.site.trouble == ""


@pytest.mark.parametrize("how", ["full", "read only"])
async def test_a_person_opens_also_while_nothing_can_be_written(world: World, how: str) -> None:
    """Nobody stays locked in because a disk is full; who opened is in the facts."""
    here = await gate(world)
    if how == "full":
        with world.full_disk():
            answer = await release_barrier(
                world.site, lane=here.lane.id, reason="help call", actor=MANAGER
            )
    else:
        world.books.state = BooksState.READ_ONLY
        answer = await release_barrier(
            world.site, lane=here.lane.id, reason="help call", actor=MANAGER
        )
        world.books.state = BooksState.OK
    assert answer.kind is PassageKind.RELEASED
    assert here.barrier.pulses == 1
    assert world.heard(Passed)[-1].actor == "user:manager"


async def test_a_plate_is_answered_also_while_the_books_are_read_only(world: World) -> None:
    """The driver hears why, instead of nothing at all."""
    here = await gate(world)
    world.books.state = BooksState.READ_ONLY
    known, unknown = await here.read(), await here.read("沪B99999")
    world.books.state = BooksState.OK
    assert (known.reason, unknown.reason) == (Reason.LEDGER_CLOSED, Reason.UNKNOWN)
    assert here.barrier.pulses == 0


async def test_gates_go_on_while_the_books_may_not_be_the_latest(world: World) -> None:
    """After a restore cars drive in and pay; only cuts and refunds wait for a person."""
    here = await gate(world)
    world.books.state = BooksState.ROLLED_BACK
    answer = await here.read()
    world.books.state = BooksState.OK
    assert (answer.kind, here.wallet.posted_minor) == (PassageKind.ADMITTED, 1500)


async def test_a_release_is_written_down_with_who_and_why(world: World) -> None:
    """An open gate at night has a name."""
    here = await gate(world)
    with pytest.raises(CoreError, match="reason_missing"):
        await release_barrier(world.site, lane=here.lane.id, reason="", actor=MANAGER)
    await release_barrier(world.site, lane=here.lane.id, reason="ambulance", actor=MANAGER)
    (passage,) = await world.books.load(Passage)
    assert (passage.kind, passage.reason, passage.actor) == (
        "released",
        "ambulance",
        "user:manager",
    )
    here.lane.barrier = None
    with pytest.raises(CoreError, match="lane_has_no_barrier"):
        await release_barrier(world.site, lane=here.lane.id, reason="x", actor=MANAGER)
    with pytest.raises(CoreError, match="lane_has_no_barrier"):
        await here.read()
    with pytest.raises(CoreError, match="unknown_lane"):
        await release_barrier(world.site, lane="l9", reason="x", actor=MANAGER)


# --- cards ---------------------------------------------------------------------------------------


async def test_a_plate_belongs_to_one_card(world: World) -> None:
    """Two payers for one car would be charged by chance: the second card is refused in words."""
    here = await gate(world)
    other = await world.wallet("20", purpose=Purpose.PARKING)
    with pytest.raises(CoreError, match="credential_taken") as refused:
        await issue(world, other, plates=("沪B11111", "京a·12345"))
    assert refused.value.placeholders == {"credential": "京****45", "card": "c1"}
    assert await world.books.load(Subject) == [await only_subject(world)]
    await world.restart()
    lane, _ = world.lane(fee="5")
    await plate_read(world.site, lane=lane.id, read=PlateRead(plate=PLATE, at=world.clock.now))
    assert world.wallet_now(here.wallet).posted_minor == 1500
    assert world.wallet_now(other).posted_minor == 2000


async def only_subject(world: World) -> Subject:
    """The one person that is kept."""
    (subject,) = await world.books.load(Subject)
    return subject


@pytest.mark.parametrize("how", ["blocked", "expired"])
async def test_a_plate_moves_on_from_a_card_that_is_over(world: World, how: str) -> None:
    """A lost card is blocked and replaced: the same car gets in on the new one."""
    here = await gate(world, plates=())
    until = world.clock.now + DAY
    card = await issue(world, here.wallet, plates=(PLATE,), valid_until=until)
    if how == "blocked":
        await block_card(world.site, card=card, reason="lost", actor=MANAGER)
    else:
        world.clock.now = until
    new = await issue(world, here.wallet, plates=(PLATE,))
    await world.restart()
    lane, barrier = world.lane(fee="5")
    answer = await plate_read(
        world.site, lane=lane.id, read=PlateRead(plate=PLATE, at=world.clock.now)
    )
    assert (answer.kind, answer.card, barrier.pulses) == (PassageKind.ADMITTED, new, 1)


async def test_a_card_issued_twice_under_one_reference_is_one(world: World) -> None:
    """A request that is sent again must not be refused as a stranger's."""
    here = await gate(world, plates=())
    receipts = [
        await issue_card(
            world.site,
            wallet=here.wallet.wallet.id,
            plates=[PLATE],
            actor=MANAGER,
            reference="k1",
        )
        for _ in range(2)
    ]
    assert [one.repeated for one in receipts] == [False, True]
    assert receipts[1].detail["card"] == "c1"
    assert len(await world.books.load(Subject)) == 1
    with pytest.raises(ConflictError):
        await issue(world, here.wallet, plates=("沪B11111",), reference="k1")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, "credential_missing"),
        ({"plates": [" - "]}, "credential_missing"),
        ({"plates": [PLATE], "lanes": ["l9"]}, "unknown_lane"),
        ({"plates": [PLATE], "days": 0}, "time_is_past"),
    ],
)
async def test_a_card_that_makes_no_sense_is_refused(
    world: World, fields: dict[str, Any], key: str
) -> None:
    """Before anything of it is written or sealed."""
    here = await gate(world, plates=())
    if "days" in fields:
        fields = {"plates": [PLATE], "valid_from": world.clock.now, "valid_until": world.clock.now}
    with pytest.raises(CoreError) as refused:
        await issue(world, here.wallet, **fields)
    assert refused.value.key == key
    assert await world.books.load(Subject) == []
    utility = await world.wallet()
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await issue(world, utility, plates=[PLATE])
    with pytest.raises(CoreError, match="unknown_card"):
        await block_card(world.site, card="c9", reason="x", actor=MANAGER)


async def test_an_explanation_moves_nothing(world: World) -> None:
    """The attendant asks why, and the answer is the gate's own."""
    here = await gate(world, plates=())
    await issue(world, here.wallet, plates=[PLATE], tags=["AABB"], codes=["4711"])
    site, lane = world.site, here.lane.id
    for kind, value in (
        (CredentialKind.PLATE, "京a 12345"),
        (CredentialKind.TAG, "AABB"),
        (CredentialKind.CODE, "4711"),
    ):
        decision, asked = explain_access(site, lane=lane, kind=kind, value=value)
        assert decision.admits
        assert (asked.due_minor, asked.payable) == (500, True)
    decision, _ = explain_access(site, lane=lane, kind=CredentialKind.CODE, value="0815")
    assert not decision.admits
    assert (here.barrier.pulses, await here.passages()) == (0, [])
    assert world.clock.now - here.wallet.wallet.opened_at < SECOND


async def test_where_time_has_no_price_each_way_costs_what_its_lane_asks(world: World) -> None:
    """Five to come in and three to leave, as it was before anybody counted who is inside."""
    here = await gate(world, fee="5")
    out, barrier = world.lane(fee="3")
    out.direction, out.reads = "exit", True
    await here.read()
    assert here.wallet.posted_minor == 1500
    world.clock.now += HOUR
    read = PlateRead(plate=PLATE, at=world.clock.now)
    answer = await plate_read(world.site, lane=out.id, read=read)
    assert (answer.kind, answer.fee_minor, here.wallet.posted_minor) == ("admitted", 300, 1200)
    assert (barrier.pulses, world.site.parking.stays) == (1, {})
    entries = await world.books.entries(kinds=(EntryKind.PASSAGE,))
    assert [sum(one.amount_minor for one in entry.postings) for entry in entries] == [500, 300]
    # The way out is the stay's: what goes back of it is counted there, and goes back once.
    told: Any = {"reason": "was not he", "actor": MANAGER}
    with pytest.raises(CoreError, match="passage_of_stay"):
        await reverse_entry(world.site, entry=entries[1].id, **told)
    await reverse_entry(world.site, entry=entries[0].id, **told)
    await refund_stay(world.site, which=Which(stay="st1"), **told)
    assert here.wallet.posted_minor == 2000
    with pytest.raises(CoreError, match="stay_more_than_paid"):
        await refund_stay(world.site, which=Which(stay="st1"), **told)
    await is_sound(world)
