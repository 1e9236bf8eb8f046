"""Uses are taken: out of packages, in money beyond the last one, or out of one that is bought anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.chart import SiteAccount, site_account
from ..core.counted import AfterLast, Take, beyond, take
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId, PackageId
from ..core.ledger import Act, Receipt, Record, Reference
from ..core.metering import Quantity
from ..core.package import Package, moved
from ..core.priced import Priced
from ..core.version import TariffVersion
from .booking import referenced, unspendable
from .credentials import card_refusal, payer_of
from .facts import WalletEvent
from .lots import (
    keep_package,
    movements,
    never_below_zero,
    tell_uses,
    usable_packages,
)
from .packages import sold
from .repeats import GENERATED, answered_before
from .site import Site
from .sold import counted_at
from .spending import Levied, levied, spend
from .traces import trace_of
from .turn import in_turn
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be used: how often, by whom, of which tariff ("" for whatever there is).

    `detail` and `puts` are what whoever asks writes down in the same act.
    """

    run: WalletRun
    uses: int
    actor: Actor
    key: Reference
    tariff: str = ""
    card: CardId | None = None
    reason: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    puts: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where uses come from: out of which packages, and what the rest costs in money.

    `renew` says that the rest needs another package first, by this version of the tariff and for
    whom the last one (`like`) was.
    """

    takes: tuple[tuple[Package, Take], ...] = ()
    money: Levied | None = None
    price: Priced | None = None
    renew: TariffVersion | None = None
    like: Package | None = None
    refusal: CoreError | None = None


@in_turn
async def use_package(
    site: Site,
    *,
    actor: Actor,
    wallet: str = "",
    card: str = "",
    tariff: str = "",
    uses: int = 1,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Take uses: a lesson attended, a wash. What happens after the last one is the tariff's to say."""
    run, known = payer_of(site, wallet, card)
    content = {"wallet": wallet, "card": card, "tariff": tariff, "uses": uses}
    return await take_uses(
        site,
        Wanted(
            run=run,
            uses=uses,
            actor=actor,
            key=referenced("use_package", reference, content),
            tariff=tariff,
            card=known,
            reason=reason,
        ),
        refusal=card_refusal(site, known),
    )


async def take_uses(site: Site, wanted: Wanted, refusal: CoreError | None = None) -> Receipt:
    """Take uses, in the turn of whoever asks for them."""
    if wanted.uses < 1:
        raise CoreError("uses_negative", uses=wanted.uses)
    refusal = refusal or unspendable(site, wanted.run)
    plan = Plan() if refusal is not None else await _plan(site, wanted)
    refusal = refusal or plan.refusal
    if plan.renew is not None and refusal is None:
        before = await answered_before(site, _act(site, wanted, Plan()))
        if before is not None:
            return before
        plan = await _renewed(site, wanted, plan)
        refusal = plan.refusal
    revenue = site_account(SiteAccount.REVENUE_PACKAGES)
    legs = () if plan.money is None else plan.money.legs(revenue)
    receipt = await spend(site, wanted.run, legs, lambda _: _act(site, wanted, plan), refusal)
    if not receipt.repeated:
        _take_over(site, wanted, plan, receipt)
    return receipt


async def _plan(site: Site, wanted: Wanted) -> Plan:
    """Look where the uses come from as things stand."""
    now, run = site.clock(), wanted.run
    packages = usable_packages(site, run, tariff=wanted.tariff, card=wanted.card)
    parts, missing = take((one.lot for one in packages), wanted.uses, now)
    takes = tuple((site.using.packages[PackageId(part.lot)], part) for part in parts)
    if not missing:
        return Plan(takes=takes)
    tariff = wanted.tariff or await _only_tariff(site, run)
    if not tariff:
        return Plan(refusal=CoreError("no_uses_left"))
    version, terms = counted_at(site, tariff, now)
    rest = beyond(terms, missing, site.currency)
    match rest.after:
        case AfterLast.MONEY:
            assert rest.price is not None
            money = levied(rest.price.amount_minor, version.terms.levies)
            return Plan(takes=takes, money=money, price=rest.price)
        case AfterLast.RENEW if (last := await _last(site, run, tariff)) is not None:
            return Plan(renew=version, like=last)
        case _:
            return Plan(refusal=CoreError("no_uses_left"))


async def _renewed(site: Site, wanted: Wanted, plan: Plan) -> Plan:
    """Sell what is missing once more, under a reference of its own, and look again.

    If the hub dies in between, the same call finds the package sold and takes the use out of it.
    """
    again, scope, key = 0, wanted.key.scope, wanted.key.key
    while plan.renew is not None and plan.like is not None:
        again += 1
        version, terms = counted_at(site, plan.renew.tariff, site.clock())
        await sold(
            site,
            wanted.run,
            version,
            terms,
            wanted.actor,
            card=plan.like.card or "",
            guests=plan.like.guests,
            reference="" if key.startswith(GENERATED) else f"{scope}/{key}/{again}",
        )
        plan = await _plan(site, wanted)
    return plan


async def _only_tariff(site: Site, run: WalletRun) -> str:
    """Return the tariff of which a wallet has bought packages, if it is one."""
    tariffs = {one.tariff for one in await site.books.load(Package, wallet=run.wallet.id)}
    return tariffs.pop() if len(tariffs) == 1 else ""


async def _last(site: Site, run: WalletRun, tariff: str) -> Package | None:
    """Return the package of a tariff that a wallet bought last: nobody is sold a first one by a tap."""
    bought = await site.books.load(Package, wallet=run.wallet.id, tariff=tariff)
    return max(bought, key=lambda one: one.no, default=None)


def _act(site: Site, wanted: Wanted, plan: Plan) -> Act:
    now = site.clock()
    return Act(
        kind=EntryKind.USES_TAKEN,
        event=f"uses/{wanted.key.scope}/{wanted.key.key}",
        occurred=now,
        actor=wanted.actor,
        reason=wanted.reason,
        reference=wanted.key,
        postings=tuple(
            move for package, part in plan.takes for move in movements(site, package, part)
        ),
        floors=tuple(never_below_zero(site, package) for package, _ in plan.takes),
        detail={
            "wallet": wanted.run.wallet.id,
            "uses": wanted.uses,
            "tariff": wanted.tariff,
            "card": wanted.card or "",
            "takes": [
                {"package": part.lot, "uses": part.uses, "worth": part.worth_minor}
                for _, part in plan.takes
            ],
            "amount": plan.money.total_minor if plan.money is not None else 0,
            "levies": list(plan.money.trace) if plan.money is not None else [],
            "lines": trace_of(plan.price, Quantity.COUNT) if plan.price is not None else [],
            **wanted.detail,
        },
        puts=(*(moved(package, part, now) for package, part in plan.takes), *wanted.puts),
    )


def _take_over(site: Site, wanted: Wanted, plan: Plan, receipt: Receipt) -> None:
    concerned = {wanted.run.wallet.id: wanted.run}
    for package, part in plan.takes:
        keep_package(site, moved(package, part, receipt.booked))
        concerned[package.wallet] = site.wallets[package.wallet]
    for run in concerned.values():
        run.booked(receipt)
    for run in concerned.values():
        tell_uses(
            site,
            run,
            WalletEvent.USES_TAKEN,
            receipt,
            uses=wanted.uses,
            amount_minor=plan.money.total_minor if plan.money and run is wanted.run else None,
            reference=wanted.key.key,
        )
        site.wake_wallet(run)
