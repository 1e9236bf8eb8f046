"""What an order may ask for: how much is due of a wallet, a stay or a bill, and how it is called."""

from dataclasses import dataclass

from ..core.errors import CoreError
from ..core.identity import WalletId
from ..core.money import MOST_MINOR
from ..core.pay_order import Aim, AimKind
from .bill_book import find_bill
from .bill_paying import unpayable
from .booking import no_more_in, open_run
from .site import Site
from .stay_finding import stay_by_id
from .stay_paying import due_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What may be asked for (`amount_minor` is None where the payer chooses), within bounds.

    `subject` is what the payer reads at the provider: it names no person and no plate.
    """

    amount_minor: int | None
    least_minor: int
    most_minor: int
    subject: str
    wallet: WalletId | None = None

    def chosen(self, site: Site, amount_minor: int | None) -> int:
        """Return how much is asked for, or refuse an amount that is not due."""
        amount = self.amount_minor if amount_minor is None else amount_minor
        if amount is None:
            raise CoreError("order_no_amount")
        if amount <= 0:
            raise CoreError("amount_not_positive", amount=site.currency.text(amount))
        if not self.least_minor <= amount <= self.most_minor:
            least, most = site.currency.text(self.least_minor), site.currency.text(self.most_minor)
            raise CoreError("order_amount", least=least, most=most)
        return amount


async def due(site: Site, aim: Aim) -> Due:
    """Return what may be paid now, or refuse in words what cannot be paid."""
    match aim.kind:
        case AimKind.WALLET:
            return _wallet(site, aim.id)
        case AimKind.STAY:
            return await _stay(site, aim.id)
        case AimKind.BILL:
            return await _bill(site, aim.id)


def _wallet(site: Site, wallet: str) -> Due:
    run = open_run(site, wallet)
    refusal = no_more_in(site, run)
    if refusal is not None:
        raise refusal
    return Due(
        amount_minor=None,
        least_minor=1,
        most_minor=MOST_MINOR,
        subject=f"{site.name} {run.wallet.unit}".strip(),
        wallet=run.wallet.id,
    )


async def _stay(site: Site, stay: str) -> Due:
    """A stay is paid whole: who has paid a part of it cannot leave, and would pay at the exit again."""
    known = await stay_by_id(site, stay)
    _, amount = await due_now(site, known)
    if not amount:
        raise CoreError("stay_nothing_due", stay=stay)
    return Due(
        amount_minor=amount,
        least_minor=amount,
        most_minor=amount,
        subject=f"{site.name} {known.id}",
        wallet=known.wallet,
    )


async def _bill(site: Site, bill: str) -> Due:
    found = await find_bill(site, bill)
    refusal = unpayable(found, found.open_minor)
    if refusal is not None:
        raise refusal
    return Due(
        amount_minor=found.open_minor,
        least_minor=1,
        most_minor=found.open_minor,
        subject=f"{site.name} {found.number}",
        wallet=found.wallet,
    )
