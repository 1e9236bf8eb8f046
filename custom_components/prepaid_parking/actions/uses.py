"""Actions about points of use, and about what is used there."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.identity import PointId, TariffId
from ..core.metering import UNIT
from ..core.money import parse_quantity, quantity_text
from ..core.use import Use, UseState, quantity_used
from ..core.use_point import Basis, Outage, PointKind, Proof, UsePoint
from ..core.wallet import CredentialKind, Purpose
from ..operations import sessions, tapping, use_points
from ..operations.in_use import METER, is_meter
from ..operations.lots import uses_left
from ..operations.sessions import Began
from ..operations.use_prices import cost_of
from .call import MAYBE_REASON, PAGED, REASON, REFERENCE, Action, Call, Fields, Response, page

POINT: Final[Fields] = {vol.Required("point"): cv.string}
MINUTES: Final = vol.All(vol.Coerce(int), vol.Range(0, 366 * 24 * 60))


async def set_use_point(call: Call) -> Response:
    """Set up a point of use, or change the one of that name."""
    data, reference = call.data, call.reference()
    proof = data.get("proof")
    point = UsePoint(
        id=PointId(""),
        no=0,
        name=call.text("name"),
        purpose=data["purpose"],
        kind=data["kind"],
        tariff=TariffId(call.text("tariff")) if call.text("tariff") else None,
        uses=data["uses"],
        amount_minor=call.maybe_money("amount") or 0,
        minutes=data["minutes"],
        switch=f"{METER}{call.meter().meter.id}" if call.text("meter") else call.text("switch"),
        lane=call.lane().id if call.text("lane") else None,
        basis=data["basis"],
        counter=call.text("counter"),
        deposit_minor=call.maybe_money("deposit") or 0,
        most_minor=call.maybe_money("most"),
        proof=Proof(entity=proof["entity"], above=proof["above"], within_s=proof["within"])
        if proof
        else None,
        outage=data["outage"],
    )
    receipt = await use_points.set_use_point(
        call.site, point=point, reason=call.text("reason"), reference=reference, actor=call.actor
    )
    known = use_points.known_point(call.site, str(receipt.detail["point"]))
    return call.receipt(receipt, reference) | _point(call, known)


async def close_use_point(call: Call) -> Response:
    """Take a point out of use."""
    receipt = await use_points.close_use_point(
        call.site, point=call.text("point"), reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | {"point": receipt.detail["point"]}


async def list_use_points(call: Call) -> Response:
    """List the points of use, and who is using them."""
    found = sorted(call.site.using.points.values(), key=lambda one: one.no)
    shown = page(call, found, lambda one: one.id)
    return {"points": [_point(call, one) for one in shown], "count": len(found)}


async def tap(call: Call) -> Response:
    """Answer a card, tag or code at a point of use."""
    given = [kind for kind in (CredentialKind.TAG, CredentialKind.CODE) if call.text(kind)]
    if len(given) != 1:
        raise CoreError("credential_missing")
    tapped = await tapping.tap(
        call.site,
        point=call.text("point"),
        kind=given[0],
        value=call.text(given[0]),
        reference=call.text("reference"),
        actor=call.actor,
    )
    run = call.site.wallet(tapped.wallet)
    return {
        "did": tapped.event,
        "repeated": tapped.repeated,
        "point": tapped.point.id,
        "name": tapped.point.name,
        "card": tapped.card.id,
        "wallet": tapped.wallet,
        "entry": tapped.receipt.entry if tapped.receipt is not None else None,
        "opened": tapped.opened,
        "use": _use(call, tapped.use) if tapped.use is not None else None,
        "uses_left": uses_left(run),
        "available": call.site.currency.text(run.available_minor),
    }


async def start_use(call: Call) -> Response:
    """Begin a use at a metered point."""
    began = await sessions.start_use(
        call.site,
        point=call.text("point"),
        wallet=call.wallet().wallet.id if call.text("wallet") else "",
        card=call.text("card"),
        deposit_minor=call.maybe_money("deposit"),
        most_minor=call.maybe_money("most"),
        reference=call.text("reference"),
        actor=call.actor,
    )
    return _began(call, began)


async def end_use(call: Call) -> Response:
    """End a use and settle it."""
    use, counted = call.text("use"), call.text("counted")
    known = await sessions.find_use(call.site, use)
    ended = await sessions.end_use(
        call.site,
        use=use,
        counted=parse_quantity(counted, known.quantity) if counted else None,
        reference=call.text("reference"),
        actor=call.actor,
    )
    return _began(call, ended)


async def list_uses(call: Call) -> Response:
    """List the uses that run, or also those that ended."""
    wallet = call.wallet().wallet.id if call.text("wallet") else None
    found = await sessions.uses_of(call.site, wallet, ended=call.data["ended"])
    shown = page(call, found, lambda one: one.id)
    return {"uses": [_use(call, one) for one in shown], "count": len(found)}


def _began(call: Call, began: Began) -> Response:
    run = call.site.wallet(began.use.wallet)
    return {
        **_use(call, began.use),
        "entry": began.receipt.entry if began.receipt is not None else None,
        "repeated": began.repeated,
        "available": call.site.currency.text(run.available_minor),
    }


def _use(call: Call, use: Use) -> Response:
    money, quantity = call.site.currency.text, use.quantity
    until = use.ended_at or call.site.clock()
    running = not use.timed and use.state in (UseState.STARTING, UseState.RUNNING)
    cost = cost_of(call.site, use, until).asked.total_minor if running else use.amount_minor
    return {
        "use": use.id,
        "state": use.state,
        "wallet": use.wallet,
        "card": use.card,
        "point": use.point,
        "started_at": use.started_at.isoformat(),
        "ends_at": use.ends_at.isoformat() if use.ends_at is not None else None,
        "ended_at": use.ended_at.isoformat() if use.ended_at is not None else None,
        "end": use.end,
        "used": None if use.timed else quantity_text(quantity_used(use, until), quantity),
        "unit": None if use.timed else UNIT[quantity],
        "cost": None if use.timed else money(cost),
        "deposit": use.deposit,
        "doubt": use.doubt,
    }


def _point(call: Call, point: UsePoint) -> Response:
    money, proof = call.site.currency.text, point.proof
    running = next(
        (run.use.id for run in call.site.using.uses.values() if run.use.point == point.id), None
    )
    return {
        "point": point.id,
        "name": point.name,
        "purpose": point.purpose,
        "kind": point.kind,
        "tariff": point.tariff,
        "uses": point.uses,
        "amount": money(point.amount_minor) if point.amount_minor else None,
        "minutes": point.minutes or None,
        "switch": point.switch if point.switch and not is_meter(point.switch) else None,
        "meter": point.switch.removeprefix(METER) if is_meter(point.switch) else None,
        "lane": point.lane,
        "basis": point.basis if point.kind is PointKind.METERED else None,
        "counter": point.counter or None,
        "deposit": money(point.deposit_minor) if point.deposit_minor else None,
        "most": money(point.most_minor) if point.most_minor is not None else None,
        "proof": None
        if proof is None
        else {"entity": proof.entity, "above": proof.above, "within": proof.within_s},
        "outage": point.outage,
        "use": running,
    }


PROOF: Final = vol.Schema(
    {
        vol.Required("entity"): cv.entity_id,
        vol.Required("above"): cv.string,
        vol.Optional("within", default=60): vol.All(vol.Coerce(int), vol.Range(1, 3600)),
    }
)
ACTIONS: Final = (
    Action(
        "set_use_point",
        set_use_point,
        {
            vol.Required("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("purpose", default="property"): vol.Coerce(Purpose),
            vol.Required("kind"): vol.Coerce(PointKind),
            vol.Optional("tariff"): cv.string,
            vol.Optional("uses", default=1): vol.All(vol.Coerce(int), vol.Range(1, 1_000)),
            vol.Optional("amount"): cv.string,
            vol.Optional("minutes", default=0): MINUTES,
            vol.Exclusive("switch", "switched"): cv.entity_id,
            vol.Exclusive("meter", "switched"): cv.string,
            vol.Optional("lane"): cv.string,
            vol.Optional("basis", default="clock"): vol.Coerce(Basis),
            vol.Optional("counter"): cv.entity_id,
            vol.Optional("deposit"): cv.string,
            vol.Optional("most"): cv.string,
            vol.Optional("proof"): PROOF,
            vol.Optional("outage", default="charge"): vol.Coerce(Outage),
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("close_use_point", close_use_point, {**POINT, **REASON}),
    Action("list_use_points", list_use_points, PAGED),
    Action(
        "tap",
        tap,
        {
            **POINT,
            vol.Optional("tag"): cv.string,
            vol.Optional("code"): cv.string,
            **REFERENCE,
        },
    ),
    Action(
        "start_use",
        start_use,
        {
            **POINT,
            vol.Optional("wallet"): cv.string,
            vol.Optional("card"): cv.string,
            vol.Optional("deposit"): cv.string,
            vol.Optional("most"): cv.string,
            **REFERENCE,
        },
    ),
    Action(
        "end_use",
        end_use,
        {vol.Required("use"): cv.string, vol.Optional("counted"): cv.string, **REFERENCE},
    ),
    Action(
        "list_uses",
        list_uses,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("ended", default=False): cv.boolean,
            **PAGED,
        },
    ),
)
