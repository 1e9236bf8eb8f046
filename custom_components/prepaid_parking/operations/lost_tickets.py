"""A car of which nobody knows when it came: it is sold the way out for the price of a lost ticket."""

import asyncio
from dataclasses import replace
from typing import Final

from ..core.chart import Channel, channel_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, StayId
from ..core.ledger import Act, Reference
from ..core.plate import masked_plate
from ..core.stay import Stay, StayKind, StayState
from ..core.wallet import CredentialKind
from .booking import book, referenced
from .lane_facts import StayEvent
from .parking_rules import rules_now
from .site import Site
from .spending import joined
from .stay_book import hold, numbered
from .stay_cost import cost_of_stay
from .stay_finding import blind_plate, stay_by_id
from .stay_money import REVENUE, tell_stay
from .stay_paying import PaidStay, told_again

LOST_TICKET: Final = "lost_ticket"
"""The note of a stay whose beginning nobody knows."""


async def pay_lost_ticket(
    site: Site,
    *,
    actor: Actor,
    plate: str = "",
    code: str = "",
    channel: Channel = Channel.CASH,
    reference: str = "",
    reason: str = "",
) -> PaidStay:
    """Sell the way out to a car of which nobody knows when it came, for the price of a lost ticket.

    It gets a stay of its own that begins now and is paid; by its plate, or by a new code, it leaves.
    """
    price = rules_now(site).lost_ticket_minor
    if not price:
        raise CoreError("lost_ticket_no_price")
    if bool(plate) is bool(code):
        raise CoreError("stay_which")
    digest = blind_plate(site, plate) if plate else site.privacy.blind(CredentialKind.CODE, code)
    key = referenced(f"lost_ticket/{channel}", reference, {"vehicle": digest.hex()})
    number, now = await site.books.next_number("stay"), site.clock()
    stay = Stay(
        id=StayId(f"st{number}"),
        no=number,
        kind=StayKind.TEMPORARY,
        state=StayState.INSIDE,
        entered_at=now,
        plate=digest if plate else b"",
        masked=masked_plate(plate) if plate else "",
        ticket=b"" if plate else digest,
        amount_minor=price,
        paid_minor=price,
        paid_at=now,
        note=LOST_TICKET,
    )
    return await asyncio.shield(_pay_lost(site, stay, key, actor, channel, reason))


async def _pay_lost(
    site: Site, stay: Stay, key: Reference, actor: Actor, channel: Channel, reason: str
) -> PaidStay:
    price, now = stay.amount_minor, stay.entered_at
    after = await numbered(site, stay)
    receipt = await book(
        site,
        Act(
            kind=EntryKind.STAY_PAID,
            event=f"stay/{stay.id}/paid/{key.key}",
            occurred=now,
            actor=actor,
            reason=reason,
            reference=key,
            postings=joined(((channel_account(channel), price),), ((REVENUE, price),)),
            detail={
                "stay": stay.id,
                "channel": channel,
                "amount": price,
                "due": price,
                "over": 0,
                "lines": list(cost_of_stay(site, replace(stay, paid_minor=0), now).trace),
            },
            puts=(after,),
        ),
    )
    if receipt.repeated:
        return await told_again(site, await stay_by_id(site, str(receipt.detail["stay"])), receipt)
    hold(site, after)
    tell_stay(site, StayEvent.PAID, after, price)
    return PaidStay(stay=after, receipt=receipt, amount_minor=price, due_minor=0)
