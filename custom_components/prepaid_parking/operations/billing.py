"""What a day brings: bills of what recurs, reminders, dunning; in small steps, each once.

A day's work is a list. The keeper does a part of it at each tick, so that a thousand bills on the
first of the month hold up no reading; what is not done when the hub stops is found again in the books.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.identity import MeterId, RecurringId, WalletId
from ..core.ledger import Reference
from ..core.recurring_charge import RecurringCharge
from .bill_book import local_day, trusted
from .bill_paying import pay_all
from .bills import drawn_up
from .booking import keep
from .dunning import RECURRING, ask_again, remind_of
from .gently import gently
from .issuing import Issue, issue_all
from .minimum import judge_minimums
from .payers import Payers
from .recurring import Due, due_by
from .site import Site, WalletRun
from .standing import charge_days, has_days
from .turn import in_turn

MOST_AT_ONCE: Final = 50
"""Things looked after, and bills written, at one tick: some ten milliseconds of work."""
FARTHEST: Final = timedelta(days=3 * 366)
"""How far a dry run may look ahead."""
WALLET: Final = "wallet"
METER: Final = "meter"


@dataclass(slots=True)
class Billed:
    """What a run of billing came to: what was due, the number it got, and charges nobody pays.

    A number is "" where the run was dry.
    """

    dues: list[tuple[Due, str]] = field(default_factory=list)
    nobody_pays: list[RecurringCharge] = field(default_factory=list)


async def bill_the_day(site: Site, now: datetime) -> None:
    """Do a part of what the local day brings; nothing where all is done."""
    if not site.books.writable or not site.clock_ok:
        return
    today = now.astimezone(site.zone).date()
    if site.billed_day != today:
        site.billed_day = today
        site.to_bill = [*_work(site)]
    part, site.to_bill = site.to_bill[:MOST_AT_ONCE], site.to_bill[MOST_AT_ONCE:]
    if part:
        await _do_each(site, part, today)


async def _do_each(site: Site, part: Sequence[tuple[str, str]], today: date) -> None:
    """Do a part of the day's work; one thing's trouble keeps nobody else waiting until tomorrow."""
    try:
        await _do(site, part, today, Billed())
    except StoreError:
        site.to_bill = [*part, *site.to_bill]
        raise
    except Exception:
        if len(part) == 1:
            raise
        half = len(part) // 2
        site.to_bill = [*part[half:], *site.to_bill]
        await _do_each(site, part[:half], today)


async def run_billing(site: Site, *, dry_run: bool = False, until: date | None = None) -> Billed:
    """Issue what is due now instead of at the next tick; `dry_run` says what it would be.

    A dry run may look ahead (`until`); real bills are not issued before their day.
    """
    result, today = Billed(), local_day(site)
    if until is not None and until > today + (FARTHEST if dry_run else timedelta()):
        raise CoreError("billing_ahead", day=until)
    if dry_run:
        payers, upto = Payers(site), until or today
        async for charge in gently(list(site.recurring.values())):
            for due in due_by(site, charge, upto, payers):
                if due.run is None:
                    result.nobody_pays.append(charge)
                    break
                result.dues.append((due, ""))
        return result
    left = list(_work(site))
    while left:
        part, left = left[:MOST_AT_ONCE], left[MOST_AT_ONCE:]
        await _do_in_turn(site, part, result)
    return result


@in_turn
async def _do_in_turn(site: Site, part: Sequence[tuple[str, str]], result: Billed) -> None:
    await _do(site, part, local_day(site), result)


def _work(site: Site) -> Iterable[tuple[str, str]]:
    """Name what has to be looked at today: meters with charges by the day, what recurs, open bills."""
    yield from ((METER, meter) for meter, run in site.meters.items() if has_days(site, run))
    yield from ((RECURRING, charge) for charge, one in site.recurring.items() if not one.ended)
    yield from ((WALLET, wallet) for wallet, run in site.wallets.items() if run.bills)


async def _do(site: Site, part: Sequence[tuple[str, str]], today: date, result: Billed) -> None:
    await trusted(site)
    runs = [site.meters[MeterId(name)] for kind, name in part if kind == METER]
    runs = [run for run in runs if run.binding is not None]
    await charge_days(site, runs, today)
    await judge_minimums(site, runs, today)
    payers = Payers(site)
    charges = [
        site.recurring[RecurringId(name)]
        for kind, name in part
        if kind == RECURRING and RecurringId(name) in site.recurring
    ]
    await _issue_due(site, charges, today, payers, result)
    await remind_of(site, [site.recurring[charge.id] for charge in charges], today, payers)
    owing = [site.wallets[WalletId(name)] for kind, name in part if kind == WALLET]
    await ask_again(site, owing, today)


async def _issue_due(
    site: Site,
    charges: Sequence[RecurringCharge],
    today: date,
    payers: Payers,
    result: Billed,
) -> None:
    """Issue the bills of all periods that are due, in groups; each with the day it was due."""
    waiting: list[tuple[Due, Issue]] = []
    for charge in charges:
        for due in due_by(site, charge, today, payers):
            if due.run is None:
                result.nobody_pays.append(charge)
                break
            if not due.lines:
                await _skip(site, due)
                continue
            waiting.append((due, await _issue_of(site, due, due.run, today)))
    for start in range(0, len(waiting), MOST_AT_ONCE):
        group = waiting[start : start + MOST_AT_ONCE]
        answers = await issue_all(site, [issue for _, issue in group])
        for (due, _), answer in zip(group, answers, strict=True):
            if isinstance(answer, CoreError):
                raise answer
            site.recurring[due.charge.id] = due.after
            result.dues.append((due, str(answer.detail["number"])))
    await pay_all(site, {id(issue.run): issue.run for _, issue in waiting}.values())


async def _issue_of(site: Site, due: Due, run: WalletRun, today: date) -> Issue:
    last = due.period.last + timedelta(days=1)
    draft = await drawn_up(
        site,
        run,
        due.charge.category,
        due.lines,
        source=due.source,
        period=(due.period.first, last),
    )
    return Issue(
        run=run,
        draft=draft,
        on=today,
        due=due.period.due,
        reference=Reference(scope="bill", key=due.source, content={"source": due.source}),
        puts=(due.after,),
    )


async def _skip(site: Site, due: Due) -> None:
    """Note that a period asks for nothing."""
    if await keep(site, due.after):
        site.recurring[due.charge.id] = due.after
