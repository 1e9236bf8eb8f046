"""Tokens: bought out of a wallet, made once, shown as often as somebody asks.

The meter's new counter, the token and the money are one act, written before anybody sees a digit. A
token that was written and not heard of is read back by the same reference; nothing makes it anew with
another counter, which the meter would take as well.
"""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

from ..core.chart import revenue_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt, Reference
from ..core.openpaygo import TokenType, make_token, next_count, starting_code_of
from ..core.page import WHOLE_LIST, Page, Part
from ..core.token_meter import Token, TokenMeter, cost_of, value_of
from ..core.wallet import Purpose
from .booking import book, tell, unspendable
from .facts import WalletEvent
from .offline_loading import on_what_is_written
from .paying import pay
from .site import Site
from .token_meters import KEY, STARTING_CODE, known_token_meter
from .turn import in_turn
from .wallet_run import WalletRun

SCOPE: Final = "token"


@in_turn
@on_what_is_written
async def buy_token(
    site: Site,
    *,
    meter: str,
    units: str,
    actor: Actor,
    wallet: str = "",
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Token]:
    """Sell a token out of a wallet: never more than is there, and the same reference is the same token."""
    known = known_token_meter(site, meter)
    run = _payer(site, known, wallet)
    value = value_of(known, units)
    cost = cost_of(known, value, site.currency)
    if cost <= 0:
        raise CoreError("amount_not_positive", amount=units)
    if (before := await _before(site, known, reference)) is not None:
        if (before.units, before.wallet) != (units.strip(), run.wallet.id):
            raise CoreError("token_reference_taken", reference=reference)
        return await book(site, _act(site, known, before, actor, reason)), before
    token = replace(
        await _made(site, known, TokenType.ADD, value),
        units=units.strip(),
        amount_minor=cost,
        wallet=run.wallet.id,
        reference=reference,
    )
    act = _act(site, known, token, actor, reason)
    target = revenue_account(known.commodity)
    receipt = await pay(site, run, act, cost, target, unspendable(site, run))
    site.offline.meters[known.id] = replace(known, count=token.count)
    run.booked(receipt)
    tell(site, run, WalletEvent.DEDUCTED, receipt, cost, reference)
    site.wake_wallet(run)
    return receipt, token


@in_turn
@on_what_is_written
async def sync_token_meter(
    site: Site,
    *,
    meter: str,
    actor: Actor,
    reason: str,
    kind: TokenType = TokenType.SYNC,
    units: str = "",
    reference: str = "",
) -> tuple[Receipt, Token]:
    """Make a token that nobody pays for: to count on together, to set the credit, or to let through."""
    known = known_token_meter(site, meter)
    if kind is TokenType.ADD or (kind is TokenType.SET) is not bool(units):
        raise CoreError("token_kind_refused")
    if (before := await _before(site, known, reference)) is not None:
        if (before.kind, before.units) != (kind, units.strip()):
            raise CoreError("token_reference_taken", reference=reference)
        return await book(site, _act(site, known, before, actor, reason)), before
    value = value_of(known, units) if units else 0
    made = await _made(site, known, kind, value)
    token = replace(made, units=units.strip(), reference=reference)
    receipt = await book(site, _act(site, known, token, actor, reason))
    site.offline.meters[known.id] = replace(known, count=token.count)
    return receipt, token


async def tokens_of(
    site: Site, meter: TokenMeter, part: Part = WHOLE_LIST
) -> tuple[list[Token], int]:
    """Return a meter's tokens as they were made, the latest first, and how many there are."""
    asked = Page(like={"meter": meter.id}, by=("count",), after=part.place(), limit=part.limit)
    return await site.books.page(Token, asked), await site.books.count(Token, asked)


async def _made(site: Site, meter: TokenMeter, kind: TokenType, value: int) -> Token:
    """Make a token; in a thread, for it takes as many hashes as the meter has had tokens.

    Not on books that a restore has set back: the meter has taken that counter before.
    """
    if not site.books.writable:
        raise CoreError("ledger_closed")
    sealed = await site.privacy.get_subject(meter.subject)
    key = bytes.fromhex(sealed[KEY])
    code = sealed.get(STARTING_CODE)
    starting = int(code) if code is not None else starting_code_of(key)
    make = partial(make_token, extended=meter.extended, restricted=meter.restricted)
    count, digits = await asyncio.to_thread(make, key, starting, meter.count, kind, value)
    assert count == next_count(meter.count, kind)
    return Token(meter=meter.id, count=count, kind=kind, digits=digits, at=site.clock())


def _act(site: Site, meter: TokenMeter, token: Token, actor: Actor, reason: str) -> Act:
    """Return the act that makes a token one: named by the meter and its counter, which come once."""
    event = f"{SCOPE}/{meter.id}/{token.count}"
    content = {"kind": token.kind, "units": token.units, "amount": token.amount_minor}
    return Act(
        kind=EntryKind.TOKEN_MADE,
        event=event,
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=Reference(scope=SCOPE, key=f"{meter.id}/{token.count}", content=content),
        detail={
            "meter": meter.id,
            "name": meter.name,
            "count": token.count,
            "units": token.units,
            "sold_in": meter.sold_in,
            **({"wallet": token.wallet} if token.wallet else {}),
        },
        puts=(token, replace(meter, count=max(meter.count, token.count))),
    )


async def _before(site: Site, meter: TokenMeter, reference: str) -> Token | None:
    """Return the token that was made under a reference."""
    if not reference:
        return None
    found = await site.books.load(Token, reference=reference)
    return next((one for one in found if one.meter == meter.id), None)


def _payer(site: Site, meter: TokenMeter, wallet: str) -> WalletRun:
    """Return the wallet that pays: the one named, else the meter's own; of a utility only."""
    if not wallet and meter.wallet is None:
        raise CoreError("payer_missing")
    run = site.wallet(wallet or str(meter.wallet))
    if run.wallet.purpose is not Purpose.UTILITY:
        raise CoreError("wallet_wrong_purpose", wallet=run.wallet.id, purpose=run.wallet.purpose)
    return run
