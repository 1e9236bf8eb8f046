"""Agreements on auto-charge: what a payer allows the site to fetch, and until when.

What is fetched by them, and when, is in `agreement_charges.py`.
"""

from dataclasses import replace
from typing import Final, Protocol, runtime_checkable

from ..core.agreement import (
    Agreement,
    check_agreement,
)
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, AgreementId
from ..core.ledger import Act, Receipt
from ..core.page import WHOLE_LIST, Part
from ..core.pay_channel import Asked, Seen
from .booking import book_sealed, open_run, referenced
from .pages import latest, numbered
from .pay_book import ChannelRun
from .pay_finding import channel_of
from .site import Site
from .turn import in_turn

FIELD: Final = "token"
"""The field of the sealed personal data in which an agreement's token lies."""


@runtime_checkable
class Charging(Protocol):
    """What a channel can that fetches payments while the payer is not there."""

    async def charge(self, asked: Asked, token: str) -> Seen:
        """Fetch a payment by the token of an agreement; under one number it is one payment."""


@in_turn
async def make_agreement(
    site: Site,
    *,
    wallet: str,
    channel: str,
    token: str,
    below_minor: int,
    amount_minor: int,
    most_minor: int,
    day_minor: int,
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Take up what a payer has agreed to with a provider; its token is sealed."""
    run, at_channel = open_run(site, wallet), channel_of(site, channel)
    number = await site.books.next_number("agreement")
    subject = await site.privacy.put_subject({FIELD: token})
    made = Agreement(
        id=AgreementId(f"am{number}"),
        no=number,
        wallet=run.wallet.id,
        channel=at_channel.key,
        subject=subject,
        below_minor=below_minor,
        amount_minor=amount_minor,
        most_minor=most_minor,
        day_minor=day_minor,
        made_at=site.clock(),
        made_by=str(actor),
    )
    limits = [below_minor, amount_minor, most_minor, day_minor]
    digest = site.privacy.blind(FIELD, token).hex()
    act = Act(
        kind=EntryKind.AGREEMENT_MADE,
        event=f"agreement/{made.id}/made",
        occurred=made.made_at,
        actor=actor,
        reason=reason,
        reference=referenced(
            "agreement",
            reference,
            {"wallet": wallet, "channel": channel, "limits": limits, "token": digest},
        ),
        detail={"agreement": made.id, "wallet": wallet, "channel": at_channel.kind},
        puts=(made,),
    )
    receipt = await book_sealed(site, act, subject, _refusal(site, made, at_channel))
    if not receipt.repeated:
        site.risking.agreements[made.id] = made
    return receipt


@in_turn
async def end_agreement(site: Site, *, agreement: str, actor: Actor, reason: str = "") -> Receipt:
    """End an agreement at once: nothing is fetched by it any more, its token is destroyed."""
    return await ended_now(site, in_force(site, agreement), actor, reason)


async def ended_now(site: Site, known: Agreement, actor: Actor, reason: str) -> Receipt:
    """End an agreement; whoever calls has the site's turn."""
    ended = replace(known, ended_at=site.clock(), ended_by=str(actor))
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.AGREEMENT_ENDED,
            event=f"agreement/{known.id}/ended",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"agreement": known.id, "wallet": known.wallet},
            puts=(ended,),
        )
    )
    site.risking.agreements.pop(known.id, None)
    await site.privacy.forget_subject(known.subject)
    return receipt


async def agreements_of(site: Site, *, ended_too: bool, part: Part = WHOLE_LIST) -> list[Agreement]:
    """Return the agreements in force, or all there ever were, the latest first."""
    if not ended_too:
        return latest(site.risking.agreements.values(), part)
    found = await numbered(site, Agreement, part)
    return [site.risking.agreements.get(one.id, one) for one in found]


async def find_agreement(site: Site, agreement: str) -> Agreement:
    """Return an agreement by its id, also one that is over; refuse one that never was."""
    known = site.risking.agreements.get(AgreementId(agreement))
    stored = [known] if known is not None else await site.books.load(Agreement, id=agreement)
    if not stored:
        raise CoreError("unknown_agreement", agreement=agreement)
    return stored[0]


def agreement_view(site: Site, agreement: Agreement) -> dict[str, object]:
    """Describe an agreement; its token is told to nobody."""
    money, ended = site.currency.text, agreement.ended_at
    return {
        "agreement": agreement.id,
        "wallet": agreement.wallet,
        "channel": agreement.channel,
        "below": money(agreement.below_minor),
        "amount": money(agreement.amount_minor),
        "most": money(agreement.most_minor),
        "day": money(agreement.day_minor),
        "made_at": agreement.made_at.isoformat(),
        "made_by": agreement.made_by,
        "ended_at": ended.isoformat() if ended is not None else None,
        "trouble": agreement.trouble or None,
    }


async def keep_agreement(site: Site, agreement: Agreement) -> None:
    """Write down how an agreement stands; one that has ended meanwhile stays ended."""
    if agreement.id in site.risking.agreements:
        await site.books.record(agreement)
        site.risking.agreements[agreement.id] = agreement


def in_force(site: Site, agreement: str) -> Agreement:
    """Return an agreement that has not ended, or refuse in words."""
    known = site.risking.agreements.get(AgreementId(agreement))
    if known is None:
        raise CoreError("unknown_agreement", agreement=agreement)
    return known


def _refusal(site: Site, made: Agreement, run: ChannelRun) -> CoreError | None:
    """Refuse what nobody can fetch by, or what is agreed already."""
    if not isinstance(run.port, Charging):
        return CoreError("agreement_channel", channel=run.name)
    if run.port.currency != site.currency.code:
        return CoreError("channel_currency", channel=run.name, currency=site.currency.code)
    if (known := site.risking.agreement_of(made.wallet)) is not None:
        return CoreError("agreement_exists", wallet=made.wallet, agreement=known.id)
    try:
        check_agreement(made)
    except CoreError as err:
        return err
    return None
