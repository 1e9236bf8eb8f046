"""A garage: a customer with a card, packages on sale, and a calendar that a test turns."""

from datetime import date, timedelta
from typing import Any, Final

from custom_components.prepaid_parking.core.bill import Bill
from custom_components.prepaid_parking.core.identity import CardId, PermitId
from custom_components.prepaid_parking.core.permit import Permit
from custom_components.prepaid_parking.core.wallet import Card, Purpose
from custom_components.prepaid_parking.operations.bill_book import find_bill, local_day
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.parking_packages import set_parking_package
from custom_components.prepaid_parking.operations.permits import find_permit, is_unpaid
from custom_components.prepaid_parking.operations.selling_permits import (
    renew_permit,
    sell_parking_package,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import DAY, MANAGER, World

PLATE: Final = "京A12345"


class Garage:
    """A car park's office in a test's world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def customer(self, money: str = "", plate: str = PLATE, **fields: Any) -> Card:
        """Open a parking wallet with some money, and a card on it."""
        run = await self.world.wallet(money, purpose=Purpose.PARKING)
        receipt = await issue_card(
            self.world.site, wallet=run.wallet.id, plates=[plate], actor=MANAGER, **fields
        )
        return self.card(str(receipt.detail["card"]))

    def card(self, card: str) -> Card:
        """Return a card as it is now."""
        return self.world.site.cards[CardId(card)]

    def wallet(self, card: Card) -> WalletRun:
        """Return who pays for a card."""
        return self.world.site.wallets[self.card(card.id).wallet]

    async def package(self, package: str = "month", **changes: Any) -> None:
        """Put a package on sale: 310.00 a month unless told otherwise."""
        told: dict[str, Any] = {"name": package.capitalize(), "price_minor": 310_00} | changes
        await set_parking_package(self.world.site, package=package, changes=told, actor=MANAGER)

    async def sell(self, card: Card, package: str = "month", **fields: Any) -> Permit:
        """Sell a package."""
        told: dict[str, Any] = {"actor": MANAGER} | fields
        _, permit = await sell_parking_package(
            self.world.site, card=card.id, package=package, **told
        )
        return permit

    async def renew(self, permit: Permit, **fields: Any) -> Permit:
        """Renew a permit."""
        told: dict[str, Any] = {"actor": MANAGER} | fields
        _, after = await renew_permit(self.world.site, permit=permit.id, **told)
        return after

    async def permit(self, permit: Permit) -> Permit:
        """Return a permit as it is now."""
        return await find_permit(self.world.site, PermitId(permit.id))

    async def bill(self, permit: Permit) -> Bill:
        """Return the bill of a permit as it is now."""
        assert permit.bill is not None
        return await find_bill(self.world.site, permit.bill)

    def unpaid(self, permit: Permit) -> bool:
        """Tell whether a permit waits for its money."""
        return is_unpaid(self.world.site, permit.bill, permit.wallet)

    def today(self) -> date:
        """Return the site's day."""
        return local_day(self.world.site)

    async def days(self, count: int) -> None:
        """Let days pass; the office does what each of them brings."""
        for _ in range(count):
            self.world.clock.now += DAY
            await self.world.tick(timedelta(seconds=1))

    async def until(self, day: date) -> None:
        """Let days pass until a day is there."""
        await self.days((day - self.today()).days)
