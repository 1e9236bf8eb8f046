"""Pay codes are made and revoked: each is a sticker somewhere, and one that is revoked opens nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
import secrets
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, PayCodeId
from ..core.ledger import Act, Receipt
from ..core.page import Part
from ..core.pay_code import LASTING, MARK_BYTES, PayCode, PayFor
from .booking import book, referenced
from .pages import numbered
from .pay_tokens import checked
from .repeats import answered_before
from .site import Site
from .turn import in_turn

MOST_CODES: Final = 500
"""Codes that are made at once: one act holds them all."""


async def load(site: Site) -> None:
    """Take up the codes that are in force."""
    for code in await site.books.load(PayCode, revoked_at=None):
        site.codes.put(code)


@in_turn
async def make_pay_codes(
    site: Site,
    *,
    kind: PayFor,
    targets: Sequence[str],
    actor: Actor,
    anew: bool = False,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt | None, list[PayCode]]:
    """Make a code for each of these; what has one keeps it, or gets another one `anew`.

    One code is in force for a thing: what opened it before is revoked in the same act. There is no
    receipt where all of them had their codes.
    """
    if kind not in LASTING:
        raise CoreError("pay_code_wrong_kind", kind=kind)
    wanted = list(dict.fromkeys(targets))
    if not wanted:
        raise CoreError("pay_code_for_nothing")
    if len(wanted) > MOST_CODES:
        raise CoreError("pay_code_too_many", count=len(wanted), most=MOST_CODES)
    content = {"kind": kind, "targets": wanted, "anew": anew}
    key = referenced("make_pay_code", reference, content)
    act = Act(
        kind=EntryKind.PAY_CODE_MADE,
        event=f"pay_codes/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
    )
    if (before := await answered_before(site, act)) is not None:
        return before, [await find_pay_code(site, str(one)) for one in _told(before)]
    for target in wanted:
        checked(site, kind, target)
    known = {target: site.codes.targets.get((kind, target)) for target in wanted}
    made = {
        target: await _fresh(site, kind, target, act.occurred)
        for target, code in known.items()
        if anew or code is None
    }
    codes = [made.get(target) or code for target, code in known.items()]
    receipt = None
    if made:
        stale = [
            replace(code, revoked_at=act.occurred)
            for target, code in known.items()
            if code is not None and target in made
        ]
        detail = {
            "kind": kind,
            "codes": [code.id for code in codes if code is not None],
            "made": {code.id: code.target for code in made.values()},
            "revoked": [code.id for code in stale],
        }
        puts = (*stale, *made.values())
        receipt = await book(site, replace(act, detail=detail, puts=puts))
        for code in puts:
            site.codes.put(code)
    return receipt, [code for code in codes if code is not None]


@in_turn
async def revoke_pay_code(
    site: Site, *, code: str, actor: Actor, reason: str = ""
) -> tuple[Receipt, PayCode]:
    """Let a code open nothing any more: who scans it sees what is seen of a code that never was."""
    known = await find_pay_code(site, code)
    revoked = replace(known, revoked_at=known.revoked_at or site.clock())
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.PAY_CODE_REVOKED,
            event=f"pay_code/{known.id}/revoked",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=referenced("revoke_pay_code", known.id),
            detail={"code": known.id, "kind": known.kind, "target": known.target},
            puts=(revoked,),
        )
    )
    site.codes.put(revoked)
    return receipt, revoked


async def find_pay_code(site: Site, code: str) -> PayCode:
    """Return a code by its id, also one that was revoked, or refuse in words."""
    asked = PayCodeId(code.strip().lower())
    if (known := site.codes.codes.get(asked)) is not None:
        return known
    found = await site.books.load(PayCode, id=asked)
    if not found:
        raise CoreError("unknown_pay_code", code=code)
    return found[0]


def codes_in_force(site: Site, kind: PayFor | None = None) -> list[PayCode]:
    """Return the codes in force, in the order they were made."""
    known = (one for one in site.codes.codes.values() if kind is None or one.kind is kind)
    return sorted(known, key=lambda one: one.no)


async def codes_ever(site: Site, part: Part, kind: PayFor | None = None) -> list[PayCode]:
    """Return the codes that were ever made, the revoked ones too, in their order."""
    like = {} if kind is None else {"kind": kind.value}
    return await numbered(site, PayCode, part, like, newest_first=False)


async def _fresh(site: Site, kind: PayFor, target: str, now: datetime) -> PayCode:
    number = await site.books.next_number("pay_code")
    return PayCode(
        id=PayCodeId(f"pc{number}"),
        no=number,
        kind=kind,
        target=target,
        mark=secrets.token_bytes(MARK_BYTES),
        made_at=now,
    )


def _told(receipt: Receipt) -> list[str]:
    codes = receipt.detail["codes"]
    assert isinstance(codes, list)
    return [str(one) for one in codes]
