"""Actions about meters that nothing is connected to: set up, their tokens sold and shown again."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import TokenMeterId, WalletId
from ..core.metering import Commodity
from ..core.money import parse_price, price_text
from ..core.openpaygo import TokenType
from ..core.token_meter import MOST_DIVIDER, Token, TokenMeter
from ..operations import token_meters, tokens
from .call import (
    MAYBE_REASON,
    PAGED,
    REASON,
    REFERENCE,
    Action,
    Call,
    Fields,
    Response,
    page,
)
from .wallets import described

METER: Final[Fields] = {vol.Required("meter"): cv.string}
FREE: Final = (TokenType.SYNC, TokenType.SET, TokenType.UNLOCK)


async def set_token_meter(call: Call) -> Response:
    """Set up a meter that takes tokens, or change the one of that name."""
    data, reference = call.data, call.reference()
    wallet = call.wallet().wallet.id if call.text("wallet") else None
    meter = TokenMeter(
        id=TokenMeterId(""),
        no=0,
        name=call.text("name"),
        commodity=data["commodity"],
        sold_in=call.text("sold_in"),
        price_micro=parse_price(call.text("price")),
        subject="",
        divider=data["divider"],
        wallet=WalletId(wallet) if wallet is not None else None,
        extended=data["extended"],
        restricted=data["restricted"],
        count=data["count"],
    )
    receipt, known = await token_meters.set_token_meter(
        call.site,
        meter,
        key=call.text("key"),
        starting_code=data.get("starting_code"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | _meter(known)


async def close_token_meter(call: Call) -> Response:
    """Take a meter out of use."""
    receipt, known = await token_meters.close_token_meter(
        call.site, meter=call.text("meter"), reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | _meter(known)


async def buy_token(call: Call) -> Response:
    """Sell a token out of a wallet."""
    reference = call.reference()
    wallet = call.wallet().wallet.id if call.text("wallet") else ""
    receipt, token = await tokens.buy_token(
        call.site,
        meter=call.text("meter"),
        wallet=wallet,
        units=call.text("units"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(receipt, reference),
        **_token(call, token),
        **described(call, call.wallet(str(token.wallet))),
    }


async def sync_token_meter(call: Call) -> Response:
    """Make a token that nobody pays for."""
    reference = call.reference()
    receipt, token = await tokens.sync_token_meter(
        call.site,
        meter=call.text("meter"),
        kind=call.data["kind"],
        units=call.text("units"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | _token(call, token)


async def list_tokens(call: Call) -> Response:
    """List the meters that take tokens, or show the tokens of one again, the latest first."""
    if call.text("meter"):
        known = token_meters.known_token_meter(call.site, call.text("meter"))
        shown, found = await tokens.tokens_of(call.site, known, call.part)
        return {
            **_meter(known),
            "tokens": [_token(call, one) for one in shown],
            "found": found,
        }
    meters = sorted(call.site.offline.meters.values(), key=lambda one: one.no)
    listed = page(call, meters, lambda one: one.id)
    return {"meters": [_meter(one) for one in listed], "found": len(meters)}


def _meter(meter: TokenMeter) -> Response:
    return {
        "token_meter": meter.id,
        "name": meter.name,
        "commodity": meter.commodity,
        "sold_in": meter.sold_in,
        "price": price_text(meter.price_micro),
        "divider": meter.divider,
        "extended": meter.extended,
        "restricted": meter.restricted,
        "payer": meter.wallet,
        "count": meter.count,
        "closed_at": meter.closed_at.isoformat() if meter.closed_at else None,
    }


def _token(call: Call, token: Token) -> Response:
    return {
        "token_meter": token.meter,
        "token": token.digits,
        "kind": token.kind,
        "count": token.count,
        "units": token.units or None,
        "cost": call.site.currency.text(token.amount_minor),
        "made_at": token.at.isoformat(),
    }


ACTIONS: Final = (
    Action(
        "set_token_meter",
        set_token_meter,
        {
            vol.Required("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("key"): cv.string,
            vol.Optional("starting_code"): vol.Coerce(int),
            vol.Optional("commodity", default="electricity"): vol.Coerce(Commodity),
            vol.Required("sold_in"): vol.All(cv.string, vol.Length(1, 20)),
            vol.Required("price"): cv.string,
            vol.Optional("divider", default=1): vol.All(
                vol.Coerce(int), vol.Range(1, MOST_DIVIDER)
            ),
            vol.Optional("wallet"): cv.string,
            vol.Optional("extended", default=False): cv.boolean,
            vol.Optional("restricted", default=False): cv.boolean,
            vol.Optional("count", default=1): vol.All(vol.Coerce(int), vol.Range(0, 10_000)),
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("close_token_meter", close_token_meter, {**METER, **REASON}),
    Action(
        "buy_token",
        buy_token,
        {
            **METER,
            vol.Required("units"): cv.string,
            vol.Optional("wallet"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "sync_token_meter",
        sync_token_meter,
        {
            **METER,
            vol.Optional("kind", default="sync"): vol.All(vol.Coerce(TokenType), vol.In(FREE)),
            vol.Optional("units"): cv.string,
            **REASON,
            **REFERENCE,
        },
    ),
    Action("list_tokens", list_tokens, {vol.Optional("meter"): cv.string, **PAGED}),
)
