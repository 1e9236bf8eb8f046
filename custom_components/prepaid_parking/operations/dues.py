"""What a charge comes to in money: the price, the fees and taxes beside it, and who gets what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
import itertools
from operator import attrgetter

from ..core.accrual import ChargeLine
from ..core.chart import SiteAccount, revenue_account, site_account
from ..core.ledger import AccountId, Posting
from ..core.levies import Levy, LevyKind, LevyPart, levy, on_top
from ..core.tariff import Pricer
from ..core.version import TariffVersion
from .meter_run import MeterRun
from .site import Site

type Amounts = Sequence[tuple[AccountId, int]]
"""Accounts with signed amounts in minor units."""


@dataclass(frozen=True, slots=True)
class Levied:
    """What one version's fees and taxes are on its part of the price."""

    version: int
    net_minor: int
    levies: tuple[Levy, ...]
    parts: tuple[LevyPart, ...]


@dataclass(frozen=True, slots=True)
class Dues:
    """A charge in whole minor units: the price, what each levy adds or holds, and what is carried."""

    net_minor: int
    carry: int
    levied: tuple[Levied, ...]
    carries: dict[str, int]

    @property
    def parts(self) -> list[LevyPart]:
        """All fees and taxes."""
        return [part for one in self.levied for part in one.parts]

    @property
    def on_top_minor(self) -> int:
        """What fees and taxes add to the price."""
        return sum(part.minor for part in self.parts if not part.included)

    @property
    def minor(self) -> int:
        """What is to be paid."""
        return self.net_minor + self.on_top_minor


def dues_of(
    pricer: Pricer | None,
    lines: Iterable[ChargeLine],
    carry: int,
    denominator: int,
    carries: Mapping[str, int],
) -> Dues:
    """Turn lines into money: rounded down once over all of them, the rest carried on.

    Each version's levies are taken of its own part of the sum; the parts add up to it.
    """
    levies = {one.version: one.terms.levies for one in pricer.versions} if pricer else {}
    levied: list[Levied] = []
    left, total, done = dict(carries), carry, 0
    in_order = sorted(lines, key=attrgetter("version"))
    for version, same in itertools.groupby(in_order, key=attrgetter("version")):
        total += sum(line.numerator for line in same)
        upto = total // denominator
        if levies.get(version):
            _, parts, left = levy(upto - done, levies[version], left)
            levied.append(Levied(version, upto - done, levies[version], tuple(parts)))
        done = upto
    net, rest = divmod(total, denominator)
    return Dues(net, rest, tuple(levied), left)


def dues_on(version: TariffVersion, net_minor: int, carries: Mapping[str, int]) -> Dues:
    """Turn a price in whole minor units into what is to be paid, by its version's fees and taxes."""
    levies = version.terms.levies
    _, parts, left = levy(net_minor, levies, carries)
    levied = Levied(version.version, net_minor, levies, tuple(parts))
    return Dues(net_minor, 0, (levied,) if parts else (), left)


def on_top_of(site: Site, run: MeterRun) -> int:
    """Return what fees and taxes add to a meter's open window."""
    window = run.window
    assert window is not None
    assert run.binding is not None
    pricer, lines = site.tariffs.get(run.binding.tariff), window.lines
    numbers = {line.version for line in lines}
    if pricer is None or len(numbers) != 1:
        return dues_of(pricer, lines, window.carry, window.denominator, run.carries).on_top_minor
    version = next(one for one in pricer.versions if one.version in numbers)
    return on_top(window.minor, version.terms.levies, run.carries)


def shares_of(
    net_minor: int, parts: Iterable[LevyPart], commodity: str
) -> tuple[tuple[AccountId, int], ...]:
    """Return who gets how much of what was used: revenue, the office's service, the tax office."""
    return shares_to(net_minor, parts, revenue_account(commodity))


def shares_to(
    net_minor: int, parts: Iterable[LevyPart], account: AccountId
) -> tuple[tuple[AccountId, int], ...]:
    """Return who gets how much of a charge that is earned on an account."""
    revenue, service, tax = net_minor, 0, 0
    for part in parts:
        if part.included:
            revenue -= part.minor
        if part.kind is LevyKind.TAX:
            tax += part.minor
        else:
            service += part.minor
    shares = (
        (account, revenue),
        (site_account(SiteAccount.REVENUE_SERVICE), service),
        (site_account(SiteAccount.TAX), tax),
    )
    return tuple((account, amount) for account, amount in shares if amount)


def flows(sources: Amounts, targets: Amounts) -> tuple[Posting, ...]:
    """Return the movements that bring what comes out of some accounts into others.

    Both add up to the same. An amount below zero stands on the other side: a rounding may have given
    the tax office a minor unit that the revenue has to give back.
    """
    given = [(one, amount) for one, amount in sources if amount > 0]
    given += [(one, -amount) for one, amount in targets if amount < 0]
    taken = [(one, amount) for one, amount in targets if amount > 0]
    taken += [(one, -amount) for one, amount in sources if amount < 0]
    postings: list[Posting] = []
    waiting = iter(taken)
    target, room = next(waiting, (AccountId(0), 0))
    for source, amount in given:
        left = amount
        while left:
            part = min(left, room)
            postings.append(Posting(source=source, target=target, amount_minor=part))
            left, room = left - part, room - part
            if not room:
                target, room = next(waiting, (AccountId(0), 0))
    return tuple(postings)


def levy_details(levied: Iterable[Levied]) -> list[dict[str, object]]:
    """Return fees and taxes as they are kept in an entry's trace; amounts in minor units."""
    return [
        {
            "version": one.version,
            "net": one.net_minor,
            "name": part.name,
            "kind": part.kind.value,
            "share": each.share_micro,
            "amount": part.minor,
            "included": part.included,
        }
        for one in levied
        for part in one.parts
        for each in one.levies
        if each.name == part.name
    ]
