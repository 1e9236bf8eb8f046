"""Packages of uses: sold, used up, given back, ended and expired; what is sold is owed until used."""

from collections.abc import Sequence
from dataclasses import replace

from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.counted import Counted, Take, package_price, unearned, valid_until
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId, PackageId, WalletId
from ..core.ledger import Act, Posting, Receipt
from ..core.money import split
from ..core.package import Package
from ..core.version import TariffVersion
from .booking import book, closed, referenced, unspendable
from .coming_back import came_back
from .credentials import known_card, not_utility
from .facts import WalletEvent
from .lots import earnings, keep_package, never_below_zero, tell_uses, uses_moved
from .site import Site
from .sold import counted_at
from .spending import Levied, bonus_in, levied, spend
from .turn import in_turn
from .wallet_run import WalletRun


async def load(site: Site) -> None:
    """Take up the packages that have uses left."""
    site.using.packages = {one.id: one for one in await site.books.load(Package, ended_at=None)}


@in_turn
async def sell_package(
    site: Site,
    *,
    wallet: str,
    tariff: str,
    actor: Actor,
    card: str = "",
    guests: Sequence[str] = (),
    reference: str = "",
) -> Receipt:
    """Sell a package of uses out of a wallet's money.

    With a card it is for that card alone, unless the tariff shares it; `guests` are other wallets
    of the same purpose that a shared one is for as well.
    """
    run = site.wallet(wallet)
    not_utility(run)
    version, terms = counted_at(site, tariff, site.clock())
    if card and known_card(site, card).wallet != run.wallet.id:
        raise CoreError("card_of_other_wallet", card=card, wallet=wallet)
    _check_guests(site, run, terms, guests)
    return await sold(
        site, run, version, terms, actor, card=card, guests=guests, reference=reference
    )


@in_turn
async def end_package(
    site: Site,
    *,
    package: str,
    refund: bool,
    reason: str,
    actor: Actor,
    reference: str = "",
) -> Receipt:
    """End a package before its time: the worth of its uses goes back to the wallet, or is kept."""
    key = referenced("end_package", reference, {"package": package, "refund": refund})
    known = await find_package(site, package)
    run = site.wallet(known.wallet)
    rest = unearned(known.lot)
    after = replace(known, left=0, ended_at=site.clock(), closed=True)
    moved = _ending(site, run, known, rest, refund=refund) if known.ended_at is None else ()
    layered = came_back(run, moved)
    act = Act(
        kind=EntryKind.PACKAGE_ENDED,
        event=f"package/{package}/ended",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        postings=moved,
        floors=(never_below_zero(site, known),),
        detail={
            "wallet": known.wallet,
            "package": package,
            "uses": known.left,
            "amount": rest if refund else 0,
        },
        puts=(after, *layered.puts(run)),
    )
    ended = None if known.ended_at is None else CoreError("package_ended", package=package)
    receipt = await book(site, act, ended or closed(run))
    if not receipt.repeated:
        keep_package(site, after)
        layered.taken_over(run)
        run.booked(receipt)
        amount = rest if refund else 0
        tell_uses(
            site,
            run,
            WalletEvent.PACKAGE_ENDED,
            receipt,
            uses=known.left,
            amount_minor=amount,
            reference=key.key,
        )
        site.wake_wallet(run)
    return receipt


async def find_package(site: Site, package: str) -> Package:
    """Return a package, also one that has ended, or refuse in words."""
    there = site.using.packages.get(PackageId(package))
    if there is not None:
        return there
    ended = await site.books.load(Package, id=package)
    if not ended:
        raise CoreError("unknown_package", package=package)
    return ended[0]


async def packages_of(
    site: Site, wallet: WalletId | None = None, *, ended: bool = False
) -> list[Package]:
    """Return the packages of a wallet, or of all, that have uses left; or also those that ended."""
    found = list(site.using.packages.values())
    if ended:
        like = {} if wallet is None else {"wallet": wallet}
        found = await site.books.load(Package, **like)
    return sorted((one for one in found if wallet in (None, one.wallet)), key=lambda one: one.no)


async def sold(
    site: Site,
    run: WalletRun,
    version: TariffVersion,
    terms: Counted,
    actor: Actor,
    *,
    card: str = "",
    guests: Sequence[str] = (),
    reference: str = "",
) -> Receipt:
    """Sell a package, in the turn of whoever asks for it."""
    key = referenced(
        "sell_package",
        reference,
        {
            "wallet": run.wallet.id,
            "tariff": version.tariff,
            "card": card,
            "guests": list(guests),
        },
    )
    price = levied(package_price(terms, site.currency), version.terms.levies)
    package = await _drawn_up(site, run, version, terms, price, card, guests)

    def act(paid: tuple[Posting, ...]) -> Act:
        nonlocal package
        package = replace(package, bonus_minor=bonus_in(paid))
        return Act(
            kind=EntryKind.PACKAGE_SOLD,
            event=f"package/{package.id}/sold",
            occurred=package.sold_at,
            actor=actor,
            reference=key,
            postings=(uses_moved(site, package, -package.uses),),
            detail={
                "wallet": run.wallet.id,
                "package": package.id,
                "tariff": version.tariff,
                "version": version.version,
                "uses": package.uses,
                "price": package.price_minor,
            },
            puts=(package,),
        )

    legs = ((site_account(SiteAccount.DEFERRED), price.total_minor),) if price.total_minor else ()
    receipt = await spend(site, run, legs, act, unspendable(site, run))
    if not receipt.repeated:
        keep_package(site, package)
        run.booked(receipt)
        tell_uses(
            site,
            run,
            WalletEvent.PACKAGE_SOLD,
            receipt,
            uses=package.uses,
            amount_minor=price.total_minor,
            reference=key.key,
        )
        site.wake_wallet(run)
    return receipt


async def _drawn_up(
    site: Site,
    run: WalletRun,
    version: TariffVersion,
    terms: Counted,
    price: Levied,
    card: str,
    guests: Sequence[str],
) -> Package:
    number, now = await site.books.next_number("package"), site.clock()
    return Package(
        id=PackageId(f"k{number}"),
        no=number,
        wallet=run.wallet.id,
        tariff=version.tariff,
        version=version.version,
        uses=terms.uses,
        left=terms.uses,
        price_minor=price.total_minor,
        sold_at=now,
        tax_minor=price.tax_minor,
        fee_minor=price.fee_minor,
        valid_until=valid_until(terms, now, site.zone),
        card=CardId(card) if card else None,
        shared=terms.shared,
        guests=tuple(site.wallet(one).wallet.id for one in guests),
    )


def _check_guests(site: Site, run: WalletRun, terms: Counted, guests: Sequence[str]) -> None:
    if guests and not terms.shared:
        raise CoreError("package_not_shared")
    for guest in guests:
        other = site.wallet(guest).wallet
        if other.purpose is not run.wallet.purpose:
            raise CoreError("wallet_wrong_purpose", wallet=guest, purpose=other.purpose)


def _ending(
    site: Site, run: WalletRun, package: Package, rest: int, *, refund: bool
) -> tuple[Posting, ...]:
    """Return the movements of what is left: the money back as it was paid, or kept as income."""
    gone = uses_moved(site, package, package.left)
    if not refund:
        take = Take(lot=package.id, uses=package.left, worth_minor=rest)
        return (*earnings(package, take), gone)
    no, bonus = run.wallet.no, 0
    if package.bonus_minor:
        bonus, _ = split(rest, [package.bonus_minor, package.price_minor - package.bonus_minor])
    back = ((wallet_account(no, Bucket.BONUS), bonus), (wallet_account(no), rest - bonus))
    deferred = site_account(SiteAccount.DEFERRED)
    return (
        *(
            Posting(source=deferred, target=target, amount_minor=part)
            for target, part in back
            if part
        ),
        gone,
    )
