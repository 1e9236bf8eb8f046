"""Who pays what recurs for a unit: the occupant's wallet of the right purpose, or the owner's."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ..core.bill_parts import Days
from ..core.category import Category
from ..core.identity import UnitId, WalletId
from ..core.local_day import DAY, day_start
from ..core.recurring_charge import RecurringCharge
from ..core.standing_cursor import first_day
from ..core.unit import occupancy_at
from ..core.wallet import Purpose
from .site import Site
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days of one payer; `run` None: nobody pays for them."""

    run: WalletRun | None
    days: Days


class Payers:
    """The open wallets of customers and units, looked through once for many charges."""

    def __init__(self, site: Site) -> None:
        """Look at nothing before somebody asks."""
        self._site = site

    def of(self, charge: RecurringCharge, day: date) -> WalletRun | None:
        """Return who pays for a local day of a charge; None: nobody does.

        What has no wallet of its purpose is paid by nobody: it is never taken from another one.
        """
        if charge.wallet:
            return self._site.wallet(charge.wallet)
        return self._of_unit(UnitId(charge.unit), charge.category, day)

    def of_owner(self, charge: RecurringCharge) -> WalletRun | None:
        """Return who pays for a unit while nobody lives there; None: nobody does."""
        unit = self._site.house.units[UnitId(charge.unit)]
        return self._of_customer(unit.owner, unit.id, charge.category, tenant=False)

    def of_member(self, member: str, category: Category, day: date) -> WalletRun | None:
        """Return who pays a member's part of what a shared wallet owes on a local day."""
        known = self._site.wallets.get(WalletId(member))
        if known is None:
            return self._of_unit(UnitId(member), category, day)
        unit = UnitId(known.wallet.unit_id)
        return self._of_customer(known.wallet.id, unit, category, tenant=False)

    def beside(self, wallet: str, purpose: Purpose) -> WalletRun | None:
        """Return who pays for a purpose: a wallet itself, or the same customer's one wallet for it.

        Of several it is not known which is meant, so nobody pays, as where there is none.
        """
        own = self._site.wallet(wallet)
        if own.wallet.purpose is purpose:
            return own if own.wallet.closed_at is None else None
        others = self._by_subject.get((own.wallet.subject, purpose), [])
        return others[0] if len(others) == 1 else None

    def ever(self, charge: RecurringCharge) -> list[WalletRun]:
        """Return whoever may have been billed for a unit: those who lived there, and its owner."""
        unit = self._site.house.units[UnitId(charge.unit)]
        found = [
            self._of_customer(one.wallet, unit.id, charge.category, tenant=True)
            for one in self._site.house.occupancies.get(unit.id, ())
        ]
        found.append(self.of_owner(charge))
        return list({id(run): run for run in found if run is not None}.values())

    def stretches(self, charge: RecurringCharge, days: Days) -> list[Stretch]:
        """Return who pays for which days of a charge, in order: a day is theirs who are there as it begins."""
        moves = self._site.house.occupancies.get(UnitId(charge.unit), ()) if charge.unit else ()
        changes = {
            first_day(at, self._site.zone)
            for one in moves
            for at in (one.from_at, one.to_at)
            if at is not None
        }
        begins = [days.first, *sorted(day for day in changes if days.first < day <= days.last)]
        found: list[Stretch] = []
        for first, after in zip(begins, [*begins[1:], days.last + DAY], strict=True):
            run, last = self.of(charge, first), after - DAY
            goes_on = bool(found) and found[-1].run is run
            begin = found.pop().days.first if goes_on else first
            found.append(Stretch(run=run, days=Days(first=begin, last=last)))
        return found

    def _of_unit(self, name: UnitId, category: Category, day: date) -> WalletRun | None:
        site = self._site
        unit = site.house.units[name]
        present = occupancy_at(site.house.occupancies.get(name, ()), day_start(day, site.zone))
        found = None
        if present is not None:
            found = self._of_customer(present.wallet, name, category, tenant=True)
        return found or self._of_customer(unit.owner, name, category, tenant=False)

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
