"""A customer's person is put right: sealed anew under a key of its own, and written down without what it says.

The wallets of one customer have the one person. The books name which fields were changed, by whom and
why; rules against misuse look there for a telephone number that was changed shortly before a refund.
"""

from collections.abc import Mapping
import contextlib
from dataclasses import replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from .booking import book, referenced, tell
from .buyers import NOBODY, of_customer
from .facts import WalletEvent
from .opening_wallet import FINDABLE
from .repeats import answered_before
from .site import Site
from .turn import in_turn


@in_turn
async def set_person(
    site: Site,
    *,
    wallet: str,
    fields: Mapping[str, str],
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Change what is kept of a customer's person; a field given as nothing is kept no longer.

    What is not named stays. The changed person and the entry that says so are one commit; what was
    before is destroyed with its key.
    """
    run = site.wallet(wallet)
    said = {name: " ".join(value.split()) for name, value in fields.items()}
    content = {name: site.privacy.blind(name, value).hex() for name, value in said.items()}
    act = Act(
        kind=EntryKind.PERSON_SET,
        event=f"wallet/{run.wallet.id}/person",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("set_person", reference, {"wallet": run.wallet.id, **content}),
    )
    if (answered := await answered_before(site, act)) is not None:
        return answered
    before = run.wallet.subject
    known = await _known(site, before)
    named = sorted(name for name, value in said.items() if value != known.get(name, ""))
    if not named:
        raise CoreError("person_unchanged", wallet=run.wallet.id)
    after = {name: value for name, value in (known | said).items() if value}
    subject, records = site.privacy.sealed(after, findable=FINDABLE)
    runs = of_customer(site, run)
    changed = [replace(one.wallet, subject=subject) for one in runs]
    act = replace(
        act,
        detail={
            "wallet": run.wallet.id,
            "wallets": [one.id for one in changed],
            "fields": named,
            "person": subject,
            "before": before,
        },
        puts=(*records, *changed),
    )
    receipt = await book(site, act)
    for one, wallet_now in zip(runs, changed, strict=True):
        one.wallet = wallet_now
        if wallet_now.closed_at is None:
            tell(site, one, WalletEvent.PERSON_CHANGED, receipt)
    if before:
        # What a crash leaves here is erased with the person: the entry names it.
        with contextlib.suppress(StoreError):
            await site.privacy.expire_subjects([before])
    return receipt


async def _known(site: Site, subject: str) -> dict[str, str]:
    """Return what is kept of a person; nothing where there is none, or it was erased."""
    if not subject:
        return {}
    try:
        return dict(await site.privacy.get_subject(subject))
    except CoreError as err:
        if err.key != NOBODY:
            raise
        return {}
