"""A wallet is opened for a unit, with the meter it pays for in the same step, or not at all."""

from collections.abc import Mapping
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, PolicyId, WalletId
from ..core.ledger import Act, Receipt
from ..core.policy import first_watch
from ..core.wallet import Purpose, Spending, Wallet, WalletKind
from .baseline import baseline
from .booking import book_sealed, referenced, tell
from .facts import WalletEvent
from .in_use import refuse_used
from .occupants import find_unit
from .rebinding import Rebinding, rebind, take_effect
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun
from .wallets import check_limits

FINDABLE: Final = frozenset({"phone"})
"""By what of a person the desk finds their wallet again."""
EXPOSED_MOST: Final = 250
"""Wallets get devices of their own while fewer than this are exposed: a site stays light."""


@in_turn
async def open_wallet(
    site: Site,
    *,
    unit: str,
    purpose: Purpose,
    actor: Actor,
    kind: WalletKind = WalletKind.INDIVIDUAL,
    policy: str = "standard",
    person: Mapping[str, str] | None = None,
    customer: str = "",
    spending: Spending = Spending.BONUS_FIRST,
    alert_minor: int | None = None,
    credit_limit_minor: int | None = None,
    exempt_quota_minor: int | None = None,
    exposed: bool | None = None,
    meter: str = "",
    tariff: str = "",
    from_register: int | None = None,
    reference: str = "",
) -> Receipt:
    """Open a wallet; personal data goes into the encrypted store and nowhere else.

    A unit that is registered is meant by its id or name, any other by what it is called.
    `customer` is another wallet of the same customer: money may be moved between the two. A `meter` is
    bound in the same entry, from its last good reading on or from a register given.
    """
    if not unit.strip():
        raise CoreError("unit_missing")
    if PolicyId(policy) not in site.policies:
        raise CoreError("unknown_policy", policy=policy)
    check_limits(credit_limit_minor, exempt_quota_minor)
    known, registered = _subject_of(site, customer, person), find_unit(site, unit)
    number = await site.books.next_number("wallet")
    sealed = await site.privacy.put_subject(person, findable=FINDABLE) if person else ""
    wallet = Wallet(
        id=WalletId(f"w{number}"),
        no=number,
        unit=registered.name if registered is not None else unit.strip(),
        unit_id=registered.id if registered is not None else "",
        purpose=purpose,
        kind=kind,
        policy=PolicyId(policy),
        opened_at=site.clock(),
        exposed=_room_for_one(site) if exposed is None else exposed,
        subject=known or sealed,
        alert_minor=alert_minor,
        credit_limit_minor=credit_limit_minor,
        exempt_quota_minor=exempt_quota_minor,
        spending=spending,
    )
    run = WalletRun(wallet=wallet, watch=first_watch(site.policy_of(wallet), wallet))
    content: dict[str, object] = {
        "unit": wallet.unit,
        "purpose": purpose,
        "kind": kind,
        "policy": policy,
        "limits": [alert_minor, credit_limit_minor, exempt_quota_minor],
    }
    if customer:
        content["customer"] = customer
    if meter:
        content["meter"] = [meter, tariff, from_register]
    bound, refusal = None, None
    try:
        bound = await _bound(site, run, meter, tariff, from_register) if meter else None
    except CoreError as err:
        refusal = err
    act = Act(
        kind=EntryKind.WALLET_OPENED,
        event=f"wallet/{wallet.id}/opened",
        occurred=wallet.opened_at,
        actor=actor,
        reference=referenced("open_wallet", reference, content),
        detail={
            "wallet": wallet.id,
            "unit": wallet.unit,
            "purpose": wallet.purpose,
            **({"bound": bound.trace} if bound is not None else {}),
        },
        puts=(wallet, run.watch, *(bound.puts if bound is not None else ())),
    )
    receipt = await book_sealed(site, act, sealed, refusal)
    if not receipt.repeated:
        site.wallets[wallet.id] = run
        tell(site, run, WalletEvent.OPENED, receipt)
        if bound is not None:
            take_effect(site, bound)
            site.wake((bound.run,))
    return receipt


async def _bound(
    site: Site, payer: WalletRun, meter: str, tariff: str, from_register: int | None
) -> Rebinding | None:
    """Draw up that the new wallet pays for a meter; refused where nobody could."""
    run, wallet = site.meter(meter), payer.wallet
    if wallet.purpose is not Purpose.UTILITY:
        raise CoreError("wallet_wrong_purpose", wallet=wallet.unit, purpose=wallet.purpose)
    refuse_used(site, run)
    register, at = baseline(site, run, tariff, from_register)
    return await rebind(site, run, payer, register=register, at=at, tariff=tariff)


def _subject_of(site: Site, customer: str, person: Mapping[str, str] | None) -> str:
    """Return whose wallet another one is; a customer is either known or new."""
    if not customer:
        return ""
    subject = site.wallet(customer).wallet.subject
    if not subject:
        raise CoreError("wallet_without_customer", wallet=customer)
    if person:
        raise CoreError("customer_and_person")
    return subject


def _room_for_one(site: Site) -> bool:
    return sum(run.wallet.exposed for run in site.wallets.values()) < EXPOSED_MOST
