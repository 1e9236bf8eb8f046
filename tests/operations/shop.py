"""A shop: points of use with machines that behave, cards, and wallets that pay."""

from dataclasses import dataclass, field
from typing import Any, Final

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.identity import PointId, TariffId
from custom_components.prepaid_parking.core.use_point import PointKind, UsePoint
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.facts import UseFact
from custom_components.prepaid_parking.operations.following import attach_all
from custom_components.prepaid_parking.operations.sessions import Began, end_use, start_use
from custom_components.prepaid_parking.operations.tapping import tap
from custom_components.prepaid_parking.operations.use_points import set_use_point
from custom_components.prepaid_parking.operations.use_run import Tapped
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.things import FakeThings
from tests.operations.world import MANAGER, World

WASHER: Final = "switch.washer"
HOURLY: Final = {
    "tariff": "hourly",
    "kind": "duration",
    "duration": {"price": "6", "per": 60, "step": 1, "counting": "exact"},
}
"""Six an hour, ten cents a minute, exactly."""
WASHES: Final = {
    "tariff": "washes",
    "kind": "counted",
    "counted": {"uses": 50, "price": "100", "after": "refuse"},
}


@dataclass
class Shop:
    """What is sold by the use in a test's world."""

    world: World
    things: FakeThings = field(default_factory=FakeThings)

    async def open(self, *tariffs: dict[str, Any]) -> None:
        """Put tariffs into effect and a washer in its place, off."""
        self.things.on[WASHER] = False
        self.world.site.using.things = self.things
        for tariff in tariffs:
            await self.world.publish(tariff)

    async def point(self, kind: PointKind, **fields: Any) -> None:
        """Set up the point `Washer`."""
        told: dict[str, Any] = {"name": "Washer", "purpose": Purpose.PROPERTY} | fields
        if tariff := told.get("tariff"):
            told["tariff"] = TariffId(tariff)
        point = UsePoint(id=PointId(""), no=0, kind=kind, **told)
        await set_use_point(self.world.site, point=point, actor=MANAGER)

    async def customer(self, money: str, tag: str = "t1", **fields: Any) -> WalletRun:
        """Open a wallet with a card on it."""
        told: dict[str, Any] = {"purpose": Purpose.PROPERTY} | fields
        run = await self.world.wallet(money, **told)
        await issue_card(self.world.site, wallet=run.wallet.id, tags=[tag], actor=MANAGER)
        return run

    async def tap(self, tag: str = "t1", reference: str = "") -> Tapped:
        """Hold a card to the washer's reader."""
        return await tap(
            self.world.site,
            point="Washer",
            kind=CredentialKind.TAG,
            value=tag,
            actor=MANAGER,
            reference=reference,
        )

    async def start(self, run: WalletRun, **fields: Any) -> Began:
        """Begin a use at the washer."""
        return await start_use(
            self.world.site, point="Washer", wallet=run.wallet.id, actor=MANAGER, **fields
        )

    async def end(self, use: str, **fields: Any) -> Began:
        """End a use."""
        return await end_use(self.world.site, use=use, actor=MANAGER, **fields)

    async def restart(self) -> None:
        """Die and come back, with the hub's entities as they are by now."""
        self.things.watchers.clear()
        await self.world.restart()
        self.world.site.using.things = self.things
        attach_all(self.world.site)
        await self.world.work()

    async def books(self, run: WalletRun) -> tuple[int, int, int]:
        """What the books say: cash, held, and what was earned by uses."""
        balances = await self.world.books.balances()
        no = run.wallet.no
        earned = sum(
            balances.get(site_account(one), 0)
            for one in (
                SiteAccount.REVENUE_SERVICE,
                SiteAccount.REVENUE_PACKAGES,
                SiteAccount.REVENUE_PARKING,
                SiteAccount.REVENUE_RUNTIME,
                SiteAccount.REVENUE_CHARGING,
            )
        )
        return (
            balances.get(wallet_account(no), 0),
            balances.get(wallet_account(no, Bucket.HELD), 0),
            earned,
        )

    def told(self) -> list[tuple[str, str]]:
        """What was told of uses so far, with its reason."""
        return [(str(fact.event), fact.reason) for fact in self.world.heard(UseFact)]
