"""The cash desk: every cent once, nothing out that is not there, and money stays with its purpose."""

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import (
    Channel,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.policy import WalletState
from custom_components.prepaid_parking.core.wallet import Purpose, Wallet, WalletKind
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    deduct,
    freeze,
    open_wallet,
    refund,
    top_up,
    unfreeze,
    update_wallet,
)
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.office import unbind_meter
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.watching import state_of
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, KWH, MANAGER, SECOND, World


async def take(world: World, wallet: WalletRun, minor: int, **fields: object) -> None:
    """Take money by hand."""
    told = {"reason": "key", "actor": MANAGER} | fields
    await deduct(world.site, wallet=wallet.wallet.id, amount_minor=minor, **told)  # type: ignore[arg-type]


async def give_back(world: World, wallet: WalletRun, minor: int, **fields: object) -> None:
    """Pay money out."""
    told = {"reason": "moves out", "actor": MANAGER} | fields
    await refund(world.site, wallet=wallet.wallet.id, amount_minor=minor, **told)  # type: ignore[arg-type]


async def in_books(world: World, wallet: WalletRun) -> int:
    """What the books say a wallet holds."""
    return (await world.books.balances()).get(wallet_account(wallet.wallet.no), 0)


async def test_a_payment_announced_twice_is_credited_once(world: World) -> None:
    """A provider that repeats itself, a cashier who clicks twice: one credit, one answer."""
    wallet = await world.wallet()
    first = await world.pay(wallet, "50", reference="r1")
    second = await world.pay(wallet, "50", reference="r1")
    assert (second.entry, second.repeated) == (first.entry, True)
    assert wallet.posted_minor == await in_books(world, wallet) == 5000
    assert world.events(wallet).count(WalletEvent.TOPPED_UP) == 1
    with pytest.raises(ConflictError):
        await world.pay(wallet, "51", reference="r1")
    other = await world.wallet()
    with pytest.raises(ConflictError):
        await world.pay(other, "50", reference="r1")
    await world.pay(wallet, "50", reference="r1", channel=Channel.TERMINAL)  # another counter's r1
    assert wallet.posted_minor == 10_000


async def test_a_payment_without_a_reference_is_single(world: World) -> None:
    """Two notes over the counter are two payments."""
    wallet = await world.wallet()
    for _ in range(2):
        await world.pay(wallet, "50")
    assert wallet.posted_minor == 10_000


async def test_a_payment_repeated_after_the_wallet_was_closed_has_been_credited(
    world: World,
) -> None:
    """A provider must hear that its money arrived, not that the wallet is closed."""
    wallet = await world.wallet()
    first = await world.pay(wallet, "50", reference="r1")
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER, reference="c1")
    again = await world.pay(wallet, "50", reference="r1")
    assert (again.entry, again.repeated) == (first.entry, True)
    with pytest.raises(CoreError, match="wallet_closed"):
        await world.pay(wallet, "50", reference="r2")
    with pytest.raises(CoreError, match="wallet_closed"):
        await world.pay(wallet, "50")
    with pytest.raises(ConflictError):
        await world.pay(wallet, "60", reference="r1")
    assert wallet.posted_minor == await in_books(world, wallet) == 0


async def test_a_wallet_opened_twice_under_one_reference_is_one(world: World) -> None:
    """A timed-out request that is sent again must not leave two wallets, nor two sets of data."""
    receipts = [
        await open_wallet(
            world.site,
            unit="Flat 9",
            purpose=Purpose.UTILITY,
            actor=MANAGER,
            person={"name": "Li Wei", "phone": "138"},
            reference="o1",
        )
        for _ in range(3)
    ]
    assert {one.detail["wallet"] for one in receipts} == {"w1"}
    assert [one.repeated for one in receipts] == [False, True, True]
    (wallet,) = await world.books.load(Wallet)
    assert await world.site.privacy.get_subject(wallet.subject) == {
        "name": "Li Wei",
        "phone": "138",
    }
    assert await subjects(world) == 1
    with pytest.raises(ConflictError):
        await world.wallet(unit="Flat 10", reference="o1", person={"name": "Wang"})
    assert await subjects(world) == 1


async def subjects(world: World) -> int:
    """How many persons are kept."""
    return len(await world.books.load(Subject))


async def test_no_name_is_in_the_books(world: World) -> None:
    """Personal data lies sealed and nowhere else."""
    await world.wallet(person={"name": "Li Wei"})
    text = "".join(str(entry) for entry in await world.books.entries())
    assert "Li Wei" not in text
    assert "Li Wei" not in str(world.facts)


async def test_never_more_goes_out_than_is_there(world: World) -> None:
    """What the meter has used but nobody has posted yet is spoken for."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)  # 8.00, not posted
    with pytest.raises(CoreError, match="not_enough_money"):
        await take(world, wallet, 9201)
    await take(world, wallet, 9200)
    assert wallet.available_minor == 0
    assert wallet.posted_minor == 800
    with pytest.raises(CoreError, match="not_enough_money"):
        await give_back(world, wallet, 1)


async def test_a_refund_charges_what_was_used_first(world: World) -> None:
    """Paid out to the cent, and the last kilowatt-hour is in the books before it."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await give_back(world, wallet, 9200, reference="f1")
    await give_back(world, wallet, 9200, reference="f1")
    assert wallet.posted_minor == await in_books(world, wallet) == 0
    kinds = [one.kind for one in await world.books.entries(account=wallet_account(1))]
    assert kinds == [EntryKind.TOP_UP, EntryKind.USAGE, EntryKind.REFUND]
    assert (await world.books.balances())[site_account(SiteAccount.CASH)] == -800


async def test_two_desks_cannot_spend_the_same_money(world: World) -> None:
    """A hundred clicks at once take what is there, once."""
    wallet = await world.wallet("10")
    answers = await asyncio.gather(
        *(take(world, wallet, 300) for _ in range(20)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == 3
    assert wallet.posted_minor == await in_books(world, wallet) == 100


async def test_frozen_is_one_way(world: World) -> None:
    """A court freezes what goes out; money that comes in is booked and the light stays on."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    name = wallet.wallet.id
    await freeze(world.site, wallet=name, reason="court", actor=MANAGER)
    for out in (take, give_back):
        with pytest.raises(CoreError, match="wallet_frozen"):
            await out(world, wallet, 100)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await close_wallet(world.site, wallet=name, actor=MANAGER)
    await world.pay(wallet, "50")
    await world.read(run.meter.id, 10 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "142.00"
    await world.restart()
    wallet = world.wallet_now(wallet)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await take(world, wallet, 100)
    await unfreeze(world.site, wallet=name, reason="lifted", actor=MANAGER)
    await take(world, wallet, 100)
    with pytest.raises(CoreError, match="wallet_not_frozen"):
        await unfreeze(world.site, wallet=name, reason="again", actor=MANAGER)


async def test_a_freeze_with_an_end_ends(world: World) -> None:
    """Until Friday means until Friday."""
    wallet = await world.wallet("100")
    name, until = wallet.wallet.id, world.clock.now + DAY
    await freeze(world.site, wallet=name, reason="check", actor=MANAGER, until=until)
    world.clock.now = until - SECOND
    with pytest.raises(CoreError, match="wallet_frozen"):
        await take(world, wallet, 100)
    world.clock.now = until
    await take(world, wallet, 100)
    with pytest.raises(CoreError, match="time_is_past"):
        await freeze(world.site, wallet=name, reason="late", actor=MANAGER, until=until)


async def test_a_deduction_repeated_after_a_freeze_is_answered(world: World) -> None:
    """What was booked stays booked, whatever happened to the wallet since."""
    wallet = await world.wallet("100")
    await take(world, wallet, 100, reference="d1")
    await freeze(world.site, wallet=wallet.wallet.id, reason="court", actor=MANAGER)
    await take(world, wallet, 100, reference="d1")
    assert wallet.posted_minor == 9900


@pytest.mark.parametrize("money", ["30", ""])
async def test_a_closed_wallet_is_settled_to_zero(world: World, money: str) -> None:
    """What is left is paid out, the wallet takes nothing more, and asking twice is one closing."""
    wallet = await world.wallet(money)
    receipts = [
        await close_wallet(
            world.site, wallet=wallet.wallet.id, actor=MANAGER, reference="c1", reason="left"
        )
        for _ in range(2)
    ]
    assert [one.repeated for one in receipts] == [False, True]
    assert receipts[1].detail["settled"] == world.site.currency.parse(money or "0")
    assert await in_books(world, wallet) == 0
    assert state_of(world.site, wallet) is WalletState.CLOSED
    assert world.events(wallet)[-1] is WalletEvent.CLOSED
    await world.restart()
    assert state_of(world.site, world.wallet_now(wallet)) is WalletState.CLOSED


async def test_a_debt_is_paid_in_when_a_wallet_is_closed(world: World) -> None:
    """Who leaves owing pays at the desk, and the books say so."""
    wallet = await world.wallet("1")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    assert world.text(wallet.posted_minor) == "-7.00"
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    balances = await world.books.balances()
    assert await in_books(world, wallet) == 0
    assert balances[site_account(SiteAccount.CASH)] == -800


async def test_no_money_leaves_books_that_may_not_be_the_latest(world: World) -> None:
    """After a restore of an old backup nobody is paid twice; top-ups go on."""
    wallet = await world.wallet("100")
    world.books.state = BooksState.ROLLED_BACK
    with pytest.raises(CoreError, match="ledger_closed"):
        await give_back(world, wallet, 100)
    with pytest.raises(CoreError, match="ledger_closed"):
        await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    await world.pay(wallet, "10")
    world.books.state = BooksState.OK
    assert wallet.posted_minor == 11_000


async def test_what_was_not_written_was_not_credited(world: World) -> None:
    """The cashier reads an error and keeps the note; the second try is the first credit."""
    wallet = await world.wallet("10")
    with world.full_disk(), pytest.raises(StoreError):
        await world.pay(wallet, "50", reference="r1")
    assert wallet.posted_minor == 1000
    receipt = await world.pay(wallet, "50", reference="r1")
    assert not receipt.repeated
    assert wallet.posted_minor == await in_books(world, wallet) == 6000


@pytest.mark.parametrize("minor", [0, -1])
async def test_an_amount_is_positive(world: World, minor: int) -> None:
    """A negative top-up would be a withdrawal that nobody checks."""
    wallet = await world.wallet("10")
    for act in (take, give_back):
        with pytest.raises(CoreError, match="amount_not_positive"):
            await act(world, wallet, minor)
    with pytest.raises(CoreError, match="amount_not_positive"):
        await top_up(world.site, wallet=wallet.wallet.id, amount_minor=minor, actor=MANAGER)


async def test_a_wallet_is_changed_in_what_may_change(world: World) -> None:
    """A new policy and own limits take effect at once; its purpose never changes."""
    wallet = await world.wallet("10")
    await world.policy("generous", credit_limit_minor=5000)
    await update_wallet(
        world.site,
        wallet=wallet.wallet.id,
        changes={"unit": "Flat 3-201", "policy": "generous", "kind": WalletKind.ENTERPRISE},
        actor=MANAGER,
    )
    await world.restart()
    changed = world.wallet_now(wallet).wallet
    assert (changed.unit, changed.policy, changed.kind) == (
        "Flat 3-201",
        "generous",
        WalletKind.ENTERPRISE,
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"purpose": Purpose.UTILITY}, "unknown_field"),
        ({"closed_at": None}, "unknown_field"),
        ({"policy": "none"}, "unknown_policy"),
        ({"unit": "  "}, "unit_missing"),
        ({"credit_limit_minor": -1}, "policy_negative"),
        ({"exempt_quota_minor": -1}, "policy_negative"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    world: World, changes: dict[str, object], key: str
) -> None:
    """A negative credit limit would cut who still has money."""
    wallet = await world.wallet("10")
    with pytest.raises(CoreError) as refused:
        await update_wallet(world.site, wallet=wallet.wallet.id, changes=changes, actor=MANAGER)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"unit": " "}, "unit_missing"),
        ({"policy": "none"}, "unknown_policy"),
        ({"credit_limit_minor": -1}, "policy_negative"),
    ],
)
async def test_a_wallet_that_makes_no_sense_is_not_opened(
    world: World, fields: dict[str, object], key: str
) -> None:
    """Refused before a number is spent on it."""
    with pytest.raises(CoreError) as refused:
        await open_wallet(
            world.site,
            **({"unit": "Flat 1", "purpose": Purpose.UTILITY, "actor": MANAGER} | fields),  # type: ignore[arg-type]
        )
    assert refused.value.key == key
    assert world.site.wallets == {}


async def test_the_first_two_hundred_and_fifty_are_devices_and_stay_it(
    make_world: MakeWorld,
) -> None:
    """A site with 20,000 wallets stays light, and nobody's device vanishes."""
    world = await make_world()
    wallets = [await world.wallet() for _ in range(252)]
    assert [run.wallet.exposed for run in wallets].count(True) == 250
    assert not wallets[-1].wallet.exposed
    shown = await world.wallet(exposed=True)
    assert shown.wallet.exposed


async def test_unknown_wallets_are_refused_in_words(world: World) -> None:
    """A typing error names nobody else's wallet."""
    with pytest.raises(CoreError, match="unknown_wallet"):
        await top_up(world.site, wallet="w77", amount_minor=1, actor=MANAGER)


async def test_balances_agree_with_the_books_whoever_asks_when(world: World) -> None:
    """Top-ups, fees, statements and readings at the same moment: memory says what the file says."""
    wallet = await world.wallet("1000")
    run = await world.meter(wallet)
    work: list[object] = []
    for number in range(20):
        world.registers[run.meter.id] += KWH
        world.clock.now += HOUR
        world.offer(run.meter.id)
        work += [
            world.keeper.work(),
            world.pay(wallet, "1", reference=f"t{number}"),
            take(world, wallet, 50),
            world.keeper.tick(),
        ]
    await asyncio.gather(*work)  # type: ignore[call-overload]
    await world.keeper.stop()
    assert wallet.posted_minor == await in_books(world, wallet) == 100_000 + 2000 - 1000 - 1600
    assert wallet.unposted_minor == 0


moves = st.lists(
    st.tuples(st.sampled_from(["pay", "take", "give"]), st.integers(1, 3000), st.integers(0, 5)),
    max_size=25,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
async def test_any_sequence_with_repeats_is_exact_and_never_below_zero(
    make_world: MakeWorld, moves: list[tuple[str, int, int]]
) -> None:
    """Whatever is repeated, refused or reused under another amount: the sum is that of the firsts."""
    world = await make_world()
    wallet, expected, known = await world.wallet(), 0, dict[tuple[str, int], int]()
    acts = {"pay": None, "take": take, "give": give_back}
    for what, minor, number in moves:
        before, refused = known.get((what, number)), ""
        try:
            act = acts[what]
            if act is None:
                await world.pay(wallet, world.text(minor), reference=f"{number}")
            else:
                await act(world, wallet, minor, reference=f"{number}")
        except CoreError as err:
            refused = err.key
        if before is not None:
            assert refused == ("" if before == minor else "reference_reused")
        elif what != "pay" and minor > expected:
            assert refused == "not_enough_money"
        else:
            assert refused == ""
            known[what, number] = minor
            expected += minor if what == "pay" else -minor
        assert wallet.posted_minor == expected >= 0
    assert await in_books(world, wallet) == expected
    assert world.clock.now - wallet.wallet.opened_at == timedelta()
