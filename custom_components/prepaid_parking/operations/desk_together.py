"""Many payments over the counter that are written together: one flush of the disk, a receipt for each.

A company's one transfer for a hundred flats is a hundred payments, each with its payer's number.
"""

from collections.abc import Sequence

from ..core.errors import ConflictError, CoreError
from ..core.identity import ShiftId
from ..core.ledger import Act, Receipt
from ..core.shift import RECEIPTS, Shift
from .desk import Drawn, Takings, begin_numbers, draw, load, shift_of, taken_over, takings_of, write
from .site import Site


async def write_all(site: Site, acts: Sequence[Act]) -> list[Receipt | CoreError]:
    """Write acts together, each standing alone; a refusal is returned in its place.

    Their receipts follow each other. Cash is looked at act by act: a drawer has its limits.
    """
    moved = [takings_of(act) for act in acts]
    if not any(moved):
        return await site.books.commit_all(acts)
    if len(acts) == 1 or any(one is None or one.cash_minor for one in moved):
        return [await _answer(site, act) for act in acts]
    answers = await _together(
        site, [(act, one) for act, one in zip(acts, moved, strict=True) if one]
    )
    return [
        await _answer(site, act) if _is_passed(answer) else answer
        for act, answer in zip(acts, answers, strict=True)
    ]


async def _together(site: Site, acts: Sequence[tuple[Act, Takings]]) -> list[Receipt | CoreError]:
    """Write acts with their receipts in a row: one that is not written breaks it for those behind."""
    async with site.desk.lock:
        if site.desk.doubtful:
            await load(site)
        await begin_numbers(site)
        last, shifts, drawn = site.desk.last_receipt or 0, dict[ShiftId, Shift](), list[Drawn]()
        for act, takings in acts:
            shift = shift_of(site, act)
            shift = shifts.get(shift.id, shift) if shift is not None else None
            one = draw(site, act, takings, last, shift)
            if one.receipt is not None:
                last = one.receipt.no
            if one.shift is not None:
                shifts[one.shift.id] = one.shift
            drawn.append(one)
        site.desk.doubtful = True  # Until it is known what became of them.
        answers = await site.books.commit_all([one.act for one in drawn])
        site.desk.doubtful = False
        for one, answer in zip(drawn, answers, strict=True):
            if isinstance(answer, Receipt) and not answer.repeated:
                taken_over(site, one)
    return answers


async def _answer(site: Site, act: Act) -> Receipt | CoreError:
    """Write an act by itself, and return a refusal in place of its receipt."""
    try:
        return await write(site, act)
    except CoreError as err:
        return err


def _is_passed(answer: Receipt | CoreError) -> bool:
    """Tell whether an act was only refused because the number of its receipt was not the next."""
    if not isinstance(answer, ConflictError) or answer.key != "cursor_moved":
        return False
    return answer.placeholders["installation"] == RECEIPTS
