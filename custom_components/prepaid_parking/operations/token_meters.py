"""Meters that take tokens: set up with their key, found by name, taken out of use."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, TokenMeterId
from ..core.ledger import Act, Receipt
from ..core.token_meter import TokenMeter, check_starting_code, check_token_meter, read_key
from .booking import book, open_run, referenced
from .offline_loading import on_what_is_written
from .site import Site
from .turn import in_turn

KEY: Final = "key"
STARTING_CODE: Final = "starting_code"
"""Fields of what is sealed of a meter; it needs no starting code where the key makes one."""


@in_turn
@on_what_is_written
async def set_token_meter(
    site: Site,
    meter: TokenMeter,
    *,
    actor: Actor,
    key: str = "",
    starting_code: int | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, TokenMeter]:
    """Set up a meter that takes tokens, or change the one of that name.

    Its key is typed once and never told again. A key that is typed anew is that of another device: the
    counter then begins where the caller says; else it stays.
    """
    check_token_meter(meter)
    if meter.wallet is not None:
        open_run(site, meter.wallet)
    known = _named(site, meter.name)
    if known is None and not key:
        raise CoreError("token_key_missing")
    sealed = _sealed(key, starting_code)
    subject, records = site.privacy.sealed(sealed) if key else ("", ())
    if known is not None:
        subject = subject or known.subject
        meter = replace(meter, id=known.id, no=known.no, count=meter.count if key else known.count)
    else:
        number = await site.books.next_number("token_meter")
        meter = replace(meter, id=TokenMeterId(f"tk{number}"), no=number)
    meter = replace(meter, subject=subject)
    content = _content(meter) | {"key": site.privacy.blind("token_key", key).hex() if key else ""}
    act = Act(
        kind=EntryKind.TOKEN_METER_SET,
        event=f"token_meter/{meter.id}/set",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("set_token_meter", reference, content),
        detail={"meter": meter.id, "name": meter.name, "new_key": int(bool(key))},
        puts=(meter, *records),
    )
    receipt = await book(site, act)
    if not receipt.repeated:
        site.offline.meters[meter.id] = meter
        if known is not None and known.subject != subject:
            await site.privacy.forget_subject(known.subject)
    return receipt, known_token_meter(site, str(receipt.detail["meter"]))


@in_turn
@on_what_is_written
async def close_token_meter(
    site: Site, *, meter: str, actor: Actor, reason: str
) -> tuple[Receipt, TokenMeter]:
    """Take a meter out of use and destroy its key; its tokens stay in the books."""
    known = known_token_meter(site, meter)
    shut = replace(known, closed_at=site.clock())
    receipt = await book(
        site,
        Act(
            kind=EntryKind.TOKEN_METER_SET,
            event=f"token_meter/{known.id}/closed",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"meter": known.id, "name": known.name},
            puts=(shut,),
        ),
    )
    site.offline.meters.pop(known.id)
    await site.privacy.forget_subject(known.subject)
    return receipt, shut


def known_token_meter(site: Site, meter: str) -> TokenMeter:
    """Return a meter by its id or name, or refuse in words."""
    known = site.offline.meters.get(TokenMeterId(meter.lower())) or _named(site, meter)
    if known is None:
        raise CoreError("unknown_token_meter", meter=meter)
    return known


def _named(site: Site, name: str) -> TokenMeter | None:
    return next((one for one in site.offline.meters.values() if one.name == name), None)


def _sealed(key: str, starting_code: int | None) -> Mapping[str, str]:
    if not key:
        if starting_code is not None:
            raise CoreError("token_key_missing")
        return {}
    if starting_code is None:
        return {KEY: read_key(key)}
    check_starting_code(starting_code)
    return {KEY: read_key(key), STARTING_CODE: str(starting_code)}


def _content(meter: TokenMeter) -> dict[str, object]:
    """Return what was asked for, as an idempotency key sees it."""
    return {
        "name": meter.name,
        "commodity": meter.commodity,
        "sold_in": meter.sold_in,
        "numbers": [meter.price_micro, meter.divider],
        "wallet": meter.wallet,
        "form": [int(meter.extended), int(meter.restricted)],
    }
