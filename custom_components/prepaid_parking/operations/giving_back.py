"""Uses that come back or go unused: given back for what was not given, and expired."""

from datetime import datetime
from typing import Final

from ..core.chart import Measure, measure_of, owner_of
from ..core.counted import Take, expire, put_back
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, EntryId, PackageId
from ..core.ledger import Act, Entry, Posting, Receipt, Record, Reference
from ..core.package import Package, moved
from .booking import book, closed, referenced
from .coming_back import came_back
from .facts import WalletEvent
from .lots import keep_package, movements, never_below_zero, tell_uses
from .packages import find_package
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun

TAKING: Final = (EntryKind.USES_TAKEN, EntryKind.POINT_USED)
"""What may be given back: uses that were taken, and what a tap has cost."""


@in_turn
async def give_back_use(
    site: Site, *, entry: int, reason: str, actor: Actor, reference: str = ""
) -> Receipt:
    """Give back what an entry took: uses into their packages, money into the wallet."""
    key = referenced("give_back_use", reference, {"entry": entry})
    return await given_back(site, entry, actor, key, reason)


async def given_back(
    site: Site,
    entry: int,
    actor: Actor,
    key: Reference,
    reason: str,
    puts: tuple[Record, ...] = (),
) -> Receipt:
    """Undo an entry that took uses, in the turn of whoever asks for it."""
    took = await _entry(site, entry)
    run = site.wallet(str(took.detail["wallet"]))
    backs = [await _back(site, package, uses) for package, uses in _takes_of(took)]
    now = site.clock()
    after = [moved(package, back, now) for package, back in backs]
    moneys = _money_back(took, run)
    money, layered = sum(one.amount_minor for one in moneys), came_back(run, moneys)
    act = Act(
        kind=EntryKind.USES_GIVEN_BACK,
        event=f"uses/{entry}/given back",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=key,
        reverses=EntryId(entry),
        postings=(
            *(move for package, back in backs for move in movements(site, package, back)),
            *moneys,
        ),
        detail={"wallet": run.wallet.id, "entry": entry, "amount": money},
        puts=(*after, *layered.puts(run), *puts),
    )
    receipt = await book(site, act, closed(run))
    if not receipt.repeated:
        for package in after:
            keep_package(site, package)
            site.wallets[package.wallet].booked(receipt)
        layered.taken_over(run)
        run.booked(receipt)
        tell_uses(
            site,
            run,
            WalletEvent.USES_GIVEN_BACK,
            receipt,
            uses=-sum(back.uses for _, back in backs),
            amount_minor=money,
            reference=key.key,
        )
        site.wake_wallet(run)
    return receipt


async def expire_packages(site: Site, now: datetime) -> None:
    """Let what is left of packages that no longer hold become income."""
    if not site.books.writable:
        return
    over = expire((one.lot for one in site.using.packages.values()), now)
    for gone in over:
        package = site.using.packages[PackageId(gone.lot)]
        run, after = site.wallets[package.wallet], moved(package, gone, now)
        receipt = await site.books.commit(
            Act(
                kind=EntryKind.USES_EXPIRED,
                event=f"package/{package.id}/expired",
                occurred=now,
                actor=SYSTEM,
                postings=movements(site, package, gone),
                floors=(never_below_zero(site, package),),
                detail={
                    "wallet": package.wallet,
                    "package": package.id,
                    "uses": gone.uses,
                    "amount": gone.worth_minor,
                },
                puts=(after,),
            )
        )
        keep_package(site, after)
        run.booked(receipt)
        tell_uses(
            site,
            run,
            WalletEvent.USES_EXPIRED,
            receipt,
            uses=gone.uses,
            amount_minor=gone.worth_minor,
        )


async def _entry(site: Site, entry: int) -> Entry:
    """Return an entry that took uses, or refuse in words."""
    found = await site.books.entries(after=EntryId(entry - 1), limit=1) if entry > 0 else []
    if not found or found[0].id != entry or found[0].kind not in TAKING:
        raise CoreError("entry_took_no_uses", entry=entry)
    return found[0]


def _takes_of(entry: Entry) -> list[tuple[str, int]]:
    """Return out of which packages an entry took how many uses."""
    takes = entry.detail["takes"]
    assert isinstance(takes, list)
    return [(str(one["package"]), int(one["uses"])) for one in takes]


async def _back(site: Site, package: str, uses: int) -> tuple[Package, Take]:
    known = await find_package(site, package)
    if known.closed:
        raise CoreError("package_ended", package=package)
    return known, put_back(known.lot, uses)


def _money_back(entry: Entry, run: WalletRun) -> tuple[Posting, ...]:
    """Return the way back of what a wallet paid in money."""
    return tuple(
        Posting(source=one.target, target=one.source, amount_minor=one.amount_minor)
        for one in entry.postings
        if owner_of(one.source) == run.wallet.no and measure_of(one.source) is Measure.MONEY
    )
