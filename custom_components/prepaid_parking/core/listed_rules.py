"""What a lane answers whom only the office's list knows."""

from datetime import timedelta

from .asked import Asked, Decision, Reason, Verdict, Way
from .lane_list import Listed
from .lane_rules import BY_RIGHT, Look, Values, admit, refuse
from .review import Suspicion
from .stay import StayKind


def listed_entry(asked: Asked) -> Look | None:
    """Let in by a right of the list, or refuse as the office would.

    What would pay out of a wallet of the office, a lane cannot take: outside its hours, and one more
    than may be inside at once, a card is a temporary where those are let in.
    """
    listed = asked.listed
    if listed is None or asked.card is not None:
        return None
    values, entry = _values(asked, listed), listed.entry
    kept_out = entry.refusal is not None and listed.problem is entry.refusal
    if kept_out:
        return Look(values, refuse(entry.refusal or Reason.BLOCKED))
    problem = _problem(asked, listed)
    if problem is not None:
        public = asked.rules.temporaries and bool(asked.tariff)
        return Look(values, None if public else refuse(problem))
    if entry.unpaid is not Verdict.ADMIT:
        return Look(values, Decision(verdict=entry.unpaid, reason=Reason.BILL_UNPAID))
    return Look(values, admit(asked, BY_RIGHT[entry.right], entry.right, remind=entry.remind))


def listed_exit(asked: Asked) -> Look | None:
    """Let out by right also whom nobody saw come in: its stay would have cost nothing."""
    listed = asked.listed
    if listed is None or asked.card is not None or not listed.entry.right.covered:
        return None
    values = _values(asked, listed)
    if listed.problem is not None:
        return Look(values)
    review = Suspicion.NO_ENTRY if asked.tracked else ""
    return Look(values, admit(asked, BY_RIGHT[listed.entry.right], review=review))


def _values(asked: Asked, listed: Listed) -> Values:
    minutes = max(0, (asked.now - listed.made_at) // timedelta(minutes=1))
    return {"list": listed.number, "at": listed.said_at, "minutes": minutes}


def _problem(asked: Asked, listed: Listed) -> Reason | None:
    """Return why a right of the list is no right now."""
    if listed.problem is not None:
        return listed.problem
    if not listed.in_hours:
        return Reason.OUTSIDE_TIME
    if listed.entry.right is StayKind.CARD and asked.due_minor and asked.way is Way.ENTRY:
        return Reason.NOT_ENOUGH_MONEY
    most = listed.entry.at_once
    return Reason.STILL_INSIDE if most is not None and listed.inside >= most else None
