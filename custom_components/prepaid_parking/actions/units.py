"""Actions about units: registered one by one or from a list, described, and closed."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..coordinator import ROSTER
from ..core.errors import CoreError
from ..core.unit_lists import changes_of, read_table
from ..errors import in_words
from ..operations import units
from ..operations.occupants import occupancy_of
from ..operations.unit_changes import Draft
from ..operations.unit_lists import Line, lines_of
from ..operations.unit_views import history_view, unit_view, unit_views
from .call import (
    MAYBE_REASON,
    PAGED,
    REFERENCE,
    TEXTS,
    Action,
    Call,
    Fields,
    Response,
    page,
)

UNIT: Final[Fields] = {vol.Required("unit"): cv.string}
WRITTEN: Final = ("name", "building", "floor", "number", "use", "area", "persons", "capacity")


async def set_unit(call: Call) -> Response:
    """Register a unit, or change one."""
    reference, asked = call.reference(), call.text("unit")
    changes = changes_of({name: str(call.data[name]) for name in WRITTEN if name in call.data})
    if "owner" in call.data:
        changes["owner"] = call.wallet(call.text("owner")).wallet.id if call.text("owner") else ""
    meters = call.data.get("meters")
    receipt = await units.set_unit(
        call.site,
        draft=Draft(
            unit=call.unit().id if asked else "",
            changes=changes,
            meters=tuple(call.meter(one).meter.id for one in meters)
            if meters is not None
            else None,
        ),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    call.parts.coordinator.touch(ROSTER)  # Its wallets may be called otherwise now.
    unit = call.site.unit(_texts(receipt.detail["units"])[0])
    return call.receipt(receipt, reference) | unit_view(call.site, unit)


async def import_units(call: Call) -> Response:
    """Register or change many units from a list: all of them or none."""
    reference = call.reference()
    rows = _rows(call)
    lines = lines_of(call.site, rows)
    refused = [line for line in lines if line.draft is None]
    answer: Response = {
        "dry_run": call.data["dry_run"],
        "new": sum(line.draft is not None and not line.known for line in lines),
        "changed": sum(bool(line.known) for line in lines),
        "refused": len(refused),
        "lines": [_line_view(line) for line in lines],
    }
    if call.data["dry_run"]:
        return answer
    if refused:
        first = refused[0]
        assert first.refusal is not None
        raise CoreError(
            "list_line_refused",
            line=first.number,
            name=first.name,
            problem=in_words(first.refusal),
            count=len(refused),
        )
    receipt = await units.import_units(
        call.site,
        drafts=[line.draft for line in lines if line.draft is not None],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    call.parts.coordinator.touch(ROSTER)
    answer["units"] = receipt.detail["units"]
    return call.receipt(receipt, reference) | answer


async def close_unit(call: Call) -> Response:
    """Let a unit be no more."""
    reference, unit = call.reference(), call.unit()
    receipt = await units.close_unit(
        call.site,
        unit=unit.id,
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | unit_view(call.site, call.site.unit(unit.id))


async def get_unit(call: Call) -> Response:
    """Describe a unit and who was in it."""
    unit = call.unit()
    return {**unit_view(call.site, unit), "history": history_view(call.site, unit)}


async def list_units(call: Call) -> Response:
    """List units, filtered and in pages."""
    name, vacant = call.text("name").casefold(), call.data.get("vacant")
    wanted = {part: call.text(part) for part in ("building", "floor", "use") if call.text(part)}
    found = [
        unit
        for unit in call.site.house.units.values()
        if (call.data["closed"] or unit.closed_at is None)
        and name in unit.name.casefold()
        and all(getattr(unit, part) == value for part, value in wanted.items())
        and vacant in (None, occupancy_of(call.site, unit.id) is None)
    ]
    shown = page(call, found, lambda unit: unit.id)
    return {"units": unit_views(call.site, shown), "count": len(found)}


def _rows(call: Call) -> list[dict[str, str]]:
    if "units" not in call.data:
        return read_table(call.text("csv"))
    return [{name: str(value) for name, value in row.items()} for row in call.data["units"]]


def _line_view(line: Line) -> Response:
    return {
        "line": line.number,
        "name": line.name,
        "unit": line.known or None,
        "problem": in_words(line.refusal) if line.refusal is not None else None,
    }


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


ACTIONS: Final = (
    Action(
        "set_unit",
        set_unit,
        {
            vol.Optional("unit"): cv.string,
            **{vol.Optional(name): cv.string for name in WRITTEN},
            vol.Optional("owner"): vol.Maybe(cv.string),
            vol.Optional("meters"): TEXTS,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "import_units",
        import_units,
        {
            vol.Exclusive("csv", "list"): cv.string,
            vol.Exclusive("units", "list"): [{cv.string: cv.string}],
            vol.Optional("dry_run", default=False): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("close_unit", close_unit, {**UNIT, **MAYBE_REASON, **REFERENCE}),
    Action("get_unit", get_unit, UNIT),
    Action(
        "list_units",
        list_units,
        {
            vol.Optional("name"): cv.string,
            vol.Optional("building"): cv.string,
            vol.Optional("floor"): cv.string,
            vol.Optional("use"): cv.string,
            vol.Optional("vacant"): cv.boolean,
            vol.Optional("closed", default=False): cv.boolean,
            **PAGED,
        },
    ),
)
