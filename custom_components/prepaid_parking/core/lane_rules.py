"""What the rules of both ways share: the form of a rule, its answers, and by what right a card passes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .asked import Asked, Decision, Reason, Verdict, Way
from .permit import PermitKind
from .review import Suspicion
from .space import Tenure
from .stay import StayKind
from .vehicle import RuleKind
from .wallet import CardState

type Values = Mapping[str, object]
type Rule = Callable[[Asked], Look | None]
"""Looks at what is asked: None where there is nothing to look at."""
type Rules = Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule saw (ids and numbers, never a plate), and its answer where it has one."""

    values: Values = field(default_factory=dict)
    answer: Decision | None = None


BY_RIGHT: Final = {
    StayKind.OWNER: Reason.OWNER,
    StayKind.RENTER: Reason.RENTER,
    StayKind.PACKAGE: Reason.PACKAGE,
    StayKind.CARD: Reason.CARD,
    StayKind.VISITOR: Reason.INVITED,
    StayKind.FREE: Reason.FREE,
    StayKind.EMERGENCY: Reason.EMERGENCY_VEHICLE,
}
"""Why a car passes, by the right it is inside by; a temporary passes because nothing is due."""
STAY_BY: Final = {PermitKind.PACKAGE: StayKind.PACKAGE, PermitKind.RENTAL: StayKind.RENTER}
"""The right of a stay, by what was sold."""


def refuse(reason: Reason) -> Decision:
    """Stay closed."""
    return Decision(verdict=Verdict.REFUSE, reason=reason)


def ask(reason: Reason) -> Decision:
    """Stay closed and call an attendant."""
    return Decision(verdict=Verdict.ASK, reason=reason)


def admit(
    asked: Asked,
    reason: Reason,
    kind: StayKind | None = None,
    *,
    charge_minor: int = 0,
    remind: bool = False,
    review: str = "",
) -> Decision:
    """Open, for a price; on the way in with the right of the stay that begins.

    A car that never left is looked at by a person, whatever lets it in.
    """
    entry = asked.way is Way.ENTRY
    if entry and not review and comes_again(asked):
        review = Suspicion.SECOND_ENTRY
    return Decision(
        verdict=Verdict.ADMIT,
        reason=reason,
        kind=kind if entry else None,
        charge_minor=charge_minor,
        remind=remind,
        review=review,
    )


def comes_again(asked: Asked) -> bool:
    """Tell whether this very vehicle is inside as far as the site knows, and the site would know."""
    return asked.tracked and asked.stay is not None and asked.stay.state.inside


def free_rule(asked: Asked) -> Look | None:
    """Let pass who parks free: once, until an instant, or always."""
    rule = asked.rule
    if rule is None or rule.kind is not RuleKind.FREE:
        return None
    free = admit(asked, Reason.FREE, StayKind.FREE) if rule.holds(asked.now) else None
    return Look({"rule": rule.id, "once": rule.once}, free)


def right_of(asked: Asked) -> StayKind | None:
    """Return the right a card passes by: its owned space, else its permit; None where it has none."""
    space, permit = asked.space, asked.permit
    if space is not None and space.tenure is Tenure.OWNED and space.closed_at is None:
        return StayKind.OWNER
    return STAY_BY[permit.kind] if permit is not None else None


def right_values(asked: Asked) -> Values:
    """Return what a right is made of, as a trace shows it."""
    space, permit = asked.space, asked.permit
    return {
        **({"space": space.id} if space is not None else {}),
        **({"permit": permit.id, "in_window": asked.in_window} if permit is not None else {}),
    }


def card_problem(asked: Asked) -> Reason | None:
    """Return what is in the way of a card itself, whatever was bought with it."""
    card = asked.card
    if card is None:
        return None
    if card.state is not CardState.ACTIVE:
        return Reason.CARD_BLOCKED
    if card.valid_from is not None and asked.now < card.valid_from:
        return Reason.NOT_YET_VALID
    if card.valid_until is not None and asked.now >= card.valid_until:
        return Reason.EXPIRED
    if card.lanes and asked.lane not in card.lanes:
        return Reason.OTHER_LANE
    return None if asked.wallet_open else Reason.WALLET_CLOSED


def fee_problem(asked: Asked) -> Reason | None:
    """Return why the price of a passage cannot be taken out of the card's wallet."""
    if not asked.wallet_open:
        return Reason.WALLET_CLOSED
    if asked.wallet_frozen:
        return Reason.WALLET_FROZEN
    return None if asked.payable else Reason.NOT_ENOUGH_MONEY
