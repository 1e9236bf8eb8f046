"""Actions about units: registered, occupied, and what is shared among them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..coordinator import ROSTER
from ..core.chart import Channel
from ..core.errors import CoreError
from ..core.identity import UnitId
from ..core.money import parse_price, parse_quantity
from ..core.shares import Member, ShareBy
from ..core.unit_lists import changes_of, read_table
from ..errors import in_words
from ..operations import moving, sharing, units
from ..operations.handing_over import HandReading
from ..operations.moving import HandOver, Moved, Settlement
from ..operations.occupants import occupancy_of
from ..operations.places import update_meter_place
from ..operations.reports import meter_view
from ..operations.unit_changes import Draft
from ..operations.unit_lists import Line, lines_of
from ..operations.unit_views import division_view, history_view, moved_view, unit_view, unit_views
from .call import (
    MAYBE_REASON,
    METER,
    PAGED,
    REFERENCE,
    TEXTS,
    WALLET,
    Action,
    Call,
    Fields,
    Response,
    page,
)

UNIT: Final[Fields] = {vol.Required("unit"): cv.string}
WRITTEN: Final = ("name", "building", "floor", "number", "use", "area", "persons", "capacity")
READINGS: Final[Fields] = {
    vol.Optional("at"): cv.datetime,
    vol.Optional("readings"): [
        {
            vol.Required("meter"): cv.string,
            vol.Required("register"): cv.string,
            vol.Optional("photo"): cv.string,
        }
    ],
}
SETTLE: Final[Fields] = {
    vol.Optional("settle", default=False): cv.boolean,
    vol.Optional("channel", default="cash"): vol.Coerce(Channel),
}
ARRIVING: Final[Fields] = {
    **WALLET,
    vol.Optional("persons"): vol.Coerce(int),
    vol.Optional("tariff"): cv.string,
}
MEMBERS: Final = [{vol.Required("member"): cv.string, vol.Optional("weight"): cv.string}]


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
        for unit in call.site.units.values()
        if (call.data["closed"] or unit.closed_at is None)
        and name in unit.name.casefold()
        and all(getattr(unit, part) == value for part, value in wanted.items())
        and vacant in (None, occupancy_of(call.site, unit.id) is None)
    ]
    shown = page(call, found, lambda unit: unit.id)
    return {"units": unit_views(call.site, shown), "count": len(found)}


async def move_in(call: Call) -> Response:
    """Let somebody into a vacant unit."""
    reference = call.reference()
    moved = await moving.move_in(call.site, _hand_over(call, reference))
    return _moved(call, moved, reference)


async def move_out(call: Call) -> Response:
    """Let a unit be vacant."""
    reference = call.reference()
    moved = await moving.move_out(call.site, _hand_over(call, reference), _settlement(call))
    return _moved(call, moved, reference)


async def move(call: Call) -> Response:
    """Let the next one in as the last one leaves."""
    reference = call.reference()
    moved = await moving.move(call.site, _hand_over(call, reference), _settlement(call))
    return _moved(call, moved, reference)


async def update_meter(call: Call) -> Response:
    """Say where a meter is: its unit, its main meter, its reactive meter."""
    run = call.meter()
    named = {name: call.text(name) for name in ("unit", "main", "reactive") if name in call.data}
    if named.get("unit"):
        named["unit"] = call.unit().id
    for name in ("main", "reactive"):
        if named.get(name):
            named[name] = call.meter(named[name]).meter.id
    receipt = await update_meter_place(
        call.site, meter=run.meter.id, reason=call.text("reason"), actor=call.actor, **named
    )
    return call.receipt(receipt) | meter_view(run)


async def set_shares(call: Call) -> Response:
    """Say who bears what a shared wallet is charged."""
    run, reference, by = call.wallet(), call.reference(), call.data["by"]
    receipt = await sharing.set_shares(
        call.site,
        wallet=run.wallet.id,
        by=by,
        members=_members(call, call.data["members"]),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | _division(call)


async def get_shares(call: Call) -> Response:
    """Describe how a shared wallet's charges are divided, or would be by other members."""
    return _division(call)


def _division(call: Call) -> Response:
    members = call.data.get("members")
    amount = call.money("amount")
    division = sharing.preview_shares(
        call.site,
        wallet=call.wallet().wallet.id,
        amount_minor=amount,
        by=call.data.get("by"),
        members=_members(call, members) if members is not None else None,
    )
    known = call.site.shares.get(division.wallet.wallet.id)
    by = call.data.get("by") or (known.by if known is not None else ShareBy.FIXED)
    return division_view(call.site, division, by, amount)


def _members(call: Call, members: Sequence[Mapping[str, str]]) -> list[Member]:
    return [
        Member(
            member=_member(call, one["member"]),
            weight=parse_price(one.get("weight") or "0"),
        )
        for one in members
    ]


def _member(call: Call, asked: str) -> str:
    """Return the id of a unit by id or name, or of a wallet by id."""
    if asked.lower() in call.site.wallets:
        return asked.lower()
    if UnitId(asked.lower()) in call.site.units:
        return asked.lower()
    named = (unit.id for unit in call.site.units.values() if unit.name == asked)
    return next(named, None) or asked


def _hand_over(call: Call, reference: str) -> HandOver:
    return HandOver(
        unit=call.unit().id,
        wallet=call.wallet().wallet.id if "wallet" in call.data else "",
        persons=call.data.get("persons"),
        at=call.moment("at"),
        readings=tuple(_reading(call, one) for one in call.data.get("readings", ())),
        tariff=call.text("tariff"),
        actor=call.actor,
        reason=call.text("reason"),
        reference=reference,
    )


def _reading(call: Call, one: Mapping[str, Any]) -> HandReading:
    run = call.meter(one["meter"])
    return HandReading(
        meter=run.meter.id,
        register=parse_quantity(one["register"], run.meter.quantity),
        photo=one.get("photo", ""),
    )


def _settlement(call: Call) -> Settlement | None:
    return Settlement(channel=call.data["channel"]) if call.data["settle"] else None


def _moved(call: Call, moved: Moved, reference: str) -> Response:
    view = moved_view(call.site, moved)
    for wallet in (view["from_wallet"], view["to_wallet"], view["payer"]):
        if wallet:
            call.parts.coordinator.touch(f"wallet:{wallet}")
    return call.receipt(moved.receipt, reference) | view


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
    Action("move_in", move_in, {**UNIT, **ARRIVING, **READINGS, **MAYBE_REASON, **REFERENCE}),
    Action("move_out", move_out, {**UNIT, **READINGS, **SETTLE, **MAYBE_REASON, **REFERENCE}),
    Action("move", move, {**UNIT, **ARRIVING, **READINGS, **SETTLE, **MAYBE_REASON, **REFERENCE}),
    Action(
        "update_meter",
        update_meter,
        {
            **METER,
            **{vol.Optional(name): vol.Maybe(cv.string) for name in ("unit", "main", "reactive")},
            **MAYBE_REASON,
        },
    ),
    Action(
        "set_shares",
        set_shares,
        {
            **WALLET,
            vol.Required("by"): vol.Coerce(ShareBy),
            vol.Required("members"): MEMBERS,
            vol.Optional("amount", default="100"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "get_shares",
        get_shares,
        {
            **WALLET,
            vol.Optional("amount", default="100"): cv.string,
            vol.Optional("by"): vol.Coerce(ShareBy),
            vol.Optional("members"): MEMBERS,
        },
    ),
)
