"""What was charged by a tariff is priced again: one walk along the books, in the order of booking.

Nothing is changed: for each charge that comes out otherwise, an entry of its own moves the difference
and names the one it corrects. Doing it twice, or going on after a crash, moves nothing more. The walk
is made in steps, so that readings are charged meanwhile.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Final

from ..core.accrual import ChargeLine
from ..core.carries import LevyCarry
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import Actor, EntryId, MeterId, TariffId, WalletId
from ..core.ledger import Act, Entry
from ..core.levies import Levy
from ..core.tariff import Pricer
from ..core.wallet import Binding
from .correcting import (
    Correction,
    Till,
    Worth,
    corrected,
    correcting_act,
    counts_after,
    till_of,
    worth_of,
)
from .gently import gently
from .paying_usage import one_after_another
from .replay import Replay, spans_of
from .site import Site
from .usage import post_windows
from .used import CHARGES, Corrected, Used, corrections, counted, scan, used_of

AT_ONCE: Final = 100
"""Charges corrected while the site's turn is held: some ten milliseconds, and a write."""


@dataclass(slots=True)
class WalletSum:
    """What a wallet was charged by a tariff in the time asked for, and how that comes out."""

    charged_minor: int = 0
    difference_minor: int = 0
    entries: int = 0
    problem: CoreError | None = None


@dataclass(slots=True)
class _Counts:
    """Where the counts of a pool stand along the walk: as they were written down, and as they are."""

    written: dict[str, int] = field(default_factory=dict)
    actual: dict[str, int] = field(default_factory=dict)

    def before(self, used: Used, periods: Sequence[str]) -> dict[str, int]:
        """Return where a charge begins in the counts of these tier periods."""
        begins: dict[str, int] = {}
        for period in periods:
            told, at = used.tiers.get(period), self.actual.get(period)
            if told is None:
                begins[period] = at or 0
            elif at is None:
                begins[period] = told
            else:
                begins[period] = at + told - self.written.get(period, 0)
        return begins

    def passed(self, used: Used, after: Mapping[str, int]) -> None:
        """Go on behind a charge."""
        self.actual.update(after)
        for period, told in used.tiers.items():
            self.written[period] = told + used.counted.get(period, 0)

    def shifted(self, by: Mapping[str, int]) -> None:
        """Take in that a correction moved what later charges were told."""
        for period, shift in by.items():
            self.written[period] = self.written.get(period, 0) + shift


class Rerating:
    """One walk over what was charged by a tariff since a time, by the prices that hold now."""

    def __init__(
        self,
        site: Site,
        tariff: TariffId,
        pricer: Pricer,
        since: datetime,
        until: datetime | None = None,
    ) -> None:
        """Begin with nothing seen."""
        self._site, self._tariff, self._pricer = site, tariff, pricer
        self._since, self._until = since, until
        self._replay = Replay(site)
        self._levies: dict[int, Sequence[Levy]] = {
            one.version: one.terms.levies
            for one in (*site.pricing.published[tariff], *pricer.versions)
        }
        self._counts: dict[str, _Counts] = defaultdict(_Counts)
        self._last: dict[EntryId, Corrected] = {}
        self._bindings: dict[str, Binding] = {}
        self._carries: dict[str, dict[str, int]] = {}
        self._tills: dict[str, Till] = {}
        self.wallets: dict[WalletId, WalletSum] = defaultdict(WalletSum)

    async def preview(self) -> None:
        """Say what would come out, and move nothing."""
        await self._begin()
        async for page in scan(self._site, self._since, (*CHARGES, EntryKind.RERATING)):
            async for entry in gently(page):
                correction = self._judge(entry)
                if correction is not None:
                    till = self._till(correction.used)
                    worth = worth_of(self._site, till, correction, self._levies)
                    self._add(correction, worth)

    async def write(self, actor: Actor, reason: str) -> None:
        """Correct every charge that comes out otherwise."""
        await self._begin()
        async for page in scan(self._site, self._since, (*CHARGES, EntryKind.RERATING)):
            waiting: list[Correction] = []
            async for entry in gently(page):
                correction = self._judge(entry)
                if correction is not None:
                    waiting.append(correction)
            for some in batched(waiting, AT_ONCE, strict=False):
                async with self._site.turn:
                    await self._commit(some, actor, reason)

    async def _begin(self) -> None:
        await self._load()
        async for page in scan(self._site, self._since, (EntryKind.RERATING,)):
            corrections(page, self._last)

    async def _load(self) -> None:
        """Take up who paid for which meter, and what each has below the minor unit."""
        books = self._site.books
        self._bindings = {one.id: one for one in await books.load(Binding)}
        carries: dict[str, dict[str, int]] = defaultdict(dict)
        for carry in await books.load(LevyCarry):
            carries[carry.binding][carry.name] = carry.carry
        self._carries, self._tills = carries, {}

    def _judge(self, entry: Entry) -> Correction | None:
        """Price a charge again; None where it stays as it is."""
        if entry.kind is EntryKind.RERATING:
            if entry.detail.get("tariff") == self._tariff:
                shift = entry.detail.get("shifted")
                assert isinstance(shift, Mapping)
                self._counts[str(entry.detail["pool"])].shifted(shift)
            return None
        used = used_of(entry, self._last.get(entry.id))
        if used is None or used.tariff != self._tariff or used.end[0] <= self._since:
            return None
        if self._until is None or used.start[0] < self._until:
            self.wallets[WalletId(used.wallet)].charged_minor += used.net_minor + used.levies_minor
        counts = self._counts[used.pool]
        periods = list(dict.fromkeys(span.key[2] for span in spans_of(self._pricer, used)))
        begins = counts.before(used, periods)
        try:
            lines, after = self._price(used, begins)
        except CoreError as err:
            self.wallets[WalletId(used.wallet)].problem = err
            return None
        counts.passed(used, after)
        if not self._differs(used, lines):
            return None
        if self._site.wallets[WalletId(used.wallet)].wallet.closed_at is not None:
            closed = CoreError("wallet_closed", wallet=used.wallet)
            self.wallets[WalletId(used.wallet)].problem = closed
            return None
        return Correction(used=used, lines=lines, tiers=begins, points=used.points)

    def _price(
        self, used: Used, begins: Mapping[str, int]
    ) -> tuple[Sequence[ChargeLine], dict[str, int]]:
        if self._replay.is_settled(used, self._pricer, begins):
            grown = counted(used.lines)
            return used.lines, {one: begins[one] + grown.get(one, 0) for one in begins}
        return self._replay.price(used, self._pricer, begins)

    def _differs(self, used: Used, lines: Sequence[ChargeLine]) -> bool:
        """Tell whether lines come to other money than a charge, or move what comes after it."""
        if lines is used.lines:
            return False
        return self._levied(lines) != self._levied(used.lines) or counted(lines) != counted(
            used.lines
        )

    def _levied(self, lines: Sequence[ChargeLine]) -> dict[Sequence[Levy], int]:
        """Return how much of a price each set of fees and taxes is taken of."""
        sums: dict[Sequence[Levy], int] = defaultdict(int)
        for line in lines:
            sums[self._levies[line.version]] += line.numerator
        return sums

    async def _commit(self, some: Sequence[Correction], actor: Actor, reason: str) -> None:
        """Write corrections in their order; what fails is found again by whoever tries again."""
        site = self._site
        await self._settle_tills(some)
        prepared: list[tuple[Till, Correction, Worth, Act]] = []
        counts: dict[str, dict[str, int]] = {}
        with one_after_another(site) as take:
            for one in some:
                till, pool = self._till(one.used), one.used.pool
                worth = worth_of(site, till, one)
                counts[pool] = counts_after(counts.get(pool) or self._posted(pool), one)
                act = correcting_act(
                    site,
                    till,
                    one,
                    worth,
                    actor=actor,
                    reason=reason,
                    take=take,
                    counts=counts[pool],
                )
                prepared.append((till, one, worth, act))
        answers = await site.books.commit_all([act for _, _, _, act in prepared])
        for (till, one, worth, act), answer in zip(prepared, answers, strict=True):
            if isinstance(answer, CoreError):
                raise answer
            corrected(site, till, one, act, answer)
            self._add(one, worth)

    def _posted(self, pool: str) -> Mapping[str, int]:
        known = self._site.pools.get((pool, self._tariff))
        return known.posted if known is not None else {}

    async def _settle_tills(self, some: Sequence[Correction]) -> None:
        """Take up what meters that are being charged have below the minor unit by now."""
        site = self._site
        runs = [site.meters[MeterId(one.used.meter)] for one in some]
        await post_windows(site, [run for run in runs if run.closing is not None])
        if any(run.closing is not None for run in runs):
            raise StoreError(site.trouble or "failed")
        for one in some:
            till = self._tills.get(self._binding_of(one.used))
            run = till.run if till is not None else None
            if till is None or run is None:
                continue
            if run.binding is None or run.binding.id != till.binding.id:
                await self._load()
            else:
                self._tills.pop(till.binding.id)

    def _till(self, used: Used) -> Till:
        name = self._binding_of(used)
        if name not in self._tills:
            binding = self._bindings[name]
            self._tills[name] = till_of(self._site, binding, self._carries.get(name, {}))
        return self._tills[name]

    def _binding_of(self, used: Used) -> str:
        """Return under which binding a charge was made; a ledger of old does not say."""
        if used.binding in self._bindings:
            return used.binding
        return next(
            one.id
            for one in self._bindings.values()
            if (one.meter, one.wallet) == (used.meter, used.wallet)
            and one.from_at <= used.end[0]
            and (one.to_at is None or used.start[0] <= one.to_at)
        )

    def _add(self, correction: Correction, worth: Worth) -> None:
        sums = self.wallets[WalletId(correction.used.wallet)]
        sums.difference_minor += worth.minor
        sums.entries += 1
