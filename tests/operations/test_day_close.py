"""A car park's day closes as its books say: a golden file, and the ledger itself."""

from datetime import timedelta
import json
from pathlib import Path

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.day_close import KINDS, DayLine, add_entry
from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.stay import Worth
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.day_close import close_day
from custom_components.prepaid_parking.operations.facts import DayClosed
from custom_components.prepaid_parking.operations.merchants import set_merchant
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from custom_components.prepaid_parking.operations.validating import Gift, validate_stay
from tests.operations.park import OTHER, Park
from tests.operations.world import MANAGER, World

GOLDEN = Path(__file__).parent / "day_close.json"


async def lived(world: World) -> Park:
    """A day: a card, a visitor who pays, one whose shop pays a part, and one who gets money back."""
    park = await Park.open(world)
    await park.customer("100")
    await park.come()
    await park.go()
    for plate in (OTHER, "粤B11111", "粤B22222"):
        await park.come(plate)
        world.clock.now += timedelta(hours=2)
        (stay,) = [one for one in await park.stays() if one.state == "inside"]
        if plate == "粤B11111":
            shop = await world.wallet("50", purpose=Purpose.PARKING)
            told = {"name": "Shop", "wallet": shop.wallet.id}
            await set_merchant(world.site, merchant="shop", changes=told, actor=MANAGER)
            gift = Gift(kind=Worth.AMOUNT, amount_minor=3_00)
            which = Which(stay=stay.id)
            await validate_stay(world.site, merchant="shop", which=which, gift=gift, actor=MANAGER)
        await pay_stay(world.site, which=Which(stay=stay.id), actor=MANAGER)
        await park.go(plate, after=60)
        if plate == "粤B22222":
            await refund_stay(
                world.site,
                which=Which(stay=stay.id),
                amount_minor=1_00,
                reason="late",
                actor=MANAGER,
            )
    return park


def is_balanced(line: DayLine) -> bool:
    """Tell whether what was earned and held is what was paid, validated and owed."""
    came = sum(line.paid.values()) + line.validated + line.owed
    return line.charged - line.refunded + line.held == came


async def test_a_day_is_the_golden_one(world: World) -> None:
    """Whoever files the report must find the same columns tomorrow."""
    await lived(world)
    assert await close_day(world.site, world.clock.now.date()) == json.loads(GOLDEN.read_text())


async def test_a_day_is_what_the_ledger_says(world: World) -> None:
    """A report that differs from the books by a cent is worth nothing."""
    await lived(world)
    told = await close_day(world.site, world.clock.now.date())
    total = told["total"]
    assert isinstance(total, dict)
    came, went = await world.books.total(site_account(SiteAccount.REVENUE_PARKING), None, None)
    text = world.site.currency.text
    charged, refunded = (world.site.currency.parse(total[one]) for one in ("charged", "refunded"))
    assert text(came - went) == text(charged - refunded)
    for entry in await world.books.entries(kinds=KINDS):
        line = DayLine()
        run = world.site.wallets.get(WalletId(str(entry.detail.get("wallet"))))
        add_entry(line, entry, run.wallet.no if run is not None else None)
        assert is_balanced(line), entry


async def test_another_day_is_empty(world: World) -> None:
    """What was taken yesterday must not be filed again today."""
    await lived(world)
    told = await close_day(world.site, world.clock.now.date() + timedelta(days=1))
    assert told["lines"] == []


async def test_a_day_is_told_once_when_it_ends(world: World) -> None:
    """An automation mails it: two mails, or none, would both be asked about."""
    await lived(world)
    await world.tick()
    day = world.clock.now.date()
    world.clock.now = world.clock.now.replace(hour=23, minute=59)
    await world.tick()
    assert not [one for one in world.facts if isinstance(one, DayClosed)]
    for _ in range(3):
        await world.tick(timedelta(minutes=2))
    (told,) = [one for one in world.facts if isinstance(one, DayClosed)]
    assert told.report == await close_day(world.site, day)
