"""A customer's person is put right: found by the new number, kept nowhere in the clear, and a sign of risk."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.identity import Actor, ActorKind
from custom_components.prepaid_parking.core.ledger import Entry, Receipt
from custom_components.prepaid_parking.core.risk import RiskAction, RiskKind
from custom_components.prepaid_parking.core.wallet import Frozen
from custom_components.prepaid_parking.operations.booking import frozen_now
from custom_components.prepaid_parking.operations.buyers import erase_person
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    freeze,
    refund,
    unfreeze,
)
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.lifting import lift
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.paying_persons import find_payer
from custom_components.prepaid_parking.operations.persons import set_person
from custom_components.prepaid_parking.operations.risk_facts import RiskFact
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.records import Subject, SubjectField
from tests.operations.money import is_sound
from tests.operations.provider import connect
from tests.operations.refunding import ACCOUNT, RefundingProvider, paid_order
from tests.operations.world import DAY, HOUR, MANAGER, World

OTHER = Actor(kind=ActorKind.USER, id="other")
LI = {"name": "Li Wei", "phone": "13900001111", "note": "ground floor"}
NEW = "13900002222"


async def put_right(world: World, wallet: WalletRun, **fields: str) -> Receipt:
    """Change a person."""
    return await set_person(
        world.site, wallet=wallet.wallet.id, fields=fields, actor=MANAGER, reason="asked in writing"
    )


async def by_phone(world: World, phone: str) -> list[str]:
    """Whom the desk finds by a telephone number."""
    return [run.wallet.id for run in (await find_payer(world.site, phone=phone)).wallets]


async def only(world: World, kind: RiskKind, **changes: object) -> None:
    """Let one rule be in force."""
    for other in RiskKind:
        wanted = {"shadow": False} | changes if other is kind else {"on": False}
        await set_risk_rule(world.site, rule=other, changes=wanted, actor=MANAGER)


async def give_back(world: World, wallet: WalletRun) -> Receipt:
    """Pay a little out at the desk."""
    return await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=100, reason="asked", actor=MANAGER
    )


async def entries(world: World) -> list[Entry]:
    """What the books say of persons."""
    return await world.books.entries(kinds=[EntryKind.PERSON_SET], limit=100)


async def test_a_person_is_found_by_what_is_right_now_and_by_nothing_else(world: World) -> None:
    """Whoever has the old number now must not be taken for the tenant; both flats are the tenant's."""
    wallet = await world.wallet(person=LI)
    second = await world.wallet(customer=wallet.wallet.id)
    await put_right(world, wallet, phone=NEW, note="")
    for _ in range(2):
        assert await by_phone(world, NEW) == [wallet.wallet.id, second.wallet.id]
        assert await by_phone(world, LI["phone"]) == []
        run = world.wallet_now(wallet)
        assert run.wallet.subject == world.wallet_now(second).wallet.subject
        kept = await world.site.privacy.get_subject(run.wallet.subject)
        assert kept == {"name": "Li Wei", "phone": NEW}
        await world.restart()
    assert len(await world.books.load(Subject)) == 1


async def test_the_books_say_who_changed_what_and_never_to_what(world: World) -> None:
    """The audit asks who changed a number; the chain is kept for ten years and shown to many."""
    wallet = await world.wallet(person=LI)
    receipt = await put_right(world, wallet, name="Li Weiwei", phone=NEW)
    (entry,) = await entries(world)
    assert entry.id == receipt.entry
    assert (entry.actor, entry.reason) == (str(MANAGER), "asked in writing")
    assert entry.detail["fields"] == ["name", "phone"]
    told = f"{entry} {world.facts}"
    assert not any(said in told for said in (*LI.values(), "Li Weiwei", NEW))
    assert world.events(wallet)[-1] == WalletEvent.PERSON_CHANGED


async def test_who_had_no_person_gets_one_and_what_is_the_same_is_refused(world: World) -> None:
    """A wallet that was opened in a hurry becomes findable; a change that changes nothing is a slip."""
    wallet = await world.wallet()
    await put_right(world, wallet, phone=NEW)
    assert await by_phone(world, NEW) == [wallet.wallet.id]
    for same in ({"phone": f" {NEW} "}, {"email": ""}, {}):
        with pytest.raises(CoreError, match="person_unchanged"):
            await put_right(world, wallet, **same)
    assert len(await entries(world)) == 1


async def test_a_change_asked_for_twice_under_one_reference_is_one(world: World) -> None:
    """An answer that was lost on the way must not make the second try an error, nor another change."""
    wallet = await world.wallet(person=LI)
    told = {"wallet": wallet.wallet.id, "actor": MANAGER, "reference": "letter 31"}
    first, again = [
        await set_person(world.site, fields={"phone": NEW}, **told)  # type: ignore[arg-type]
        for _ in range(2)
    ]
    assert (again.entry, again.repeated) == (first.entry, True)
    with pytest.raises(ConflictError):
        await set_person(world.site, fields={"phone": "13900003333"}, **told)  # type: ignore[arg-type]


async def test_what_a_crash_leaves_behind_is_erased_with_the_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old number must not outlive the right to be forgotten because the hub died in between."""
    wallet = await world.wallet(person=LI)

    async def died(_: object) -> None:
        raise StoreError("disk_full", "died here")

    with monkeypatch.context() as patched:
        patched.setattr(world.site.privacy, "expire_subjects", died)
        await put_right(world, wallet, phone=NEW)
    await world.restart()
    assert len(await world.books.load(Subject)) == 2
    await erase_person(world.site, wallet=wallet.wallet.id, actor=MANAGER, reason="asked")
    assert await world.books.load(Subject) == []
    assert await world.books.load(SubjectField) == []
    wallet = world.wallet_now(wallet)
    await put_right(world, wallet, name="Li Wei")
    kept = await world.site.privacy.get_subject(world.wallet_now(wallet).wallet.subject)
    assert kept == {"name": "Li Wei"}


async def test_a_refund_soon_after_a_new_number_shuts_the_way_out_also_after_a_restart(
    world: World,
) -> None:
    """Whoever takes a tenant's account over changes the number first, then asks for the money."""
    wallet = await world.wallet("50", person=LI)
    other = await world.wallet("50", person=LI | {"phone": "13900009999"})
    await only(world, RiskKind.CHANGED_PHONE)
    await put_right(world, wallet, name="Wang Fang")
    await give_back(world, wallet)
    await put_right(world, wallet, phone=NEW)
    world.clock.now += 7 * DAY - timedelta(seconds=1)
    await world.restart()
    wallet = world.wallet_now(wallet)
    with pytest.raises(CoreError, match="risk_frozen"):
        await give_back(world, wallet)
    await world.work()
    assert frozen_now(wallet.wallet, world.clock()) is Frozen.OUT
    assert wallet.posted_minor == 4900
    # What has arrived is credited, and nobody else is concerned.
    await world.pay(wallet, "10")
    await give_back(world, world.wallet_now(other))
    await is_sound(world)


async def test_after_a_week_a_new_number_is_no_sign_any_more(world: World) -> None:
    """A tenant who changed the number in spring gets the deposit's rest in autumn."""
    wallet = await world.wallet("50", person=LI)
    await only(world, RiskKind.CHANGED_PHONE)
    await put_right(world, wallet, phone=NEW)
    world.clock.now += 7 * DAY + timedelta(seconds=1)
    await give_back(world, wallet)


async def test_what_two_persons_have_looked_at_is_not_shut_again(world: World) -> None:
    """A tenant with a new number who moves out this week gets the rest once the office has called back."""
    wallet = await world.wallet("50", person=LI)
    await only(world, RiskKind.CHANGED_PHONE)
    await put_right(world, wallet, phone=NEW)
    with pytest.raises(CoreError, match="risk_frozen"):
        await give_back(world, wallet)
    await world.work()
    with pytest.raises(CoreError, match="review_required") as held:
        await lift(world.site, wallet=wallet.wallet.id, reason="called back", actor=MANAGER)
    await confirm_operation(
        world.site, KINDS, operation=held.value.placeholders["operation"], actor=OTHER
    )
    await give_back(world, wallet)
    await put_right(world, wallet, phone="13900003333")
    with pytest.raises(CoreError, match="risk_frozen"):
        await give_back(world, wallet)


async def test_a_freeze_that_ends_by_itself_has_looked_at_nothing(world: World) -> None:
    """A thief who waits for a night is refused on the morning after as well."""
    wallet = await world.wallet("50", person=LI)
    await only(world, RiskKind.CHANGED_PHONE, hold_s=3600)
    await put_right(world, wallet, phone=NEW)
    for _ in range(2):
        with pytest.raises(CoreError, match="risk_frozen"):
            await give_back(world, wallet)
        await world.work()
        await world.tick(2 * HOUR)
        assert frozen_now(wallet.wallet, world.clock()) is None
    assert wallet.posted_minor == 5000


async def test_who_shuts_and_opens_a_wallet_alone_has_cleared_nobody(world: World) -> None:
    """Else one person at the desk takes the sign away, and pays the money out."""
    wallet = await world.wallet("50", person=LI)
    await only(world, RiskKind.CHANGED_PHONE)
    await put_right(world, wallet, phone=NEW)
    told: Any = {"wallet": wallet.wallet.id, "reason": "called back", "actor": MANAGER}
    await freeze(world.site, **told)
    await unfreeze(world.site, **told)
    with pytest.raises(CoreError, match="risk_frozen"):
        await give_back(world, wallet)
    assert wallet.posted_minor == 5000


async def test_in_shadow_a_new_number_is_only_written_down(world: World) -> None:
    """A site sees for some weeks what it would have stopped."""
    wallet = await world.wallet("50", person=LI)
    await put_right(world, wallet, phone=NEW)
    await give_back(world, wallet)
    said = [one.event for one in world.facts if isinstance(one, RiskFact)]
    (event,) = (one for one in said if one.rule is RiskKind.CHANGED_PHONE)
    assert (event.shadow, event.count, event.action) == (True, 1, RiskAction.FREEZE_OUT)


@pytest.mark.parametrize("way", ["closing", "order", "account"])
async def test_every_way_out_is_judged(world: World, way: str) -> None:
    """A thief who is refused at the desk closes the wallet, or names an account at a bank."""
    provider = RefundingProvider()
    connect(world.site, provider)
    wallet = await world.wallet(person=LI)
    order = await paid_order(world, provider, wallet)
    await only(world, RiskKind.CHANGED_PHONE)
    await put_right(world, wallet, phone=NEW)
    told = {"actor": MANAGER, "reason": "left"}
    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "closing": lambda: close_wallet(world.site, wallet=wallet.wallet.id, **told),  # type: ignore[arg-type]
        "order": lambda: refund_order(world.site, order=order.id, **told),  # type: ignore[arg-type]
        "account": lambda: refund_order(world.site, order=order.id, account=ACCOUNT, **told),  # type: ignore[arg-type]
    }
    with pytest.raises(CoreError, match="risk_frozen"):
        await ways[way]()
    await world.work()
    assert wallet.posted_minor == 10_000
    assert provider.refund_asked == []
    assert len(await world.books.load(Subject)) == 1
    assert frozen_now(wallet.wallet, world.clock()) is Frozen.OUT


async def test_a_closing_that_waits_pays_out_no_more_than_was_confirmed(world: World) -> None:
    """Two agreed on 50: what came in while they did is not handed over the counter unseen."""
    wallet = await world.wallet("50")
    await only(world, RiskKind.REFUND_LARGE, most=4000, action=RiskAction.REVIEW)

    async def ask(reference: str) -> str:
        with pytest.raises(CoreError, match="review_required") as held:
            await close_wallet(
                world.site, wallet=wallet.wallet.id, actor=MANAGER, reference=reference
            )
        return held.value.placeholders["operation"]

    first = await ask("c1")
    await world.pay(wallet, "7")
    with pytest.raises(CoreError):
        await confirm_operation(world.site, KINDS, operation=first, actor=OTHER)
    assert (wallet.posted_minor, wallet.wallet.closed_at) == (5700, None)
    done = await confirm_operation(world.site, KINDS, operation=await ask("c2"), actor=OTHER)
    assert done.state == "done"
    assert wallet.wallet.closed_at is not None
    await is_sound(world)


async def test_a_closing_that_pays_nothing_out_asks_nobody(world: World) -> None:
    """Who owes at the end brings money: there is nothing to guard."""
    wallet = await world.wallet(person=LI)
    await only(world, RiskKind.CHANGED_PHONE)
    await put_right(world, wallet, phone=NEW)
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    assert wallet.wallet.closed_at is not None
