"""The action that says which package would be the cheapest for a card."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..errors import in_words
from ..operations.credentials import known_card
from ..operations.recommending import Option, Recommendation, recommend
from ..wording import Words, async_words
from .call import Action, Call, Response
from .cards import CARD

MOST_MONTHS: Final = 24


async def recommend_package(call: Call) -> Response:
    """Rank the packages on sale for a card by what each would have cost."""
    site, words = call.site, await async_words(call.hass, call.text("language"))
    card = known_card(site, call.text("card"))
    told = await recommend(site, card, call.data["months"])
    options = [_view(call, told, one, words) for one in told.options]
    return {
        "card": card.id,
        "since": told.since.isoformat(),
        "stays": told.stays,
        "best": told.options[0].package,
        "saving": site.currency.text(told.saving_minor(told.options[0])),
        "options": options,
        "not_for": [{"package": package, "reason": in_words(why)} for package, why in told.not_for],
    }


def _view(call: Call, told: Recommendation, one: Option, words: Words) -> Response:
    money = call.site.currency.text
    return {
        "package": one.package,
        "name": one.name or None,
        "cost": money(one.cost_minor),
        "saving": money(told.saving_minor(one)),
        "package_cost": money(one.package_minor),
        "stays_cost": money(one.stays_minor),
        "periods": one.periods,
        "covered": one.covered,
        "overtime": one.overtime,
        "uncovered": one.uncovered,
        "reason": _said(call, told, one, words) or None,
    }


def _said(call: Call, told: Recommendation, one: Option, words: Words) -> str:
    """Say in a few sentences why an option costs what it costs."""
    money, saving = call.site.currency.text, told.saving_minor(one)
    blanks = {
        "name": one.name,
        "cost": money(one.cost_minor),
        "currency": call.site.currency.code,
        "since": told.since.isoformat(),
        "stays": told.stays,
    }
    if one.package is None:
        return words("recommend.nothing", **blanks) if told.options[0] is one else ""
    if saving > 0:
        without = money(told.without.cost_minor)
        said = [words("recommend.saves", **blanks, without=without, saving=money(saving))]
    else:
        said = [words("recommend.dearer", **blanks, more=money(-saving))]
    said.append(words("recommend.covered", covered=one.covered, stays=told.stays))
    if one.stays_minor:
        said.append(
            words(
                "recommend.beyond",
                amount=money(one.stays_minor),
                currency=blanks["currency"],
                overtime=one.overtime,
                uncovered=one.uncovered,
            )
        )
    return " ".join(said)


ACTIONS: Final = (
    Action(
        "recommend_package",
        recommend_package,
        {
            **CARD,
            vol.Optional("months", default=3): vol.All(vol.Coerce(int), vol.Range(1, MOST_MONTHS)),
            vol.Optional("language"): cv.string,
        },
    ),
)
