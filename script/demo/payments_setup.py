"""The demo's payments: a pretended provider on this machine, pages for payers, codes on the lanes.

Set up through the integration's own forms and actions; every step is done once.
"""

from dataclasses import dataclass
from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO

from . import show
from .client import Data, Hub
from .flows import OPTIONS, SUBENTRY, Steps, fill_in, give_up
from .patience import until
from .places import CHANNEL
from .tenants import unit_of
from .trouble import DemoError

ACCOUNT: Final[Data] = {
    "merchant": "acct_1Fake",
    "key": "sk_test_fake",
    "secret": DEMO.pay_signed_by,
}
"""The account that the pretended provider keeps."""
_DRAWN_S: Final = 30.0


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
        await self._endpoint()
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
        if await self._known() is not None:
            return
        show.step("Adding a pretended provider of payments, with a window to pay in")
        answers: Data = {
            "user": "stripe",
            "stripe": {**ACCOUNT, "other_address": {"address": self.provider}},
            "proven_trial": {"name": CHANNEL},
        }
        steps = Steps(title=CHANNEL, answers=answers)
        await fill_in(self.hub, SUBENTRY, [self.entry, "channel"], steps)

    async def _known(self) -> str | None:
        """Return the channel's own key, None where it is not there yet."""
        listed = await self.hub.ask("config_entries/subentries/list", entry_id=self.entry)
        ids = (str(one["unique_id"]) for one in listed if one["title"] == CHANNEL)
        return next((one.removeprefix("channel:") for one in ids), None)

    async def _endpoint(self) -> None:
        """Tell the provider where its notices go, as in Stripe's dashboard: it forgets with each start.

        Without a notice the hub asks by itself, some seconds later.
        """
        url = f"{self.url}/api/prepaid_parking/notice/{await self._known()}"
        await self.hub.elsewhere(
            f"{self.provider}/v1/webhook_endpoints", key=ACCOUNT["key"], fields={"url": url}
        )

    async def _codes(self) -> None:
        lanes = [one.name for one in DEMO.lanes]
        await self.hub.act("make_pay_code", kind="lane", targets=lanes)
        wallets = (await self.hub.act("list_wallets"))["wallets"]
        units = {unit_of(one) for one in DEMO.wallets}
        flats = [
            one["wallet"] for one in wallets if one["purpose"] == "utility" and one["unit"] in units
        ]
        await self.hub.act("make_pay_code", kind="wallet", targets=flats)
        if not await until(self._drawn, _DRAWN_S):
            message = "The lanes' codes have no pictures."
            raise DemoError(message)

    async def _drawn(self) -> bool | None:
        """Whether the pictures are there, which the dashboard shows: they follow the codes."""
        entities = await self.hub.ask("config/entity_registry/list")
        shown = [one for one in entities if one["unique_id"].endswith("_pay_code")]
        return len(shown) >= len(DEMO.lanes) or None
