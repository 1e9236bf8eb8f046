"""The action that corrects a price for the past, and shows beforehand what would come of it."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.identity import TariffId
from ..errors import in_words
from ..operations import price_corrections
from .call import Action, Call, Response
from .tariffs import TRIED, read_draft, version_view


async def rerate(call: Call) -> Response:
    """Correct a price for the past; with `dry_run` say what each wallet would get or pay."""
    site, data, tariff = call.site, call.data, call.text("tariff")
    since, until = call.instant(data["since"]), call.moment("until")
    version = None
    if "draft" in data:
        known = site.pricing.published.get(TariffId(tariff))
        if not known:
            raise CoreError("unknown_tariff", tariff=tariff)
        document = {"tariff": tariff, "quantity": str(known[-1].quantity), **data["draft"]}
        version = read_draft(call, document, valid_from=since)
        if version.tariff != tariff:
            raise CoreError("rerate_other_tariff", tariff=tariff, other=version.tariff)
    said = {"tariff": tariff, "since": since.isoformat(), "dry_run": data["dry_run"]}
    said["until"] = None if until is None else until.isoformat()
    told = {"override": data["override"], "reason": call.text("reason")}
    if data["dry_run"]:
        made = await price_corrections.preview_rerate(
            site, tariff=tariff, since=since, until=until, version=version, **told
        )
        return {**said, **_rerated_view(call, made)}
    made = await price_corrections.rerate(
        site, tariff=tariff, since=since, until=until, version=version, actor=call.actor, **told
    )
    for wallet in made.wallets:
        call.parts.coordinator.touch(f"wallet:{wallet}")
    return {**said, **_rerated_view(call, made)}


def _rerated_view(call: Call, made: price_corrections.Rerated) -> Response:
    site, money = call.site, call.site.currency.text
    rows = sorted(made.wallets.items(), key=lambda one: -abs(one[1].difference_minor))
    return {
        "versions": [version_view(one) for one in made.versions],
        "difference": money(sum(sums.difference_minor for _, sums in rows)),
        "entries": sum(sums.entries for _, sums in rows),
        "wallets": [
            {
                "wallet": wallet,
                "unit": site.wallets[wallet].wallet.unit,
                "charged": money(sums.charged_minor),
                "corrected": money(sums.charged_minor + sums.difference_minor),
                "difference": money(sums.difference_minor),
                "entries": sums.entries,
                "problem": in_words(sums.problem) if sums.problem is not None else None,
            }
            for wallet, sums in rows
        ],
    }


ACTIONS: Final = (
    Action(
        "rerate",
        rerate,
        {
            vol.Required("tariff"): cv.slug,
            vol.Required("since"): cv.datetime,
            vol.Optional("until"): cv.datetime,
            vol.Optional("draft"): dict,
            **TRIED,
        },
    ),
)
