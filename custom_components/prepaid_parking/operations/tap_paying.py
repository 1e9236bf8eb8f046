"""What a tap is paid with, and the door that opens for it."""

from dataclasses import dataclass
from typing import Any

from ..core.chart import site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt, Record, Reference
from ..core.passage import Passage
from ..core.supply import CommandLog
from ..core.use_point import UsePoint
from ..core.wallet import Card
from .booking import tell, unspendable
from .counting import Wanted, take_uses
from .credentials import card_refusal
from .facts import UseEvent, WalletEvent
from .lane_facts import PassageKind
from .lane_run import LaneRun
from .passing import Happening, barrier_of, drawn_up, pulse
from .site import Site
from .spending import EARNS, Leg, spend
from .use_run import Tapped
from .use_telling import tell_tap
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who wants what at which point."""

    point: UsePoint
    card: Card
    run: WalletRun
    actor: Actor
    key: Reference

    def answer(self, event: UseEvent, **fields: Any) -> Tapped:
        """Return the answer to it."""
        return Tapped(
            point=self.point, card=self.card, wallet=self.run.wallet.id, event=event, **fields
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A barrier that opens when a tap was paid: the pulse as it was written down."""

    lane: LaneRun
    what: Happening
    command: CommandLog
    passage: Passage


async def paid(
    site: Site,
    asked: Asked,
    puts: tuple[Record, ...],
    refusal: CoreError | None = None,
    use: str = "",
) -> Receipt:
    """Take uses of the point's tariff, or its amount."""
    point, run = asked.point, asked.run
    refusal = card_refusal(site, asked.card.id) or refusal
    detail: dict[str, object] = {"point": point.id, "use": use}
    if point.tariff is not None:
        wanted = Wanted(
            run=run,
            uses=point.uses,
            actor=asked.actor,
            key=asked.key,
            tariff=point.tariff,
            card=asked.card.id,
            detail=detail,
            puts=puts,
        )
        receipt = await take_uses(site, wanted, refusal)
    else:
        receipt = await _paid_in_money(site, asked, puts, refusal, detail)
    if not receipt.repeated and not use:
        amount = receipt.detail["amount"]
        assert isinstance(amount, int)
        tell_tap(
            site,
            UseEvent.TAKEN,
            point,
            run=run,
            card=asked.card.id,
            uses=point.uses if point.tariff is not None else None,
            amount_minor=amount,
        )
    return receipt


async def _paid_in_money(
    site: Site,
    asked: Asked,
    puts: tuple[Record, ...],
    refusal: CoreError | None,
    detail: dict[str, object],
) -> Receipt:
    point, run = asked.point, asked.run
    act = Act(
        kind=EntryKind.POINT_USED,
        event=f"{asked.key.scope}/{asked.key.key}",
        occurred=site.clock(),
        actor=asked.actor,
        reference=asked.key,
        detail={
            "wallet": run.wallet.id,
            "card": asked.card.id,
            "uses": 0,
            "takes": [],
            "amount": point.amount_minor,
            **detail,
        },
        puts=puts,
    )
    legs: tuple[Leg, ...] = ((site_account(EARNS[point.purpose]), point.amount_minor),)
    receipt = await spend(site, run, legs, lambda _: act, refusal or unspendable(site, run))
    if not receipt.repeated:
        run.booked(receipt)
        tell(site, run, WalletEvent.DEDUCTED, receipt, point.amount_minor, asked.key.key)
        site.wake_wallet(run)
    return receipt


async def drawn_opening(site: Site, asked: Asked) -> Opening:
    """Draw up the pulse of a door, to be written down with what it costs."""
    lane = site.lane(asked.point.lane or "")
    barrier_of(lane)
    what = Happening(
        kind=PassageKind.ADMITTED,
        reason="card",
        actor=asked.actor,
        card=asked.card,
        fee_minor=asked.point.amount_minor,
    )
    command, passage = await drawn_up(site, lane, what)
    return Opening(lane=lane, what=what, command=command, passage=passage)


async def opened(site: Site, opening: Opening) -> PassageKind:
    """Fire the one pulse, outside of any turn, and return what came of it."""
    barrier = barrier_of(opening.lane)
    answer = await pulse(
        site, opening.lane, barrier, opening.what, opening.command, opening.passage
    )
    return answer.kind
