"""The way in: who may come in, by what right, and as what kind of stay."""

from typing import Final

from .asked import Asked, Decision, Reason, Verdict
from .lane_rules import (
    BY_RIGHT,
    Look,
    Rules,
    admit,
    ask,
    card_problem,
    comes_again,
    fee_problem,
    free_rule,
    refuse,
    right_of,
    right_values,
)
from .listed_rules import listed_entry
from .parking_rules import PassBack, Unpaid
from .review import Suspicion
from .stay import StayKind
from .vehicle import RuleKind

VERDICT: Final = {Unpaid.ASK: Verdict.ASK, Unpaid.REFUSE: Verdict.REFUSE}


def _blocked(asked: Asked) -> Look | None:
    rule = asked.rule
    if rule is None or rule.kind is not RuleKind.BLOCKED:
        return None
    return Look({"rule": rule.id}, refuse(Reason.BLOCKED) if rule.holds(asked.now) else None)


def _card(asked: Asked) -> Look | None:
    """Look at the card before its rights: a lost card opens nothing, whatever was bought with it."""
    if asked.card is None:
        return None
    problem = card_problem(asked)
    return Look({"card": asked.card.id}, refuse(problem) if problem is not None else None)


def _near_match(asked: Asked) -> Look | None:
    """Let in what is one sign off a registered plate only where the site wants it, and free.

    What begins with a guess is paid by nobody until a person has looked at it.
    """
    if not asked.near:
        return None
    if not asked.rules.fuzzy or card_problem(asked) is not None:
        return Look({}, ask(Reason.NEAR_MATCH))
    return Look({}, admit(asked, Reason.CARD, StayKind.FREE, review=Suspicion.NEAR_MATCH))


def _second_entry(asked: Asked) -> Look | None:
    if not comes_again(asked):
        return None
    assert asked.stay is not None
    kept_out = asked.rules.pass_back is PassBack.REFUSE
    return Look({"stay": asked.stay.id}, refuse(Reason.STILL_INSIDE) if kept_out else None)


def _bill(asked: Asked) -> Look | None:
    """Hold an open bill against the right it is for, as far as the site's rules say."""
    right = right_of(asked)
    if right is None:
        return None
    by = asked.rules.owned if right is StayKind.OWNER else asked.rules.rented
    if not asked.unpaid or by is Unpaid.ADMIT:
        return Look({"unpaid": asked.unpaid})
    return Look({"unpaid": True}, Decision(verdict=VERDICT[by], reason=Reason.BILL_UNPAID))


def _at_once(asked: Asked) -> Look | None:
    """Count the card's other cars: one more than it has a right to is a temporary, or stays out."""
    most = _most_at_once(asked)
    if most is None or not asked.tracked:
        return None
    values = {"inside": asked.inside, "most": most}
    if asked.inside < most:
        return Look(values)
    if _public(asked) and not _full(asked):
        return Look(values, admit(asked, Reason.OVERFLOW, StayKind.TEMPORARY))
    return Look(values, refuse(Reason.STILL_INSIDE))


def _most_at_once(asked: Asked) -> int | None:
    """Return how many of a card's cars may be inside; a card without a right has no limit of its own."""
    card = asked.card
    if card is None:
        return None
    if card.at_once is not None:
        return card.at_once
    if right_of(asked) is None:
        return None
    permit, space = asked.permit, asked.space
    return max(
        permit.rights.at_once if permit is not None else 1,
        space.capacity if space is not None else 1,
    )


def _right(asked: Asked) -> Look | None:
    """Let in by right; what lies outside the permit's hours is paid for at the exit."""
    right = right_of(asked)
    if right is None:
        return None
    answer = admit(asked, BY_RIGHT[right], right, remind=asked.unpaid)
    return Look(right_values(asked), answer)


def _invitation(asked: Asked) -> Look | None:
    invitation, problem = asked.invitation, _invitation_problem(asked)
    if invitation is None:
        return None
    values = {"invitation": invitation.id, "left": invitation.left}
    if problem is not None:
        return Look(values)
    return Look(values, admit(asked, Reason.INVITED, StayKind.VISITOR))


def _invitation_problem(asked: Asked) -> Reason | None:
    """Return why an invitation does not hold here and now."""
    invitation = asked.invitation
    if invitation is None:
        return None
    if invitation.ended_at is not None or invitation.left == 0:
        return Reason.EXPIRED
    if not invitation.from_at <= asked.now < invitation.to_at:
        return Reason.OUTSIDE_TIME
    other = invitation.lanes and asked.lane not in invitation.lanes
    return Reason.OTHER_LANE if other else None


def _lapsed(asked: Asked) -> Look | None:
    """Hold it against a card that its permits are over, where strangers may not come in either."""
    if asked.card is None or asked.lapsed is None:
        return None
    return Look({}, None if _public(asked) else refuse(asked.lapsed))


def _fee(asked: Asked) -> Look | None:
    """Take the price of a passage out of the card's wallet."""
    if asked.card is None or not asked.due_minor:
        return None
    problem, due = fee_problem(asked), asked.due_minor
    paid = admit(asked, Reason.CARD, StayKind.CARD, charge_minor=due)
    return Look({"due_minor": due}, refuse(problem) if problem is not None else paid)


def _owes(asked: Asked) -> Look | None:
    if asked.card is not None or not asked.owed_minor:
        return None
    answer = ask(Reason.OWES) if asked.rules.owed_ask else None
    return Look({"owed_minor": asked.owed_minor}, answer)


def _reservation(asked: Asked) -> Look | None:
    """Let in who has reserved, also when all other places are taken."""
    reservation = asked.reservation
    if reservation is None or not reservation.from_at <= asked.now < reservation.to_at:
        return None
    values = {"reservation": reservation.id}
    if asked.card is not None:
        return Look(values, admit(asked, Reason.CARD, StayKind.CARD))
    remind = asked.owed_minor > 0
    return Look(values, admit(asked, Reason.TEMPORARY, StayKind.TEMPORARY, remind=remind))


def _places(asked: Asked) -> Look | None:
    if asked.places is None or not _public(asked):
        return None
    return Look({"places": asked.places}, refuse(Reason.FULL) if _full(asked) else None)


def _full(asked: Asked) -> bool:
    return asked.places is not None and asked.places <= 0


def _public(asked: Asked) -> bool:
    """Tell whether strangers may come in and would know what they pay."""
    return asked.rules.temporaries and bool(asked.tariff)


def _own_wallet(asked: Asked) -> Look | None:
    """Let in a card that bought nothing: its wallet pays for the stay when it leaves."""
    if asked.card is None:
        return None
    return Look({"tariff": asked.tariff}, admit(asked, Reason.CARD, StayKind.CARD))


def _temporary(asked: Asked) -> Look:
    """Let strangers in where the site does and has a price for them; else say what stood in the way."""
    values = {"temporaries": asked.rules.temporaries, "tariff": asked.tariff}
    if _public(asked):
        remind = asked.owed_minor > 0
        return Look(values, admit(asked, Reason.TEMPORARY, StayKind.TEMPORARY, remind=remind))
    return Look(values, refuse(_invitation_problem(asked) or Reason.UNKNOWN))


ENTRY: Final[Rules] = {
    "blocked": _blocked,
    "free": free_rule,
    "near_match": _near_match,
    "card": _card,
    "second_entry": _second_entry,
    "listed": listed_entry,
    "bill": _bill,
    "at_once": _at_once,
    "right": _right,
    "invitation": _invitation,
    "lapsed": _lapsed,
    "fee": _fee,
    "owes": _owes,
    "reservation": _reservation,
    "places": _places,
    "own_wallet": _own_wallet,
    "temporary": _temporary,
}
"""The rules of the way in, in the order they are looked at; the last one always answers."""
