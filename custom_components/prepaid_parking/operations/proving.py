"""Once a day the books prove themselves; a person adds what the bank says."""

import asyncio
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from ..core.chart import Bucket, wallet_account
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM, Actor
from ..core.ledger import AccountId, Act, Detail, Receipt
from ..core.proof import Held, Proof, ProofKept, Unproven, prove
from .booking import book, referenced
from .facts import Proved
from .gently import gently
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun

PARTS: Final = (
    "wallets",
    "cash_minor",
    "bonus_minor",
    "held_minor",
    "arrears_minor",
    "debts_minor",
)
LAST: Final = "last"
STATEMENT: Final = "statement"


async def load(site: Site) -> None:
    """Take up the last proof, and the last one for which somebody asked the bank."""
    kept = {one.name: one.proof for one in await site.books.load(ProofKept)}
    site.proof, site.audited = kept.get(LAST), kept.get(STATEMENT)


async def prove_daily(site: Site, now: datetime) -> None:
    """Prove the books of a local day that has none yet: a chore, asked each hour.

    A site begins with the first day that finds a wallet there.
    """
    day = now.astimezone(site.zone).date()
    if (site.proof is not None and site.proof.day >= day) or not site.books.writable:
        return
    if site.proof is None and not any(
        run.wallet.opened_at.astimezone(site.zone).date() < day for run in site.wallets.values()
    ):
        return
    proof = await _prove(site, now, day)
    key = referenced("proof", day.isoformat(), {"day": day.isoformat()})
    act = replace(_act(proof, SYSTEM, f"proof/{day.isoformat()}"), reference=key)
    _keep(site, proof, await book(site, act))


def problem_of(site: Site) -> Unproven | None:
    """Return what the last proofs found wrong: the books' own, or what the bank said."""
    proofs = [proof for proof in (site.proof, site.audited) if proof is not None]
    return next((proof.problem for proof in proofs if proof.problem is not None), None)


@in_turn
async def prove_account(
    site: Site,
    *,
    statement_minor: int,
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Proof]:
    """Hold what the bank says is on the supervised account against what belongs to the customers.

    What the site has earned may have been taken from the account; what is the customers' may not.
    """
    now = site.clock()
    day = now.astimezone(site.zone).date()
    proof = await _prove(site, now, day, statement_minor)
    key = referenced("prove_account", reference, {"statement": statement_minor})
    act = replace(
        _act(proof, actor, f"proof/{day.isoformat()}/statement/{key.key}"),
        reason=reason,
        reference=key,
    )
    receipt = await book(site, act)
    if receipt.repeated:
        return receipt, _of_detail(receipt.detail)
    _keep(site, proof, receipt)
    return receipt, proof


def proof_view(site: Site, proof: Proof) -> dict[str, object]:
    """Describe a proof."""
    money, difference = site.currency.text, proof.difference_minor
    statement = proof.statement_minor
    return {
        "day": proof.day.isoformat(),
        "at": proof.at.isoformat(),
        "liabilities": money(proof.liability_minor),
        "received": money(proof.received_minor),
        "statement": None if statement is None else money(statement),
        "difference": None if difference is None else money(difference),
        "problem": proof.problem,
        "purposes": {
            purpose: {
                "wallets": held.wallets,
                "cash": money(held.cash_minor),
                "bonus": money(held.bonus_minor),
                "held": money(held.held_minor),
                "arrears": money(held.arrears_minor),
                "debts": money(held.debts_minor),
            }
            for purpose, held in proof.purposes.items()
        },
        "beside": {name: money(much) for name, much in proof.beside.items()},
    }


async def _prove(site: Site, now: datetime, day: date, statement_minor: int | None = None) -> Proof:
    balances = await site.books.balances()
    holders = [(run.wallet.no, run.wallet.purpose) for run in site.wallets.values()]
    # In a thread: a campus has a hundred thousand accounts.
    proof = await asyncio.to_thread(
        prove, balances, holders, now, day, statement_minor, missing_minor(site)
    )
    if proof.problem is None and await _differs(site, balances):
        return replace(proof, problem=Unproven.DIFFERS)
    return proof


def missing_minor(site: Site) -> int:
    """Return what differences found too little: in suspense it stands against others' money."""
    found = site.settling.differences.values()
    return -sum(min(0, one.suspended_minor) for one in found)


async def _differs(site: Site, balances: dict[AccountId, int]) -> bool:
    """Tell whether memory says otherwise than the books, of any wallet and any account.

    A lane may just be charging: it is looked at again once what was under way is written.
    """
    runs = list(site.wallets.values())
    for _ in range(2):
        wrong = [run async for run in gently(runs) if _is_wrong(run, balances)]
        if not wrong:
            return False
        await site.books.entries(limit=1, newest_first=True)
        runs, balances = wrong, await site.books.balances()
    return True


def _is_wrong(run: WalletRun, balances: dict[AccountId, int]) -> bool:
    known = run.others | {Bucket.CASH: run.posted_minor, Bucket.BONUS: run.bonus_minor}
    return any(
        known.get(bucket, 0) != balances.get(wallet_account(run.wallet.no, bucket), 0)
        for bucket in Bucket
    )


def _act(proof: Proof, actor: Actor, event: str) -> Act:
    detail: Detail = {
        "at": proof.at.isoformat(),
        "day": proof.day.isoformat(),
        "purposes": {
            purpose: {part: getattr(held, part) for part in PARTS}
            for purpose, held in proof.purposes.items()
        },
        "beside": dict(proof.beside),
        "received": proof.received_minor,
        "statement": proof.statement_minor,
        "problem": str(proof.problem or ""),
    }
    names = (LAST,) if proof.statement_minor is None else (LAST, STATEMENT)
    return Act(
        kind=EntryKind.PROOF,
        event=event,
        occurred=proof.at,
        actor=actor,
        detail=detail,
        puts=tuple(ProofKept(name=name, proof=proof) for name in names),
    )


def _keep(site: Site, proof: Proof, receipt: Receipt) -> None:
    kept = _of_detail(receipt.detail) if receipt.repeated else proof
    site.proof = kept
    if kept.statement_minor is not None:
        site.audited = kept
    site.tell(Proved(proof=kept))


def _of_detail(detail: Any) -> Proof:
    return Proof(
        at=datetime.fromisoformat(detail["at"]),
        day=date.fromisoformat(detail["day"]),
        purposes={name: Held(**held) for name, held in detail["purposes"].items()},
        beside=detail.get("beside", {}),
        received_minor=detail["received"],
        statement_minor=detail["statement"],
        problem=Unproven(detail["problem"]) if detail["problem"] else None,
    )
