"""A top-up with all that follows from it in one act: its fee, debts recovered, a bonus, points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.chart import (
    Bucket,
    Channel,
    SiteAccount,
    channel_account,
    site_account,
    wallet_account,
)
from ..core.entry_kind import EntryKind
from ..core.identity import Actor, PromotionId
from ..core.invoice import Invoice
from ..core.layers import Layer
from ..core.ledger import AccountId, Act, Posting, Receipt, Record, Reference
from ..core.points import earned, lot
from ..core.promotion import Grant, Granted, Offer, best_grant
from ..core.recovery import Recovered, recover
from ..core.top_up import TopUp
from ..core.top_up_fee import Fee, FeeBack
from .booking import book, closed, referenced, tell
from .buckets import debts
from .facts import WalletEvent
from .fee_legs import fee_detail, fee_legs
from .invoice_asking import asked_by_itself, tell_asked
from .layering import Layered, layered, total_minor
from .site import Site
from .top_up_fees import fee_on
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that arrived for a wallet. `scope` says whose reference it is, the channel's if empty.

    A provider's payment has a `key` that stands for it whatever it is booked on, an account it comes
    out of where that is not the channel's, and records that are written together with it.
    """

    amount_minor: int
    channel: Channel
    actor: Actor
    reference: str = ""
    reason: str = ""
    scope: str = ""
    key: Reference | None = None
    source: AccountId | None = None
    puts: tuple[Record, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether no more has come: nobody stood at a counter and put a fee beside it."""
        return self.source is not None or self.key is not None or self.channel is Channel.VOUCHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What comes with a top-up, and what goes from it at once."""

    grant: Grant | None
    points: int
    recovered: Sequence[Recovered]
    fee: Fee | None = None

    @property
    def bonus_minor(self) -> int:
        """The bonus that is given."""
        return self.grant.bonus_minor if self.grant is not None else 0

    @property
    def taken_minor(self) -> int:
        """What of the top-up its fee takes; something is always left."""
        return self.fee.taken_minor if self.fee is not None else 0

    @property
    def recovered_minor(self) -> int:
        """What of the top-up pays debts."""
        return sum(one.amount_minor for one in self.recovered)

    @property
    def detail(self) -> dict[str, object]:
        """What the entry names of it."""
        told: dict[str, object] = {}
        if self.grant is not None:
            promotion = self.grant.promotion
            told["bonus"] = self.bonus_minor
            told["promotion"] = {"promotion": promotion.id, "version": promotion.version}
        if self.points:
            told["points"] = self.points
        if self.recovered:
            told["recovered"] = {
                one.recovery.category.value: one.amount_minor for one in self.recovered
            }
        if self.fee is not None:
            told["fee"] = fee_detail(self.fee)
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A top-up as it is written, and what is to be kept in mind once it is."""

    run: WalletRun
    amount_minor: int
    act: Act
    extras: Extras
    granted: Granted | None
    layered: Layered
    invoice: Invoice | None = None

    def taken_over(self, site: Site, receipt: Receipt) -> None:
        """Keep in mind what was written."""
        run = self.run
        run.booked(receipt)
        self.layered.taken_over(run)
        for one in self.extras.recovered:
            run.recoveries[one.recovery.category] = one.recovery
        if self.granted is not None:
            keep_granted(site, self.granted)
        if self.invoice is not None:
            tell_asked(site, run, self.invoice, receipt)


def credit(
    site: Site, run: WalletRun, paid: Payment, given: Mapping[PromotionId, int] | None = None
) -> Credit:
    """Draw up a top-up. `given` is the bonus that top-ups not yet written bring, by promotion.

    Asked for is the money alone: what else the entry moves is what the rules made of it at the time,
    and a repeat must not be refused because a promotion has ended since.
    """
    scope = paid.scope or f"topup/{paid.channel}"
    key = paid.key or referenced(scope, paid.reference)
    money = Posting(
        source=channel_account(paid.channel) if paid.source is None else paid.source,
        target=wallet_account(run.wallet.no),
        amount_minor=paid.amount_minor,
    )
    extras = _extras(site, run, paid, given or {})
    granted = _granted(site, run, extras.grant) if extras.grant is not None else None
    event = f"{key.scope}/{key.key}"
    follows = _layered(site, run, paid.amount_minor - extras.taken_minor, extras, event)
    moved = (*_credited(money, extras), *_postings(run, extras))
    invoice = asked_by_itself(site, run, event, moved)
    act = Act(
        kind=EntryKind.TOP_UP,
        event=event,
        occurred=site.clock(),
        actor=paid.actor,
        reason=paid.reason,
        reference=replace(key, asked=(money,)),
        postings=moved,
        detail={
            "wallet": run.wallet.id,
            "channel": paid.channel,
            **extras.detail,
            **({"invoice": invoice.id} if invoice is not None else {}),
        },
        puts=(
            *follows.puts(run),
            *(one.recovery for one in extras.recovered),
            *((granted,) if granted is not None else ()),
            *((invoice,) if invoice is not None else ()),
            *paid.puts,
        ),
    )
    return Credit(
        run=run,
        amount_minor=paid.amount_minor,
        act=act,
        extras=extras,
        granted=granted,
        layered=follows,
        invoice=invoice,
    )


async def take_in(site: Site, run: WalletRun, paid: Payment) -> Receipt:
    """Book money that arrived for a wallet, and say so; whoever calls has the site's turn."""
    new = credit(site, run, paid)
    receipt = await book(site, new.act, closed(run))
    took_in(site, new, receipt)
    return receipt


def took_in(site: Site, new: Credit, receipt: Receipt) -> None:
    """Keep in mind what was booked, and say so; what is repeated was said before."""
    if receipt.repeated:
        return
    new.taken_over(site, receipt)
    assert new.act.reference is not None
    told = new.amount_minor, new.act.reference.key
    tell(site, new.run, WalletEvent.TOPPED_UP, receipt, *told)
    site.wake_wallet(new.run)


def granted_to(site: Site, promotion: PromotionId, run: WalletRun) -> Granted:
    """Return what a wallet was given of a promotion so far."""
    nothing = Granted(promotion=promotion, wallet=run.wallet.id)
    return site.extras.granted.get((promotion, run.wallet.id), nothing)


def keep_granted(site: Site, granted: Granted) -> None:
    """Keep in mind what a wallet was given of a promotion, and all wallets together."""
    key = (granted.promotion, granted.wallet)
    before = site.extras.granted[key].bonus_minor if key in site.extras.granted else 0
    site.extras.granted[key] = granted
    total = site.extras.granted_minor.get(granted.promotion, 0)
    site.extras.granted_minor[granted.promotion] = total + granted.bonus_minor - before


def _extras(site: Site, run: WalletRun, paid: Payment, given: Mapping[PromotionId, int]) -> Extras:
    wallet, now = run.wallet, site.clock()
    offers = (
        Offer(
            versions[-1],
            granted_to(site, promotion, run),
            site.extras.granted_minor.get(promotion, 0) + given.get(promotion, 0),
        )
        for promotion, versions in site.extras.promotions.items()
    )
    top_up = TopUp(
        amount_minor=paid.amount_minor,
        channel=paid.channel,
        purpose=wallet.purpose,
        kind=wallet.kind,
        at=now,
    )
    rule = site.extras.points_rules[-1] if site.extras.points_rules else None
    today = now.astimezone(site.zone).date()
    fee = fee_on(site, top_up, beside=not paid.is_all)
    left = paid.amount_minor - (fee.taken_minor if fee is not None else 0)
    return Extras(
        grant=best_grant(offers, top_up),
        points=earned(rule, paid.amount_minor, wallet.purpose) if rule is not None else 0,
        recovered=recover(left, debts(run), run.recoveries.values(), today),
        fee=fee,
    )


def _credited(money: Posting, extras: Extras) -> tuple[Posting, ...]:
    """Return what the wallet is credited of the money, and the fee that never gets there."""
    left = replace(money, amount_minor=money.amount_minor - extras.taken_minor)
    return (left, *(fee_legs(extras.fee, money.source) if extras.fee is not None else ()))


def _granted(site: Site, run: WalletRun, grant: Grant) -> Granted:
    before = granted_to(site, grant.promotion.id, run)
    return replace(
        before, times=before.times + 1, bonus_minor=before.bonus_minor + grant.bonus_minor
    )


def _layered(site: Site, run: WalletRun, amount_minor: int, extras: Extras, event: str) -> Layered:
    """Return the wallet's layers and points after so much was credited; plain cash needs no layer."""
    lots = run.lots
    if extras.points:
        lots = (*lots, lot(site.extras.points_rules[-1], extras.points, site.clock()))
    fee = extras.fee
    if fee is not None and fee.rule.back is not FeeBack.REFUNDED:
        fee = None
    if not (run.layers or extras.bonus_minor or extras.points or fee):
        return Layered(layers=(), lots=lots)
    grant = extras.grant
    new = Layer(
        cash_minor=amount_minor,
        bonus_minor=extras.bonus_minor,
        points=extras.points,
        fee_minor=fee.net_minor if fee is not None else 0,
        tax_minor=fee.tax_minor if fee is not None else 0,
        back=grant.promotion.back if grant is not None else None,
        promotion=grant.promotion.id if grant is not None else None,
        event=event,
    )
    after = total_minor(run) + amount_minor + extras.bonus_minor - extras.recovered_minor
    return Layered(layers=layered(run, new, after), lots=lots)


def _postings(run: WalletRun, extras: Extras) -> tuple[Posting, ...]:
    no = run.wallet.no
    legs = (
        (site_account(SiteAccount.PROMOTION), wallet_account(no, Bucket.BONUS), extras.bonus_minor),
        (site_account(SiteAccount.POINTS), wallet_account(no, Bucket.POINTS), extras.points),
        *(
            (wallet_account(no), wallet_account(no, one.recovery.category.bucket), one.amount_minor)
            for one in extras.recovered
        ),
    )
    return tuple(
        Posting(source=source, target=target, amount_minor=part)
        for source, target, part in legs
        if part
    )
