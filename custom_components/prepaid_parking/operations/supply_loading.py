"""What decides about supplies beside their balances, taken from the books at the start."""

import contextlib

from ..core.errors import CoreError
from ..core.quota import QuotaUse
from ..core.respite import Respite, SiteHold
from .load_limits import load_limits
from .schedules import load_schedules
from .site import Site
from .supply_book import QuotaRun


async def load(site: Site) -> None:
    """Take schedules, load limits and trips, respites and quotas; wallets and meters are there."""
    await load_schedules(site)
    await load_limits(site)
    book = site.supplying
    for calendar in sorted(_calendars(site)):
        with contextlib.suppress(CoreError):
            await site.learn_calendar(calendar)
    for respite in await site.books.load(Respite):
        book.respites.setdefault(respite.wallet, {})[respite.kind] = respite
    book.held = next(iter(await site.books.load(SiteHold)), None)
    for use in await site.books.load(QuotaUse):
        if use.wallet in site.wallets:
            site.wallets[use.wallet].quota = QuotaRun(use=use, kept=use)


def _calendars(site: Site) -> set[str]:
    """Name the holiday calendars that policies and schedules go by; one nobody keeps has no holidays.

    Of all versions: the newest of a schedule may begin next month only, and a clock may be set back.
    """
    policies = {one.no_cut_calendar for versions in site.policies.values() for one in versions}
    schedules = {one.calendar for versions in site.supplying.schedules.values() for one in versions}
    return {calendar for calendar in policies | schedules if calendar}
