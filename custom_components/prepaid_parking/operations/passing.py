"""One pulse: drawn up, written down, fired once, and told with what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from ..core.admission import Step
from ..core.errors import CoreError, DeviceError, StoreError
from ..core.identity import Actor, CardId, StayId, WalletId
from ..core.passage import Passage
from ..core.supply import CommandLog, CommandOutcome
from ..core.wallet import Card
from .booking import keep
from .lane_facts import PassageKind, Passed
from .lane_run import LaneRun
from .pictures import PICTURED, keep_picture
from .ports import Barrier
from .site import Site

ACTION_PULSE: Final = "pulse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a lane answered: the decision's kind and reason, the card and the stay it was about.

    `fee_minor` is what was charged, `due_minor` what has to be paid before it opens.
    """

    kind: PassageKind
    reason: str
    card: CardId | None = None
    fee_minor: int = 0
    masked: str = ""
    repeated: bool = False
    stay: StayId | None = None
    due_minor: int = 0
    remind: bool = False
    trace: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happens at a lane, before it is written down.

    `wallet` is whose money it is about, where that is not the card's.
    """

    kind: PassageKind
    reason: str
    actor: Actor
    masked: str = ""
    card: Card | None = None
    wallet: WalletId | None = None
    fee_minor: int = 0
    stay: StayId | None = None
    due_minor: int = 0
    picture: str = ""
    remind: bool = False
    trace: tuple[Step, ...] = ()


def barrier_of(run: LaneRun) -> Barrier:
    """Return what opens a lane, or refuse in words."""
    if run.barrier is None:
        raise CoreError("lane_has_no_barrier", lane=run.id)
    return run.barrier


async def drawn_up(site: Site, run: LaneRun, what: Happening) -> tuple[CommandLog, Passage]:
    """Return a pulse and its passage as they are written down before anything is sent."""
    now = site.clock()
    command = CommandLog(
        id=await site.books.next_number("command"),
        target=run.id,
        action=ACTION_PULSE,
        at=now,
        outcome=CommandOutcome.DECIDED,
        outcome_at=now,
        reason=what.reason,
        actor=str(what.actor),
    )
    number = await site.books.next_number("passage")
    return command, replace(passage_of(site, run, what, number), command=command.id)


async def pulse(
    site: Site,
    run: LaneRun,
    barrier: Barrier,
    what: Happening,
    command: CommandLog,
    passage: Passage,
    confirmed: Callable[[], Awaitable[None]] | None = None,
) -> Answer:
    """Fire once, and record what came of it; `confirmed` is what follows where the barrier answered."""
    outcome, detail = CommandOutcome.VERIFIED, ""
    run.pulsed_at = site.clock()
    try:
        await barrier.pulse()
    except DeviceError as err:
        outcome, detail = CommandOutcome.NOT_CONFIRMED, str(err)
        what = replace(what, kind=PassageKind.NOT_CONFIRMED)
    command = replace(command, outcome=outcome, outcome_at=site.clock(), detail=detail)
    kept = keep(site, command, replace(passage, kind=what.kind), patient=True)
    if confirmed is not None and outcome is CommandOutcome.VERIFIED:
        await asyncio.gather(kept, confirmed())  # Together: one flush of the disk for both.
    else:
        await kept
    return answered(site, run, what)


async def recorded(site: Site, run: LaneRun, what: Happening) -> Answer:
    """Write down what happened without a pulse; it is told also where it cannot be written."""
    try:
        number = await site.books.next_number("passage")
        await site.books.record(passage_of(site, run, what, number))
        site.books_written()
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
    return answered(site, run, what)


def passage_of(site: Site, run: LaneRun, what: Happening, number: int) -> Passage:
    """Return a passage as it is written down."""
    return Passage(
        id=number,
        lane=run.id,
        at=site.clock(),
        kind=what.kind,
        reason=what.reason,
        masked=what.masked,
        card=what.card.id if what.card is not None else "",
        actor=str(what.actor),
        stay=what.stay or "",
        picture=what.picture,
        trace=what.trace,
    )


def answered(site: Site, run: LaneRun, what: Happening) -> Answer:
    """Tell what happened, and answer with it; only now, after a pulse, its picture is taken."""
    card = what.card
    if what.kind in PICTURED:
        keep_picture(site, run.id, what.picture)
    site.tell(
        Passed(
            lane=run.id,
            kind=what.kind,
            at=site.clock(),
            reason=what.reason,
            masked=what.masked,
            card=card.id if card is not None else None,
            wallet=card.wallet if what.wallet is None and card is not None else what.wallet,
            fee_minor=what.fee_minor,
            actor=str(what.actor),
            stay=what.stay,
            due_minor=what.due_minor,
            picture=what.picture,
        )
    )
    return Answer(
        kind=what.kind,
        reason=what.reason,
        card=card.id if card is not None else None,
        fee_minor=what.fee_minor,
        masked=what.masked,
        stay=what.stay,
        due_minor=what.due_minor,
        remind=what.remind,
        trace=what.trace,
    )
