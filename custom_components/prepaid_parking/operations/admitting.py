"""From a decision to an opened barrier: one commit with everything in it, then one pulse."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ..core.admission import Asked, Decision, Reason, Verdict, Way
from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import Actor, EntryId
from ..core.lane import Grant, granted
from ..core.ledger import Act, Record
from ..core.passage import Passage
from ..core.stay import Stay
from ..core.supply import CommandLog
from ..core.wallet import Card
from .asking import has_lane_price, payer_of
from .booking import referenced
from .lane_facts import PassageKind
from .lane_run import AtLane, LaneRun, Shown
from .passing import Answer, Happening, barrier_of, drawn_up, pulse, recorded
from .paying import pay, sources
from .pictures import name_picture
from .site import Site
from .stay_book import hold
from .stay_charging import charge_stay
from .stay_cost import cost_of_stay
from .stay_money import wallet_of
from .stays import begin, leaving, left, passed, take_over
from .unwritten import pass_without_books

SILENT: Final = frozenset(
    {Reason.REPLAYED, Reason.TOO_OLD, Reason.FROM_FUTURE, Reason.LOW_SCORE, Reason.NO_CAR}
)
"""What refuses nobody: no car of now stands behind it, or the next look is a moment away."""
UNPAYABLE: Final = frozenset({"not_enough_money", "stay_to_pay", "wallet_frozen", "wallet_closed"})
"""What a wallet says that had the money a moment ago."""
SHOWN: Final = {Verdict.ASK: PassageKind.ASKED, Verdict.REFUSE: PassageKind.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A passage that is written down, and the pulse that belongs to it."""

    what: Happening
    command: CommandLog
    passage: Passage
    shown: Shown
    way: Way
    stay: Stay | None = None


async def settle(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, shown: Shown, actor: Actor
) -> Answer | Opening:
    """Write down what was decided; what may open is returned, still closed."""
    what = _what(asked, decision, shown, actor)
    if what.kind is PassageKind.ASKED:
        what = replace(what, picture=name_picture(site, run, what.picture))
    if not decision.admits:
        return await _refused(site, run, asked, what, shown)
    barrier_of(run)
    try:
        opening = await _written(site, run, asked, decision, shown, what)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        if (passing := pass_without_books(site, run, asked, decision, shown, what)) is not None:
            return await passing
        return await _refused(
            site, run, asked, _closed(what, PassageKind.REFUSED, Reason.LEDGER_CLOSED), shown
        )
    except CoreError as err:
        if err.key not in UNPAYABLE:
            raise
        reason = Reason.TO_PAY if asked.way is Way.EXIT and asked.stay else Reason.NOT_ENOUGH_MONEY
        return await _refused(site, run, asked, _closed(what, PassageKind.REFUSED, reason), shown)
    if opening is None:
        return Answer(
            kind=PassageKind.RECORDED, reason="same_arrival", masked=shown.masked, repeated=True
        )
    _remember(site, run, asked, opening.what, shown, admitted=True)
    return opening


async def opened(site: Site, run: LaneRun, opening: Opening) -> Answer:
    """Fire the pulse of a passage that is written down; all that may wait comes after it."""
    stay, passage = opening.stay, opening.passage
    fee = EntryId(passage.entry) if passage.entry is not None else None
    grant = Grant(at=site.clock(), stay=stay.id if stay is not None else None, fee=fee)
    gone: Callable[[], Awaitable[None]] | None = None
    if run.counts:
        run.crossing = granted(run.crossing, grant)
    elif stay is not None:
        gone = partial(passed, site, run, grant)
    return await pulse(site, run, barrier_of(run), opening.what, opening.command, passage, gone)


def _what(asked: Asked, decision: Decision, shown: Shown, actor: Actor) -> Happening:
    kind = PassageKind.EMERGENCY if decision.reason is Reason.EMERGENCY else PassageKind.ADMITTED
    if not decision.admits:
        silent = decision.reason in SILENT
        kind = PassageKind.RECORDED if silent else SHOWN[decision.verdict]
    stay = asked.stay if asked.way is Way.EXIT else None
    to_pay = decision.reason in (Reason.TO_PAY, Reason.NEAR_MATCH) and asked.way is Way.EXIT
    return Happening(
        kind=kind,
        reason=decision.reason,
        actor=actor,
        masked=shown.masked,
        card=asked.card if not asked.near else None,
        fee_minor=decision.charge_minor,
        wallet=stay.wallet if stay is not None and not asked.near else None,
        stay=stay.id if stay is not None else None,
        due_minor=asked.due_minor if to_pay else 0,
        picture=shown.read.picture,
        remind=decision.remind,
        trace=decision.trace,
    )


async def _refused(site: Site, run: LaneRun, asked: Asked, what: Happening, shown: Shown) -> Answer:
    if what.kind is not PassageKind.RECORDED:
        _remember(site, run, asked, what, shown, admitted=False)
    return await recorded(site, run, what)


def _closed(what: Happening, kind: PassageKind, reason: Reason) -> Happening:
    return replace(what, kind=kind, reason=reason, fee_minor=0, due_minor=what.fee_minor)


def _remember(
    site: Site, run: LaneRun, asked: Asked, what: Happening, shown: Shown, *, admitted: bool
) -> None:
    run.last = AtLane(
        vehicle=shown,
        way=asked.way,
        at=site.clock(),
        admitted=admitted,
        reason=what.reason,
        card=what.card.id if what.card is not None else None,
        stay=what.stay,
        due_minor=what.due_minor,
    )


async def _written(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, shown: Shown, what: Happening
) -> Opening | None:
    """Write the passage, its stay and its money down in one commit; None where it was before."""
    stay: Stay | None = None
    records: tuple[Record, ...] = ()
    if asked.way is Way.ENTRY and asked.tracked:
        begun = await begin(site, run, asked, decision, shown)
        stay, records = begun.stay, begun.records
        what = replace(what, stay=stay.id)
    elif asked.way is Way.EXIT and asked.stay is not None:
        if not (what.fee_minor and has_lane_price(asked.stay)):
            return await _leaving(site, run, asked, decision, shown, what)
        stay = await leaving(site, run, _with_passage(site, asked.stay, what.fee_minor))
        records = (stay,)
    command, passage = await drawn_up(site, run, what)
    if what.fee_minor and asked.card is not None:
        puts = (*records, command, passage)
        entry = await _fee(site, run, asked, asked.card, shown, what, passage.id, puts)
        if entry is None:
            return None
        passage = replace(passage, entry=entry)
    else:
        await site.books.record(*records, command, passage)
    take_over(site, *records)
    return Opening(
        what=what, command=command, passage=passage, shown=shown, way=asked.way, stay=stay
    )


async def _leaving(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, shown: Shown, what: Happening
) -> Opening:
    """Write down that a stay may end here, and what it is charged."""
    assert asked.stay is not None
    inside = site.parking.stays.get(asked.stay.id, asked.stay)  # It may have been paid meanwhile.
    command, passage = await drawn_up(site, run, what)
    if asked.emergency or decision.reason in (Reason.FREE, Reason.EMERGENCY_VEHICLE):
        note = "emergency" if asked.emergency else inside.note
        stay = await leaving(site, run, replace(inside, note=note))
        await site.books.record(stay, command, passage)
        hold(site, stay)
    else:
        stay = await charge_stay(
            site,
            left(site, run, inside),
            cost_of_stay(site, inside, site.clock()),
            actor=what.actor,
            puts=(command, passage),
        )
    return Opening(
        what=what, command=command, passage=passage, shown=shown, way=asked.way, stay=stay
    )


def _with_passage(site: Site, stay: Stay, fee_minor: int) -> Stay:
    """Return a stay that pays for its way out and not for its time: who turns back has paid for it."""
    run = wallet_of(site, stay)
    bonus = 0
    if run is not None:
        account = wallet_account(run.wallet.no, Bucket.BONUS)
        bonus = dict(sources(run, fee_minor)).get(account, 0)
    return replace(
        stay,
        amount_minor=stay.amount_minor + fee_minor,
        paid_minor=stay.paid_minor + fee_minor,
        wallet_minor=stay.wallet_minor + fee_minor,
        bonus_minor=stay.bonus_minor + bonus,
        paid_at=site.clock(),
    )


async def _fee(
    site: Site,
    run: LaneRun,
    asked: Asked,
    card: Card,
    shown: Shown,
    what: Happening,
    passage: int,
    puts: tuple[Record, ...],
) -> EntryId | None:
    """Take the price of a passage; None where this very read was charged before: it opened then."""
    payer = payer_of(site, asked.way, card, asked.stay)
    assert payer is not None
    ends = asked.stay if asked.way is Way.EXIT else None
    event = f"passage/{run.id}/{card.id}/{shown.read.at.isoformat()}"
    act = Act(
        kind=EntryKind.PASSAGE,
        event=event,
        occurred=site.clock(),
        actor=what.actor,
        reference=referenced("passage", event),
        detail={
            "lane": run.id,
            "card": card.id,
            "wallet": payer.wallet.id,
            "passage": passage,
            **({"stay": ends.id} if ends is not None else {}),
        },
        puts=puts,
    )
    revenue = site_account(SiteAccount.REVENUE_PARKING)
    receipt = await pay(site, payer, act, what.fee_minor, revenue)
    if receipt.repeated:
        return None
    payer.booked(receipt)
    site.wake_wallet(payer)
    return receipt.entry
