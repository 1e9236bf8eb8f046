"""Actions about cards: issued, changed, blocked, replaced, handed over, and seen whole."""

from collections import defaultdict
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import CardId
from ..core.ledger import Receipt
from ..core.wallet import Card, CardState, Credential, CredentialKind
from ..operations import cards, changing_cards
from ..operations.card_views import brief_view, card_view, found_cards
from ..operations.cards import given_as
from ..operations.credentials import card_of, known_card
from .call import (
    MAYBE_REASON,
    PAGED,
    REASON,
    REFERENCE,
    TEXTS,
    WALLET,
    Action,
    Call,
    Fields,
    Response,
    page,
)
from .spaces import find as find_space

CARD: Final[Fields] = {vol.Required("card"): cv.string}
AT_ONCE: Final = vol.All(vol.Coerce(int), vol.Range(1, 1_000))
DATES: Final = ("valid_from", "valid_until")


async def issue_card(call: Call) -> Response:
    """Issue a card."""
    reference = call.reference()
    receipt = await cards.issue_card(
        call.site,
        wallet=call.wallet().wallet.id,
        plates=call.data["plates"],
        tags=call.data["tags"],
        codes=call.data["codes"],
        pins=call.data["pins"],
        lanes=[call.lane(lane).id for lane in call.data["lanes"]],
        valid_from=call.moment("valid_from"),
        valid_until=call.moment("valid_until"),
        space=find_space(call).id if call.text("space") else "",
        at_once=call.data.get("at_once"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | {
        "card": receipt.detail["card"],
        "credentials": receipt.detail["credentials"],
        "code_urls": _code_urls(call),
    }


async def set_card(call: Call) -> Response:
    """Change a card."""
    reference, data = call.reference(), call.data
    changes: dict[str, Any] = {
        name: call.moment(name) if data[name] is not None else None
        for name in DATES
        if name in data
    }
    if "lanes" in data:
        changes["lanes"] = tuple(call.lane(lane).id for lane in data["lanes"])
    if "space" in data:
        changes["space"] = find_space(call).id if call.text("space") else ""
    if "at_once" in data:
        changes["at_once"] = data["at_once"]
    receipt = await changing_cards.set_card(
        call.site,
        card=call.text("card"),
        changes=changes,
        add_plates=data["add_plates"],
        remove_plates=data["remove_plates"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return await _answer(call, receipt, call.text("card"), reference)


async def block_card(call: Call) -> Response:
    """Block a card."""
    receipt = await cards.block_card(
        call.site, card=call.text("card"), reason=call.text("reason"), actor=call.actor
    )
    card = call.site.cards[CardId(call.text("card"))]
    return call.receipt(receipt) | {"card": card.id, "wallet": card.wallet, "state": card.state}


async def unblock_card(call: Call) -> Response:
    """Let a blocked card open again."""
    receipt = await cards.unblock_card(
        call.site, card=call.text("card"), reason=call.text("reason"), actor=call.actor
    )
    card = call.site.cards[CardId(call.text("card"))]
    return call.receipt(receipt) | {"card": card.id, "wallet": card.wallet, "state": card.state}


async def replace_card(call: Call) -> Response:
    """Replace a lost card by a new one."""
    reference = call.reference()
    receipt = await changing_cards.replace_card(
        call.site,
        card=call.text("card"),
        tags=call.data["tags"],
        codes=call.data["codes"],
        pins=call.data["pins"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    told = await _answer(call, receipt, str(receipt.detail["card"]), reference)
    return told | {"code_urls": _code_urls(call)}


async def transfer_card(call: Call) -> Response:
    """Hand a card to another wallet."""
    reference = call.reference()
    receipt = await changing_cards.transfer_card(
        call.site,
        card=call.text("card"),
        wallet=call.wallet().wallet.id,
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return await _answer(call, receipt, call.text("card"), reference)


async def get_card(call: Call) -> Response:
    """Describe a card in its five blocks."""
    return await card_view(call.site, known_card(call.site, call.text("card")))


async def list_cards(call: Call) -> Response:
    """List cards, filtered and in pages; one is found by its whole plate, which nobody needs to read."""
    site = call.site
    found = found_cards(
        site,
        wallet=call.wallet().wallet.id if call.text("wallet") else "",
        state=call.data.get("state"),
        space=find_space(call).id if call.text("space") else "",
    )
    if plate := call.text("plate"):
        ((kind, value),) = given_as([plate], (), ()) or [(CredentialKind.PLATE, plate)]
        owner = card_of(site, kind, value)
        found = [card for card in found if card.id == owner.id]
    known: dict[CardId, list[Credential]] = defaultdict(list)
    for one in site.credentials.values():
        known[one.card].append(one)
    shown = page(call, found, lambda card: card.id)
    return {
        "cards": [brief_view(site, card, known[card.id]) for card in shown],
        "count": len(found),
    }


def _code_urls(call: Call) -> list[str | None]:
    return [call.code_url(code) for code in call.data["codes"]]


async def _answer(call: Call, receipt: Receipt, card: str, reference: str) -> Response:
    known: Card = call.site.cards[CardId(card)]
    return call.receipt(receipt, reference) | await card_view(call.site, known)


ACTIONS: Final = (
    Action(
        "issue_card",
        issue_card,
        {
            **WALLET,
            **{
                vol.Optional(name, default=list): TEXTS
                for name in ("plates", "tags", "codes", "pins", "lanes")
            },
            vol.Optional("valid_from"): cv.datetime,
            vol.Optional("valid_until"): cv.datetime,
            vol.Optional("space"): cv.string,
            vol.Optional("at_once"): AT_ONCE,
            **REFERENCE,
        },
    ),
    Action(
        "set_card",
        set_card,
        {
            **CARD,
            vol.Optional("add_plates", default=list): TEXTS,
            vol.Optional("remove_plates", default=list): TEXTS,
            vol.Optional("lanes"): TEXTS,
            vol.Optional("valid_from"): vol.Any(None, cv.datetime),
            vol.Optional("valid_until"): vol.Any(None, cv.datetime),
            vol.Optional("space"): cv.string,
            vol.Optional("at_once"): vol.Any(None, AT_ONCE),
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("block_card", block_card, {**CARD, **REASON}),
    Action("unblock_card", unblock_card, {**CARD, **MAYBE_REASON}),
    Action(
        "replace_card",
        replace_card,
        {
            **CARD,
            **{vol.Optional(name, default=list): TEXTS for name in ("tags", "codes", "pins")},
            **REASON,
            **REFERENCE,
        },
    ),
    Action("transfer_card", transfer_card, {**CARD, **WALLET, **MAYBE_REASON, **REFERENCE}),
    Action("get_card", get_card, CARD),
    Action(
        "list_cards",
        list_cards,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("plate"): cv.string,
            vol.Optional("space"): cv.string,
            vol.Optional("state"): vol.Coerce(CardState),
            **PAGED,
        },
    ),
)
