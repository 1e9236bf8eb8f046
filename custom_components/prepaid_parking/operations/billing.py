"""What a day brings: bills of what recurs, reminders, dunning; in small steps, each once.

A day's work is a list. The keeper does a part of it at each tick, so that a thousand bills on the
first of the month hold up no reading; what is not done when the hub stops is found again in the books.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.identity import MeterId, RecurringId, SpaceId, WalletId
from ..core.ledger import Reference
from ..core.local_day import DAY
from ..core.recurring_charge import RecurringCharge
from .bill_book import local_day, trusted
from .bill_parts import Counts, counted, parts_of, told
from .bill_paying import pay_all
from .bills import drawn_up
from .booking import keep
from .dunning import RECURRING, ask_again, remind_of
from .gently import gently
from .issuing import Issue, issue_all
from .minimum import judge_minimums
from .payers import Payers
from .recurring import Due, due_by, due_until
from .site import Site
from .space_billing import SPACE, SpacesBilled, bill_spaces, foreseen, work_of
from .standing import charge_days, has_periods
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

    A number is "" where the run was dry. `spaces` is the same of spaces that somebody owns.
    """

    dues: list[tuple[Due, str]] = field(default_factory=list)
    nobody_pays: list[RecurringCharge] = field(default_factory=list)
    spaces: SpacesBilled = field(default_factory=SpacesBilled)


async def bill_the_day(site: Site, now: datetime) -> None:
    """Do a part of what the local day brings; nothing where all is done."""
    if not site.books.writable or not site.clock_ok:
        return
    today = now.astimezone(site.zone).date()
    if site.billing.day != today:
        site.billing.day = today
        site.billing.waiting = [*_work(site)]
    part, site.billing.waiting = (
        site.billing.waiting[:MOST_AT_ONCE],
        site.billing.waiting[MOST_AT_ONCE:],
    )
    if part:
        await _do_each(site, part, today)


async def _do_each(site: Site, part: Sequence[tuple[str, str]], today: date) -> None:
    """Do a part of the day's work; one thing's trouble keeps nobody else waiting until tomorrow."""
    try:
        await _do(site, part, today, Billed())
    except StoreError:
        site.billing.waiting = [*part, *site.billing.waiting]
        raise
    except Exception:
        if len(part) == 1:
            raise
        half = len(part) // 2
        site.billing.waiting = [*part[half:], *site.billing.waiting]
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
        counts: Counts = {}
        async for charge in gently(list(site.billing.recurring.values())):
            for due in due_by(site, charge, upto, payers):
                if due.run is None:
                    result.nobody_pays.append(charge)
                    break
                parts = parts_of(site, due, payers, counts)
                result.dues += [(told(due, part), "") for part in parts]
        result.spaces = await foreseen(site, upto, payers)
        return result
    left = list(_work(site))
    while left:
        part, left = left[:MOST_AT_ONCE], left[MOST_AT_ONCE:]
        await _do_in_turn(site, part, result)
    return result


async def bill_until(site: Site, charges: Iterable[RecurringCharge], last: date) -> None:
    """Bill what charges ask for up to a day, due or not, in the turn of whoever lets somebody go."""
    payers = Payers(site)
    coming = {charge.id: due_until(site, charge, last, payers) for charge in charges}
    await _issue_due(site, coming, local_day(site), payers, Billed())


@in_turn
async def _do_in_turn(site: Site, part: Sequence[tuple[str, str]], result: Billed) -> None:
    await _do(site, part, local_day(site), result)


def _work(site: Site) -> Iterable[tuple[str, str]]:
    """Name what has to be looked at today: meters with charges by the day, what recurs, spaces, open bills."""
    yield from ((METER, meter) for meter, run in site.meters.items() if has_periods(site, run))
    yield from (
        (RECURRING, charge) for charge, one in site.billing.recurring.items() if not one.ended
    )
    yield from ((SPACE, space) for space in work_of(site, local_day(site)))
    yield from ((WALLET, wallet) for wallet, run in site.wallets.items() if run.bills)


async def _do(site: Site, part: Sequence[tuple[str, str]], today: date, result: Billed) -> None:
    await trusted(site)
    runs = [site.meters[MeterId(name)] for kind, name in part if kind == METER]
    runs = [run for run in runs if run.binding is not None]
    await charge_days(site, runs, today)
    await judge_minimums(site, runs, today)
    payers = Payers(site)
    charges = [
        site.billing.recurring[RecurringId(name)]
        for kind, name in part
        if kind == RECURRING and RecurringId(name) in site.billing.recurring
    ]
    coming = {charge.id: due_by(site, charge, today, payers) for charge in charges}
    await _issue_due(site, coming, today, payers, result)
    await remind_of(site, [site.billing.recurring[charge.id] for charge in charges], today, payers)
    named = [site.parking.spaces.get(SpaceId(name)) for kind, name in part if kind == SPACE]
    spaces = [space for space in named if space is not None]
    result.spaces.add(await bill_spaces(site, spaces, today, payers))
    owing = [site.wallets[WalletId(name)] for kind, name in part if kind == WALLET]
    await ask_again(site, owing, today)


async def _issue_due(
    site: Site,
    coming: Mapping[RecurringId, Iterable[Due]],
    today: date,
    payers: Payers,
    result: Billed,
) -> None:
    """Issue the bills of all periods that are due, in groups; each with the day it was due.

    The bills of one period go to the books together: the last of them says that it is billed.
    """
    waiting: list[list[tuple[Due, Issue]]] = []
    counts: Counts = {}
    for charge, dues in coming.items():
        for due in dues:
            if due.run is None:
                result.nobody_pays.append(site.billing.recurring[charge])
                break
            if not due.lines:
                await _skip(site, due)
                continue
            waiting.append(await _issues_of(site, due, payers, counts, today))
    while waiting:
        group = waiting.pop(0)
        while waiting and len(group) + len(waiting[0]) <= MOST_AT_ONCE:
            group += waiting.pop(0)
        await _issue_group(site, group, result)


async def _issue_group(site: Site, group: Sequence[tuple[Due, Issue]], result: Billed) -> None:
    answers = await issue_all(site, [issue for _, issue in group], together=True)
    for (due, issue), answer in zip(group, answers, strict=True):
        if isinstance(answer, CoreError):
            raise answer
        if issue.puts:
            site.billing.recurring[due.charge.id] = due.after
        result.dues.append((due, str(answer.detail["number"])))
    await pay_all(site, {id(issue.run): issue.run for _, issue in group}.values())


async def _issues_of(
    site: Site, due: Due, payers: Payers, counts: Counts, today: date
) -> list[tuple[Due, Issue]]:
    """Draw up the bills of a period, one for each who pays; with the last of them it is billed."""
    parts = parts_of(site, due, payers, counts)
    found: list[tuple[Due, Issue]] = []
    for part in parts:
        days = part.days
        draft = await drawn_up(
            site,
            part.run,
            due.charge.category,
            part.lines,
            source=due.source,
            period=(days.first, days.last + DAY),
        )
        key = due.source
        if len(parts) > 1:
            key = f"{due.source}/{part.run.wallet.id}/{days.first.isoformat()}"
        issue = Issue(
            run=part.run,
            draft=draft,
            on=today,
            due=due.period.due,
            reference=Reference(scope="bill", key=key, content={"source": key}),
            event=key,
        )
        found.append((told(due, part), issue))
    last, issue = found[-1]
    shared = [one.run for one in due.stretches if one.run is not None]
    remembered = [one for run in shared for one in counted(run, counts)]
    found[-1] = (last, replace(issue, puts=(due.after, *remembered)))
    return found


async def _skip(site: Site, due: Due) -> None:
    """Note that a period asks for nothing."""
    if await keep(site, due.after):
        site.billing.recurring[due.charge.id] = due.after
