"""What the holder of a personal link may do beside paying: let the supply come on, end an auto-charge.

A code on a wall, and digits that a neighbour may know, show no more than they did: nobody switches on
somebody else's stove, or ends what somebody else has agreed to.
"""

from collections.abc import Sequence
from typing import Final

from ..core.agreement import Agreement
from ..core.errors import CoreError
from ..core.held_operation import HeldOperation, HeldState
from ..core.identity import WalletId
from ..core.pay_order import AimKind
from ..core.supply import SupplyState
from ..core.supply_rules import Why
from .agreements import end_agreement
from .meter_run import MeterRun
from .pay_visit_book import PayVisit
from .pay_visits import PAYER
from .site import Site
from .supply import confirm_restore
from .wallet_run import WalletRun

TO_CONFIRM: Final = frozenset({Why.ARMED, Why.NOT_CONFIRMED})
"""Why a supply waits that somebody's word lets come on."""


def shown_wallet(site: Site, visit: PayVisit) -> WalletRun | None:
    """Return the wallet of which a visit sees more than that it can be paid into."""
    if not visit.personal or visit.aim is None or visit.aim.kind is not AimKind.WALLET:
        return None
    return site.wallets.get(WalletId(visit.aim.id))


def held_wallet(site: Site, visit: PayVisit) -> WalletRun | None:
    """Return the wallet that is the visitor's own: by a link that was sent, never by a code."""
    return shown_wallet(site, visit) if visit.by_link else None


def supplies_of(run: WalletRun) -> Sequence[MeterRun]:
    """Return the meters of a wallet whose supply can be switched."""
    return [one for one in run.meters if one.relay is not None]


def waits_for_word(run: MeterRun) -> bool:
    """Tell whether a supply may come on once somebody says so."""
    why = run.decision.why if run.decision is not None else None
    is_said = run.supply.confirmed_at is not None
    return run.state is SupplyState.ARMED and why in TO_CONFIRM and not is_said


async def confirm_supply(site: Site, visit: PayVisit, meter: str) -> None:
    """Let a supply of the visitor's own wallet come on; one that was confirmed before is."""
    run = held_wallet(site, visit)
    if run is None or meter not in {one.meter.id for one in supplies_of(run)}:
        raise CoreError("unknown_meter", meter=meter)
    if site.meter(meter).supply.confirmed_at is None:
        await confirm_restore(site, meter=meter, actor=PAYER, wallet=run.wallet.id)


def agreement_of(site: Site, visit: PayVisit) -> Agreement | None:
    """Return what the visitor has agreed to have fetched."""
    run = held_wallet(site, visit)
    return site.risking.agreement_of(run.wallet.id) if run is not None else None


async def end_own_agreement(site: Site, visit: PayVisit, agreement: str) -> None:
    """End what the visitor has agreed to, at once; what is over is over."""
    known = agreement_of(site, visit)
    if known is not None and known.id == agreement:
        await end_agreement(site, agreement=known.id, actor=PAYER)


def waiting_of(site: Site, run: WalletRun) -> Sequence[HeldOperation]:
    """Return what of a wallet waits for a confirmation."""
    return [
        one
        for one in site.risking.held.values()
        if one.wallet == run.wallet.id and one.state is HeldState.WAITING
    ]
