"""Actions that look ahead: what a tariff would have cost, before anybody pays by it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import probatio as vol

from ..coordinator import SITE
from ..core.errors import CoreError
from ..core.identity import TariffId
from ..core.lab_cost import Cost
from ..core.money import quantity_text
from ..core.tariff_format import read_tariff
from ..core.terms import Kind
from ..core.version import TariffVersion
from ..operations.lab import Compared, Preview, try_tariff
from ..operations.lab_uses import try_uses
from ..operations.meter_run import MeterRun
from .call import MOST_LISTED, TEXTS, Action, Call, Response

ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOST_MONTHS: Final = 12
TENTH: Final = Decimal("0.1")


async def preview_tariff(call: Call) -> Response:
    """Say what each wallet would have paid by a tariff that is not published."""
    draft = read_tariff(call.data["draft"], version=1, valid_from=ALWAYS)
    months = call.data["months"]
    if draft.kind is Kind.USAGE:
        preview = await try_tariff(
            call.site,
            draft=draft,
            meters=_meters(call, draft),
            months=months,
            told=lambda: call.parts.coordinator.touch(SITE),
        )
    else:
        wallets = {call.wallet(one).wallet.id for one in call.data["wallets"]}
        tariffs = set(call.data["tariffs"]) or ({draft.tariff} if not wallets else set())
        preview = await try_uses(
            call.site,
            draft=draft,
            tariffs=tariffs,
            wallets=wallets,
            months=months,
            told=lambda: call.parts.coordinator.touch(SITE),
        )
    # Sums over twenty thousand wallets: the loop has other things to do.
    return await call.hass.async_add_executor_job(_view, call, draft, preview)


def _meters(call: Call, draft: TariffVersion) -> list[MeterRun]:
    """Return the meters that are meant: those that are named, else those of the tariff itself."""
    site, data = call.site, call.data
    tariffs: list[str] = data["tariffs"]
    if not any(data[key] for key in ("tariffs", "wallets", "meters", "units")):
        tariffs = [draft.tariff]
        if draft.tariff not in site.tariffs:
            raise CoreError("lab_nothing_selected")
    for tariff in tariffs:
        if TariffId(tariff) not in site.tariffs:
            raise CoreError("unknown_tariff", tariff=tariff)
    units = {site.unit(one).id for one in data["units"]}
    found: list[MeterRun] = [site.meter(one.lower()) for one in data["meters"]]
    for wallet in data["wallets"]:
        found += call.wallet(wallet).meters
    found += [
        run
        for run in site.meters.values()
        if (run.binding is not None and run.binding.tariff in tariffs) or run.meter.unit in units
    ]
    return list({run.meter.id: run for run in found}.values())


def _view(call: Call, draft: TariffVersion, preview: Preview) -> Response:
    money, rows = call.site.currency.text, preview.wallets
    old, new = (_sum(getattr(one, side) for one in rows) for side in ("old", "new"))
    return {
        "draft": draft.tariff,
        "currency": call.site.currency.code,
        "first": preview.first.isoformat(),
        "last": preview.last.isoformat(),
        "old": money(old.minor),
        "new": money(new.minor),
        "difference": money(new.minor - old.minor),
        "percent": _percent(old.minor, new.minor),
        "charged": money(sum(one.charged_minor for one in rows)),
        "quantity": quantity_text(new.quantity, draft.quantity),
        "parts": {"old": _parts(call, old), "new": _parts(call, new)},
        "dearer": sum(one.difference_minor > 0 for one in rows),
        "cheaper": sum(one.difference_minor < 0 for one in rows),
        "same": sum(one.difference_minor == 0 for one in rows),
        "days": sum(one.days for one in rows),
        "missing_days": sum(one.missing for one in rows),
        "unpriced": list(preview.unpriced),
        "left_out": [{"meter": one.meter, "why": one.why} for one in preview.left_out],
        "count": len(rows),
        "wallets": [_row(call, one) for one in rows[: call.data["limit"]]],
    }


def _row(call: Call, row: Compared) -> dict[str, Any]:
    money = call.site.currency.text
    return {
        "wallet": row.wallet,
        "unit": row.unit,
        "meters": list(row.meters),
        "old": money(row.old.minor),
        "new": money(row.new.minor),
        "difference": money(row.difference_minor),
        "percent": _percent(row.old.minor, row.new.minor),
        "charged": money(row.charged_minor),
        "days": row.days,
        "missing_days": row.missing,
    }


def _parts(call: Call, cost: Cost) -> dict[str, str]:
    money = call.site.currency.text
    return {
        "use": money(cost.use_minor),
        "standing": money(cost.standing_minor),
        "minimum": money(cost.minimum_minor),
        "demand": money(cost.demand_minor),
        "levies": money(cost.levies_minor),
    }


def _sum(costs: Iterable[Cost]) -> Cost:
    return sum(costs, start=Cost())


def _percent(old: int, new: int) -> str | None:
    """Return how many percent more it is; None where it was nothing before."""
    return str((Decimal(100 * (new - old)) / old).quantize(TENTH)) if old else None


ACTIONS: Final = (
    Action(
        "preview_tariff",
        preview_tariff,
        {
            vol.Required("draft"): dict,
            vol.Optional("months", default=MOST_MONTHS): vol.All(
                vol.Coerce(int), vol.Range(1, MOST_MONTHS)
            ),
            vol.Optional("tariffs", default=list): TEXTS,
            vol.Optional("wallets", default=list): TEXTS,
            vol.Optional("meters", default=list): TEXTS,
            vol.Optional("units", default=list): TEXTS,
            vol.Optional("limit", default=100): vol.All(vol.Coerce(int), vol.Range(1, MOST_LISTED)),
        },
    ),
)
