"""Payments for wallets that come at the same time are written together: the disk is flushed once for all.

After a day without a line, or on the first of the month, they come by the hundred. One after another
each would wait for its own flush, and the provider for its answer.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from ..core.errors import CoreError
from ..core.identity import PromotionId
from ..core.ledger import Receipt
from .arrived import Arrived
from .booking import book_all, closed
from .pay_book import Coming
from .site import Site
from .topping_up import Credit, Payment, credit, take_in, took_in
from .wallet_run import WalletRun

MOST_TOGETHER: Final = 100
"""More would hold up a reading that waits for its turn."""


async def take_in_together(site: Site, run: WalletRun, money: Arrived) -> Receipt:
    """Book money that arrived for a wallet, together with what arrived for others meanwhile."""
    mine = Coming(run, money, asyncio.get_running_loop().create_future())
    coming = site.paying.coming
    coming.append(mine)
    try:
        async with site.turn:
            if not mine.answer.done():
                await _book(site, _next(coming, mine))
    finally:
        if mine in coming:
            coming.remove(mine)
    return await mine.answer


def _next(coming: list[Coming], mine: Coming) -> list[Coming]:
    """Take who is booked now: one payment for each wallet, for the next one goes by what it left."""
    chosen = {mine.run.wallet.id: mine}
    for one in coming:
        if len(chosen) < MOST_TOGETHER:
            chosen.setdefault(one.run.wallet.id, one)
    for one in chosen.values():
        coming.remove(one)
    return list(chosen.values())


async def _book(site: Site, part: Sequence[Coming]) -> None:
    """Book some payments; each has its own answer, and trouble is told to all that have none."""
    try:
        await _booked(site, part)
    except Exception as err:  # noqa: BLE001 - whoever waits for an answer must hear of it
        for one in part:
            if not one.answer.done():
                one.answer.set_exception(err)


async def _booked(site: Site, part: Sequence[Coming]) -> None:
    drawn = list[tuple[Coming, Credit]]()
    given: Counter[PromotionId] = Counter()
    for one in part:
        new = await _drawn_up(site, one, given)
        if new is None:
            continue
        if new.extras.grant is not None:
            given[new.extras.grant.promotion.id] += new.extras.bonus_minor
        drawn.append((one, new))
    acts = [new.act for _, new in drawn]
    for (one, new), answer in zip(drawn, await book_all(site, acts), strict=True):
        if isinstance(answer, CoreError):
            one.answer.set_exception(answer)
        else:
            took_in(site, new, answer)
            one.answer.set_result(answer)


async def _drawn_up(site: Site, one: Coming, given: Mapping[PromotionId, int]) -> Credit | None:
    """Draw a payment up; what is wrong with it is told to nobody but who waits for it.

    Of one for a closed wallet the books know whether it had been booked before it was closed.
    """
    try:
        if closed(one.run) is None:
            return credit(site, one.run, _payment(one.money), given)
        one.answer.set_result(await take_in(site, one.run, _payment(one.money)))
    except Exception as err:  # noqa: BLE001 - whatever it is, the others are not refused for it
        one.answer.set_exception(err)
    return None


def _payment(money: Arrived) -> Payment:
    return Payment(
        amount_minor=money.amount_minor,
        channel=money.channel,
        actor=money.actor,
        reason=money.reason,
        key=money.key,
        source=money.source,
        puts=money.puts,
    )
