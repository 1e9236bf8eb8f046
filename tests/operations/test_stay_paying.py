"""The money of a stay: paid once, charged once, given back as it came, and never lost on the way out."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest

from custom_components.prepaid_parking.core.chart import Bucket, Channel, SiteAccount
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.plate import masked_plate
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState, Worth
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.closing_wallet import close_wallet
from custom_components.prepaid_parking.operations.facts import StepRefused
from custom_components.prepaid_parking.operations.lane_facts import StayEvent, StayFact
from custom_components.prepaid_parking.operations.lost_tickets import pay_lost_ticket
from custom_components.prepaid_parking.operations.merchants import set_merchant
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.stay_book import put
from custom_components.prepaid_parking.operations.stay_cost import cost_of_stay
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import (
    PaidStay,
    pay_stay,
)
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from custom_components.prepaid_parking.operations.unpaid_exits import (
    owed_by,
    unpaid_exits,
    write_off_stay,
)
from custom_components.prepaid_parking.operations.validating import Gift, validate_stay
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.wallets import freeze
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound, of_site, promise
from tests.operations.staying import (
    CITY,
    PLATE,
    TAXED,
    arrive,
    back_out,
    due,
    leave,
    let_out,
    now,
)
from tests.operations.world import HOUR, MANAGER, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def park(make_world: MakeWorld) -> World:
    """A site with prices for stays."""
    return await make_world(tariffs=(CITY, TAXED))


async def pay(world: World, stay: Stay, minor: int | None = None, **more: Any) -> PaidStay:
    """Pay at the desk."""
    told: dict[str, Any] = {"which": Which(stay=stay.id), "actor": MANAGER} | more
    return await pay_stay(world.site, amount_minor=minor, **told)


async def parking(world: World, money: str = "") -> WalletRun:
    """A wallet that pays for parking."""
    return await world.wallet(money, purpose=Purpose.PARKING)


async def test_a_payment_announced_twice_counts_once(park: World) -> None:
    """A provider that repeats itself, a cashier who clicks twice: one payment, one opening."""
    opened: list[str] = []

    async def opens(stay: Stay) -> None:
        opened.append(stay.id)

    park.site.parking.paid = opens
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    first = await pay(park, stay, channel=Channel.TERMINAL, reference="t1")
    assert (first.amount_minor, first.due_minor) == (1000, 0)
    park.clock.now += HOUR
    again = await pay(park, stay, channel=Channel.TERMINAL, reference="t1")
    assert (again.receipt.entry, again.receipt.repeated) == (first.receipt.entry, True)
    assert now(park, stay).paid_minor == 1000 == await of_site(park, SiteAccount.REVENUE_PARKING)
    assert opened == [stay.id]
    with pytest.raises(ConflictError):
        await pay(park, stay, 700, channel=Channel.TERMINAL, reference="t1")
    await is_sound(park)


async def test_a_payment_by_the_ticket_repeated_by_the_stay_counts_once(park: World) -> None:
    """A terminal sends the ticket's code, and after a lost answer the stay that it found by it."""
    ticket = park.site.privacy.blind(CredentialKind.CODE, "7K3M9Q2X")
    stay = await arrive(park, ticket=ticket)
    park.clock.now += HOUR
    first = await pay(park, stay, 500, which=Which(code="7K3M9Q2X"), reference="t1")
    again = await pay(park, stay, 500, reference="t1")
    assert (first.receipt.repeated, again.receipt.repeated) == (False, True)
    assert await of_site(park, SiteAccount.CASH) == -500


async def test_a_payment_repeated_after_the_car_has_left_is_the_one_it_was(park: World) -> None:
    """The notice that comes late for the second time must not find a stay nobody knows."""
    stay = await arrive(park)
    park.clock.now += HOUR
    first = await pay(park, stay, which=Which(plate=PLATE), reference="r1")
    await leave(park, stay)
    again = await pay(park, stay, which=Which(plate=PLATE), reference="r1")
    assert (again.receipt.entry, again.receipt.repeated) == (first.receipt.entry, True)


async def test_a_payment_stands_where_the_exit_cannot_open(park: World) -> None:
    """A cashier who is told "refused" would take the money a second time."""

    async def jammed(_: Stay) -> None:
        raise CoreError("lane_without_barrier", lane="l1")

    park.site.parking.paid = jammed
    stay = await arrive(park)
    park.clock.now += HOUR
    assert (await pay(park, stay)).due_minor == 0
    (told,) = park.heard(StepRefused)
    assert (told.step, str(told.why)) == ("open_paid", "lane_without_barrier(lane=l1)")


async def test_two_who_pay_for_one_car_at_once_do_not_both_pay(park: World) -> None:
    """The driver at the machine and the wife by phone: one of them is told that nothing is due."""
    stay = await arrive(park)
    park.clock.now += HOUR
    answers = await asyncio.gather(
        pay(park, stay, reference="a"), pay(park, stay, reference="b"), return_exceptions=True
    )
    assert [isinstance(one, CoreError) for one in answers].count(True) == 1
    assert now(park, stay).paid_minor == 500
    await is_sound(park)


async def test_the_desk_and_the_exit_do_not_both_take_the_money(park: World) -> None:
    """The cashier presses the key while the camera reads the plate: one of the two pays the stay."""
    run = await parking(park, "50")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += HOUR
    await asyncio.gather(pay(park, stay), leave(park, stay), return_exceptions=True)
    (kept,) = await park.books.load(Stay)
    assert kept.paid_minor == 500 == await of_site(park, SiteAccount.REVENUE_PARKING)
    await is_sound(park)


async def test_who_has_paid_has_a_while_to_leave(park: World) -> None:
    """Nobody pays again for the way from the machine to the barrier; who lingers pays the rest."""
    stay = await arrive(park)
    park.clock.now += HOUR
    await pay(park, stay)
    park.clock.now += 15 * MINUTE
    assert due(park, stay) == 0
    park.clock.now += MINUTE
    assert due(park, stay) == 500
    assert (await pay(park, stay)).amount_minor == 500
    assert now(park, stay).paid_minor == 1000


async def test_a_part_may_be_paid_and_buys_no_time(park: World) -> None:
    """Half the price at the machine must not open the way out."""
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    assert (await pay(park, stay, 400)).due_minor == 600
    assert due(park, stay) == 600
    assert now(park, stay).paid_at is None


async def test_over_the_counter_nobody_pays_more_than_is_due(park: World) -> None:
    """A cashier who types one zero too many must be stopped, not the driver's money kept."""
    stay = await arrive(park)
    with pytest.raises(CoreError, match="stay_nothing_due"):
        await pay(park, stay)
    park.clock.now += HOUR
    with pytest.raises(CoreError, match="stay_more_than_due"):
        await pay(park, stay, 5000)
    for nonsense in (0, -700):
        with pytest.raises(CoreError, match="amount_not_positive"):
            await pay(park, stay, nonsense)
    with pytest.raises(CoreError, match="stay_which"):
        await pay(park, stay, which=Which(stay=stay.id, plate=PLATE))
    with pytest.raises(CoreError, match="stay_not_found"):
        await pay(park, stay, which=Which(plate="沪B77777"))
    assert await of_site(park, SiteAccount.CASH) == 0


async def test_money_that_arrived_beyond_the_price_is_held_and_pays_what_comes(park: World) -> None:
    """A late transfer is the driver's: it pays the next hour, or goes back."""
    stay = await arrive(park)
    park.clock.now += HOUR
    paid = await pay(park, stay, 1200, channel=Channel.TRANSFER, reference="x")
    assert (paid.amount_minor, paid.over_minor, paid.due_minor) == (1200, 700, 0)
    assert await of_site(park, SiteAccount.SUSPENSE) == 700
    park.clock.now += HOUR
    assert due(park, stay) == 0
    left = await leave(park, stay)
    assert (left.paid_minor, left.over_minor) == (1000, 200)
    assert await of_site(park, SiteAccount.SUSPENSE) == 200
    await refund_stay(
        park.site,
        which=Which(stay=stay.id),
        amount_minor=200,
        reason="paid too much",
        channel=Channel.TRANSFER,
        actor=MANAGER,
    )
    assert await of_site(park, SiteAccount.SUSPENSE) == 0
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 1000
    await is_sound(park)


async def test_a_payment_for_a_stay_that_is_over_is_held_not_lost(park: World) -> None:
    """The wallet had paid at the exit; the driver's transfer comes a day later."""
    run = await parking(park, "20")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += HOUR
    await leave(park, stay)
    late = await pay(park, stay, 500, channel=Channel.TRANSFER, reference="late")
    assert late.over_minor == 500
    with pytest.raises(CoreError, match="stay_nothing_due"):
        await pay(park, stay)
    await is_sound(park)


async def test_the_wallet_is_charged_at_the_exit_with_its_tax(park: World) -> None:
    """What the driver pays, what is earned and what is tax must be one sum."""
    run = await parking(park, "50")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run, tariff="taxed")
    park.clock.now += HOUR
    left = await leave(park, stay)
    assert (left.amount_minor, left.paid_minor, left.wallet_minor) == (1060, 1060, 1060)
    assert run.posted_minor == 5000 - 1060
    assert await of_site(park, SiteAccount.TAX) == 60
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 1000
    (entry,) = await park.books.entries(kinds=(EntryKind.STAY_CHARGED,))
    assert entry.event == f"stay/{stay.id}/charge/1"
    await is_sound(park)


async def test_a_car_that_backs_out_pays_only_what_becomes_more(park: World) -> None:
    """The barrier opened, somebody had forgotten the shopping: the money stays with the stay."""
    run = await parking(park, "50")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += HOUR
    await leave(park, stay, state=StayState.LEAVING)
    await back_out(park, stay)
    park.clock.now += 10 * MINUTE
    assert due(park, stay) == 0
    park.clock.now += 2 * HOUR
    left = await leave(park, stay)
    assert (left.paid_minor, left.charges) == (2000, 2)
    assert run.posted_minor == 5000 - 2000
    await is_sound(park)


async def test_nothing_is_written_where_the_wallet_cannot_pay(park: World) -> None:
    """A refused exit must leave no trace of a payment, and no car that is thought to be gone."""
    run = await parking(park, "3")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += HOUR
    with pytest.raises(CoreError, match="not_enough_money"):
        await leave(park, stay)
    other = await arrive(park, "沪B77777")
    park.clock.now += HOUR
    with pytest.raises(CoreError, match="stay_to_pay"):
        await leave(park, other)
    assert now(park, stay) == stay
    assert now(park, other) == other
    assert run.posted_minor == 300
    await is_sound(park)


async def test_money_for_power_never_pays_for_parking(park: World) -> None:
    """A card on the wrong wallet must not make a flat dark."""
    run = await park.wallet("50")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += HOUR
    with pytest.raises(CoreError, match="stay_to_pay"):
        await leave(park, stay)
    assert (await let_out(park, stay)).state is StayState.UNPAID
    assert await holds(park, run) == {Bucket.CASH: 5000}


async def test_a_stay_that_costs_nothing_leaves_without_an_entry(park: World) -> None:
    """A thousand owners a day must not fill the ledger with nothing."""
    stay = await arrive(park, kind=StayKind.OWNER)
    park.clock.now += 5 * HOUR
    mark = replace(stay, id=type(stay.id)("st999"), no=999)
    left = await leave(park, stay, mark)
    assert (left.state, left.paid_minor) == (StayState.LEFT, 0)
    assert not await park.books.entries(kinds=(EntryKind.STAY_CHARGED,))
    assert {one.id for one in await park.books.load(Stay)} == {stay.id, "st999"}


async def test_a_car_without_a_wallet_that_is_let_out_is_on_the_recovery_list(park: World) -> None:
    """What a broken barrier cost must be known, also after a restart, until somebody pays it."""
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    out = await let_out(park, stay)
    assert (out.state, out.owed_minor) == (StayState.UNPAID, 1000)
    assert await of_site(park, SiteAccount.UNPAID_EXITS) == -1000
    assert [one.event for one in park.heard(StayFact)] == [StayEvent.OWED]
    await park.restart()
    park.clock.now += 3 * HOUR
    (one,) = unpaid_exits(park.site)
    assert (one.owed_minor, one.age, one.stay.masked) == (1000, 3 * HOUR, stay.masked)
    assert owed_by(park.site, stay.plate) == 1000
    assert (await pay(park, stay, 600)).due_minor == 400
    with pytest.raises(CoreError, match="more_than_owed"):
        await write_off_stay(
            park.site, stay=stay.id, reason="gone", actor=MANAGER, amount_minor=401
        )
    await write_off_stay(park.site, stay=stay.id, reason="gone", actor=MANAGER)
    assert owed_by(park.site, stay.plate) == 0
    assert await of_site(park, SiteAccount.UNPAID_EXITS) == 0
    assert await of_site(park, SiteAccount.WRITE_OFF) == -400
    (kept,) = await park.books.load(Stay)
    assert (kept.state, kept.paid_minor, kept.written_off_minor) == (StayState.LEFT, 600, 400)
    await is_sound(park)


async def test_a_car_with_a_wallet_that_is_let_out_owes_in_its_wallet(park: World) -> None:
    """It is a parking debt: it never touches what pays for power."""
    run = await parking(park, "1")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += HOUR
    out = await let_out(park, stay)
    assert (out.state, out.owed_minor) == (StayState.LEFT, 500)
    assert await holds(park, run) == {Bucket.CASH: 100, Bucket.DEBT_PARKING: -500}
    assert not unpaid_exits(park.site)
    await is_sound(park)


async def test_money_goes_back_as_it_came(park: World) -> None:
    """Bonus that paid for a stay is bonus again, and never cash to be paid out."""
    await promise(park)
    run = await parking(park, "500")
    stay = await arrive(park, kind=StayKind.CARD, wallet=run)
    park.clock.now += 10 * HOUR
    before = await holds(park, run)
    assert before[Bucket.BONUS] == 10_000
    left = await leave(park, stay)
    assert (left.wallet_minor, left.bonus_minor) == (5000, 5000)
    told: dict[str, Any] = {"which": Which(stay=stay.id), "reason": "slow", "actor": MANAGER}
    first = await refund_stay(park.site, amount_minor=1000, reference="f", **told)
    again = await refund_stay(park.site, amount_minor=1000, reference="f", **told)
    assert (again.entry, again.repeated) == (first.entry, True)
    assert (await holds(park, run))[Bucket.BONUS] == 6000
    for nonsense in (4001, 0, -700):
        with pytest.raises(CoreError, match="stay_more_than_paid"):
            await refund_stay(park.site, amount_minor=nonsense, **told)
    await refund_stay(park.site, **told)
    assert await holds(park, run) == before
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 0
    await is_sound(park)


async def test_who_paid_at_the_till_gets_it_back_from_the_till(park: World) -> None:
    """What the till took and gave back must be in it, tax and all."""
    stay = await arrive(park, tariff="taxed")
    park.clock.now += HOUR
    await pay(park, stay)
    assert await of_site(park, SiteAccount.CASH) == -1060
    await refund_stay(park.site, which=Which(stay=stay.id), reason="kind", actor=MANAGER)
    for account in (SiteAccount.CASH, SiteAccount.TAX, SiteAccount.REVENUE_PARKING):
        assert await of_site(park, account) == 0
    assert due(park, stay) == 0  # What was given back is not asked for again.
    await is_sound(park)


async def test_a_lost_ticket_is_sold_the_way_out(park: World) -> None:
    """Nobody knows when the car came: it pays the price of the sign, once, and may leave."""
    told: dict[str, Any] = {"plate": PLATE, "actor": MANAGER, "reference": "l1"}
    with pytest.raises(CoreError, match="lost_ticket_no_price"):
        await pay_lost_ticket(park.site, **told)
    await set_parking_rules(park.site, changes={"lost_ticket_minor": 3000}, actor=MANAGER)
    sold = await pay_lost_ticket(park.site, **told)
    assert (sold.stay.masked, sold.receipt.detail["over"]) == (masked_plate(PLATE), 0)
    again = await pay_lost_ticket(park.site, **told)
    assert (again.stay.id, again.receipt.repeated) == (sold.stay.id, True)
    park.clock.now += 5 * HOUR
    assert due(park, sold.stay) == 0
    assert cost_of_stay(park.site, sold.stay, park.clock.now).amount_minor == 3000
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 3000


# --- money in any order ---------------------------------------------------------------------------

EXAMPLES = settings(max_examples=settings().max_examples // 8, stateful_step_count=25)
some = st.integers(1, 2500)
gifts = st.one_of(
    st.integers(1, 180).map(lambda minutes: Gift(kind=Worth.MINUTES, minutes=minutes)),
    some.map(lambda minor: Gift(kind=Worth.AMOUNT, amount_minor=minor)),
    st.just(Gift(kind=Worth.FULL)),
)


class MoneyOfAStay(RuleBasedStateMachine):
    """Whatever is paid, charged, backed out of and given back: the car pays its price, no more."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.world = self.run(World.open(Path(self.folder.name), tariffs=(CITY, TAXED)))
        self.wallet = self.run(parking(self.world, "300"))
        self.stay = self.run(
            arrive(self.world, kind=StayKind.CARD, wallet=self.wallet, tariff="taxed")
        )
        self.shop = self.run(parking(self.world, "50"))
        shop = {"name": "Bakery Li", "wallet": self.shop.wallet.id, "budget_minor": 6000}
        self.run(set_merchant(self.world.site, merchant="bakery", changes=shop, actor=MANAGER))
        self.highest = 0
        self.gone: Stay | None = None

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in this example's loop."""
        return self.runner.run(work)

    def teardown(self) -> None:
        """Put the world away."""
        self.run(self.world.close())
        self.runner.close()
        self.folder.cleanup()

    @rule(minutes=st.integers(1, 240))
    def time_passes(self, minutes: int) -> None:
        """The car stands there."""
        self.world.clock.now += minutes * MINUTE

    @rule(minor=some, reference=st.sampled_from("abc"), counter=st.booleans())
    def is_paid(self, minor: int, reference: str, counter: bool) -> None:
        """Somebody pays, now and then with a reference that was used before."""
        channel = Channel.CASH if counter else Channel.TERMINAL
        before = self.now()
        self.seen()
        try:
            paid = self.run(pay(self.world, self.stay, minor, channel=channel, reference=reference))
        except CoreError:
            assert self.now() == before
            return
        if paid.receipt.repeated:
            assert self.now() == before

    @rule(comes_back=st.booleans())
    def goes(self, comes_back: bool) -> None:
        """The car goes to the exit; it may back out."""
        if self.gone is not None:
            return
        self.seen()
        try:
            left = self.run(leave(self.world, self.stay, state=StayState.LEAVING))
        except CoreError as err:
            if err.key != "not_enough_money":
                raise
            return
        assert left.paid_minor + left.validated_minor == left.amount_minor
        assert left.paid_minor <= self.highest
        if comes_back:
            self.run(back_out(self.world, self.stay))
        else:
            gone = replace(self.now(), state=StayState.LEFT, left_at=self.world.clock.now)
            self.run(put(self.world.site, gone))
            self.gone = gone

    @rule(gift=gifts, reference=st.sampled_from(["", "v1"]))
    def is_validated(self, gift: Gift, reference: str) -> None:
        """A shop pays for a part of it, as far as it still may."""
        before = self.now()
        told: dict[str, Any] = {"merchant": "bakery", "actor": MANAGER, "reference": reference}
        which = Which(stay=self.stay.id)
        try:
            done = self.run(validate_stay(self.world.site, which=which, gift=gift, **told))
        except CoreError:
            assert self.now() == before
            return
        assert len(self.now().validations) == len(before.validations) + (not done.receipt.repeated)

    @rule(minor=some)
    def is_refunded(self, minor: int) -> None:
        """Somebody is kind."""
        before = self.now()
        try:
            self.run(
                refund_stay(
                    self.world.site,
                    which=Which(stay=self.stay.id),
                    amount_minor=minor,
                    reason="kind",
                    actor=MANAGER,
                )
            )
        except CoreError as err:
            if err.key != "stay_more_than_paid":
                raise
            assert self.now() == before

    @rule()
    def dies(self) -> None:
        """The hub goes down and comes back."""
        self.run(self.world.restart())
        self.wallet = self.world.wallet_now(self.wallet)

    def seen(self) -> None:
        """Remember the highest price that anybody was asked for."""
        cost = cost_of_stay(self.world.site, self.now(), self.world.clock.now)
        self.highest = max(self.highest, cost.amount_minor)

    def now(self) -> Stay:
        """The stay as the books have it."""
        (stay,) = self.run(self.world.books.load(Stay))
        return stay

    @invariant()
    def every_cent_is_there(self) -> None:
        """The books balance, and the stay says what they say."""
        self.run(is_sound(self.world))
        stay = self.now()
        assert 0 <= stay.bonus_minor <= stay.wallet_minor <= stay.paid_minor
        assert 0 <= stay.refunded_minor <= stay.paid_minor
        earned = sum(
            self.run(of_site(self.world, account))
            for account in (SiteAccount.REVENUE_PARKING, SiteAccount.TAX)
        )
        borne = sum(one.worth_minor for one in stay.validations)
        assert earned == stay.paid_minor - stay.refunded_minor + borne
        assert stay.validated_minor == borne
        assert self.world.site.wallets[self.shop.wallet.id].posted_minor == 5000 - borne
        assert self.run(of_site(self.world, SiteAccount.SUSPENSE)) == stay.over_minor


TestMoneyOfAStay = MoneyOfAStay.TestCase
TestMoneyOfAStay.settings = EXAMPLES


async def test_at_the_desk_a_stay_is_paid_out_of_its_wallet_as_at_an_exit(park: World) -> None:
    """A tenant without cash on him has money in his wallet, and waits at the desk already."""
    opened: list[str] = []

    async def opens(stay: Stay) -> None:
        opened.append(stay.id)

    park.site.parking.paid = opens
    await promise(park, top_up=1000, bonus=400)
    run = await parking(park, "10")
    stay = await arrive(park, wallet=run, tariff="taxed", kind=StayKind.CARD)
    park.clock.now += HOUR
    wallet = run.wallet.id
    first = await pay(park, stay, 600, wallet=wallet, reference="w")
    assert (first.amount_minor, first.due_minor) == (600, 460)
    assert now(park, stay).wallet_minor == 600
    again = await pay(park, stay, 600, wallet=wallet, reference="w")
    assert again.receipt.repeated
    rest = await pay(park, stay, wallet=wallet)
    assert (rest.amount_minor, rest.due_minor, run.available_minor) == (460, 0, 340)
    after = now(park, stay)
    assert (after.paid_minor, after.wallet_minor, after.bonus_minor) == (1060, 1060, 400)
    assert await of_site(park, SiteAccount.TAX) == 60  # 6 % on 10.00, as at the exit
    assert opened == [stay.id, stay.id]
    assert (await leave(park, stay)).wallet_minor == 1060
    assert run.available_minor == 340
    await refund_stay(park.site, which=Which(stay=stay.id), reason="broken", actor=MANAGER)
    assert (run.available_minor, run.bonus_minor, await of_site(park, SiteAccount.CASH)) == (
        1400,
        400,
        -1000,
    )
    await is_sound(park)
    told = [one for one in park.heard(StayFact) if one.event is StayEvent.PAID]
    assert [(one.wallet, one.amount_minor) for one in told] == [(wallet, 600), (wallet, 460)]


async def test_the_desk_takes_no_more_out_of_a_wallet_than_an_exit_would(park: World) -> None:
    """Nobody is drawn below zero, or out of a wallet that was frozen, because a clerk clicked."""
    run = await parking(park, "3")
    stay = await arrive(park, wallet=run)
    wallet = run.wallet.id
    with pytest.raises(CoreError, match="stay_nothing_due"):
        await pay(park, stay, wallet=wallet)
    park.clock.now += HOUR
    with pytest.raises(CoreError, match="not_enough_money"):
        await pay(park, stay, wallet=wallet)
    with pytest.raises(CoreError, match="stay_more_than_due"):
        await pay(park, stay, 600, wallet=wallet)
    with pytest.raises(CoreError, match="amount_not_positive"):
        await pay(park, stay, 0, wallet=wallet)
    with pytest.raises(CoreError, match="stay_wallet_or_channel"):
        await pay(park, stay, wallet=wallet, channel=Channel.TERMINAL)
    await freeze(park.site, wallet=wallet, reason="stolen", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await pay(park, stay, 300, wallet=wallet)
    assert (now(park, stay).paid_minor, run.available_minor) == (0, 300)
    await is_sound(park)


async def test_only_the_wallet_of_the_car_pays_at_the_desk(park: World) -> None:
    """A number that was mistyped must not take a neighbour's money."""
    own, other = await parking(park, "50"), await parking(park, "50")
    utility = await park.wallet("50")
    stay = await arrive(park, wallet=own)
    stranger = await arrive(park, "沪B98765")
    park.clock.now += HOUR
    for car, wallet in ((stay, other), (stay, utility), (stranger, own), (stranger, utility)):
        with pytest.raises(CoreError, match="stay_other_wallet"):
            await pay(park, car, wallet=wallet.wallet.id)
    with pytest.raises(CoreError, match="unknown_wallet"):
        await pay(park, stay, wallet="w99")
    # The stranger becomes a customer while the car is inside, and pays out of the new wallet.
    await issue_card(park.site, wallet=other.wallet.id, plates=["沪B98765"], actor=MANAGER)
    await pay(park, stranger, wallet=other.wallet.id)
    assert (now(park, stranger).wallet, other.available_minor) == (other.wallet.id, 4500)
    assert (own.available_minor, utility.available_minor) == (5000, 5000)
    await is_sound(park)


async def test_what_a_car_left_behind_is_paid_out_of_its_owners_new_wallet(park: World) -> None:
    """Who opens a wallet to settle an old debt is asked for it once."""
    stay = await let_out(park, await _hour(park))
    assert stay.state is StayState.UNPAID
    run = await parking(park, "20")
    await issue_card(park.site, wallet=run.wallet.id, plates=[PLATE], actor=MANAGER)
    paid = await pay(park, stay, wallet=run.wallet.id)
    assert (paid.stay.state, paid.stay.owed_minor, run.available_minor) == (
        StayState.LEFT,
        0,
        1500,
    )
    assert await of_site(park, SiteAccount.UNPAID_EXITS) == 0
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 500
    await is_sound(park)


async def test_a_car_whose_wallet_was_closed_is_paid_for_out_of_its_new_one(park: World) -> None:
    """The tenant moved within the house: the old wallet is settled, and the car is inside still."""
    old, new = await parking(park), await parking(park, "20")
    stay = await arrive(park, wallet=old)
    park.clock.now += HOUR
    await close_wallet(park.site, wallet=old.wallet.id, reason="moved", actor=MANAGER)
    await issue_card(park.site, wallet=new.wallet.id, plates=[PLATE], actor=MANAGER)
    with pytest.raises(CoreError, match="stay_other_wallet"):
        await pay(park, stay, wallet=old.wallet.id)
    await pay(park, stay, wallet=new.wallet.id)
    assert (now(park, stay).wallet, new.available_minor) == (new.wallet.id, 1500)


async def _hour(world: World) -> Stay:
    stay = await arrive(world)
    world.clock.now += HOUR
    return stay


async def test_the_desk_and_the_exit_at_once_take_it_out_of_the_wallet_once(park: World) -> None:
    """The clerk clicks while the car is read at the barrier."""
    run = await parking(park, "50")
    stay = await arrive(park, wallet=run)
    park.clock.now += HOUR
    paying = pay(park, stay, wallet=run.wallet.id)
    paid, gone = await asyncio.gather(paying, leave(park, stay), return_exceptions=True)
    assert isinstance(gone, Stay)
    assert isinstance(paid, PaidStay) or str(paid).startswith("stay_nothing_due")
    assert run.available_minor == 4500
    assert (gone.paid_minor, gone.wallet_minor) == (500, 500)
    await is_sound(park)
