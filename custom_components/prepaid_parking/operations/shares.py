"""What a shared wallet is charged, its members pay in the same entry: stairwell, lift, common water.

A member is a unit (whoever occupies it pays, its owner while it is vacant) or a wallet. A part that
has no payer stays with the shared wallet itself: it is never put on the others.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.chart import owner_of, wallet_account
from ..core.identity import UnitId, WalletId
from ..core.layers import Layers
from ..core.ledger import AccountId, Act, Receipt, Record
from ..core.metering import Commodity
from ..core.money import split
from ..core.shares import Member, ShareBy, ShareCount, Shares, apportion
from ..core.wallet import WalletKind
from .habits import used_lately
from .meter_run import MeterRun
from .occupants import occupancy_of, payer_of_unit, persons_in
from .paying import sources
from .site import Site
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one member bears of a charge; `payer` None: nobody pays for it, the shared wallet does."""

    member: str
    weight: int
    payer: WalletRun | None
    amount_minor: int
    quantity: int
    owed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A charge as it is borne: what comes out of which account, and by which weights.

    `parts` is empty where one wallet bears it all.
    """

    wallet: WalletRun
    legs: tuple[tuple[AccountId, int], ...]
    parts: tuple[Part, ...] = ()

    @property
    def puts(self) -> tuple[Record, ...]:
        """What belongs into the same act: how far each member's parts are from its fair share."""
        wallet = self.wallet.wallet.id
        return tuple(
            ShareCount(wallet=wallet, member=part.member, owed=part.owed) for part in self.parts
        )

    @property
    def detail(self) -> dict[str, object]:
        """The trace for the entry: who bears how much of it, and why."""
        if not self.parts:
            return {}
        return {
            "shares": [
                {
                    "member": part.member,
                    "wallet": (part.payer or self.wallet).wallet.id,
                    "weight": part.weight,
                    "amount": part.amount_minor,
                    "quantity": part.quantity,
                }
                for part in self.parts
            ]
        }


def divide(
    site: Site,
    run: WalletRun,
    amount_minor: int,
    *,
    quantity: int = 0,
    commodity: Commodity | None = None,
    shares: Shares | None = None,
) -> Division:
    """Say who bears a charge of a wallet: itself, or the members of a shared one by their weights.

    The parts add up to the amount and to the quantity exactly. An amount below zero is given back:
    all legs are then below zero as well. Nothing is remembered before it is
    booked.
    """
    shares = shares or site.house.shares.get(run.wallet.id)
    weights = weights_of(site, shares, commodity) if shares is not None else []
    if shares is None or not any(weights):
        return Division(wallet=run, legs=_legs(run, amount_minor))
    owed = [site.house.share_counts.get((run.wallet.id, one.member), 0) for one in shares.members]
    amounts, left = apportion(amount_minor, weights, owed)
    quantities = split(quantity, weights)
    parts = tuple(
        Part(
            member=member.member,
            weight=weight,
            payer=payer_of(site, member),
            amount_minor=amount,
            quantity=part,
            owed=rest,
        )
        for member, weight, amount, part, rest in zip(
            shares.members, weights, amounts, quantities, left, strict=True
        )
    )
    return Division(wallet=run, legs=_legs_of(run, parts), parts=parts)


def count(site: Site, records: Iterable[Record]) -> None:
    """Remember what each member was given, as an act writes it down: the next charge evens it out.

    Also the layers of those who were given something back.
    """
    for one in records:
        if isinstance(one, ShareCount):
            site.house.share_counts[one.wallet, one.member] = one.owed
        elif isinstance(one, Layers):
            site.wallets[one.wallet].layers = one.layers


def booked(site: Site, act: Act, receipt: Receipt) -> list[tuple[WalletRun, int]]:
    """Take over what an act did to all wallets that paid; returns them with what each paid."""
    count(site, act.puts)
    paid: dict[int, int] = dict.fromkeys(filter(None, map(owner_of, receipt.balances)), 0)
    for posting in act.postings:
        for account, sign in ((posting.source, 1), (posting.target, -1)):
            if owner_of(account) in paid:
                paid[owner_of(account)] += sign * posting.amount_minor
    runs = [(site.wallets[WalletId(f"w{number}")], amount) for number, amount in paid.items()]
    for run, _ in runs:
        run.booked(receipt)
    return runs


def is_shared(site: Site, run: MeterRun) -> bool:
    """Tell whether several pay for a meter: its supply is then never cut for one of them."""
    return run.binding is not None and is_shared_wallet(site.wallets[run.binding.wallet])


def is_shared_wallet(run: WalletRun) -> bool:
    """Tell whether a wallet is one whose charges its members pay."""
    return run.wallet.kind is WalletKind.SHARED


def bears_nothing(site: Site, run: WalletRun) -> bool:
    """Tell whether others pay what a wallet is charged: its own balance then says nothing."""
    shares = site.house.shares.get(run.wallet.id)
    return shares is not None and bool(shares.members)


def shared_with(site: Site, unit: str) -> list[WalletRun]:
    """Return the shared wallets that a unit, or one that pays for it, bears a part of."""
    payer = payer_of_unit(site, unit)
    names = {unit} | ({payer.wallet.id} if payer is not None else set())
    return [
        site.wallets[shares.wallet]
        for shares in site.house.shares.values()
        if any(one.member in names for one in shares.members)
    ]


def payer_of(site: Site, member: Member) -> WalletRun | None:
    """Return who pays a member's part now."""
    run = site.wallets.get(WalletId(member.member))
    if run is None:
        return payer_of_unit(site, member.member)
    return run if run.wallet.closed_at is None else None


def weights_of(site: Site, shares: Shares, commodity: Commodity | None = None) -> list[int]:
    """Return what each member's part is measured by now.

    By consumption it is what the member's own meters of that commodity counted in the last four
    weeks and today; by area and persons a wallet counts as the units it occupies, or as the one it
    was opened for.
    """
    match shares.by:
        case ShareBy.FIXED:
            return [one.weight for one in shares.members]
        case ShareBy.CONSUMPTION:
            return _used_by(site, shares, commodity)
        case ShareBy.AREA | ShareBy.PERSONS:
            return [
                sum(_size(site, shares.by, unit) for unit in units)
                for units in _units_of(site, shares)
            ]


def _size(site: Site, by: ShareBy, unit: UnitId) -> int:
    return persons_in(site, unit) if by is ShareBy.PERSONS else site.house.units[unit].area_cm2


def _units_of(site: Site, shares: Shares) -> list[list[UnitId]]:
    """Return each member's units, found in one pass over the house."""
    occupied: dict[str, list[UnitId]] = defaultdict(list)
    for unit in site.house.occupancies:
        if (present := occupancy_of(site, unit)) is not None:
            occupied[present.wallet].append(unit)
    found: list[list[UnitId]] = []
    for member in shares.members:
        wallet = site.wallets.get(WalletId(member.member))
        own = UnitId(wallet.wallet.unit_id if wallet is not None else member.member)
        units = occupied.get(member.member) or [own]
        found.append([unit for unit in units if unit in site.house.units])
    return found


def _used_by(site: Site, shares: Shares, commodity: Commodity | None) -> list[int]:
    """Return what each member's meters counted lately; a shared meter is nobody's own."""
    used: dict[str, int] = defaultdict(int)
    for run in site.meters.values():
        if is_shared(site, run) or commodity not in (None, run.meter.commodity):
            continue
        lately = used_lately(site, run)
        used[run.meter.unit] += lately
        if run.binding is not None:
            used[run.binding.wallet] += lately
    return [used[one.member] for one in shares.members]


def _legs_of(run: WalletRun, parts: tuple[Part, ...]) -> tuple[tuple[AccountId, int], ...]:
    """Let each wallet pay its parts together: its bonus can be spent only once."""
    sums: dict[str, int] = defaultdict(int)
    paying: dict[str, WalletRun] = {}
    for part in parts:
        payer = part.payer or run
        paying[payer.wallet.id] = payer
        sums[payer.wallet.id] += part.amount_minor
    return tuple(leg for wallet, payer in paying.items() for leg in _legs(payer, sums[wallet]))


def _legs(run: WalletRun, amount_minor: int) -> tuple[tuple[AccountId, int], ...]:
    if amount_minor < 0:
        return ((wallet_account(run.wallet.no), amount_minor),)
    return tuple(sources(run, amount_minor))
