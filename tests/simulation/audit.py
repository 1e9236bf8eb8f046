"""Who checks the books of a life: knows the truth of every meter, and does all sums again.

Of every meter it knows which readings must have been taken, and so how much went through between them.
From the journal it takes only what was posted together, in which order and to whom; what that must
have cost it works out from the written tariffs. Nothing of the site's memory is asked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from custom_components.prepaid_parking.core.chart import (
    Measure,
    SiteAccount,
    measure_of,
    owner_of,
    site_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import EntryId, MeterId
from custom_components.prepaid_parking.core.ledger import AccountId, Entry
from custom_components.prepaid_parking.operations.tally import KINDS, REVENUE
from tests.simulation.accounts import (
    MINOR,
    Meter,
    Tenancy,
    between,
    inside_of,
    same,
    sums_of,
    told_in,
    usage_of,
)
from tests.simulation.again import Charge, again
from tests.simulation.days import DAY, begins, standing
from tests.simulation.minimums import Minimums
from tests.simulation.papers import PAPERS, Papers
from tests.simulation.prices import Home, Line, Prices, cost
from tests.simulation.top_up_fees import TopUpFees

UNITS: Final = 50
"""A charge that is priced again is divided among a few dozen half-days, each to the whole unit."""
EARNS: Final = frozenset(AccountId(one) for one in REVENUE)
PROMOTION: Final = site_account(SiteAccount.PROMOTION)


class Audit:
    """Follows a journal entry by entry."""

    def __init__(self, prices: Prices) -> None:
        """Begin with an empty journal."""
        self.prices = prices
        self.seen = EntryId(0)
        self.meters: dict[MeterId, Meter] = {}
        self.homes: dict[str, Home] = {}
        self.balances = Counter[AccountId]()
        self.moved = Counter[int]()
        """By wallet number: what entries moved that are not for use, bonus that was given left out."""
        self.charges: dict[int, tuple[Charge, Tenancy]] = {}
        self.counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self.kinds = Counter[EntryKind]()
        self.weights: dict[str, dict[int, int]] = {}
        """Who bears what a shared wallet is charged: a weight for each wallet number."""
        self.borne: dict[str, Counter[int]] = defaultdict(Counter)
        self.papers = Papers(prices.zone)
        self.fees = TopUpFees()
        self.minimums = Minimums(prices)
        self.closed = set[int]()
        self.corrects: tuple[dict[str, Any], datetime] | None = None
        """The price that is to be corrected next, and since when."""

    def read(self, entries: Iterable[Entry]) -> None:
        """Take up what was booked since, and check it."""
        for entry in entries:
            assert entry.id == self.seen + 1, f"after entry {self.seen} comes {entry.id}"
            self.seen = entry.id
            self.kinds[entry.kind] += 1
            paid = self._fold(entry)
            self.fees.read(entry, paid)
            usage = usage_of(entry)
            if usage is not None:
                self._charged(entry, usage, paid)
            elif entry.kind is EntryKind.RERATING:
                self._corrected(entry, paid)
            elif entry.kind is EntryKind.TARIFF_PUBLISHED:
                if "correction" in entry.detail:
                    assert self.corrects is not None
                    self.prices.publish(*self.corrects)
            elif entry.kind is EntryKind.STANDING:
                self._stood(entry, paid)
            elif entry.kind is EntryKind.MINIMUM:
                self._lacked(entry, paid)
            elif entry.kind is EntryKind.WALLET_CLOSED:
                self._closed(entry, paid)
            elif entry.kind not in PAPERS or not self.papers.read(entry, paid):
                self.moved.subtract(paid)

    def _fold(self, entry: Entry) -> Counter[int]:
        """Move the balances; returns what each wallet paid."""
        paid = Counter[int]()
        for leg in entry.postings:
            earns = {leg.source, leg.target} & EARNS
            assert not earns or entry.kind in KINDS, f"{entry.kind} is missing in a day's revenue"
            assert measure_of(leg.source) is measure_of(leg.target)
            assert leg.amount_minor > 0
            self.balances[leg.source] -= leg.amount_minor
            self.balances[leg.target] += leg.amount_minor
            if measure_of(leg.source) is Measure.MONEY and PROMOTION not in (
                leg.source,
                leg.target,
            ):
                paid[owner_of(leg.source)] += leg.amount_minor
                paid[owner_of(leg.target)] -= leg.amount_minor
        del paid[0]
        return paid

    def _charged(self, entry: Entry, usage: Mapping[str, Any], paid: Counter[int]) -> None:
        meter = self.meters[MeterId(usage["meter"])]
        tenancy = meter.tenancies[usage["binding"]]
        begin, end = datetime.fromisoformat(usage["from"]), datetime.fromisoformat(usage["to"])
        total = tenancy.posted + usage["to_register"] - usage["from_register"]
        points = between(meter.points, (begin, tenancy.posted), (end, total))
        tariff, home = tenancy.tariff((end, total)), self.homes.get(meter.pool, Home())
        pool = self.prices.pool(tariff, meter.pool, tenancy.wallet)
        counts = self.counts[pool, tariff]
        lines, after = self.prices.charge(tariff, points, counts, home)
        same("lines", sums_of(lines), told_in(usage["lines"], tariff))
        told = {period: counts.get(period, 0) for period in usage["tiers"]}
        same("the counts before", told, usage["tiers"])
        charge = Charge(
            entry.id,
            pool,
            tariff,
            points[0],
            points[-1],
            usage["from_register"],
            dict(counts),
            home,
            lines,
            usage["net"],
        )
        charge.inside = inside_of(meter, charge, usage)
        self.charges[entry.id] = charge, tenancy
        self.counts[pool, tariff] = after
        tenancy.posted = total
        tenancy.cost += cost(lines)
        tenancy.net += charge.net
        self.minimums.used(meter, entry, usage["binding"], charge.net)
        on_top = tenancy.levied.take(charge.net, self.prices.levies(tariff))
        self._sums_up(tenancy, charge.net + on_top, paid)

    def _corrected(self, entry: Entry, paid: Counter[int]) -> None:
        """Stored readings said when it was used: the same energy at other times."""
        detail: Mapping[str, Any] = entry.detail
        meter = self.meters[MeterId(detail["meter"])]
        assert entry.reverses is not None
        charge, _ = self.charges.pop(entry.reverses)
        tenancy = meter.tenancies[str(detail["binding"])]
        inside = inside_of(meter, charge, detail)
        if inside == charge.inside:  # No reading, but a price was corrected.
            lines = self._by_right_price(charge, detail["lines"])
        else:
            points = [charge.start, *inside, charge.end]
            lines, _ = self.prices.charge(charge.tariff, points, charge.counts, charge.home)
            same("corrected lines", sums_of(lines), told_in(detail["lines"], charge.tariff))
        change = detail["net"] - charge.net
        tenancy.cost += cost(lines) - cost(charge.lines)
        tenancy.net += change
        self.minimums.used(meter, entry, detail["binding"], change)
        on_top = tenancy.levied.take(change, self.prices.levies(charge.tariff))
        self._sums_up(tenancy, change + on_top, paid)
        charge.lines, charge.net, charge.inside = lines, detail["net"], inside
        self.charges[entry.id] = charge, tenancy

    def _by_right_price(self, charge: Charge, told: Sequence[Mapping[str, Any]]) -> list[Line]:
        """Take over lines whose quantities are right but for the whole unit at each change of price."""
        wanted = sums_of(again(self.prices, charge, self._counts_before(charge)))
        found = told_in(told, charge.tariff)
        same("what is priced again", wanted.total(), found.total())
        for key in wanted | found:
            assert abs(wanted[key] - found[key]) <= UNITS, f"{key}: {found}, not {wanted}"
        season = {"season": ""}
        names = ("version", "rate", "period", "price", "quantity", "season")
        return [Line(*((season | dict(one))[name] for name in names)) for one in told]

    def _counts_before(self, charge: Charge) -> dict[str, int]:
        """Return where a charge begins in the counts, by all that was charged before it."""
        counts = Counter[str]()
        for one, _ in self.charges.values():
            if (one.pool, one.tariff) == (charge.pool, charge.tariff) and one.first < charge.first:
                counts.update(one.counted)
        return dict(counts)

    def check_prices(self, tariff: str, since: datetime) -> None:
        """Whatever was charged by a tariff since then costs what it costs by what is published."""
        for charge, tenancy in self.charges.values():
            closed = int(tenancy.wallet.removeprefix("w")) in self.closed
            if charge.tariff != tariff or charge.end[0] <= since or not charge.lines or closed:
                continue
            lines = again(self.prices, charge, self._counts_before(charge))
            apart = abs(cost(lines) - cost(charge.lines))
            assert apart < Fraction(1, 1000), f"charge {charge.first} is not right: {charge.lines}"

    def _stood(self, entry: Entry, paid: Counter[int]) -> None:
        """Days were charged: each once, by the tariff and to the payer of its beginning."""
        detail: Mapping[str, Any] = entry.detail
        meter = self.meters[MeterId(detail["meter"])]
        tenancy, last = meter.tenancies[detail["binding"]], date.fromisoformat(detail["last"])
        due, meter.day = self.charge_days(meter, tenancy, last), last + DAY
        self._borne_by(tenancy, due, paid)

    def charge_days(self, meter: Meter, tenancy: Tenancy, last: date) -> int:
        """Charge the days up to one that nobody has paid for; returns what they come to in cents."""
        found = list[tuple[tuple[str, int], Fraction]]()
        while meter.day <= last:
            moment = begins(meter.day, self.prices.zone)
            version = self.prices.version(meter.tariff_at(tenancy, moment), moment)
            document = self.prices.written[version[0]][version[1] - 1][1]
            found.append((version, standing(document, meter.day)))
            meter.day += DAY
        due = 0
        for (tariff, _), each in groupby(found, key=lambda one: one[0]):
            tenancy.days += sum((cents for _, cents in each), Fraction())
            net = int(tenancy.days // 1) - tenancy.days_net
            tenancy.days_net += net
            due += net
            due += tenancy.days_levied.take(net, self.prices.levies(tariff)) if net else 0
        return due

    def _lacked(self, entry: Entry, paid: Counter[int]) -> None:
        """A period's use cost less than its minimum: the rest is added, with its fees and taxes."""
        detail: Mapping[str, Any] = entry.detail
        meter = self.meters[MeterId(detail["meter"])]
        tenancy = meter.tenancies[detail["binding"]]
        tariff, net = self.minimums.judged(meter, tenancy, entry)
        on_top = tenancy.days_levied.take(net, self.prices.levies(tariff))
        self._borne_by(tenancy, net + on_top, paid)

    def _closed(self, entry: Entry, paid: Counter[int]) -> None:
        """A wallet ends: nothing is left in it, and what was below a cent is rounded once."""
        wallet = str(entry.detail["wallet"])
        number = int(wallet.removeprefix("w"))
        tenancies = [one for meter in self.meters.values() for one in meter.tenancies.values()]
        rest = sum((one.carried for one in tenancies if one.wallet == wallet), Fraction())
        rounded = paid[number] - entry.detail["settled"]  # type: ignore[operator]
        assert abs(rounded - rest) <= Fraction(1, 2), f"{wallet} leaves {rest}, rounded {rounded}"
        left = {
            account: balance
            for account, balance in self.balances.items()
            if owner_of(account) == number and balance
        }
        same(f"what {wallet} leaves", {}, left)
        same("what others paid", paid[number], paid.total())
        self.closed.add(number)
        self.papers.ends(number)

    def _sums_up(self, tenancy: Tenancy, due: int, paid: Counter[int]) -> None:
        same("all cents of this tenant", tenancy.net, tenancy.cost * MINOR // 1)
        self._borne_by(tenancy, due, paid)

    def _borne_by(self, tenancy: Tenancy, due: int, paid: Counter[int]) -> None:
        same("what the wallets paid", due, sum(paid.values()))
        weights = self.weights.get(tenancy.wallet)
        if weights is None:
            payer = int(tenancy.wallet.removeprefix("w"))
            assert payer not in self.closed, f"{tenancy.wallet} is closed, and pays"
            same("what others paid", 0, sum(paid.values()) - paid[payer])
            return
        borne = self.borne[tenancy.wallet]
        borne.update(paid)
        for number, weight in weights.items():
            fair = Fraction(borne.total() * weight, sum(weights.values()))
            assert abs(borne[number] - fair) <= 1, f"w{number} bears {borne[number]}, not {fair}"

    def open_cost(self, meter: Meter, tenancy: Tenancy) -> Fraction:
        """What was used and not posted costs by now, with the part of a cent that is left over."""
        end = meter.last
        begin = next(at for at, total in reversed(meter.points) if total == tenancy.posted)
        points = between(meter.points, (begin, tenancy.posted), end)
        tariff, home = tenancy.tariff(end), self.homes.get(meter.pool, Home())
        pool = self.prices.pool(tariff, meter.pool, tenancy.wallet)
        lines, _ = self.prices.charge(tariff, points, self.counts[pool, tariff], home)
        return cost(lines) * MINOR + tenancy.cost * MINOR - tenancy.net
