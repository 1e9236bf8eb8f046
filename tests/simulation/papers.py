"""Who checks the bills of a life: what recurs is worked out from its terms, each bill followed to its end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from fractions import Fraction
from typing import Any, Final

from custom_components.prepaid_parking.core.chart import Bucket, code_of, owner_of
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import Entry
from tests.simulation.days import DAY, nearest, part, stretch
from tests.simulation.levies import Levied

PAPERS: Final = (
    EntryKind.RECURRING_SET,
    EntryKind.BILL_ISSUED,
    EntryKind.BILL_PAID,
    EntryKind.BILL_VOIDED,
    EntryKind.BILL_DUNNED,
    EntryKind.BILL_WRITTEN_OFF,
)
DUE_DAYS: Final = 1
DUNNING: Final = ((1, 150), (3, 0), (5, 499))
"""After so many days, for so many cents."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What recurs, as a manager said it; the price in money."""

    price: str
    every: str
    day: int = 1
    by_days: bool = True
    levies: Sequence[dict[str, Any]] = ()
    last: date | None = None


@dataclass
class Fee:
    """Who pays by which terms, and the first day that is not billed."""

    wallet: int
    terms: Terms
    next: date

    def period(self) -> tuple[date, date, date, int] | None:
        """Return first and last day, the due day and the cents of what is billed next."""
        terms = self.terms
        if terms.last is not None and terms.last < self.next:
            return None
        whole = stretch(terms.every, self.next)
        last = whole[1] if terms.last is None else min(whole[1], terms.last)
        days = (self.next, last) if terms.by_days else whole
        cents = part(Fraction(nearest(Fraction(terms.price) * 100)), whole, *days)
        due = whole[0]
        if terms.every == "week":
            due += (terms.day - 1) * DAY
        elif terms.every != "day":
            due = min(due + (terms.day - 1) * DAY, stretch("month", due)[1])
        return self.next, last, min(max(due, self.next), last), cents


@dataclass
class Paper:
    """A bill: of whom, how much, what is open, and how far it was asked for again."""

    wallet: int
    total: int
    open: int
    since: date
    source: str
    dunned: int = 0
    given_up: int = 0
    void: bool = False


@dataclass
class Papers:
    """All bills of a site by their ids, all that recurs, and the last number of each year."""

    zone: tzinfo
    fees: dict[str, Fee] = field(default_factory=dict)
    bills: dict[str, Paper] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    numbers: Counter[str] = field(default_factory=Counter)
    announced: Fee | None = None

    def read(self, entry: Entry, paid: Counter[int]) -> bool:
        """Follow an entry about bills; False where only who asked for it knows what it must be."""
        match entry.kind:
            case EntryKind.RECURRING_SET:
                self._agreed(str(entry.detail["recurring"]))
            case EntryKind.BILL_ISSUED:
                return self._issued(entry, paid)
            case EntryKind.BILL_PAID:
                self._paid(entry, paid)
            case EntryKind.BILL_DUNNED:
                self._dunned(entry)
            case _:
                self._ended(entry, paid)
        return True

    def open_of(self, wallet: int) -> int:
        """What a wallet has open."""
        return sum(one.open for one in self.bills.values() if one.wallet == wallet)

    def ends(self, wallet: int) -> None:
        """Nothing recurs for a wallet that is closed."""
        for name in [name for name, fee in self.fees.items() if fee.wallet == wallet]:
            del self.fees[name]

    def check_end(self, today: date) -> None:
        """All that was due is billed, and all that was billed is paid by now."""
        for name, fee in self.fees.items():
            period = fee.period()
            assert period is None or period[2] > today, f"{name} was due on {period}"
        for name, bill in self.bills.items():
            assert not bill.open, f"{name} is open, and there is money"

    def _agreed(self, name: str) -> None:
        agreed = self.announced
        assert agreed is not None, f"nobody asked for {name}"
        if name in self.fees:
            agreed = Fee(agreed.wallet, agreed.terms, self.fees[name].next)
        self.fees[name], self.announced = agreed, None

    def _issued(self, entry: Entry, paid: Counter[int]) -> bool:
        detail: Any = entry.detail
        year, _, number = detail["number"].partition("-")
        self.numbers[year] += 1
        assert int(number) == self.numbers[year], f"{detail['number']} leaves a gap"
        source = entry.event.removeprefix("bill/")
        assert source not in self.sources, f"{source} is billed twice"
        self.sources.add(source)
        wallet, total = int(detail["wallet"].removeprefix("w")), paid.total()
        assert paid[wallet] == total == sum(one["amount"] for one in detail["lines"])
        on = entry.occurred.astimezone(self.zone).date()
        due = date.fromisoformat(detail["due"])
        bill = Paper(wallet, total, total, max(on, due), source)
        self.bills[detail["bill"]] = bill
        match source.split("/"):
            case ["recurring", name, first]:
                self._recurred(self.fees[name], detail, bill, (on, due), first)
            case ["dunning", asked, level]:
                fee = DUNNING[int(level) - 1][1]
                assert not self.bills[asked].source.startswith("dunning"), (
                    f"a fee on the fee {asked}"
                )
                assert total == fee, f"level {level} of {asked} costs {fee}, not {total}"
            case _:
                return False
        return True

    def _recurred(
        self, fee: Fee, detail: Any, bill: Paper, days: tuple[date, date], first: str
    ) -> None:
        period = fee.period()
        assert period is not None, f"{bill.source} has ended"
        begin, last, due, cents = period
        asked = (first, detail["from"], detail["to"])
        wanted = (begin.isoformat(), begin.isoformat(), (last + DAY).isoformat())
        assert asked == wanted, f"{bill.source} is for {asked}, not {wanted}"
        assert days[1] == due <= days[0], f"{bill.source} is due on {due}"
        cents += Levied().take(cents, fee.terms.levies)
        assert (bill.wallet, bill.total) == (fee.wallet, cents), f"{bill.source} must be {cents}"
        fee.next = last + DAY

    def _paid(self, entry: Entry, paid: Counter[int]) -> None:
        bill = self.bills[str(entry.detail["bill"])]
        amount = sum(
            leg.amount_minor
            for leg in entry.postings
            if owner_of(leg.target) == bill.wallet and code_of(leg.target) == Bucket.BILLED
        )
        assert 0 < amount <= bill.open, f"{amount} is paid of {bill}"
        assert not any(paid.values()), "a bill was paid by another wallet"
        bill.open -= amount

    def _dunned(self, entry: Entry) -> None:
        name, level = str(entry.detail["bill"]), entry.detail["level"]
        bill, on = self.bills[name], entry.occurred.astimezone(self.zone).date()
        assert isinstance(level, int)
        days, fee = DUNNING[level - 1]
        assert bill.open, f"{name} is paid, and asked for again"
        assert level > bill.dunned, f"{name} is asked for twice at level {level}"
        assert on >= bill.since + days * DAY, f"{name} is asked for too early"
        known = f"dunning/{name}/{level}" in self.sources
        fee *= not bill.source.startswith("dunning")
        assert known is bool(fee), f"the fee for level {level} of {name}"
        bill.dunned = level

    def _ended(self, entry: Entry, paid: Counter[int]) -> None:
        bill = self.bills[str(entry.detail["bill"])]
        assert not bill.void, f"{bill} is taken back already"
        if entry.kind is EntryKind.BILL_WRITTEN_OFF:
            assert bill.open, f"{bill} has nothing open"
            back = bill.given_up = bill.open
        else:
            back, bill.void = bill.total - bill.given_up, True
        assert (paid[bill.wallet], paid.total()) == (-back, -back), f"{bill} comes to {paid}"
        bill.open = 0
