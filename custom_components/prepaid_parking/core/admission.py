"""Who may pass a lane, which way, by what right, at what price, and the trace that explains it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from .access import FUTURE_READ, OLDEST_READ
from .asked import Asked, Decision, Reason, Step, Verdict, Way
from .entry_rules import ENTRY
from .exit_rules import EXIT
from .lane_rules import Look, Rules, admit, refuse
from .stay import StayKind
from .vehicle import VehicleClass

__all__ = ["Asked", "Decision", "Reason", "Step", "Verdict", "Way", "decide"]


def decide(asked: Asked) -> Decision:
    """Answer one vehicle at one lane by the first rule that has an answer.

    A read that cannot be believed is refused before anything is looked up about it: a replayed message
    must tell nobody which plates are registered. The last rule of each way always answers.
    """
    way = ENTRY if asked.way is Way.ENTRY else EXIT
    steps: list[Step] = []
    for name, rule in {**READ, **ALWAYS, **way}.items():
        look = rule(asked)
        if look is None:
            continue
        steps.append(Step(name, look.answer is not None, look.values))
        if look.answer is not None:
            return replace(look.answer, trace=tuple(steps))
    raise AssertionError(asked.way)


def _replayed(asked: Asked) -> Look:
    return Look({}, refuse(Reason.REPLAYED)) if asked.replayed else Look()


def _age(asked: Asked) -> Look:
    age = asked.now - asked.at
    values = {"age_s": age // timedelta(seconds=1), "most_s": OLDEST_READ.seconds}
    if age > OLDEST_READ:
        return Look(values, refuse(Reason.TOO_OLD))
    return Look(values, refuse(Reason.FROM_FUTURE) if -age > FUTURE_READ else None)


def _car(asked: Asked) -> Look | None:
    if asked.car is None:
        return None
    return Look({}, None if asked.car else refuse(Reason.NO_CAR))


def _score(asked: Asked) -> Look:
    values = {"score": asked.score, "least": asked.least_score}
    return Look(values, refuse(Reason.LOW_SCORE) if asked.score < asked.least_score else None)


def _emergency(asked: Asked) -> Look | None:
    return Look({}, admit(asked, Reason.EMERGENCY, StayKind.EMERGENCY)) if asked.emergency else None


def _emergency_vehicle(asked: Asked) -> Look | None:
    if asked.vehicle is not VehicleClass.EMERGENCY:
        return None
    return Look({}, admit(asked, Reason.EMERGENCY_VEHICLE, StayKind.EMERGENCY))


READ: Final[Rules] = {"replayed": _replayed, "age": _age, "car": _car, "score": _score}
"""Whether the read can be believed."""
ALWAYS: Final[Rules] = {"emergency": _emergency, "emergency_vehicle": _emergency_vehicle}
"""Who passes either way, whatever else holds."""
