"""Taps: one use, one amount, one passage, some minutes; each once, and paid back where nothing ran."""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Bucket, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, DeviceFault
from custom_components.prepaid_parking.core.use import Use, UseEnd, UseState
from custom_components.prepaid_parking.core.use_point import PointKind, Proof
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.cards import block_card, issue_card
from custom_components.prepaid_parking.operations.facts import UseEvent, UseFact, WalletEvent
from custom_components.prepaid_parking.operations.lane_facts import PassageKind
from custom_components.prepaid_parking.operations.packages import sell_package
from custom_components.prepaid_parking.operations.tapping import tap
from custom_components.prepaid_parking.operations.use_points import close_use_point
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.shop import HOURLY, WASHER, WASHES, Shop
from tests.operations.world import MANAGER, MINUTE, SECOND, World

LATER = SECOND * 6
"""After which a tap is another one."""


@pytest.fixture
async def shop(world: World) -> Shop:
    """A shop that sells washes and time."""
    shop = Shop(world)
    await shop.open(WASHES, HOURLY)
    return shop


async def package(shop: Shop, run: WalletRun) -> None:
    """Sell a package of 50 washes."""
    await sell_package(shop.world.site, wallet=run.wallet.id, tariff="washes", actor=MANAGER)


async def uses(shop: Shop, run: WalletRun) -> int:
    """How many uses the books say are left."""
    balances = await shop.world.books.balances()
    return balances.get(wallet_account(run.wallet.no, Bucket.USES), 0)


async def washer(shop: Shop, **fields: Any) -> None:
    """Set the washer up: one wash is forty minutes."""
    told: dict[str, Any] = {"tariff": "washes", "minutes": 40, "switch": WASHER} | fields
    await shop.point(PointKind.TIMED, **told)


async def test_a_tap_takes_one_use_however_often_the_reader_reads_it(shop: Shop) -> None:
    """A child holds the card to the reader for three seconds: one lesson, nine left of ten."""
    await shop.point(PointKind.TAP, tariff="washes")
    run = await shop.customer("100")
    await package(shop, run)
    first = await shop.tap()
    assert (first.event, first.repeated) == (UseEvent.TAKEN, False)
    for _ in range(3):
        await shop.world.tick()
        assert (await shop.tap()).repeated
    assert await uses(shop, run) == 49
    await shop.world.tick(LATER)
    assert not (await shop.tap()).repeated
    assert await uses(shop, run) == 48
    fact = shop.world.heard(UseFact)[-1]
    assert (fact.name, fact.uses, fact.uses_left, fact.card) == ("Washer", 1, 48, "c1")


async def test_a_tap_takes_an_amount_and_the_same_reference_is_one(shop: Shop) -> None:
    """The terminal that sends its tap again after a timeout must not cost two rides."""
    await shop.point(PointKind.TAP, amount_minor=250)
    run = await shop.customer("6")
    for _ in range(2):
        await shop.tap(reference="ride 1")
        await shop.world.tick(LATER)
    assert await shop.books(run) == (350, 0, 250)
    await shop.tap(reference="ride 2")
    await shop.world.tick(LATER)
    with pytest.raises(CoreError, match="not_enough_money"):
        await shop.tap()
    await shop.customer("6", "t2")
    with pytest.raises(ConflictError):
        await shop.tap("t2", reference="ride 1")
    assert WalletEvent.DEDUCTED in shop.world.events(run)


async def test_a_refused_tap_says_why_and_is_judged_anew(shop: Shop) -> None:
    """Who pays at the machine next to it taps again at once, and is let in."""
    await shop.point(PointKind.TAP, amount_minor=250)
    run = await shop.customer("")
    with pytest.raises(CoreError, match="not_enough_money"):
        await shop.tap()
    await shop.world.pay(run, "10")
    assert not (await shop.tap()).repeated
    with pytest.raises(CoreError, match="credential_unknown"):
        await shop.tap("somebody's")
    await block_card(shop.world.site, card="c1", reason="lost", actor=MANAGER)
    await shop.world.tick(LATER)
    with pytest.raises(CoreError, match="card_blocked"):
        await shop.tap()
    assert shop.told() == [
        ("refused", "not_enough_money"),
        ("taken", ""),
        ("refused", "credential_unknown"),
        ("refused", "card_blocked"),
    ]
    assert "somebody's" not in str(shop.world.facts)


async def test_a_tap_opens_a_door_once_and_its_passage_is_written_down(shop: Shop) -> None:
    """The gate of the swimming pool: one entry, one pulse."""
    lane, barrier = shop.world.lane()
    await shop.point(PointKind.TAP, amount_minor=250, lane=lane.id, purpose=Purpose.PARKING)
    run = await shop.customer("10", purpose=Purpose.PARKING)
    first = await shop.tap(reference="a")
    await shop.world.tick(LATER)
    again = await shop.tap(reference="a")
    assert (first.opened, again.opened, barrier.pulses) == (PassageKind.ADMITTED, None, 1)
    assert await shop.books(run) == (750, 0, 250)


async def test_a_code_starts_forty_minutes_and_they_end(shop: Shop) -> None:
    """Laundry: scan, one wash is taken, the machine is on for forty minutes and off after."""
    await washer(shop)
    run = await shop.customer("100")
    await issue_card(shop.world.site, wallet=run.wallet.id, codes=["QR-7"], actor=MANAGER)
    await package(shop, run)
    tapped = await tap(
        shop.world.site,
        point="Washer",
        kind=CredentialKind.CODE,
        value="QR-7",
        actor=MANAGER,
    )
    assert tapped.use is not None
    assert (tapped.use.state, shop.things.on[WASHER]) == (UseState.RUNNING, True)
    await shop.world.wait(39 * MINUTE, MINUTE)
    assert shop.things.on[WASHER] is True
    await shop.world.wait(2 * MINUTE, SECOND * 30)
    assert shop.things.on[WASHER] is False
    assert await uses(shop, run) == 49
    assert shop.told() == [("started", ""), ("ended", "time_up")]
    assert shop.things.told == [(WASHER, True), (WASHER, False)]


async def test_a_machine_in_use_is_refused_and_costs_nothing(shop: Shop) -> None:
    """The second customer keeps their wash."""
    await washer(shop)
    runs = [await shop.customer("100"), await shop.customer("100", "t2")]
    for run in runs:
        await package(shop, run)
    await shop.tap()
    await shop.world.tick(LATER)
    for tag in ("t1", "t2"):
        with pytest.raises(CoreError, match="point_busy"):
            await shop.tap(tag)
    assert [await uses(shop, run) for run in runs] == [49, 50]
    with pytest.raises(CoreError, match="point_busy"):
        await close_use_point(shop.world.site, point="Washer", actor=MANAGER, reason="x")


@pytest.mark.parametrize("in_money", [True, False])
@pytest.mark.parametrize("fault", ["refuses", "pretends", "no_power"])
async def test_a_machine_that_did_not_start_is_paid_back_by_itself(
    shop: Shop, fault: str, *, in_money: bool
) -> None:
    """Nobody has to phone for their wash back, and the machine is told to be off."""
    shop.things.numbers["sensor.power"] = Decimal(1)
    proof = Proof(entity="sensor.power", above="20", within_s=60)
    price: dict[str, Any] = {"amount_minor": 300, "tariff": None} if in_money else {}
    await washer(shop, proof=proof if fault == "no_power" else None, **price)
    run = await shop.customer("103")
    await package(shop, run)
    match fault:
        case "refuses":
            shop.things.refuses = DeviceFault.NO_ANSWER
        case "pretends":
            shop.things.moves = False
    tapped = await shop.tap()
    assert tapped.use is not None
    await shop.world.wait(2 * MINUTE, SECOND * 5)
    assert await uses(shop, run) == 50
    assert (await shop.books(run))[0] == 300
    shop.things.refuses, shop.things.moves = None, True
    await shop.world.wait(2 * MINUTE, SECOND * 5)
    (use,) = await shop.world.books.load(Use)
    assert (use.end, use.state) == (UseEnd.NOT_STARTED, UseState.ENDED)
    assert shop.told()[-1] == ("refunded", "not_started")
    (entry,) = await shop.world.books.entries(kinds=(EntryKind.USES_GIVEN_BACK,))
    assert entry.reverses is not None
    assert shop.things.on[WASHER] is False


async def test_a_machine_proves_by_its_power_that_it_runs(shop: Shop) -> None:
    """The door was open at first; then it drew 800 W: it runs, and nothing is paid back."""
    shop.things.numbers["sensor.power"] = None
    with pytest.raises(CoreError, match="not_a_number"):
        await washer(shop, proof=Proof(entity="sensor.power", above="much", within_s=60))
    await washer(shop, proof=Proof(entity="sensor.power", above="20", within_s=60))
    run = await shop.customer("100")
    await package(shop, run)
    tapped = await shop.tap()
    assert tapped.use is not None
    assert tapped.use.state is UseState.STARTING
    await shop.world.wait(30 * SECOND, SECOND)
    shop.things.numbers["sensor.power"] = Decimal(800)
    await shop.world.wait(2 * MINUTE, SECOND)
    (running,) = shop.world.site.using.uses.values()
    assert running.use.state is UseState.RUNNING
    assert await uses(shop, run) == 49


async def test_killed_at_the_tap_the_wash_is_paid_back_and_the_machine_told_off(shop: Shop) -> None:
    """The hub died between the books and the switch: nobody pays for nothing."""
    await washer(shop)
    run = await shop.customer("100")
    await package(shop, run)
    shop.things.moves = False
    await shop.tap()
    shop.things.moves = True
    await shop.restart()
    await shop.world.wait(MINUTE, SECOND)
    assert await uses(shop, run) == 50
    (use,) = await shop.world.books.load(Use)
    assert (use.end, use.state) == (UseEnd.NOT_STARTED, UseState.ENDED)


async def test_forty_minutes_are_over_while_the_hub_is_down(shop: Shop) -> None:
    """The machine is told to be off first of all when the hub is back; the wash was given."""
    await washer(shop)
    run = await shop.customer("100")
    await package(shop, run)
    await shop.tap()
    shop.world.clock.now += 60 * MINUTE
    shop.things.told.clear()
    await shop.restart()
    assert shop.things.told == [(WASHER, False)]
    assert await uses(shop, run) == 49
    (use,) = await shop.world.books.load(Use)
    assert (use.end, use.state) == (UseEnd.TIME_UP, UseState.ENDED)


async def test_a_second_tap_ends_what_the_first_began(shop: Shop) -> None:
    """Tap in, tap out: six minutes cost sixty cents; a stranger's tap ends nothing."""
    await shop.point(PointKind.METERED, tariff="hourly", switch=WASHER)
    run = await shop.customer("10")
    await shop.customer("10", "t2")
    await shop.tap(reference="in")
    await shop.world.tick(LATER)
    assert (await shop.tap(reference="in")).event is UseEvent.STARTED
    with pytest.raises(CoreError, match="point_busy"):
        await shop.tap("t2")
    await shop.world.wait(6 * MINUTE - LATER, SECOND * 30)
    ended = await shop.tap(reference="out")
    assert ended.use is not None
    assert (ended.event, ended.use.amount_minor) == (UseEvent.ENDED, 60)
    await shop.world.tick(LATER)
    again = await shop.tap(reference="out")
    assert (again.event, again.repeated) == (UseEvent.ENDED, True)
    assert (await shop.books(run))[0] == 940
    assert not shop.world.site.using.uses


async def test_one_tag_pays_from_the_same_customers_wallet_for_it(shop: Shop) -> None:
    """The key ring opens the gate from the parking wallet and pays the washer from the other one."""
    await shop.point(PointKind.TAP, amount_minor=250)
    parking = await shop.customer("10", purpose=Purpose.PARKING, person={"name": "Li"})
    stranger = await shop.world.wallet("10", purpose=Purpose.PROPERTY, person={"name": "Wang"})
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await shop.tap()
    flat = await shop.world.wallet("10", purpose=Purpose.PROPERTY, customer=parking.wallet.id)
    assert (await shop.tap()).wallet == flat.wallet.id
    sums = [(await shop.books(run))[0] for run in (parking, stranger, flat)]
    assert sums == [1_000, 1_000, 750]


async def test_in_an_emergency_nothing_is_switched(shop: Shop) -> None:
    """On a fire no machine of ours goes on or off until a person says that it is over."""
    await washer(shop)
    run = await shop.customer("100")
    await package(shop, run)
    await shop.tap()
    shop.world.site.emergency = True
    await shop.world.wait(50 * MINUTE, MINUTE)
    assert shop.things.told == [(WASHER, True)]
    with pytest.raises(CoreError, match="emergency_on"):
        await shop.tap()
    shop.world.site.emergency = False
    await shop.world.wait(MINUTE, SECOND * 10)
    assert shop.things.told == [(WASHER, True), (WASHER, False)]


async def test_a_machine_that_does_not_go_off_is_said_once(shop: Shop) -> None:
    """Somebody has to pull the plug; being told every minute does not pull it."""
    await washer(shop)
    run = await shop.customer("100")
    await package(shop, run)
    await shop.tap()
    shop.things.moves = False
    await shop.world.wait(60 * MINUTE, SECOND * 20)
    assert [one for one in shop.told() if one[0] == "stuck"] == [("stuck", "still_on")]
    told = len(shop.things.told)
    assert told > 10
    with pytest.raises(CoreError, match="point_busy"):
        await shop.tap()


STEP = st.tuples(
    st.sampled_from(("tap", "tap", "package", "fault", "wait", "restart")), st.integers(0, 2)
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEP, max_size=20), st.sampled_from(list(PointKind)))
async def test_no_sequence_makes_or_loses_money_or_uses(
    make_world: MakeWorld, steps: list[tuple[str, int]], kind: PointKind
) -> None:
    """Machines that fail, hubs that die, cards that are held too long: the sums stay right."""
    world = await make_world()
    shop = Shop(world)
    await shop.open(WASHES | {"counted": {"uses": 3, "price": "1"}}, HOURLY)
    await shop.point(
        kind,
        tariff="hourly" if kind is PointKind.METERED else "washes",
        minutes=0 if kind is PointKind.TAP else 5,
        switch="" if kind is PointKind.TAP else WASHER,
        deposit_minor=50 if kind is PointKind.METERED else 0,
    )
    run = await shop.customer("5")
    for what, which in steps:
        try:
            match what:
                case "tap":
                    await shop.tap()
                case "package":
                    await package(shop, run)
                case "fault":
                    shop.things.moves, shop.things.refuses = (
                        (True, None),
                        (False, None),
                        (True, DeviceFault.OFFLINE),
                    )[which]
                case "wait":
                    await world.wait((SECOND, 6 * SECOND, 6 * MINUTE)[which], SECOND * 2)
                case _:
                    await shop.restart()
        except CoreError:
            pass
    shop.things.moves, shop.things.refuses = True, None
    await world.wait(10 * MINUTE, SECOND * 5)
    run = world.wallet_now(run)
    balances = await world.books.balances()
    left = sum(one.left for one in world.site.using.packages.values())
    assert await uses(shop, run) == left == run.others.get(Bucket.USES, 0)
    cash, held, _ = await shop.books(run)
    assert cash >= 0
    assert held == sum(one.held_minor for one in world.site.using.deposits.values()) == 0
    assert (sum(balances.values()), run.unposted_minor) == (0, 0)
    assert not world.site.using.uses
    assert shop.things.on[WASHER] is False
    assert not (await world.books.verify()).problem
