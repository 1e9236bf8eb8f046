"""A bank's statement: each transfer to the wallet it names, once, and everything else where it is seen."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.bank_statement import StatementLine, read_statement
from custom_components.prepaid_parking.core.chart import Channel, SiteAccount, wallet_account
from custom_components.prepaid_parking.core.difference import DifferenceKind, Resolution
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.operations.adjusting import adjust, reverse_entry
from custom_components.prepaid_parking.operations.bank_lines import StatementTaken, take_statement
from custom_components.prepaid_parking.operations.cashier import close_wallet, top_up
from custom_components.prepaid_parking.operations.differences import settle_difference
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, paid_order, payment_row
from tests.operations.test_settlement import TODAY, reconcile
from tests.operations.world import MANAGER, World

YUAN = Currency.of("CNY")
BANK = SiteAccount.BANK
PAYOUTS = {Channel.WECHAT: "Tenpay", Channel.STRIPE: "STRIPE"}


async def take(world: World, *rows: str) -> StatementTaken:
    """Bring a statement."""
    text = "\n".join(("date,amount,reference,text", *rows))
    return await take_statement(
        world.site,
        bank="main",
        lines=read_statement(text, YUAN),
        payouts=PAYOUTS,
        actor=MANAGER,
    )


async def test_a_transfer_that_names_a_wallet_fills_it_once(world: World) -> None:
    """The statement of the week has the days of yesterday's in it."""
    wallet = await world.wallet()
    row = f"2026-07-01,100.00,B1,rent flat 1 {wallet.wallet.id.upper()} thanks"
    first = await take(world, row)
    assert (first.credited, first.credited_minor, wallet.posted_minor) == (1, 10_000, 10_000)
    (entry,) = await world.books.entries(account=wallet_account(wallet.wallet.no))
    # A reason is what a person wrote: it stands on the tenant's statement.
    assert entry.reason == ""
    again = await take(
        world, row, f"2026-07-02,50.00,B2,{wallet.wallet.id}", "2026-07-02,-9.00,B3,fee"
    )
    assert (again.known, again.credited, again.out) == (1, 1, 1)
    assert wallet.posted_minor == 15_000
    assert await of_site(world, BANK) == -15_000
    assert await of_site(world, SiteAccount.CLEARING) == 0
    await is_sound(world)


async def test_what_the_desk_has_credited_by_the_banks_reference_is_not_credited_again(
    world: World,
) -> None:
    """A manager saw the transfer at the bank in the morning; the statement comes in the evening."""
    wallet, other = await world.wallet(), await world.wallet()
    for reference in ("B1", "B2"):
        await top_up(
            world.site,
            wallet=wallet.wallet.id,
            amount_minor=10_000,
            channel=Channel.TRANSFER,
            reference=reference,
            actor=MANAGER,
        )
    taken = await take(
        world,
        f"2026-07-01,100.00,B1,{wallet.wallet.id}",
        f"2026-07-01,100.00,B2,{other.wallet.id}",
    )
    assert (taken.credited, taken.held) == (1, 1)
    assert (wallet.posted_minor, other.posted_minor) == (20_000, 0)
    await is_sound(world)


@pytest.mark.parametrize("first", ["desk", "bank"])
async def test_what_is_at_the_bank_is_not_taken_back(world: World, first: str) -> None:
    """Taken out of the wrong flat it would be nobody's, and no list would have it: the two balances are corrected."""
    wallet, other = await world.wallet(), await world.wallet()
    row = f"2026-07-01,100.00,B1,{wallet.wallet.id}"
    if first == "desk":
        await top_up(
            world.site,
            wallet=wallet.wallet.id,
            amount_minor=10_000,
            channel=Channel.TRANSFER,
            reference="B1",
            actor=MANAGER,
        )
    await take(world, row, "2026-07-01,7.00,B/B12,water")
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    told: Any = {"reason": "wrong flat", "actor": MANAGER}
    with pytest.raises(CoreError, match="transfer_not_reversible"):
        await reverse_entry(world.site, entry=entry.id, **told)
    with pytest.raises(CoreError, match="transfer_not_reversible"):
        await void_payment(world.site, receipt=1, **told)
    assert await of_site(world, SiteAccount.CLEARING) == 0
    for run, minor in ((wallet, -10_000), (other, 10_000)):
        await adjust(world.site, wallet=run.wallet.id, amount_minor=minor, **told)
    assert (wallet.posted_minor, other.posted_minor) == (0, 10_000)
    assert await of_site(world, SiteAccount.ADJUSTMENT) == 0
    await is_sound(world)


async def test_what_the_desk_has_taken_back_before_its_line_came_is_held(world: World) -> None:
    """It was no typing mistake: the money is at the bank, in no wallet, and a person has to see it."""
    wallet = await world.wallet()
    booked = await top_up(
        world.site,
        wallet=wallet.wallet.id,
        amount_minor=10_000,
        channel=Channel.TRANSFER,
        reference="B1",
        actor=MANAGER,
    )
    await reverse_entry(world.site, entry=booked.entry, reason="not there yet", actor=MANAGER)
    taken = await take(world, f"2026-07-01,100.00,B1,{wallet.wallet.id}")
    assert (taken.credited, taken.held, taken.found[0].wallet) == (0, 1, wallet.wallet.id)
    assert await of_site(world, SiteAccount.SUSPENSE) == taken.found[0].suspended_minor == 10_000
    assert await of_site(world, SiteAccount.CLEARING) == wallet.posted_minor == 0
    await is_sound(world)


async def test_what_names_nobody_or_two_is_held_and_given_its_place_by_a_person(
    world: World,
) -> None:
    """Guessed, it would be somebody else's money; left out, it would be lost."""
    wallet, gone = await world.wallet(), await world.wallet()
    await close_wallet(world.site, wallet=gone.wallet.id, reason="moved", actor=MANAGER)
    taken = await take(
        world,
        "2026-07-01,10.00,B1,water",
        f"2026-07-01,20.00,B2,{wallet.wallet.id} and {gone.wallet.id}",
        f"2026-07-01,30.00,B3,{gone.wallet.id}",
        "2026-07-01,40.00,B4,w99 unknown",
    )
    assert (taken.held, taken.credited) == (4, 0)
    assert {one.kind for one in taken.found} == {DifferenceKind.LINE_WITHOUT_PAYER}
    assert taken.found[2].wallet == gone.wallet.id
    assert await of_site(world, SiteAccount.SUSPENSE) == 10_000
    await settle_difference(
        world.site,
        difference=taken.found[0].id,
        resolution=Resolution.WALLET,
        wallet=wallet.wallet.id,
        reason="rang up",
        actor=MANAGER,
    )
    assert wallet.posted_minor == 1000
    await is_sound(world)


async def test_an_order_in_the_text_is_its_wallets(world: World) -> None:
    """A payer whose code did not work transfers the money and names what stood on the screen."""
    connect(world.site, provider := RefundingProvider())
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    await take(world, f"2026-07-01,7.00,B1,order {order.id}")
    assert wallet.posted_minor == 10_700


async def test_a_providers_payout_comes_out_of_its_clearing(world: World) -> None:
    """When the provider has paid out all but its fee, it owes the site nothing."""
    connect(world.site, provider := RefundingProvider())
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no], fee=60)]
    await reconcile(world)
    taken = await take(world, "2026-07-02,99.40,B1,TENPAY payout", "2026-07-02,5.00,B2,Stripe Inc")
    assert taken.payouts == 2
    assert await of_site(world, SiteAccount.CLEARING_WECHAT) == 0
    assert await of_site(world, BANK) == -9940  # Stripe's own file tells of its payout.
    await is_sound(world)


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("1,234.56", 123_456),
        ("1.234,56", 123_456),
        ("1 234,56", 123_456),
        ("12,50", 1250),
        ("1,234", 123_400),
        ("+7", 700),
        ("-0.01", -1),
    ],
)
def test_amounts_are_read_as_banks_write_them(written: str, minor: int) -> None:
    """A comma read as a point is a hundredth of somebody's rent."""
    (line,) = read_statement(f"Date;Amount;Reference;Text\n01.07.2026;{written};B1;w1", YUAN)
    assert line.amount_minor == minor


def test_a_banks_own_columns_can_be_named() -> None:
    """No two banks write the same table."""
    text = "Buchungstag;Betrag;Nr;Zweck;Wer\n20260701;12,50;7;W1 Miete;Li Wei\n"
    columns = {"date": "Buchungstag", "amount": "Betrag", "reference": "Nr", "text": "Zweck"}
    assert read_statement(text, YUAN, columns) == [
        StatementLine(line=2, reference="7", day=TODAY, amount_minor=1250, text="W1 Miete")
    ]
    chinese = "交易日期,收入金额,交易流水号,附言\n2026年07月01日,12.50,7,w1物业费\n"
    (line,) = read_statement(chinese, YUAN)
    assert (set(line.named), line.day) == ({"w1"}, TODAY)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("date,amount,reference,text", "list_is_empty"),
        ("date,amount,text\n2026-07-01,1,w1", "statement_columns"),
        ("date,amount,reference,text\n2026-07-01,1,,w1", "statement_line"),
        ("date,amount,reference,text\nyesterday,1,B1,w1", "statement_line"),
        ("date,amount,reference,text\n2026-02-30,1,B1,w1", "statement_line"),
        ("date,amount,reference,text\n2026-07-01,1e9,B1,w1", "statement_line"),
        ("date,amount,reference,text\n2026-07-01,0.001,B1,w1", "statement_line"),
        (
            "date,amount,reference,text\n2026-07-01,1,B1,w1\n2026-07-01,1,B1,w2",
            "statement_reference_twice",
        ),
    ],
)
def test_a_statement_that_is_not_understood_is_refused_whole(text: str, key: str) -> None:
    """A line that is left out is somebody's money."""
    with pytest.raises(CoreError, match=key):
        read_statement(text, YUAN)
