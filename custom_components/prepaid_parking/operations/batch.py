"""An enterprise tops up many wallets at once: checked as a whole, booked row by row, known again.

One reference names the whole batch; each row's is made of it and of the row's place. So a batch that
broke off is simply sent again: what was booked is answered, what was missing is booked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from ..core.batch import BadRow, Row, amount_of, digest
from ..core.chart import Channel
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, PromotionId, WalletId
from ..core.ledger import Act, Receipt
from ..core.texts import LONGEST_NAME, check_texts
from .booking import book, book_all, closed, referenced, tell
from .facts import WalletEvent
from .gently import gently
from .site import Site
from .topping_up import Credit, Payment, credit
from .turn import in_turn
from .wallet_run import WalletRun

AT_ONCE: Final = 100
"""Rows that are written together: one flush of the disk, and a reading waits no longer than that."""
SCOPE: Final = "batch_top_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A row that can be booked."""

    row: Row
    wallet: WalletId
    amount_minor: int


@dataclass(slots=True, kw_only=True)
class Batched:
    """What became of a batch: rows booked (anew, or before), rows refused, and the sum of the first."""

    rows: int
    dry_run: bool
    bad: list[BadRow] = field(default_factory=list)
    booked: int = 0
    repeated: int = 0
    total_minor: int = 0
    entry: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as it was asked for."""

    rows: Sequence[Row]
    channel: Channel
    reference: str
    actor: Actor
    reason: str = ""


async def batch_top_up(
    site: Site, batch: Batch, *, whole: bool = True, dry_run: bool = False
) -> Batched:
    """Top up many wallets. `whole`: nothing is booked while any row is bad; else the good ones are.

    A dry run books nothing and says what would happen. The same reference again with other rows, or
    in another order, is refused.
    """
    answer = Batched(rows=len(batch.rows), dry_run=dry_run)
    good: list[Good] = []
    by_name = _by_unit(site)
    async for row in gently(batch.rows):
        try:
            good.append(_checked(site, row, by_name))
        except CoreError as err:
            answer.bad.append(_bad(row, err))
    answer.total_minor = sum(one.amount_minor for one in good)
    if dry_run:
        return answer
    if not batch.reference:
        raise CoreError("reference_missing")
    begun = await _known(site, batch, answer, nothing=bool(whole and answer.bad))
    if begun is None:
        return answer
    answer.entry, answer.total_minor = begun.entry, 0
    one_by_one = begun.repeated or batch.channel is Channel.CASH
    for part in _parts(good, 1 if one_by_one else AT_ONCE):
        await _book(site, batch, part, answer)
    return answer


def _by_unit(site: Site) -> dict[str, list[WalletId]]:
    """Return the open wallets by the name of their unit, for rows that name that."""
    named: dict[str, list[WalletId]] = {}
    for wallet, run in site.wallets.items():
        if run.wallet.closed_at is None:
            named.setdefault(run.wallet.unit, []).append(wallet)
    return named


def _checked(site: Site, row: Row, by_unit: dict[str, list[WalletId]]) -> Good:
    """Find a row's wallet and amount, or say what is wrong with it."""
    check_texts({"wallet": row.wallet, "amount": row.amount, "reason": row.reason})
    run = site.wallets.get(WalletId(row.wallet.lower()))
    if run is None:
        named = by_unit.get(row.wallet, [])
        if len(named) > 1:
            raise CoreError("several_wallets", wallets=", ".join(named))
        run = site.wallet(named[0] if named else row.wallet)
    if (refusal := closed(run)) is not None:
        raise refusal
    minor = amount_of(row, site.currency.parse)
    return Good(row=row, wallet=run.wallet.id, amount_minor=minor)


@in_turn
async def _known(site: Site, batch: Batch, answer: Batched, *, nothing: bool) -> Receipt | None:
    """Write down that a batch begins, or hear that it did; with `nothing`, only the latter counts.

    A batch that was booked before is gone on with, also where a row has gone bad since.
    """
    act = Act(
        kind=EntryKind.BATCH,
        event=f"batch/{batch.reference}",
        occurred=site.clock(),
        actor=batch.actor,
        reason=batch.reason,
        reference=referenced(
            SCOPE,
            batch.reference,
            {"rows": digest(batch.rows), "channel": batch.channel},
        ),
        detail={"rows": len(batch.rows), "total": answer.total_minor, "channel": batch.channel},
    )
    refusal = CoreError("batch_has_bad_rows", rows=len(answer.bad)) if nothing else None
    try:
        return await book(site, act, refusal)
    except CoreError as err:
        if refusal is not None and err.key == refusal.key:
            return None
        raise


def _parts(good: Sequence[Good], most: int) -> list[list[Good]]:
    """Divide rows into parts in which each wallet comes once: a top-up is drawn up on the one before.

    A batch that goes on after a break is taken row by row: which of them were booked shows only then.
    """
    rounds: list[list[Good]] = []
    seen: Counter[WalletId] = Counter()
    for one in good:
        place = seen[one.wallet]
        seen[one.wallet] += 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(one)
    return [list(part) for one in rounds for part in batched(one, most, strict=False)]


@in_turn
async def _book(site: Site, batch: Batch, part: Sequence[Good], answer: Batched) -> None:
    """Book some rows together; one that is refused costs the others nothing."""
    drawn = list[tuple[Good, Credit]]()
    given: Counter[PromotionId] = Counter()
    for one in part:
        run = site.wallet(one.wallet)
        if (refusal := closed(run)) is not None:
            answer.bad.append(_bad(one.row, refusal))
            continue
        paid = Payment(
            amount_minor=one.amount_minor,
            channel=batch.channel,
            actor=batch.actor,
            reference=f"{batch.reference}/{one.row.number}",
            reason=one.row.reason or batch.reason,
            scope=f"{SCOPE}/row",
        )
        new = credit(site, run, paid, given)
        if new.extras.grant is not None:
            given[new.extras.grant.promotion.id] += new.extras.bonus_minor
        drawn.append((one, new))
    acts = [new.act for _, new in drawn]
    for (one, new), receipt in zip(drawn, await book_all(site, acts), strict=True):
        if isinstance(receipt, CoreError):
            answer.bad.append(_bad(one.row, receipt))
        else:
            _booked(site, new, one, receipt, answer)


def _booked(site: Site, new: Credit, one: Good, receipt: Receipt, answer: Batched) -> None:
    answer.total_minor += one.amount_minor
    if receipt.repeated:
        answer.repeated += 1
        return
    answer.booked += 1
    new.taken_over(site, receipt)
    run: WalletRun = new.run
    tell(site, run, WalletEvent.TOPPED_UP, receipt, one.amount_minor)
    site.wake_wallet(run)


def _bad(row: Row, refusal: CoreError) -> BadRow:
    return BadRow(number=row.number, wallet=row.wallet[:LONGEST_NAME], refusal=refusal)
