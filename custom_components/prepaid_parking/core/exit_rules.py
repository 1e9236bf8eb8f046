"""The way out: nobody is kept inside that may leave, and nobody pays for a guess."""

from typing import Final

from .asked import Asked, Reason
from .lane_rules import (
    BY_RIGHT,
    Look,
    Rules,
    admit,
    ask,
    card_problem,
    fee_problem,
    free_rule,
    refuse,
    right_of,
    right_values,
)
from .listed_rules import listed_exit
from .review import Suspicion
from .wallet import CardState


def _near_match(asked: Asked) -> Look | None:
    """Let out what is one sign off a known plate only where nothing is due and the site wants it."""
    if not asked.near:
        return None
    values = {"due_minor": asked.due_minor}
    if asked.due_minor or not asked.rules.fuzzy:
        return Look(values, ask(Reason.NEAR_MATCH))
    return Look(values, admit(asked, Reason.NOTHING_DUE, review=Suspicion.NEAR_MATCH))


def _nothing_due(asked: Asked) -> Look | None:
    """Let out who owes nothing for the stay, also a blocked one."""
    stay = asked.stay
    if stay is None:
        return None
    values = {"stay": stay.id, "due_minor": asked.due_minor, "paid_minor": stay.paid_minor}
    if asked.due_minor:
        return Look(values)
    by_right = BY_RIGHT.get(stay.kind, Reason.NOTHING_DUE)
    return Look(values, admit(asked, Reason.PAID if stay.paid_minor else by_right))


def _payment(asked: Asked) -> Look | None:
    """Take what is due out of the wallet of the car itself, or say what is to be paid.

    A card that is blocked may be in the wrong hands: its wallet pays nothing.
    """
    if asked.stay is None:
        return None
    values = {"due_minor": asked.due_minor, "payable": asked.payable}
    lost = asked.card is not None and asked.card.state is not CardState.ACTIVE
    if lost or fee_problem(asked) is not None:
        return Look(values, refuse(Reason.TO_PAY))
    reason = BY_RIGHT.get(asked.stay.kind, Reason.CARD)
    return Look(values, admit(asked, reason, charge_minor=asked.due_minor))


def _right(asked: Asked) -> Look | None:
    """Let out by right also whom nobody saw come in: its stay would have cost nothing."""
    right = right_of(asked)
    if right is None:
        return None
    return Look(right_values(asked), admit(asked, BY_RIGHT[right], review=_unseen(asked)))


def _invitation(asked: Asked) -> Look | None:
    invitation = asked.invitation
    if invitation is None or invitation.host_pays or asked.now < invitation.from_at:
        return None
    values = {"invitation": invitation.id}
    return Look(values, admit(asked, Reason.INVITED, review=_unseen(asked)))


def _fee(asked: Asked) -> Look | None:
    """Take the price of a passage out of the card's wallet."""
    if asked.card is None or not asked.due_minor:
        return None
    problem = card_problem(asked) or fee_problem(asked)
    if problem is not None:
        return Look({"due_minor": asked.due_minor}, refuse(problem))
    charge, review = asked.due_minor, _unseen(asked)
    paid = admit(asked, Reason.CARD, charge_minor=charge, review=review)
    return Look({"due_minor": charge}, paid)


def _card(asked: Asked) -> Look | None:
    """Let out a card where a stay would have no price: nobody knows of anything it owes."""
    if asked.card is None or (asked.tracked and asked.tariff):
        return None
    return Look({"card": asked.card.id}, admit(asked, Reason.CARD, review=_unseen(asked)))


def _no_entry(asked: Asked) -> Look:
    """Call somebody for a car whose beginning nobody knows."""
    return Look({"tariff": asked.tariff}, ask(Reason.NO_ENTRY))


def _unseen(asked: Asked) -> str:
    """Ask a person to look at who leaves without having come, where the site would have seen it."""
    return Suspicion.NO_ENTRY if asked.tracked else ""


EXIT: Final[Rules] = {
    "free": free_rule,
    "near_match": _near_match,
    "nothing_due": _nothing_due,
    "payment": _payment,
    "right": _right,
    "listed": listed_exit,
    "invitation": _invitation,
    "fee": _fee,
    "own_card": _card,
    "no_entry": _no_entry,
}
"""The rules of the way out, in the order they are looked at; the last one always answers."""
