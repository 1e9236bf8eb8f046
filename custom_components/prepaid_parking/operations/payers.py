"""Who pays what recurs for a unit: the occupant's wallet of the right purpose, or the owner's."""

from collections import defaultdict
from datetime import date
from functools import cached_property

from ..core.category import Category
from ..core.identity import UnitId, WalletId
from ..core.local_day import day_start
from ..core.recurring_charge import RecurringCharge
from ..core.unit import occupancy_at
from ..core.wallet import Purpose
from .site import Site, WalletRun


class Payers:
    """The open wallets of customers and units, looked through once for many charges."""

    def __init__(self, site: Site) -> None:
        """Look at nothing before somebody asks."""
        self._site = site

    def of(self, charge: RecurringCharge, day: date) -> WalletRun | None:
        """Return who pays for a charge's period that begins on a local day; None: nobody does.

        What has no wallet of its purpose is paid by nobody: it is never taken from another one.
        """
        site = self._site
        if charge.wallet:
            return site.wallet(charge.wallet)
        unit = site.units[UnitId(charge.unit)]
        present = occupancy_at(site.occupancies.get(unit.id, ()), day_start(day, site.zone))
        found = None
        if present is not None:
            found = self._of_customer(present.wallet, unit.id, charge.category, tenant=True)
        return found or self._of_customer(unit.owner, unit.id, charge.category, tenant=False)

    def _of_customer(
        self, wallet: str, unit: UnitId, category: Category, *, tenant: bool
    ) -> WalletRun | None:
        """Return a customer's wallet for a category, found from any other wallet of theirs.

        A customer with two flats has two wallets for rent: the flat's own comes first. A tenant whose
        name nobody wrote down is known by the flat, if one wallet only is for it.
        """
        known = self._site.wallets.get(WalletId(wallet))
        if known is None:
            return None
        if known.wallet.purpose is category.purpose and known.wallet.closed_at is None:
            return known
        if known.wallet.subject:
            own = self._by_subject.get((known.wallet.subject, category.purpose), [])
            return min(
                own, key=lambda run: (run.wallet.unit_id != unit, run.wallet.no), default=None
            )
        of_unit = self._by_unit.get((unit, category.purpose), []) if tenant else []
        return of_unit[0] if len(of_unit) == 1 else None

    @cached_property
    def _by_subject(self) -> dict[tuple[str, Purpose], list[WalletRun]]:
        found = defaultdict[tuple[str, Purpose], list[WalletRun]](list)
        for run in self._open:
            if run.wallet.subject:
                found[run.wallet.subject, run.wallet.purpose].append(run)
        return found

    @cached_property
    def _by_unit(self) -> dict[tuple[str, Purpose], list[WalletRun]]:
        found = defaultdict[tuple[str, Purpose], list[WalletRun]](list)
        for run in self._open:
            if run.wallet.unit_id:
                found[run.wallet.unit_id, run.wallet.purpose].append(run)
        return found

    @cached_property
    def _open(self) -> list[WalletRun]:
        return [run for run in self._site.wallets.values() if run.wallet.closed_at is None]
