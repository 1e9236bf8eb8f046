"""The demo's car park, set up by the integration's own actions; every step is done once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from . import show
from .car_park import (
    CARDS,
    CARETAKER,
    EXPECTED,
    FEE_ITEMS,
    INVITED,
    MERCHANT,
    MERCHANT_WALLET,
    PACKAGES,
    RULES,
    TARIFF,
    Card,
    owners_of,
    spaces,
)
from .client import Hub

_WEEKS: Final = timedelta(days=28)


@dataclass(slots=True, kw_only=True)
class CarParkSetup:
    """What the property office does before the first car comes."""

    hub: Hub
    wallets: Mapping[str, str]
    """Ids of the wallets by their keys."""

    async def run(self) -> None:
        """Go through spaces, fee items, packages, cards and billing, as far as they are missing."""
        await self._rules()
        await self._spaces()
        await self._prices()
        await self._cards()
        await self._visitors()
        # The owners' first bills would be made tomorrow.
        await self.hub.act("run_billing")
        # The hub began to listen for refusals before there was a site.
        await self.hub.ask("call_service", domain="automation", service="reload")

    async def _rules(self) -> None:
        tariffs = (await self.hub.act("list_tariffs"))["tariffs"]
        if all(one["tariff"] != TARIFF["tariff"] for one in tariffs):
            await self.hub.act("publish_tariff", **TARIFF)
        if not (await self.hub.act("get_parking_rules"))["temporaries"]:
            await self.hub.act("set_parking_rules", **RULES)

    async def _spaces(self) -> None:
        if (await self.hub.act("list_spaces", limit=1))["spaces"]:
            return
        show.step("Registering 40 parking spaces in three places")
        owners = owners_of(dict(self.wallets))
        await self.hub.act("import_spaces", csv=spaces(owners), reference="demo-spaces")

    async def _prices(self) -> None:
        for item in FEE_ITEMS:
            await self.hub.act("set_fee_item", **item, reference=f"demo-fee-{item['item']}")
        sold = (await self.hub.act("list_parking_packages"))["packages"]
        known = {one["package"] for one in sold}
        for package in PACKAGES:
            if package["package"] not in known:
                await self.hub.act("set_parking_package", **package)

    async def _cards(self) -> None:
        known = (await self.hub.act("list_cards"))["cards"]
        if len(known) < len(CARDS):
            show.step(f"Issuing {len(CARDS)} parking cards, with packages and rentals")
        for card in CARDS:
            await self._card(card)

    async def _card(self, card: Card) -> None:
        issued = await self.hub.act(
            "issue_card",
            wallet=self.wallets[card.wallet],
            plates=list(card.plates),
            **({"space": card.space} if card.space else {}),
            reference=card.reference,
        )
        if card.package:
            await self.hub.act(
                "sell_parking_package",
                card=issued["card"],
                package=card.package,
                renews=True,
                reference=f"{card.reference}-package",
            )
        if card.rented and not await self._is_let(issued["card"]):
            today = datetime.now().astimezone().date()
            await self.hub.act(
                "rent_space",
                space=card.space,
                card=issued["card"],
                first=str(today),
                last=str(today + _WEEKS),
                reference=f"{card.reference}-rental-{today}",
            )
        if card.blocked and not issued["repeated"]:
            await self.hub.act("block_card", card=issued["card"], reason=card.blocked)

    async def _is_let(self, card: str) -> bool:
        """Whether a space is let to a card already: on another day it would be for other days."""
        permits = (await self.hub.act("get_card", card=card))["package"]
        return any(one["kind"] == "rental" for one in permits)

    async def _visitors(self) -> None:
        now = datetime.now().astimezone()
        noon = (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        await self.hub.act(
            "set_merchant",
            **MERCHANT,
            wallet=self.wallets[MERCHANT_WALLET],
            reference="demo-merchant",
        )
        if not (await self.hub.act("list_invitations"))["invitations"]:
            await self.hub.act(
                "invite_visitor",
                plate=INVITED,
                to=(now + _WEEKS).isoformat(),
                unlimited=True,
                reference=f"demo-invitation-{now.date()}",
            )
        if not (await self.hub.act("list_reservations"))["reservations"]:
            await self.hub.act(
                "reserve_space",
                zone="Yard",
                plate=EXPECTED,
                **{"from": noon.isoformat(), "to": (noon + timedelta(hours=4)).isoformat()},
                note="piano tuner",
                reference=f"demo-reservation-{noon.date()}",
            )
        await self.hub.act(
            "set_vehicle_rule",
            plate=CARETAKER,
            kind="free",
            reason="the caretaker's van",
            reference="demo-caretaker",
        )
