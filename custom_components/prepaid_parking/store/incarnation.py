"""Going on from a shorter history that a person has looked at and accepted.

What was lost stays lost; what matters is that nothing of it is ever taken for something new: not
its place in the chain, not the numbers that were given out in it.
"""

from datetime import datetime
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.identity import Actor
from ..core.ledger import Act, Anchor
from .standing import Standing

FIRST: Final = 1
GAP_AFTER_LOSS: Final = 1000
"""Numbers skipped in every series: more than a site gives out between two backups."""


def next_incarnation(standing: Standing, lost: Anchor | None) -> int:
    """Return the number of the incarnation that follows all that were ever seen."""
    return max(lost.incarnation if lost else FIRST, standing.incarnation) + 1


def first_number(incarnation: int) -> int:
    """Return what a series counts from that is not known in this file."""
    return GAP_AFTER_LOSS * (incarnation - FIRST)


def accepting_act(
    incarnation: int,
    standing: Standing,
    lost: Anchor | None,
    *,
    occurred: datetime,
    actor: Actor,
    reason: str,
) -> Act:
    """Return the entry by which somebody answers for going on."""
    return Act(
        kind=EntryKind.INCARNATION,
        event=f"incarnation/{incarnation}",
        occurred=occurred,
        actor=actor,
        reason=reason,
        detail={
            "incarnation": incarnation,
            "after_entry": standing.n,
            "lost_to_entry": lost.n if lost else standing.n,
            "lost_head": lost.head.hex() if lost else "",
        },
    )
