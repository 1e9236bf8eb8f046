"""What a top-up costs by the rules that were said, in fractions; and what of it went back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from custom_components.prepaid_parking.core.chart import (
    Measure,
    SiteAccount,
    measure_of,
    owner_of,
    site_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import EntryId
from custom_components.prepaid_parking.core.ledger import AccountId, Entry

EARNED: Final = site_account(SiteAccount.REVENUE_SERVICE)
TAX: Final = site_account(SiteAccount.TAX)
TOP_UP: Final = "topup/cash/"


@dataclass(frozen=True, kw_only=True)
class FeeTerms:
    """A rule, as a manager said it: percents as text, amounts in cents."""

    percent: str = "0"
    fixed: int = 0
    least: int = 0
    most: int | None = None
    on_top: bool = False
    tax: str = "0"
    included: bool = False
    back: str = "never"
    only: str = ""

    def of(self, amount: int) -> tuple[int, int]:
        """Return the fee and its tax for a top-up; of a top-up something is always left."""
        fee = int(amount * Fraction(self.percent) / 100 // 1) + self.fixed
        fee = max(fee, self.least)
        fee = fee if self.most is None else min(fee, self.most)
        while not self.on_top and fee and sum(self._taxed(fee)) >= amount:
            fee -= 1
        return self._taxed(fee)

    def _taxed(self, fee: int) -> tuple[int, int]:
        share = Fraction(self.tax) / 100
        if self.included:
            tax = int(fee * share / (1 + share) // 1)
            return fee - tax, tax
        return fee, int(fee * share // 1)


@dataclass
class Taken:
    """The fee of one top-up: what the wallet got, what it cost, and what went back with what cash."""

    credited: int
    fee: int
    tax: int
    back: str
    gone: Counter[str] = field(default_factory=Counter)


@dataclass
class TopUpFees:
    """The rules of a site, and the fee of each top-up; `asked` is what was paid in, by reference."""

    rules: dict[str, FeeTerms] = field(default_factory=dict)
    asked: dict[str, tuple[int, str]] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
    given: dict[EntryId, Sequence[Any]] = field(default_factory=dict)

    def due(
        self, amount: int, purpose: str, *, beside: bool = True
    ) -> tuple[int, int, FeeTerms | None]:
        """Return fee and tax of a top-up: of several rules the one that costs least.

        What comes by phone or by slip comes alone: nothing is brought `beside` it.
        """
        rules = {
            name: rule if beside else replace(rule, on_top=False)
            for name, rule in self.rules.items()
            if rule.only in ("", purpose)
        }
        offers = [(sum(rule.of(amount)), name, rule) for name, rule in rules.items()]
        if not offers:
            return 0, 0, None
        _, _, rule = min(offers, key=lambda one: one[:2])
        return *rule.of(amount), rule

    def credited(self, amount: int, purpose: str, *, beside: bool = True) -> int:
        """Return what of a top-up gets into the wallet."""
        fee, tax, rule = self.due(amount, purpose, beside=beside)
        return amount if rule is None or rule.on_top else amount - fee - tax

    def read(self, entry: Entry, paid: Counter[int]) -> None:
        """Follow an entry that takes a fee, or gives one back."""
        if entry.kind is EntryKind.TOP_UP:
            self._paid_in(entry, paid)
        elif entry.kind in (EntryKind.REFUND, EntryKind.REFUND_HELD, EntryKind.WALLET_CLOSED):
            self._went_back(entry)
        elif entry.kind is EntryKind.REFUND_FAILED:
            self._came_again(entry)

    def _paid_in(self, entry: Entry, paid: Counter[int]) -> None:
        amount, purpose = self.asked[entry.event.removeprefix(TOP_UP)]
        beside = entry.event.startswith(TOP_UP)
        fee, tax, rule = self.due(amount, purpose, beside=beside)
        found = _gained(entry, EARNED), _gained(entry, TAX)
        assert found == (fee, tax), f"a fee on {amount} must be {fee} + {tax}, not {found}"
        credited = self.credited(amount, purpose, beside=beside)
        assert -paid.total() == credited, f"of {amount} there came {paid}, not {credited}"
        brought = amount + (fee + tax) * (rule is not None and rule.on_top)
        outside = -sum(_gained(entry, one) for one in _outside(entry))
        assert outside == brought, f"{outside} were brought, not {brought}"
        if rule is not None:
            self.taken[entry.event] = Taken(credited, fee, tax, rule.back)

    def _went_back(self, entry: Entry) -> None:
        parts: Sequence[Any] = entry.detail.get("fees_back", ())  # type: ignore[assignment]
        found = -_gained(entry, EARNED), -_gained(entry, TAX)
        told = sum(one["fee"] for one in parts), sum(one["tax"] for one in parts)
        assert found == told, f"{found} of fees went back, told are {told}"
        self.given[entry.id] = parts
        for one in parts:
            taken = self.taken[one["event"]]
            assert taken.back == "refunded", f"the fee of {one['event']} is never given back"
            share = Fraction(one["cash"], taken.credited)
            taken.gone.update(cash=one["cash"], fee=one["fee"], tax=one["tax"])
            for name, whole in (("fee", taken.fee), ("tax", taken.tax)):
                assert abs(one[name] - whole * share) <= 1, f"{one} of {taken}"
                assert taken.gone[name] <= whole, f"more of {taken} went back"
            assert taken.gone["cash"] <= taken.credited, f"more than {taken} went back"

    def _came_again(self, entry: Entry) -> None:
        """A refund failed: its fee is taken again, unless nobody is there any more."""
        found = _gained(entry, EARNED), _gained(entry, TAX)
        parts = self.given[entry.reverses] if entry.reverses is not None and any(found) else ()
        told = sum(one["fee"] for one in parts), sum(one["tax"] for one in parts)
        assert found == told, f"{found} of fees came again, told were {told}"
        for one in parts:
            gone = self.taken[one["event"]].gone
            gone.subtract({name: one[name] for name in ("cash", "fee", "tax")})


def _gained(entry: Entry, account: AccountId) -> int:
    return sum(
        leg.amount_minor * ((leg.target == account) - (leg.source == account))
        for leg in entry.postings
    )


def _outside(entry: Entry) -> set[AccountId]:
    """Return where the money comes from that no wallet and no promise had."""
    promised = (site_account(SiteAccount.PROMOTION), site_account(SiteAccount.POINTS))
    return {
        leg.source
        for leg in entry.postings
        if not owner_of(leg.source)
        and measure_of(leg.source) is Measure.MONEY
        and leg.source not in promised
    }
