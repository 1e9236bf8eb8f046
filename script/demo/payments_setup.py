"""The demo's payments: a pretended provider on this machine, pages for payers, codes on the lanes.

Set up through the integration's own forms and actions; every step is done once.
"""

from dataclasses import dataclass
from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO

from . import show
from .client import Data, Hub
from .flows import OPTIONS, SUBENTRY, Steps, fill_in, give_up
from .tenants import unit_of

CHANNEL: Final = "Card (pretended)"
"""What stands on the payer's button: no real money moves."""
ACCOUNT: Final[Data] = {"merchant": "acct_1Fake", "key": "sk_test_fake"}
"""The account that the pretended provider keeps."""


@dataclass(slots=True, kw_only=True)
class PaymentsSetup:
    """What a manager does before the first tenant pays by phone."""

    hub: Hub
    entry: str
    url: str
    provider: str

    async def run(self) -> None:
        """Switch the pages on, add the provider, make the codes."""
        await self._pages()
        await self._channel()
        await self._codes()

    async def _pages(self) -> None:
        """The hub of a demo may be at another port than the last time: the codes follow it."""
        menu = await self.hub.rest("POST", OPTIONS, {"handler": self.entry})
        path = f"{OPTIONS}/{menu['flow_id']}"
        form = await self.hub.rest("POST", path, {"next_step_id": "payments"})
        shown = {
            one["name"]: (one.get("description") or {}).get("suggested_value")
            for one in form["data_schema"]
        }
        wanted: Data = {"pay_page": True, "pay_url": self.url}
        if {name: shown.get(name) for name in wanted} == wanted:
            await give_up(self.hub, OPTIONS, form["flow_id"])
            return
        known = {name: value for name, value in shown.items() if value not in (None, "")}
        await self.hub.rest("POST", path, known | wanted)

    async def _channel(self) -> None:
        listed = await self.hub.ask("config_entries/subentries/list", entry_id=self.entry)
        if any(one["title"] == CHANNEL for one in listed):
            return
        show.step("Adding a pretended provider of payments, with a window to pay in")
        answers: Data = {
            "user": "stripe",
            "stripe": {**ACCOUNT, "other_address": {"address": self.provider}},
            "proven_trial": {"name": CHANNEL},
        }
        steps = Steps(title=CHANNEL, answers=answers)
        await fill_in(self.hub, SUBENTRY, [self.entry, "channel"], steps)

    async def _codes(self) -> None:
        lanes = [one.name for one in DEMO.lanes]
        await self.hub.act("make_pay_code", kind="lane", targets=lanes)
        wallets = (await self.hub.act("list_wallets"))["wallets"]
        units = {unit_of(one) for one in DEMO.wallets}
        flats = [
            one["wallet"] for one in wallets if one["purpose"] == "utility" and one["unit"] in units
        ]
        await self.hub.act("make_pay_code", kind="wallet", targets=flats)
