"""What a card, a tag or a code stands for: the card, and the wallet that pays."""

from ..core.errors import CoreError
from ..core.identity import CardId
from ..core.wallet import Card, CardState, CredentialKind, Purpose
from .site import Site
from .wallet_run import WalletRun


def card_of(site: Site, kind: CredentialKind, value: str) -> Card:
    """Return the card that is recognised by a tag or a code, or refuse in words.

    The value itself is personal and goes no further than this: it is found by its blind index.
    """
    credential = site.credentials.get(site.privacy.blind(kind, value.strip()))
    card = site.cards.get(credential.card) if credential is not None else None
    if card is None:
        raise CoreError("credential_unknown")
    return card


def known_card(site: Site, card: str) -> Card:
    """Return a card by its id, or refuse in words."""
    known = site.cards.get(CardId(card))
    if known is None:
        raise CoreError("unknown_card", card=card)
    return known


def in_use(site: Site, card: str) -> Card:
    """Return a card by its id, or refuse one that another has replaced: what is done to it is lost."""
    known = known_card(site, card)
    if refusal := replaced(known):
        raise refusal
    return known


def replaced(card: Card) -> CoreError | None:
    """Refuse a card that another one has replaced, and name that one."""
    if card.state is not CardState.REPLACED:
        return None
    return CoreError("card_replaced", card=card.id, by=card.replaced_by)


def today_of(site: Site, card: CardId) -> CardId:
    """Return the card that stands for one today: itself, or the last that came in its place."""
    while (known := site.cards.get(card)) is not None and known.replaced_by:
        card = CardId(known.replaced_by)
    return card


def ever_of(site: Site, card: CardId) -> list[CardId]:
    """Return a card and all that it came in the place of, the latest first."""
    before = {one.replaced_by: one.id for one in site.cards.values() if one.replaced_by}
    line = [card]
    while (earlier := before.get(line[-1])) is not None:
        line.append(earlier)
    return line


def payer_of(site: Site, wallet: str, card: str) -> tuple[WalletRun, CardId | None]:
    """Return who pays: the wallet that is named, or the card's."""
    if not card:
        if not wallet:
            raise CoreError("payer_missing")
        return site.wallet(wallet), None
    known = known_card(site, card)
    if wallet and known.wallet != wallet:
        raise CoreError("card_of_other_wallet", card=card, wallet=wallet)
    return site.wallet(known.wallet), known.id


def card_refusal(site: Site, card: CardId | None) -> CoreError | None:
    """Refuse a card that is blocked or not valid now."""
    if card is None:
        return None
    known, now = site.cards[card], site.clock()
    if known.state is not CardState.ACTIVE:
        return CoreError("card_blocked", card=card)
    if known.valid_from is not None and now < known.valid_from:
        return CoreError("card_not_yet_valid", card=card)
    if known.valid_until is not None and now >= known.valid_until:
        return CoreError("card_expired", card=card)
    return None


def not_utility(run: WalletRun) -> None:
    """Refuse a utility wallet: its money pays for its utility and secures or buys nothing else."""
    if run.wallet.purpose is Purpose.UTILITY:
        raise CoreError("wallet_wrong_purpose", wallet=run.wallet.id, purpose=run.wallet.purpose)


def wallet_of(site: Site, card: Card, purpose: Purpose) -> WalletRun:
    """Return the wallet that pays with a card for something of a purpose.

    One tag opens the gate and starts the laundry: where the card's own wallet is for another
    purpose, the same customer's one wallet of this purpose pays, and no other.
    """
    own = site.wallets[card.wallet]
    if own.wallet.purpose is purpose:
        return own
    others = [
        run
        for run in site.wallets.values()
        if run.wallet.purpose is purpose
        and run.wallet.closed_at is None
        and own.wallet.subject
        and run.wallet.subject == own.wallet.subject
    ]
    if len(others) != 1:
        raise CoreError("wallet_wrong_purpose", wallet=own.wallet.id, purpose=own.wallet.purpose)
    return others[0]
