"""Repairs of payments: money that waits for a person, keys that do not fit, pages that anybody can read along."""

from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .channel_kind import is_pretended
from .const import CONF_ADDRESS, CONF_CHANNEL, CONF_PAY_PAGE, CONF_PAY_PORT, SUBENTRY_CHANNEL
from .coordinator import PrepaidConfigEntry
from .core.pay_channel import ChannelFault
from .operations.cancelling_vouchers import expired_batches
from .operations.facts import Fact, OrderFact
from .operations.pay_book import ChannelRun
from .operations.settling_facts import DifferenceFact, RefundFact
from .pay_address import is_overheard, public_url
from .standing_repairs import Issue, StandingRepairs

SILENT: Final = timedelta(minutes=10)
"""A provider that does not answer for so long is more than a line that was busy."""
MOST_NAMED: Final = 5
WARNING: Final = ir.IssueSeverity.WARNING


@callback
def async_watch_payments(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repairs true to how payments stand; returns how to stop that."""
    return PayRepairs(hass, entry).start()


class PayRepairs(StandingRepairs):
    """The payments of one site."""

    timed = True

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with every channel as if it had just answered."""
        super().__init__(hass, entry)
        self._silent_since: dict[str, datetime] = {}

    @override
    def concerns(self, fact: Fact) -> bool:
        return isinstance(fact, OrderFact | RefundFact | DifferenceFact)

    @override
    def standing(self) -> dict[str, Issue]:
        found = (
            self._money() | self._reach() | self._terminals() | self._channels() | self._trials()
        )
        return {f"{key}_{self.entry.entry_id}": issue for key, issue in found.items()}

    def _money(self) -> dict[str, Issue]:
        """Name what only a person can give its place."""
        found, text = dict[str, Issue](), self.site.currency.text
        if lost := list(self.site.paying.unmatched.values()):
            found["payments_without_place"] = Issue(
                key="payments_without_place",
                words={
                    "count": str(len(lost)),
                    "amount": text(sum(one.left_minor for one in lost)),
                    "since": self._day(min(one.at for one in lost)),
                },
            )
        if differing := list(self.site.settling.differences.values()):
            found["payments_differ"] = Issue(
                key="payments_differ",
                words={
                    "count": str(len(differing)),
                    "amount": text(self.site.settling.unreconciled_minor),
                    "since": self._day(min(one.opened_at for one in differing)),
                },
            )
        if stuck := self.site.settling.stuck:
            named = ", ".join(one.id for one in stuck[:MOST_NAMED])
            found["refunds_stuck"] = Issue(
                key="refunds_stuck",
                words={
                    "count": str(len(stuck)),
                    "amount": text(sum(one.amount_minor for one in stuck)),
                    "refunds": named if len(stuck) <= MOST_NAMED else f"{named} …",
                },
            )
        if over := expired_batches(self.site):
            days = [one.valid_until for one in over if one.valid_until is not None]
            found["vouchers_expired"] = Issue(
                key="vouchers_expired",
                words={
                    "count": str(sum(one.open for one in over)),
                    "amount": text(sum(one.open_minor for one in over)),
                    "batches": str(len(over)),
                    "since": min(days).isoformat(),
                },
                severity=WARNING,
            )
        return found

    def _reach(self) -> dict[str, Issue]:
        """Name what is wrong with how payers and providers come."""
        found, options = dict[str, Issue](), self.entry.options
        url = public_url(self.hass, options)
        if options.get(CONF_PAY_PAGE) and is_overheard(url):
            found["pay_page_insecure"] = Issue(key="pay_page_insecure", words={"url": url})
        if trouble := self.entry.runtime_data.pay.trouble:
            words = {"port": str(options.get(CONF_PAY_PORT)), "why": trouble}
            found["pay_port_closed"] = Issue(key="pay_port_closed", words=words)
        return found

    def _terminals(self) -> dict[str, Issue]:
        """Name the terminals whose calls others in the network read along."""
        overheard, known = self.entry.runtime_data.pay.overheard, self.site.desk.terminals
        named = [known[one] for one in sorted(overheard) if known[one].closed_at is None]
        return {
            f"terminal_insecure_{one.id}": Issue(
                key="terminal_insecure", words={"name": one.name}, severity=WARNING
            )
            for one in named
        }

    def _channels(self) -> dict[str, Issue]:
        """Name the channels that do not work, and why as far as it decides what to do."""
        runs = self.site.paying.channels
        for key in self._silent_since.keys() - runs.keys():
            del self._silent_since[key]
        found = {
            f"channel_keys_missing_{key}": Issue(key="channel_keys_missing", words={"name": name})
            for key, name in self.entry.runtime_data.pay.idle.items()
        }
        for key, run in runs.items():
            if run.trouble == ChannelFault.UNTRUSTED:
                found[f"channel_untrusted_{key}"] = Issue(
                    key="channel_untrusted", words={"name": run.name}
                )
            elif self._is_silent(run):
                found[f"channel_silent_{key}"] = Issue(
                    key="channel_silent", words={"name": run.name}, severity=WARNING
                )
        return found

    def _is_silent(self, run: ChannelRun) -> bool:
        if run.trouble not in {ChannelFault.UNREACHABLE, ChannelFault.UNKNOWN}:
            self._silent_since.pop(run.key, None)
            return False
        now = self.site.clock()
        return now - self._silent_since.setdefault(run.key, now) >= SILENT

    def _trials(self) -> dict[str, Issue]:
        """Name the channels that take play money."""
        return {
            f"channel_trial_{one.data[CONF_CHANNEL]}": Issue(
                key="channel_trial", words={"name": one.title}, severity=WARNING
            )
            for one in self.entry.get_subentries_of_type(SUBENTRY_CHANNEL)
            if is_pretended(one.data[CONF_ADDRESS])
        }

    def _day(self, at: datetime) -> str:
        return self.site.on_the_wall(at)
