"""What of a car park stands already, and what is missing before the first car can come."""

from typing import Final

from .core.identity import WalletId
from .core.wallet import CardState, Purpose
from .operations.fee_items import valid_now
from .operations.parking_rules import rules_now
from .operations.site import Site
from .wording import Words

_PARTS: Final = ("spaces", "fee_items", "packages", "cards", "lanes")


def counts(site: Site) -> dict[str, str]:
    """Count what each of the five steps has made."""
    parking = site.parking
    spaces = [one for one in parking.spaces.values() if one.closed_at is None]
    cards = [one for one in site.cards.values() if _parks(site, one.wallet)]
    items = [valid_now(site, versions) for versions in parking.fee_items.values() if versions]
    packages = [versions[-1] for versions in parking.packages.values() if versions]
    return {
        "spaces": str(len(spaces)),
        "fee_items": str(sum(not one.ended for one in items)),
        "packages": str(sum(not one.ended for one in packages)),
        "cards": str(sum(one.state is CardState.ACTIVE for one in cards)),
        "lanes": str(len(site.lanes)),
    }


def missing(site: Site, words: Words) -> str:
    """Say in sentences what is missing, or that nothing is."""
    said, known, rules = [], counts(site), rules_now(site)
    said += [words(f"set_up.no_{part}") for part in _PARTS if known[part] == "0"]
    if rules.temporaries and not rules.tariffs:
        said.append(words("set_up.no_tariff"))
    ways = {lane.direction for lane in site.lanes.values()}
    if site.lanes and "both" not in ways:
        said += [words(f"set_up.no_{way}") for way in ("entry", "exit") if way not in ways]
    blind = [lane.name for lane in site.lanes.values() if not lane.reads]
    said += [words("set_up.lane_reads_nothing", name=name) for name in blind]
    return "\n".join(f"- {one}" for one in said) or words("set_up.nothing_missing")


def _parks(site: Site, wallet: WalletId) -> bool:
    run = site.wallets.get(wallet)
    return run is not None and run.wallet.purpose is Purpose.PARKING


def cards_named(site: Site) -> dict[str, str]:
    """Return the cards that are in force, by what the office calls them: the unit and what is masked."""
    shown: dict[str, list[str]] = {}
    for one in site.credentials.values():
        if one.masked:
            shown.setdefault(one.card, []).append(one.masked)
    return {
        str(card.id): " · ".join(
            [site.wallets[card.wallet].wallet.unit, *sorted(shown.get(card.id, ())), card.id]
        )
        for card in sorted(site.cards.values(), key=lambda card: card.no)
        if card.state is CardState.ACTIVE and _parks(site, card.wallet)
    }
