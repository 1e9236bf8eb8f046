"""Points of use: a machine, a room, a door; what a tap there takes and what it switches."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import LaneId, PointId, TariffId
from .wallet import Purpose

LONGEST: Final = timedelta(days=366)
"""A use that is longer is a lease: it has no business with a switch."""


class PointKind(StrEnum):
    """What a tap does: it takes and that is all, it buys minutes, or it begins and ends a use."""

    TAP = "tap"
    TIMED = "timed"
    METERED = "metered"


class Basis(StrEnum):
    """What a metered use is priced by."""

    CLOCK = "clock"
    RUNTIME = "runtime"
    COUNTER = "counter"


class Outage(StrEnum):
    """What the time costs in which the hub was down and the thing was on."""

    CHARGE = "charge"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What shows that a machine really started: a number of an entity that rises above a mark.

    `above` is decimal text in the entity's own unit, `within_s` how long it may take.
    """

    entity: str
    above: str
    within_s: int

    def shown(self, number: Decimal | None) -> bool:
        """Tell whether a number proves it."""
        return number is not None and number > Decimal(self.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePoint:
    """A named point of use.

    Only wallets of its `purpose` pay there. A tap takes `uses` of the counted `tariff`, or
    `amount_minor`; at a metered point the tariff is one by duration. `switch` and `counter` are
    entities of the hub, `lane` a lane whose barrier opens. Uses end after `minutes` (timed), or at
    the latest then and when they have cost `most_minor` (metered).
    """

    id: PointId
    no: int
    name: str
    purpose: Purpose
    kind: PointKind
    tariff: TariffId | None = None
    uses: int = 1
    amount_minor: int = 0
    minutes: int = 0
    switch: str = ""
    lane: LaneId | None = None
    basis: Basis = Basis.CLOCK
    counter: str = ""
    deposit_minor: int = 0
    most_minor: int | None = None
    proof: Proof | None = None
    outage: Outage = Outage.CHARGE
    closed_at: datetime | None = None


def check_point(point: UsePoint) -> None:
    """Refuse a point at which nobody would know what is taken, or what it is measured by."""
    if not point.name.strip():
        raise CoreError("point_needs", field="name")
    wanted: dict[str, bool] = {}
    match point.kind:
        case PointKind.TAP:
            wanted = {"tariff": bool(point.tariff) != bool(point.amount_minor)}
        case PointKind.TIMED:
            wanted = {
                "tariff": bool(point.tariff) != bool(point.amount_minor),
                "minutes": point.minutes > 0,
                "switch": bool(point.switch),
            }
        case PointKind.METERED:
            wanted = {
                "tariff": point.tariff is not None,
                "counter": bool(point.counter) is (point.basis is Basis.COUNTER),
                "switch": bool(point.switch) or point.basis is not Basis.RUNTIME,
            }
    for field, given in wanted.items():
        if not given:
            raise CoreError("point_needs", field=field)
    if point.lane is not None and point.kind is not PointKind.TAP:
        raise CoreError("point_needs_not", field="lane", kind=point.kind)
    if min(point.amount_minor, point.deposit_minor, point.most_minor or 0, point.uses - 1) < 0:
        raise CoreError("amount_not_positive", amount=point.amount_minor)
    if not 0 <= point.minutes <= LONGEST // timedelta(minutes=1):
        raise CoreError("point_needs", field="minutes")
    if point.proof is not None:
        _check_proof(point, point.proof)


def _check_proof(point: UsePoint, proof: Proof) -> None:
    if not point.switch:
        raise CoreError("point_needs", field="switch")
    try:
        above = Decimal(proof.above)
    except InvalidOperation as err:
        raise CoreError("not_a_number", value=proof.above) from err
    if not above.is_finite():
        raise CoreError("not_a_number", value=proof.above)
    if not proof.entity or proof.within_s < 1:
        raise CoreError("point_needs", field="proof")
