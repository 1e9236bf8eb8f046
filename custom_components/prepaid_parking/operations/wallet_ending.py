"""What a wallet comes to at its end: every cent of it, so that nothing is left and nothing is owed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ..core.carries import LevyCarry
from ..core.category import Category
from ..core.chart import Bucket, Channel, SiteAccount, channel_account, site_account, wallet_account
from ..core.deposit import Deposit
from ..core.layers import FeeReturn, leave, refundable
from ..core.ledger import AccountId, Posting
from ..core.money import MICRO
from ..core.settlement import Settlement, settle
from ..core.wallet import Binding
from .buckets import debts
from .fee_legs import return_detail, return_legs
from .holding import ending
from .layering import layers_now
from .site import Site
from .wallet_run import WalletRun

type Leg = tuple[AccountId, AccountId, int]
"""Out of which account, into which, how much; nothing moves where it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a wallet comes to at its end."""

    settlement: Settlement
    legs: tuple[Leg, ...]
    debts: Mapping[Category, int]
    bonus_minor: int
    points: int
    deposits: tuple[Deposit, ...]
    fees: tuple[FeeReturn, ...] = ()

    @property
    def postings(self) -> tuple[Posting, ...]:
        """What moves."""
        return tuple(
            Posting(source=source, target=target, amount_minor=part)
            for source, target, part in self.legs
            if part
        )

    @property
    def detail(self) -> dict[str, object]:
        """What the entry names of it; the remainder as the fraction of a minor unit that it was."""
        settlement, rest = self.settlement, self.settlement.remainder
        told: dict[str, object] = {
            "settled": settlement.amount_minor,
            "result": settlement.result,
        }
        if rest:
            told["remainder"] = f"{rest.numerator}/{rest.denominator}"
            told["rounding"] = settlement.rounding_minor
        named = {
            "bonus": self.bonus_minor,
            "points": self.points,
            "debts": {category.value: part for category, part in self.debts.items()},
            "released": sum(one.held_minor for one in self.deposits),
        }
        told |= return_detail(self.fees)
        return told | {name: much for name, much in named.items() if much}


def ending_of(site: Site, run: WalletRun, channel: Channel, carries: list[Fraction]) -> Ending:
    """Work out what moves so that nothing is left in the wallet and nothing is owed by it."""
    no, outside = run.wallet.no, channel_account(channel)
    cash, bonus = wallet_account(no), wallet_account(no, Bucket.BONUS)
    promotion = site_account(SiteAccount.PROMOTION)
    deposits, owed = tuple(deposits_held(site, run)), debts(run)
    there = run.posted_minor + sum(one.held_minor for one in deposits)
    layers = layers_now(run)
    may_leave = refundable(layers, run.wallet.spending) if layers else there
    settlement = settle(may_leave, sum(owed.values()), carries)
    points, amount = run.others.get(Bucket.POINTS, 0), settlement.amount_minor
    swap = max(0, may_leave - there)
    paid_out = max(0, min(amount, may_leave))
    fees = leave(layers, paid_out, run.wallet.spending).fees if layers else ()
    legs = (
        *((one.source, one.target, one.amount_minor) for one in _released(run, deposits)),
        *((cash, wallet_account(no, category.bucket), part) for category, part in owed.items()),
        (outside, cash, max(0, -amount)),
        (bonus, cash, swap),
        (cash, site_account(SiteAccount.ROUNDING), settlement.rounding_minor),
        (cash, outside, max(0, amount)),
        (bonus, promotion, run.bonus_minor - swap),
        (cash, promotion, max(0, there - may_leave)),
        (wallet_account(no, Bucket.POINTS), site_account(SiteAccount.POINTS), points),
        *((one.source, one.target, one.amount_minor) for one in return_legs(fees, outside)),
    )
    return Ending(
        settlement=settlement,
        legs=legs,
        debts=owed,
        bonus_minor=run.bonus_minor - swap + max(0, there - may_leave),
        points=points,
        deposits=deposits,
        fees=fees,
    )


async def carries_of(site: Site, run: WalletRun) -> list[Fraction]:
    """Return what was used below a minor unit and never charged, of all bindings the wallet ever had."""
    last = [
        replace(meter.binding, carry=meter.window.carry)
        for meter in run.meters
        if meter.binding is not None and meter.window is not None
    ]
    before = await site.books.load(Binding, wallet=run.wallet.id)
    bindings = [*last, *(one for one in before if one.to_at is not None)]
    carries = [
        Fraction(one.carry, site.currency.denominator(site.meters[one.meter].meter.quantity))
        for one in bindings
        if one.meter in site.meters
    ]
    for one in bindings:
        # A tax that is contained in the price is a part of it already; `/` is in its name alone.
        kept = await site.books.load(LevyCarry, binding=one.id)
        carries += [Fraction(each.carry, MICRO) for each in kept if "/" not in each.name]
    return carries


def deposits_held(site: Site, run: WalletRun) -> list[Deposit]:
    """Return what is held of a wallet."""
    return [one for one in site.using.deposits.values() if one.wallet == run.wallet.id]


def _released(run: WalletRun, deposits: tuple[Deposit, ...]) -> list[Posting]:
    return [leg for one in deposits for leg in ending(run, release=one.held_minor)]
