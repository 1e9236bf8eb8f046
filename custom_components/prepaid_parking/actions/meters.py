"""Actions about meters and their readings."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.money import parse_quantity
from ..core.supply import SupplyState
from ..operations import office
from ..operations.places import update_meter_place
from ..operations.reports import doubt_view, meter_view
from ..operations.supply_views import rules_view
from .call import (
    MAYBE_REASON,
    METER,
    PAGED,
    REASON,
    TEXTS,
    WALLET,
    Action,
    Call,
    Response,
    page,
)


async def bind_meter(call: Call) -> Response:
    """Let a wallet pay for a meter."""
    run, start = call.meter(), call.text("from_register")
    receipt = await office.bind_meter(
        call.site,
        meter=run.meter.id,
        wallet=call.wallet().wallet.id,
        tariff=call.text("tariff"),
        from_register=parse_quantity(start, run.meter.quantity) if start else None,
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | meter_view(run)


async def unbind_meter(call: Call) -> Response:
    """Let nobody pay for a meter any more."""
    run = call.meter()
    receipt = await office.unbind_meter(
        call.site, meter=run.meter.id, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | meter_view(run)


async def replace_meter(call: Call) -> Response:
    """Swap a meter: the last register of the old one, the first of the new one."""
    run = call.meter()
    await office.replace_meter(
        call.site,
        meter=run.meter.id,
        final_register=parse_quantity(call.text("final_register"), run.meter.quantity),
        start_register=parse_quantity(call.text("start_register"), run.meter.quantity),
        serial=call.text("serial"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return meter_view(run)


async def import_readings(call: Call) -> Response:
    """Take stored readings in the order of their time."""
    run = call.meter()
    moved = await office.import_readings(
        call.site,
        meter=run.meter.id,
        readings=[
            (call.instant(one["at"]), parse_quantity(one["register"], run.meter.quantity))
            for one in call.data["readings"]
        ],
        actor=call.actor,
    )
    return {
        "charged": moved["charged"],
        "older": moved["older"],
        "rerated": call.site.currency.text(moved["rerated_minor"]),
        **meter_view(run),
    }


async def settle_doubt(call: Call) -> Response:
    """Settle doubts."""
    settled = await office.settle_doubt(
        call.site,
        doubts=call.data["doubts"],
        how=call.data["how"],
        reason=call.text("reason"),
        actor=call.actor,
    )
    return {"settled": settled, "open": [doubt_view(one) for one in call.site.doubts.values()]}


async def get_meter(call: Call) -> Response:
    """Describe a meter."""
    run = call.meter()
    return meter_view(run) | {"rules": rules_view(call.site, run)}


async def list_meters(call: Call) -> Response:
    """List meters, filtered and in pages."""
    wallet = call.wallet().wallet.id if call.text("wallet") else None
    state, name = call.data.get("supply"), call.text("name").casefold()
    unit = call.unit().id if call.text("unit") else None
    found = [
        run
        for run in call.site.meters.values()
        if name in run.meter.name.casefold()
        and (wallet is None or (run.binding is not None and run.binding.wallet == wallet))
        and unit in (None, run.meter.unit)
        and state in (None, run.state)
        and (run.doubt is not None or not call.data["doubted"])
    ]
    shown = page(call, found, lambda run: run.meter.id)
    return {"meters": [meter_view(run) for run in shown], "count": len(found)}


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


ACTIONS: Final = (
    Action(
        "bind_meter",
        bind_meter,
        {
            **METER,
            **WALLET,
            vol.Required("tariff"): cv.string,
            vol.Optional("from_register"): cv.string,
            **MAYBE_REASON,
        },
    ),
    Action("unbind_meter", unbind_meter, {**METER, **MAYBE_REASON}),
    Action(
        "replace_meter",
        replace_meter,
        {
            **METER,
            vol.Required("final_register"): cv.string,
            vol.Required("start_register"): cv.string,
            vol.Optional("serial"): cv.string,
            **REASON,
        },
    ),
    Action(
        "import_readings",
        import_readings,
        {
            **METER,
            vol.Required("readings"): vol.All(
                [{vol.Required("at"): cv.datetime, vol.Required("register"): cv.string}],
                vol.Length(min=1),
            ),
        },
    ),
    Action(
        "settle_doubt",
        settle_doubt,
        {
            vol.Required("doubts"): vol.All(TEXTS, vol.Length(min=1)),
            vol.Required("how"): vol.Coerce(office.Settlement),
            **MAYBE_REASON,
        },
    ),
    Action("get_meter", get_meter, METER),
    Action(
        "list_meters",
        list_meters,
        {
            vol.Optional("name"): cv.string,
            vol.Optional("wallet"): cv.string,
            vol.Optional("unit"): cv.string,
            vol.Optional("supply"): vol.Coerce(SupplyState),
            vol.Optional("doubted", default=False): cv.boolean,
            **PAGED,
        },
    ),
    Action(
        "update_meter",
        update_meter,
        {
            **METER,
            **{vol.Optional(name): vol.Maybe(cv.string) for name in ("unit", "main", "reactive")},
            **MAYBE_REASON,
        },
    ),
)
