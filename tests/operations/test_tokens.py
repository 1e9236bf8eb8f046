"""Tokens for meters without a line: paid once, one counter each, and shown again as they were made."""

import asyncio

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.identity import TokenMeterId
from custom_components.prepaid_parking.core.ledger import Act, Receipt
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.openpaygo import TokenType, make_token
from custom_components.prepaid_parking.core.token_meter import Token, TokenMeter
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import freeze
from custom_components.prepaid_parking.operations.token_meters import (
    close_token_meter,
    set_token_meter,
)
from custom_components.prepaid_parking.operations.tokens import (
    buy_token,
    sync_token_meter,
    tokens_of,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.conftest import MakeWorld
from tests.operations.world import MANAGER, World

KEY = "bc41ec9530f6dac86b1a29ab82edc5fb"
STARTING_CODE = 516_959_010


async def token_meter(world: World, name: str = "SL-1", **fields: object) -> TokenMeter:
    """Set up the meter of the published examples: 1.50 a day."""
    told = {
        "id": TokenMeterId(""),
        "no": 0,
        "name": name,
        "commodity": Commodity.ELECTRICITY,
        "sold_in": "day",
        "price_micro": 1_500_000,
        "subject": "",
    } | fields
    _, meter = await set_token_meter(
        world.site,
        TokenMeter(**told),  # type: ignore[arg-type]
        key=KEY,
        starting_code=STARTING_CODE,
        actor=MANAGER,
    )
    return meter


async def buy(world: World, wallet: WalletRun, units: str, **fields: object) -> Token:
    """Buy a token for the one meter."""
    told = {"meter": "SL-1", "wallet": wallet.wallet.id, "actor": MANAGER} | fields
    _, token = await buy_token(world.site, units=units, **told)  # type: ignore[arg-type]
    return token


async def test_a_token_is_paid_and_is_what_the_meter_expects(world: World) -> None:
    """The digits of the published example, for money that is gone from the wallet exactly once."""
    wallet = await world.wallet("10")
    await token_meter(world)
    token = await buy(world, wallet, "5")
    assert (token.digits, token.count, token.amount_minor) == ("177073015", 2, 750)
    revenue = site_account(SiteAccount.REVENUE_ELECTRICITY)
    assert (wallet.posted_minor, (await world.books.balances())[revenue]) == (250, 750)


async def test_a_token_that_was_not_heard_of_is_shown_again_and_not_made_again(
    world: World,
) -> None:
    """Whoever lost the answer must not pay twice, nor get a second token that is good as well."""
    wallet = await world.wallet("100")
    meter = await token_meter(world)
    first = await buy(world, wallet, "5", reference="kiosk 9")
    await buy(world, wallet, "1", reference="kiosk 10")
    await world.restart()
    wallet = world.site.wallet(wallet.wallet.id)
    receipt, again = await buy_token(
        world.site,
        meter="SL-1",
        wallet=wallet.wallet.id,
        units="5",
        reference="kiosk 9",
        actor=MANAGER,
    )
    assert (again, receipt.repeated, wallet.posted_minor) == (first, True, 9100)
    assert world.site.offline.meters[meter.id].count == 4
    with pytest.raises(CoreError, match="token_reference_taken"):
        await buy(world, wallet, "6", reference="kiosk 9")
    shown, found = await tokens_of(world.site, meter)
    assert found == len(shown)
    assert [one.digits for one in shown] == [
        (await buy(world, wallet, "1", reference="kiosk 10")).digits,
        first.digits,
    ]


async def test_tokens_that_are_bought_at_once_have_a_counter_each(world: World) -> None:
    """Two phones at one moment: one counter for both would be one token for two prices."""
    wallet = await world.wallet("100")
    await token_meter(world)
    made = await asyncio.gather(*(buy(world, wallet, "5") for _ in range(8)))
    assert [one.count for one in sorted(made, key=lambda one: one.count)] == list(range(2, 18, 2))
    assert len({one.digits for one in made}) == 8
    assert wallet.posted_minor == 10_000 - 8 * 750


async def test_without_money_there_is_no_token_and_no_counter(world: World) -> None:
    """A token that was refused must not move the counter, or the meter and the hub part company."""
    wallet = await world.wallet("7.49")
    meter = await token_meter(world)
    with pytest.raises(CoreError, match="not_enough_money"):
        await buy(world, wallet, "5")
    await freeze(world.site, wallet=wallet.wallet.id, reason="x", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await buy(world, wallet, "1")
    assert world.site.offline.meters[meter.id].count == 1
    assert not await world.books.load(Token)


async def test_a_full_disk_gives_no_token_away(world: World) -> None:
    """What is not on disk is not shown: the next try makes the very same token, once."""
    wallet = await world.wallet("100")
    await token_meter(world)
    with world.full_disk(), pytest.raises(StoreError):
        await buy(world, wallet, "5")
    token = await buy(world, wallet, "5")
    assert (token.count, token.digits, wallet.posted_minor) == (2, "177073015", 9250)


async def test_a_token_whose_answer_was_lost_goes_to_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on disk and somebody paid for it: the next buyer must get another one."""
    first, second = await world.wallet("100"), await world.wallet("100")
    meter = await token_meter(world)
    plain = world.books.commit

    async def lost(act: Act) -> Receipt:
        await plain(act)
        raise StoreError("closed")

    with monkeypatch.context() as broken:
        broken.setattr(world.books, "commit", lost)
        with pytest.raises(StoreError):
            await buy(world, first, "5", reference="kiosk 1")
    other = await buy(world, second, "5")
    mine = await buy(world, first, "5", reference="kiosk 1")
    assert (mine.count, other.count, second.posted_minor) == (2, 4, 9250)
    assert mine.digits != other.digits
    assert (await tokens_of(world.site, meter))[1] == 2


async def test_only_a_utility_wallet_pays_for_a_utility(world: World) -> None:
    """Parking money must not turn into electricity."""
    car = await world.wallet("100", purpose=Purpose.PARKING)
    await token_meter(world)
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await buy(world, car, "5")


@pytest.mark.parametrize(
    ("units", "refusal"),
    [
        ("0", "not_a_number"),
        ("-5", "not_a_number"),
        ("x", "not_a_number"),
        ("1e9", "not_a_number"),
        ("NaN", "not_a_number"),
        ("0.5", "token_units_too_fine"),
        ("996", "token_value_out_of_range"),
    ],
)
async def test_units_that_a_token_cannot_say_are_refused(
    world: World, units: str, refusal: str
) -> None:
    """A value above 995 would let the meter through for ever; half a day would be rounded to nothing."""
    wallet = await world.wallet("5000")
    await token_meter(world)
    with pytest.raises(CoreError, match=refusal):
        await buy(world, wallet, units)
    assert wallet.posted_minor == 500_000


async def test_a_divider_makes_parts_of_a_unit_and_the_price_stays_exact(world: World) -> None:
    """Ten values to a kWh at 0.333: 12.5 kWh are 125 values and 4.16, half a cent up."""
    wallet = await world.wallet("100")
    await token_meter(world, divider=10, price_micro=333_000, extended=True, sold_in="kWh")
    token = await buy(world, wallet, "12.5")
    assert token.amount_minor == 416
    key = bytes.fromhex(KEY)
    expected = make_token(key, STARTING_CODE, 1, TokenType.ADD, 125, extended=True)
    assert (token.count, token.digits) == expected


async def test_a_meter_that_lost_count_is_told_by_a_token_nobody_pays_for(world: World) -> None:
    """After tokens that were made and never typed in, the office brings both together again."""
    await token_meter(world)
    _, sync = await sync_token_meter(world.site, meter="SL-1", reason="lost", actor=MANAGER)
    assert (sync.digits, sync.count, sync.amount_minor) == ("160440009", 3, 0)
    _, unlock = await sync_token_meter(
        world.site, meter="SL-1", kind=TokenType.UNLOCK, reason="paid off", actor=MANAGER
    )
    assert unlock.count == 5
    for kind, units in ((TokenType.ADD, "5"), (TokenType.SET, ""), (TokenType.SYNC, "5")):
        with pytest.raises(CoreError, match="token_kind_refused"):
            await sync_token_meter(
                world.site, meter="SL-1", kind=kind, units=units, reason="x", actor=MANAGER
            )


async def test_a_meters_key_lies_sealed_and_goes_with_the_meter(world: World) -> None:
    """A ledger file that leaks must not make tokens; a meter that is gone leaves no key behind."""
    meter = await token_meter(world)
    await token_meter(world, price_micro=2_000_000)  # The same device, typed in again.
    raw = (world.folder / "site.db").read_bytes() + (world.folder / "site.db-wal").read_bytes()
    assert KEY.encode() not in raw
    assert bytes.fromhex(KEY) not in raw
    assert len(await world.books.load(Subject)) == 1
    await close_token_meter(world.site, meter="SL-1", reason="broken", actor=MANAGER)
    assert not await world.books.load(Subject)
    with pytest.raises(CoreError, match="unknown_token_meter"):
        await sync_token_meter(world.site, meter=meter.id, reason="x", actor=MANAGER)


async def test_a_meter_is_changed_without_its_key_and_goes_on_counting(world: World) -> None:
    """A new price must not begin the counter anew: the meter takes no token twice."""
    wallet = await world.wallet("100")
    meter = await token_meter(world)
    await buy(world, wallet, "5")
    changed = TokenMeter(
        id=TokenMeterId(""),
        no=0,
        name="SL-1",
        commodity=Commodity.ELECTRICITY,
        sold_in="day",
        price_micro=2_000_000,
        subject="",
    )
    for _ in range(2):
        _, after = await set_token_meter(
            world.site, changed, actor=MANAGER, reference="price of August"
        )
    assert (after.id, after.count, after.subject) == (meter.id, 2, meter.subject)
    token = await buy(world, wallet, "5")
    assert (token.count, token.amount_minor) == (4, 1000)
    with pytest.raises(ConflictError):
        await set_token_meter(
            world.site,
            TokenMeter(
                id=TokenMeterId(""),
                no=0,
                name="SL-1",
                commodity=Commodity.ELECTRICITY,
                sold_in="day",
                price_micro=1,
                subject="",
            ),
            actor=MANAGER,
            reference="price of August",
        )


async def test_what_is_no_key_is_refused(world: World) -> None:
    """A key with a slip in it would sell tokens that no meter takes."""
    for key, code in (("", None), ("12", None), (KEY[:-1] + "g", None), (KEY, 10**9), ("", 5)):
        meter = TokenMeter(
            id=TokenMeterId(""),
            no=0,
            name="SL-2",
            commodity=Commodity.WATER,
            sold_in="m³",
            price_micro=1,
            subject="",
        )
        with pytest.raises(CoreError, match="token_"):
            await set_token_meter(world.site, meter, key=key, starting_code=code, actor=MANAGER)
    assert not world.site.offline.meters
    assert not await world.books.load(Subject)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(("buy", "again", "sync", "restart", "poor")), max_size=20))
async def test_the_meter_takes_every_token_in_the_order_they_were_made(
    make_world: MakeWorld, steps: list[str]
) -> None:
    """Whatever is repeated, refused or begun anew: counters rise, and the money is that of the tokens."""
    world = await make_world()
    first, poor = await world.wallet("1000"), await world.wallet()
    meter = await token_meter(world)
    for number, step in enumerate(steps):
        wallet = world.site.wallet(first.wallet.id)
        if step == "buy":
            await buy(world, wallet, "5", reference=f"r{number}")
        elif step == "again" and (known := (await tokens_of(world.site, meter))[0]):
            told = known[-1]
            if told.kind is TokenType.ADD:
                assert await buy(world, wallet, "5", reference=told.reference) == told
        elif step == "sync":
            await sync_token_meter(world.site, meter="SL-1", reason="x", actor=MANAGER)
        elif step == "restart":
            await world.restart()
        elif step == "poor":
            with pytest.raises(CoreError, match="not_enough_money"):
                await buy(world, world.site.wallet(poor.wallet.id), "5")
    made = (await tokens_of(world.site, meter))[0][::-1]
    count = 1
    for one in made:
        value = 5 if one.kind is TokenType.ADD else 0
        count, digits = make_token(bytes.fromhex(KEY), STARTING_CODE, count, one.kind, value)
        assert (one.count, one.digits) == (count, digits)
    assert world.site.offline.meters[meter.id].count == count
    spent = sum(one.amount_minor for one in made)
    assert world.site.wallet(first.wallet.id).posted_minor == 100_000 - spent
