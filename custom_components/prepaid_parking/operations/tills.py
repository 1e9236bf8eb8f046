"""Drawers and who has them: a shift begins with a count and ends with one, and then never changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, ActorKind, ShiftId, TillId
from ..core.ledger import Act, Posting, Receipt
from ..core.page import Part
from ..core.shift import Shift, Till, counted, delivered, shut
from .booking import referenced
from .desk import CASH, load
from .desk_facts import TillFact
from .named import by_id_or_name
from .pages import numbered
from .repeats import answered_before
from .site import Site
from .turn import in_turn

BANK = site_account(SiteAccount.BANK)
DIFFERENCE = site_account(SiteAccount.TILL_DIFFERENCE)


def find_till(site: Site, asked: str) -> Till:
    """Return a till by id, or by its name, or refuse in words."""
    known = by_id_or_name(site.desk.tills.values(), asked)
    if known is None:
        raise CoreError("unknown_till", till=asked)
    return known


async def own_shift(site: Site, actor: Actor) -> str:
    """Return the shift somebody has, or the last one they had; "" where they never had any.

    Who closes it and hears no answer asks again, and is answered; the report is read after the close.
    """
    who = str(actor)
    has = [one for one in site.desk.shifts.values() if one.cashier == who]
    had = has or await numbered(site, Shift, Part(limit=1), {"cashier": who})
    return max(had, key=lambda one: one.no).id if had else ""


async def find_shift(site: Site, asked: str) -> Shift:
    """Return a shift by id, also one that is closed, or refuse in words; "" is of who never had one."""
    if not asked:
        raise CoreError("no_shift_of_yours")
    known = site.desk.shifts.get(ShiftId(asked.lower()))
    if known is not None:
        return known
    found = await site.books.load(Shift, id=asked.lower())
    if not found:
        raise CoreError("unknown_shift", shift=asked)
    return found[0]


@in_turn
async def set_till(
    site: Site,
    *,
    actor: Actor,
    till: str = "",
    changes: Mapping[str, object],
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Till]:
    """Set up a drawer, or change its name or limits; one that somebody has is not closed.

    `changes` are fields of `Till`, and `closed` to take it out of use or back.
    """
    key = referenced("set_till", reference, {"till": till, **changes})
    act = Act(
        kind=EntryKind.TILL_SET,
        event=f"till/{till or 'new'}/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
    )
    async with site.desk.lock:
        await _trusted(site)
        if (before := await answered_before(site, act)) is not None:
            return before, site.desk.tills[TillId(str(before.detail["till"]))]
        after = await _changed(site, till, dict(changes))
        act = replace(
            act, detail={"till": after.id, "name": after.name, **_limits(after)}, puts=(after,)
        )
        receipt = await _commit(site, act)
        site.desk.tills[after.id] = after
        site.tell(TillFact(till=after.id))
        return receipt, after


@in_turn
async def open_shift(
    site: Site, *, till: str, counted_minor: int, actor: Actor, reference: str = ""
) -> tuple[Receipt, Shift]:
    """Take over a drawer with what was counted in it; one drawer to a person, one person to a drawer."""
    drawer, who = find_till(site, till), str(actor)
    if actor.kind is not ActorKind.USER:
        raise CoreError("shift_needs_person")
    if counted_minor < 0:
        raise CoreError("amount_not_positive", amount=counted_minor)
    key = referenced(
        "open_shift", reference, {"till": drawer.id, "counted": counted_minor, "cashier": who}
    )
    async with site.desk.lock:
        await _trusted(site)
        act = Act(
            kind=EntryKind.SHIFT_OPENED,
            event=f"shift/opened/{key.key}",
            occurred=site.clock(),
            actor=actor,
            reference=key,
        )
        if (before := await answered_before(site, act)) is not None:
            return before, await find_shift(site, str(before.detail["shift"]))
        if drawer.closed_at is not None:
            raise CoreError("till_closed", till=drawer.name)
        for one in site.desk.shifts.values():
            if one.till == drawer.id:
                raise CoreError("till_taken", till=drawer.name, shift=one.id)
            if one.cashier == who:
                raise CoreError("shift_open_already", shift=one.id)
        number = await site.books.next_number("shift")
        shift = Shift(
            id=ShiftId(f"sh{number}"),
            no=number,
            till=drawer.id,
            cashier=who,
            opened_at=site.clock(),
            opened_minor=counted_minor,
        )
        detail = {"shift": shift.id, "till": drawer.id, "counted": counted_minor}
        receipt = await _commit(site, replace(act, detail=detail, puts=(shift,)))
        site.desk.shifts[shift.id] = shift
        site.tell(TillFact(till=shift.till))
        return receipt, shift


@in_turn
async def count_shift(site: Site, *, shift: str, counted_minor: int) -> Shift:
    """Write down what lies in a drawer; a movement of cash after it asks for another count."""
    async with site.desk.lock:
        await _trusted(site)
        after = counted(await find_shift(site, shift), counted_minor, site.clock())
        site.desk.doubtful = True  # Until it is known what became of it.
        await site.books.record(after)
        site.desk.doubtful = False
        site.desk.shifts[after.id] = after
        return after


@in_turn
async def deliver_cash(
    site: Site,
    *,
    shift: str,
    amount_minor: int,
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Shift]:
    """Bring cash out of a drawer to the bank."""

    def draw(known: Shift) -> tuple[Shift, tuple[Posting, ...], dict[str, object]]:
        after = delivered(known, amount_minor)
        leg = Posting(source=BANK, target=CASH, amount_minor=amount_minor)
        return after, (leg,), {"amount": amount_minor}

    key_content = {"shift": shift, "amount": amount_minor}
    return await _written(
        site, shift, EntryKind.CASH_DELIVERED, draw, actor, reason, reference, key_content
    )


@in_turn
async def close_shift(
    site: Site,
    *,
    shift: str,
    actor: Actor,
    counted_minor: int | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Shift]:
    """End a shift with what was counted; what is missing, or too much, is booked with its reason."""

    def draw(known: Shift) -> tuple[Shift, tuple[Posting, ...], dict[str, object]]:
        now = site.clock()
        seen = known if counted_minor is None else counted(known, counted_minor, now)
        after = shut(seen, by=str(actor), reason=reason, at=now)
        beyond = after.difference_minor
        source, target = (CASH, DIFFERENCE) if beyond > 0 else (DIFFERENCE, CASH)
        legs = (Posting(source=source, target=target, amount_minor=abs(beyond)),) if beyond else ()
        told = {
            "till": after.till,
            "expected": after.expected_minor,
            "counted": after.counted_minor,
            "difference": beyond,
        }
        return after, legs, told

    return await _written(
        site,
        shift,
        EntryKind.SHIFT_CLOSED,
        draw,
        actor,
        reason,
        reference,
        {"shift": shift, "counted": counted_minor},
    )


async def _written(
    site: Site,
    shift: str,
    kind: EntryKind,
    draw_fn: Callable[[Shift], tuple[Shift, tuple[Posting, ...], dict[str, object]]],
    actor: Actor,
    reason: str,
    reference: str,
    content: Mapping[str, object],
) -> tuple[Receipt, Shift]:
    """Change an open shift in one act; asked again under its reference it is answered as before."""
    key = referenced(str(kind), reference, content)
    async with site.desk.lock:
        await _trusted(site)
        known = await find_shift(site, shift)
        act = Act(
            kind=kind,
            event=f"shift/{known.id}/{kind}/{key.key}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=key,
        )
        if (before := await answered_before(site, act)) is not None:
            return before, known
        after, legs, detail = draw_fn(known)
        receipt = await _commit(
            site, replace(act, postings=legs, detail={"shift": after.id, **detail}, puts=(after,))
        )
        if after.closed_at is None:
            site.desk.shifts[after.id] = after
        else:
            site.desk.shifts.pop(after.id, None)
            site.desk.left[after.till] = after.expected_minor + after.difference_minor
        site.tell(TillFact(till=after.till))
        return receipt, after


async def _commit(site: Site, act: Act) -> Receipt:
    """Write an act; until it is known what became of it, what is in mind is not believed."""
    site.desk.doubtful = True
    receipt = await site.books.commit(act)
    site.desk.doubtful = False
    site.books_written()
    return receipt


async def _changed(site: Site, asked: str, changes: dict[str, object]) -> Till:
    closed, now = changes.pop("closed", None), site.clock()
    if asked:
        known = find_till(site, asked)
    else:
        if not changes.get("name"):
            raise CoreError("till_without_name")
        number = await site.books.next_number("till")
        known = Till(id=TillId(f"ti{number}"), no=number, name="")
    after = replace(known, **changes)  # type: ignore[arg-type]  # fields of a till, by the schema
    for limit in (after.most_minor, after.second_minor):
        if limit is not None and limit <= 0:
            raise CoreError("amount_not_positive", amount=limit)
    if closed is not None:
        if closed and any(one.till == after.id for one in site.desk.shifts.values()):
            raise CoreError("till_in_use", till=after.name)
        after = replace(after, closed_at=now if closed else None)
    return after


def _limits(till: Till) -> dict[str, object]:
    return {
        "most": till.most_minor,
        "second": till.second_minor,
        "closed": till.closed_at is not None,
    }


async def _trusted(site: Site) -> None:
    if site.desk.doubtful:
        await load(site)
