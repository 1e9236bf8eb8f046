"""Above a till's limit another person has to agree before cash moves.

Whoever wants to move it asks, is told under which name it waits, and asks again once somebody else
has confirmed it: notes are counted by who stands at the drawer. An operation that was confirmed
before it came to the desk, for a rule against misuse, needs no second confirmation.
"""

from ..core.errors import CoreError
from ..core.held_operation import CASH, HeldOperation, HeldState, Need
from ..core.ledger import Act
from ..core.shift import Till
from .held_operations import hold_operation
from .repeats import answered_before
from .site import Site


async def needs_second(site: Site, act: Act, cash_minor: int, till: Till) -> CoreError | None:
    """Return the refusal that says what to confirm; None once somebody else has."""
    if agreed(site, act, cash_minor) is not None:
        return None
    operation = ""
    if await answered_before(site, act) is None:  # Else its caller hears that, and no refusal.
        held = await hold_operation(
            site,
            kind=CASH,
            actor=act.actor,
            data={"till": till.id},
            needs=(Need.PERSON,),
            why="second_person_above",
            wallet=str(act.detail.get("wallet") or ""),
            amount_minor=cash_minor,
            reference=_wanted(act, cash_minor),
        )
        operation = held.id
    return CoreError(
        "cash_second_person",
        operation=operation,
        amount=site.currency.text(abs(cash_minor)),
        till=till.name,
    )


def agreed(site: Site, act: Act, cash_minor: int) -> HeldOperation | None:
    """Return what another person has confirmed and this act is."""
    wanted, now = _wanted(act, cash_minor), site.clock()
    own = act.reference.key if act.reference is not None else ""
    for held in site.risking.held.values():
        if held.state is not HeldState.CONFIRMED or Need.PERSON not in held.needs:
            continue
        if held.done_by_asker:
            if held.reference == wanted and now < held.expires_at:
                return held
        elif held.id in site.risking.carrying and held.reference == own:
            return held
    return None


async def read_agreed(site: Site) -> None:
    """Forget what was agreed to and is used up: where a write failed, the books know of it first."""
    stored = await site.books.load(HeldOperation, state=HeldState.CONFIRMED.value)
    unused = {one.id for one in stored}
    for one in list(site.risking.held.values()):
        is_agreed = one.done_by_asker and one.state is HeldState.CONFIRMED
        if is_agreed and one.id not in unused:
            del site.risking.held[one.id]


def _wanted(act: Act, cash_minor: int) -> str:
    """Return what makes an act the same one when it is asked for again."""
    about = (
        str(act.detail.get(name) or "")
        for name in ("wallet", "stay", "bill", "agent", "batch", "receipt")
    )
    return "|".join((str(act.actor), act.kind, str(cash_minor), *about))
