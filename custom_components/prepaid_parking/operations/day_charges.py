"""Charges for days and periods: paid by whoever pays for the meter, out of the same moneys as its use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM
from ..core.ledger import AccountId, Act, Receipt, Record, Reference
from .dues import Dues, flows, levy_details, shares_to
from .facts import WalletEvent, WalletFact
from .meter_run import MeterRun
from .paying_usage import Take
from .shares import booked, divide
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An act of a meter that waits to be written."""

    run: MeterRun
    act: Act


def act_of(site: Site, kind: EntryKind, source: str, detail: Mapping[str, object]) -> Act:
    """Begin the act of a charge: named by what it is for, it is written once."""
    return Act(
        kind=kind,
        event=source,
        occurred=site.clock(),
        actor=SYSTEM,
        reference=Reference(scope="standing", key=source, content={"source": source}),
        detail=detail,
    )


def drawn(
    site: Site,
    run: MeterRun,
    act: Act,
    dues: Dues,
    account: AccountId,
    take: Take,
    *puts: Record,
) -> Charge:
    """Complete an act: out of whose money it comes, who gets it, and which records change with it."""
    assert run.binding is not None
    payer = site.wallets[run.binding.wallet]
    division = divide(site, payer, dues.minor, commodity=run.meter.commodity)
    take(division.legs, division.puts)
    detail: dict[str, object] = {
        "meter": run.meter.id,
        "wallet": payer.wallet.id,
        "binding": run.binding.id,
    }
    if dues.levied:
        detail["levies"] = levy_details(dues.levied)
    act = replace(
        act,
        postings=flows(division.legs, shares_to(dues.net_minor, dues.parts, account)),
        puts=(*puts, *division.puts),
        detail={**detail, **act.detail, **division.detail},
    )
    return Charge(run=run, act=act)


async def write(site: Site, charges: Sequence[Charge]) -> bool:
    """Hand charges to the books in one go and take over what came of them.

    False: some were written before without our knowing, or were refused; the books are to be looked
    at again.
    """
    if not charges:
        return True
    try:
        answers = await site.books.commit_all([one.act for one in charges])
    except StoreError:
        site.periodic.standing_doubtful = True
        raise
    site.books_written()
    for one, answer in zip(charges, answers, strict=True):
        if isinstance(answer, CoreError):
            site.periodic.standing_doubtful = True
            raise answer
        if answer.repeated:
            site.periodic.standing_doubtful = True
        else:
            _tell(site, one, answer)
    return not site.periodic.standing_doubtful


def _tell(site: Site, charge: Charge, receipt: Receipt) -> None:
    for run, amount in booked(site, charge.act, receipt):
        if not amount:
            continue
        site.tell(
            WalletFact(
                event=WalletEvent.CHARGED,
                wallet=run.wallet.id,
                unit=run.wallet.unit,
                at=charge.act.occurred,
                available_minor=run.available_minor,
                amount_minor=amount,
                meter=charge.run.meter.id,
                receipt=receipt,
            )
        )
        site.wake_wallet(run)
