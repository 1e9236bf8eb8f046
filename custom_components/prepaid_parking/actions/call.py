"""What an action's handler is given, and the fields that many actions share."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..code_view import code_url
from ..coordinator import PrepaidData
from ..core.chart import ONLINE, Channel
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Receipt
from ..core.page import Part
from ..core.unit import Unit
from ..operations.lane_run import LaneRun
from ..operations.meter_run import MeterRun
from ..operations.occupants import units_of
from ..operations.repeats import GENERATED
from ..operations.site import Site
from ..operations.wallet_run import WalletRun
from ..page_view import signed
from ..picture_view import picture_url
from ..receipt_page import given_path

type Response = dict[str, Any]
type Handler = Callable[[Call], Awaitable[Response]]
type Fields = Mapping[vol.Marker, Any]

SLUG: Final = vol.All(cv.slug, vol.Length(min=1))
"""What a person calls a rule; the hub's own check lets an empty one pass."""
BY_HAND: Final = vol.All(vol.Coerce(Channel), vol.NotIn((*ONLINE, Channel.VOUCHER)))
"""The channels a person can book by; providers and vouchers say themselves what they are worth."""
TEXTS: Final = vol.All(cv.ensure_list, [cv.string])
MOST_LISTED: Final = 1_000
"""More than this in one answer holds up the hub; the next page begins `after` the last one."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action: what it is called, what it does, and what it is given."""

    name: str
    handler: Handler
    fields: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an action on a site."""

    hass: HomeAssistant
    entry_id: str
    parts: PrepaidData
    actor: Actor
    data: Mapping[str, Any]

    @property
    def site(self) -> Site:
        """The site it is about."""
        return self.parts.site

    def picture_url(self, name: object) -> str | None:
        """Return a link to a picture that is there, None where it is not."""
        return picture_url(self.hass, self.entry_id, self.parts.pictures, name)

    def code_url(self, code: str) -> str | None:
        """Return a link to a code as a picture, None where there is no code."""
        return code_url(self.hass, self.entry_id, code)

    def text(self, name: str) -> str:
        """Return a text, empty where it was not given."""
        return str(self.data.get(name) or "")

    @property
    def part(self) -> Part:
        """The part of a list that is asked for."""
        return Part(after=self.text("after"), limit=self.data["limit"])

    def money(self, name: str) -> int:
        """Return an amount in minor units."""
        return self.site.currency.parse(str(self.data[name]))

    def maybe_money(self, name: str) -> int | None:
        """Return an amount in minor units where one was given."""
        return None if self.data.get(name) in (None, "") else self.money(name)

    def moment(self, name: str) -> datetime | None:
        """Return an instant where one was given; a time without a zone is the site's own."""
        value = self.data.get(name)
        return None if value is None else self.instant(value)

    def instant(self, value: datetime) -> datetime:
        """Return an aware instant in UTC."""
        if value.tzinfo is None:
            value = value.replace(tzinfo=self.site.zone)
        try:
            return value.astimezone(UTC)
        except OverflowError as err:
            raise CoreError("time_out_of_range", at=value.isoformat()) from err

    def wallet(self, asked: str | None = None) -> WalletRun:
        """Return the wallet that is meant, by its id or by its unit where that has one only.

        Of several for one purpose, the one that occupies the unit is meant: who has left has to be
        named by id.
        """
        asked = self.text("wallet") if asked is None else asked
        if asked.lower() in self.site.wallets:
            return self.site.wallet(asked.lower())
        runs = [
            run
            for run in self.site.wallets.values()
            if run.wallet.unit == asked and run.wallet.closed_at is None
        ]
        if len(runs) > 1 and len({run.wallet.purpose for run in runs}) == 1:
            runs = [run for run in runs if units_of(self.site, run.wallet.id)] or runs
        if len(runs) > 1:
            raise CoreError("several_wallets", wallets=", ".join(run.wallet.id for run in runs))
        return runs[0] if runs else self.site.wallet(asked)

    def meter(self, asked: str | None = None) -> MeterRun:
        """Return the meter that is meant, by its id or by its name where only one bears it."""
        asked = self.text("meter") if asked is None else asked
        if asked.lower() in self.site.meters:
            return self.site.meter(asked.lower())
        runs = [run for run in self.site.meters.values() if run.meter.name == asked]
        if len(runs) > 1:
            raise CoreError("several_meters", meters=", ".join(run.meter.id for run in runs))
        return runs[0] if runs else self.site.meter(asked)

    def unit(self) -> Unit:
        """Return the unit that is meant, by its id or by its name."""
        asked = self.text("unit")
        if asked.lower() in self.site.house.units:
            return self.site.unit(asked.lower())
        named = (one for one in self.site.house.units.values() if one.name == asked)
        return next((one for one in named if one.closed_at is None), None) or self.site.unit(asked)

    def lane(self, asked: str | None = None) -> LaneRun:
        """Return the lane that is meant, by its id or by its name where only one bears it."""
        asked = self.text("lane") if asked is None else asked
        if asked.lower() in self.site.lanes:
            return self.site.lane(asked.lower())
        runs = [run for run in self.site.lanes.values() if run.name == asked]
        if len(runs) > 1:
            raise CoreError("several_lanes", lanes=", ".join(run.id for run in runs))
        return runs[0] if runs else self.site.lane(asked)

    def reference(self) -> str:
        """Return the caller's own key for this act; without one it gets a key that is never used twice."""
        return self.text("reference") or f"{GENERATED}{uuid4().hex}"

    def receipt(self, receipt: Receipt, reference: str | None = None) -> Response:
        """Return what the books answered; without a reference of the caller's it is not idempotent.

        Money over the counter has a number for the payer, and a link to print it.
        """
        answer: Response = {
            "entry": receipt.entry,
            "event": receipt.event,
            "booked": receipt.booked.isoformat(),
            "repeated": receipt.repeated,
        }
        if reference is not None:
            answer |= {"reference": reference, "idempotent": bool(self.text("reference"))}
        number = receipt.detail.get("receipt")
        if isinstance(number, int):
            path = given_path(self.entry_id, number, self.hass.config.language)
            answer |= {"receipt": number, "receipt_url": signed(self.hass, path, self.site)["url"]}
        return answer

    def amount_of(self, receipt: Receipt) -> str:
        """Return the amount of an entry, as it is written."""
        amount = receipt.detail["amount"]
        assert isinstance(amount, int)
        return self.site.currency.text(amount)


def page[ItemT](call: Call, items: Sequence[ItemT], id_fn: Callable[[ItemT], str]) -> list[ItemT]:
    """Return the part of a list that was asked for."""
    after, start = call.text("after"), 0
    if after:
        ids = [id_fn(item) for item in items]
        start = ids.index(after) + 1 if after in ids else len(items)
    return list(items[start : start + call.data["limit"]])


PAGED: Final[Fields] = {
    vol.Optional("after"): cv.string,
    vol.Optional("limit", default=100): vol.All(vol.Coerce(int), vol.Range(1, MOST_LISTED)),
}
REASON: Final[Fields] = {vol.Required("reason"): vol.All(cv.string, vol.Length(min=1))}
MAYBE_REASON: Final[Fields] = {vol.Optional("reason"): cv.string}
REFERENCE: Final[Fields] = {vol.Optional("reference"): cv.string}
UNTIL: Final[Fields] = {vol.Optional("until"): cv.datetime}
DAY: Final = vol.All(cv.date, vol.Range(date(1900, 1, 1), date(2999, 12, 31)))
"""A day of a calendar; on the first and the last that there are no clock shows an hour everywhere."""
WALLET: Final[Fields] = {vol.Required("wallet"): cv.string}
METER: Final[Fields] = {vol.Required("meter"): cv.string}
LANE: Final[Fields] = {vol.Required("lane"): cv.string}
AMOUNT: Final[Fields] = {vol.Required("amount"): cv.string}
