"""Actions about what things cost: versions are published, assigned and taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.identity import TariffId
from ..core.metering import Commodity, Quantity
from ..core.tariff_format import keys_of, read_tariff, write_tariff
from ..core.terms import Kind
from ..core.version import TariffVersion
from ..errors import in_words
from ..operations import assigning, tariff_book
from ..operations.assigning import Selection, Target
from ..operations.lab import Compared, Preview, try_tariff
from ..operations.meter_run import MeterRun
from ..operations.reports import tariff_list
from ..operations.sold import version_at
from .call import MAYBE_REASON, SLUG, TEXTS, Action, Call, Fields, Response

TARIFF: Final = frozenset().union(*(keys_of(kind) for kind in Kind))
LAST_MONTH: Final = 1
"""A preview looks at the last whole month and what there is of the running one."""


async def publish_tariff(call: Call) -> Response:
    """Publish a tariff, or the next version of one; with `dry_run` say what it would cost whom."""
    document = {key: call.data[key] for key in call.data if key in TARIFF}
    version = read_draft(call, document, valid_from=call.moment("valid_from"))
    override, reason = call.data["override"], call.text("reason")
    if call.data["dry_run"]:
        await tariff_book.check_publishable(call.site, version, override=override, reason=reason)
        bound = tariff_book.bound_by(call.site, version.tariff)
        return {**version_view(version), "dry_run": True, **await _preview(call, version, bound)}
    receipt = await tariff_book.publish_tariff(
        call.site, version=version, override=override, reason=reason, actor=call.actor
    )
    published = call.site.pricing.published[version.tariff]
    written = next(one for one in published if one.version == receipt.detail["version"])
    return {**call.receipt(receipt), **version_view(written)}


async def list_tariffs(call: Call) -> Response:
    """List the tariffs with their versions, and what is planned."""
    return {
        "tariffs": tariff_list(call.site),
        "planned": [
            {
                "assignment": change.assignment,
                "meter": change.meter,
                "before": change.before,
                "tariff": change.tariff,
                "at": change.at.isoformat(),
            }
            for change in assigning.planned(call.site)
        ],
    }


async def assign_tariff(call: Call) -> Response:
    """Let meters go over to a tariff at an instant; with `dry_run` say what each would pay."""
    site, data, tariff = call.site, call.data, call.text("tariff")
    at = call.moment("at") or site.clock()
    selection = Selection(
        wallets=data["wallets"],
        meters=data["meters"],
        units=data["units"],
        commodity=data.get("commodity"),
    )
    said = {"tariff": tariff, "at": at.isoformat()}
    if data["dry_run"]:
        targets = await assigning.select(site, selection, tariff, at)
        going = [one.run for one in targets if one.run is not None and one.problem is None]
        draft = version_at(site, tariff, at)
        preview = await _preview(call, draft, going)
        return {**said, "dry_run": True, **_targets_view(targets), **preview}
    assigned = await assigning.assign_tariff(
        site,
        tariff=tariff,
        selection=selection,
        at=at,
        reason=call.text("reason"),
        actor=call.actor,
    )
    written = call.receipt(assigned.receipt) if assigned.receipt is not None else {}
    return {
        **written,
        **said,
        "assignment": assigned.assignment or None,
        **_targets_view(assigned.targets),
    }


async def withdraw_tariff(call: Call) -> Response:
    """Take back a version, or an assignment, that has not begun."""
    reason, assignment = call.text("reason"), call.text("assignment")
    if bool(assignment) == ("version" in call.data):
        raise CoreError("withdraw_one")
    if assignment:
        receipt, gone = await assigning.withdraw_assignment(
            call.site, assignment=assignment, reason=reason, actor=call.actor
        )
        meters = [change.meter for change in gone]
        return call.receipt(receipt) | {"assignment": assignment, "meters": meters}
    tariff, version = call.text("tariff"), call.data["version"]
    receipt = await tariff_book.withdraw_version(
        call.site, tariff=tariff, version=version, reason=reason, actor=call.actor
    )
    return call.receipt(receipt) | {"tariff": tariff, "version": version}


def read_draft(
    call: Call, document: Mapping[str, Any], *, valid_from: datetime | None
) -> TariffVersion:
    """Read what was written as the next version of its tariff."""
    site, tariff = call.site, str(document["tariff"])
    if "quantity" not in document and document.get("kind", Kind.USAGE) == Kind.USAGE:
        document = {**document, "quantity": Quantity.ENERGY}
    first = not site.pricing.published.get(TariffId(tariff))
    return read_tariff(
        document,
        version=tariff_book.next_version(site, tariff),
        valid_from=valid_from or _default_start(call, first=first),
    )


def _default_start(call: Call, *, first: bool) -> datetime:
    """Return when a version without a time takes effect: at once, a tariff's first with the month.

    A meter that was read a moment before the tariff was published can then be bound to it.
    """
    now = call.site.clock()
    if not first:
        return now
    local = now.astimezone(call.site.zone)
    return call.instant(datetime(local.year, local.month, 1, tzinfo=call.site.zone))


async def _preview(call: Call, draft: TariffVersion, meters: Sequence[MeterRun]) -> Response:
    """Say what these meters' wallets paid for the last month, and what they would have paid."""
    if draft.kind is not Kind.USAGE or not meters:
        return {"preview": []}
    preview: Preview = await try_tariff(call.site, draft=draft, meters=meters, months=LAST_MONTH)
    return {"preview": [_compared_view(call, one) for one in preview.wallets]}


def _compared_view(call: Call, row: Compared) -> Response:
    money = call.site.currency.text
    return {
        "wallet": row.wallet,
        "unit": row.unit,
        "meters": list(row.meters),
        "now": money(row.old.minor),
        "then": money(row.new.minor),
        "difference": money(row.difference_minor),
    }


def _targets_view(targets: Sequence[Target]) -> Response:
    return {
        "planned": sum(one.problem is None for one in targets),
        "failed": sum(one.problem is not None for one in targets),
        "targets": [_target_view(one) for one in targets],
    }


def _target_view(target: Target) -> Response:
    run = target.run
    binding = run.binding if run is not None else None
    return {
        "asked": target.asked,
        "meter": run.meter.id if run is not None else None,
        "wallet": binding.wallet if binding is not None else None,
        "before": binding.tariff if binding is not None else None,
        "problem": in_words(target.problem) if target.problem is not None else None,
    }


def version_view(version: TariffVersion) -> Response:
    """Describe a version as it is written, with its number and its beginning."""
    return {
        **write_tariff(version),
        "version": version.version,
        "valid_from": version.valid_from.isoformat(),
    }


def _price(value: object) -> str:
    """Take a price as text, or a number as it was written."""
    return str(cv.string(value))


_LISTS: Final = ("tiers", "bands", "ladder", "seasons", "levies", "standing")
_MAPPINGS: Final = (
    *("rates", "plan", "persons", "calorific", "minimum", "demand", "power_factor"),
    *("duration", "counted", "fixed"),
)
TERMS: Final[Fields] = {
    vol.Optional("kind"): vol.In([str(kind) for kind in Kind]),
    vol.Optional("name"): cv.string,
    vol.Optional("quantity"): cv.string,
    vol.Optional("price"): _price,
    vol.Optional("otherwise"): cv.string,
    vol.Optional("period"): vol.Any(cv.string, dict),
    vol.Optional("calendar"): cv.string,
    vol.Optional("registers"): TEXTS,
    vol.Optional("ceiling"): _price,
    vol.Optional("loss_cap"): _price,
    **{vol.Optional(key): [dict] for key in _LISTS},
    **{vol.Optional(key): dict for key in _MAPPINGS},
}
"""A tariff as it is written, key by key; what stands in each is judged as it is read."""
TRIED: Final[Fields] = {
    vol.Optional("override", default=False): cv.boolean,
    vol.Optional("dry_run", default=False): cv.boolean,
    **MAYBE_REASON,
}
ACTIONS: Final = (
    Action(
        "publish_tariff",
        publish_tariff,
        {
            vol.Required("tariff"): SLUG,
            **TERMS,
            vol.Optional("valid_from"): cv.datetime,
            **TRIED,
        },
    ),
    Action("list_tariffs", list_tariffs, {}),
    Action(
        "assign_tariff",
        assign_tariff,
        {
            vol.Required("tariff"): SLUG,
            vol.Optional("wallets", default=list): TEXTS,
            vol.Optional("meters", default=list): TEXTS,
            vol.Optional("units", default=list): TEXTS,
            vol.Optional("commodity"): vol.Coerce(Commodity),
            vol.Optional("at"): cv.datetime,
            vol.Optional("dry_run", default=False): cv.boolean,
            **MAYBE_REASON,
        },
    ),
    Action(
        "withdraw_tariff",
        withdraw_tariff,
        {
            vol.Optional("tariff"): cv.slug,
            vol.Optional("version"): vol.All(vol.Coerce(int), vol.Range(min=1)),
            vol.Optional("assignment"): cv.string,
            **MAYBE_REASON,
        },
    ),
)
