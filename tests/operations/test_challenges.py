"""Operations that wait: carried out once, by the right code or by another person, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.held_operation import (
    HeldOperation,
    HeldState,
    Need,
)
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, HeldId
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.risk import RiskAction, RiskKind
from custom_components.prepaid_parking.core.wallet import Frozen
from custom_components.prepaid_parking.operations import held_operations
from custom_components.prepaid_parking.operations.booking import frozen_now
from custom_components.prepaid_parking.operations.cashier import freeze, refund, unfreeze
from custom_components.prepaid_parking.operations.challenges import (
    confirm_operation,
    operation_view,
)
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.held_operations import hold_operation
from custom_components.prepaid_parking.operations.risk_facts import OperationEvent, OperationFact
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import MANAGER, MINUTE, SECOND, World

OTHER = Actor(kind=ActorKind.USER, id="other")
AUTOMATION = Actor(kind=ActorKind.AUTOMATION)


def said(world: World) -> list[OperationFact]:
    """What became of operations, in order."""
    return [fact for fact in world.facts if isinstance(fact, OperationFact)]


def code_of(world: World) -> str:
    """The code that went out last."""
    return next(fact.code for fact in reversed(said(world)) if fact.event is OperationEvent.HELD)


def wrong(code: str) -> str:
    """Another code of the same length."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@dataclass
class Done:
    """Counts what was carried out, and fails as it is told."""

    times: int = 0
    seen: list[HeldOperation] = field(default_factory=list)
    raises: Exception | None = None
    before: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, _: Site, held: HeldOperation) -> Receipt | None:
        """Carry it out."""
        if self.before is not None:
            await self.before()
        if self.raises is not None:
            raise self.raises
        self.times += 1
        self.seen.append(held)
        return None


async def held_by(world: World, *needs: Need, **fields: object) -> HeldOperation:
    """Hold something."""
    told = {"kind": "test", "actor": MANAGER, "data": {"what": "it"}} | fields
    return await hold_operation(world.site, needs=needs, **told)  # type: ignore[arg-type]


async def confirm(
    world: World, done: Done, held: HeldOperation, code: str = "", actor: Actor = MANAGER
) -> HeldOperation:
    """Confirm it."""
    kinds = {"test": done}
    return await confirm_operation(world.site, kinds, operation=held.id, actor=actor, code=code)


async def large_refund(world: World, wallet: WalletRun, **fields: object) -> CoreError:
    """Ask for a refund that a rule holds, and return what whoever asked is told."""
    await set_risk_rule(
        world.site,
        rule=RiskKind.REFUND_LARGE,
        changes={"most": 1000, "shadow": False, "action": RiskAction.CHALLENGE},
        actor=MANAGER,
    )
    told = {"amount_minor": 2000, "reason": "moves out", "actor": MANAGER} | fields
    with pytest.raises(CoreError, match="challenge_required") as caught:
        await refund(world.site, wallet=wallet.wallet.id, **told)  # type: ignore[arg-type]
    return caught.value


async def test_without_its_code_a_refund_waits_and_with_it_is_paid_once(world: World) -> None:
    """Whoever sits at the manager's open screen must not pay out what the manager's phone knows not of."""
    wallet = await world.wallet()
    await world.pay(wallet, "50")
    told = await large_refund(world, wallet, reference="r1")
    assert wallet.posted_minor == 5000
    operation, code = told.placeholders["operation"], code_of(world)
    until = world.site.risking.held[HeldId(operation)].expires_at.astimezone(world.site.zone)
    # As the clock on the wall shows it.
    assert told.placeholders["until"] == f"{until:%Y-%m-%d %H:%M}"
    done = await confirm_operation(world.site, KINDS, operation=operation, actor=MANAGER, code=code)
    assert (done.state, wallet.posted_minor) == (HeldState.DONE, 3000)
    again = await confirm_operation(
        world.site, KINDS, operation=operation, actor=MANAGER, code=code
    )
    assert (again.entry, wallet.posted_minor) == (done.entry, 3000)
    repeated = await refund(
        world.site,
        wallet=wallet.wallet.id,
        amount_minor=2000,
        reason="moves out",
        actor=MANAGER,
        reference="r1",
    )
    assert (repeated.entry, repeated.repeated, wallet.posted_minor) == (done.entry, True, 3000)


async def test_three_wrong_codes_end_it_and_freeze_the_wallet_with_the_reason(
    world: World,
) -> None:
    """Somebody guesses: the tenant's money must not leave by a fourth try."""
    wallet = await world.wallet()
    await world.pay(wallet, "50")
    told = await large_refund(world, wallet)
    operation, code = told.placeholders["operation"], code_of(world)
    for key in ("operation_wrong_code", "operation_wrong_code", "operation_blocked"):
        with pytest.raises(CoreError, match=key):
            await confirm_operation(
                world.site, KINDS, operation=operation, actor=MANAGER, code=wrong(code)
            )
    assert frozen_now(wallet.wallet, world.clock()) is Frozen.OUT
    assert wallet.wallet.frozen_reason == "risk: wrong_codes"
    with pytest.raises(CoreError, match="operation_blocked"):
        await confirm_operation(world.site, KINDS, operation=operation, actor=MANAGER, code=code)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await refund(world.site, wallet=wallet.wallet.id, amount_minor=1, reason="r", actor=MANAGER)
    await world.pay(wallet, "10")
    assert wallet.posted_minor == 6000


async def test_an_operation_outlives_a_restart_and_its_wrong_tries_with_it(world: World) -> None:
    """A restart must neither lose what waits nor give a guesser three new tries."""
    held = await held_by(world, Need.CODE)
    code, done = code_of(world), Done()
    for _ in range(2):
        with pytest.raises(CoreError, match="operation_wrong_code"):
            await confirm(world, done, held, wrong(code))
        await world.restart()
    with pytest.raises(CoreError, match="operation_blocked"):
        await confirm(world, done, held, wrong(code))
    other = await held_by(world, Need.CODE)
    await world.restart()
    assert (await confirm(world, done, other, code_of(world))).state is HeldState.DONE
    assert done.times == 1


async def test_what_nobody_confirms_is_over_after_ten_minutes(world: World) -> None:
    """A code that is found next week must open nothing."""
    held = await held_by(world, Need.CODE)
    code, done = code_of(world), Done()
    world.clock.now += 10 * MINUTE
    with pytest.raises(CoreError, match="operation_expired"):
        await confirm(world, done, held, code)
    other = await held_by(world, Need.CODE)
    await world.tick(11 * MINUTE)
    assert said(world)[-1].event is OperationEvent.EXPIRED
    assert said(world)[-1].operation.id == other.id
    assert world.site.risking.held == {}
    await world.restart()
    with pytest.raises(CoreError, match="operation_expired"):
        await confirm(world, done, other, code_of(world))
    assert done.times == 0


async def test_a_second_person_is_another_user_and_no_automation(world: World) -> None:
    """Four eyes are two people: not the same one twice, nor a rule that the same one wrote."""
    held, done = await held_by(world, Need.PERSON), Done()
    for actor in (MANAGER, AUTOMATION):
        with pytest.raises(CoreError, match="operation_same_person"):
            await confirm(world, done, held, actor=actor)
    assert (await confirm(world, done, held, actor=OTHER)).confirmed_by == "user:other"
    assert done.times == 1


async def test_both_are_needed_where_both_are_asked_for(world: World) -> None:
    """A code alone does not stand for the other person, nor the person for the code."""
    held, done = await held_by(world, Need.CODE, Need.PERSON), Done()
    with pytest.raises(CoreError, match="operation_same_person"):
        await confirm(world, done, held, code_of(world))
    with pytest.raises(CoreError, match="operation_needs_code"):
        await confirm(world, done, held, actor=OTHER)
    await confirm(world, done, held, code_of(world), OTHER)
    assert done.times == 1


async def test_who_gives_no_code_is_told_to_and_has_tried_none(world: World) -> None:
    """A manager who presses *confirm* three times without the code would freeze the tenant's wallet."""
    held, done = await held_by(world, Need.CODE), Done()
    code, before = code_of(world), len(said(world))
    for nothing in ("", "  ", "", ""):
        with pytest.raises(CoreError, match="operation_needs_code"):
            await confirm(world, done, held, nothing)
    assert world.site.risking.held[held.id].tries == 0
    assert len(said(world)) == before
    with pytest.raises(CoreError, match="operation_wrong_code"):
        await confirm(world, done, held, wrong(code))
    assert world.site.risking.held[held.id].tries == 1
    assert (await confirm(world, done, held, code)).state is HeldState.DONE


async def test_two_who_confirm_at_once_have_it_done_once(world: World) -> None:
    """A button that is pressed twice must not pay out twice."""
    held, done = await held_by(world, Need.CODE), Done()
    code = code_of(world)
    answers = await asyncio.gather(*(confirm(world, done, held, code) for _ in range(5)))
    assert done.times == 1
    assert {one.state for one in answers} <= {HeldState.CONFIRMED, HeldState.DONE}


async def test_wrong_tries_at_once_all_count(world: World) -> None:
    """Many guesses in one instant are still guesses: the fourth is not heard."""
    held, done = await held_by(world, Need.CODE), Done()
    code = code_of(world)
    tried = [confirm(world, done, held, wrong(code)) for _ in range(3)]
    answers = await asyncio.gather(*tried, return_exceptions=True)
    assert all(isinstance(one, CoreError) for one in answers)
    with pytest.raises(CoreError, match="operation_blocked"):
        await confirm(world, done, held, code)
    assert done.times == 0


async def test_the_code_is_said_once_and_stands_nowhere(world: World) -> None:
    """Who reads the screen, the log, the file or an answer must not be able to confirm."""
    held = await held_by(world, Need.CODE)
    code = code_of(world)
    assert len(code) == 6
    assert code not in repr(said(world))
    assert code not in str(operation_view(world.site, held))
    (stored,) = await world.books.load(HeldOperation)
    assert stored.code not in (b"", code.encode())
    (fact,) = [one for one in said(world) if one.code]
    await confirm(world, Done(), held, code)
    (stored,) = await world.books.load(HeldOperation)
    assert stored.code == b""
    assert [one.code for one in said(world) if one is not fact] == ["", ""]


async def test_asked_again_under_one_reference_it_is_the_same_operation(world: World) -> None:
    """An automation that tries again must not fill the phone with codes."""
    first = await held_by(world, Need.CODE, reference="a")
    assert await held_by(world, Need.CODE, reference="a") == first
    assert len(said(world)) == 1
    with pytest.raises(CoreError, match="operation_other_content"):
        await held_by(world, Need.CODE, reference="a", data={"what": "more"})
    assert (await held_by(world, Need.CODE)).id != first.id


async def test_there_is_an_end_to_what_can_wait(world: World) -> None:
    """A loop gone wild fills neither the memory nor a phone."""
    wallet = (await world.wallet()).wallet.id
    for _ in range(held_operations.MOST_OF_WALLET):
        await held_by(world, Need.CODE, wallet=wallet)
    with pytest.raises(CoreError, match="too_many_operations"):
        await held_by(world, Need.CODE, wallet=wallet)
    while len(world.site.risking.held) < held_operations.MOST_WAITING:
        await held_by(world, Need.PERSON)
    with pytest.raises(CoreError, match="too_many_operations"):
        await held_by(world, Need.PERSON)


async def test_what_the_rules_refuse_then_has_failed_and_says_why(world: World) -> None:
    """Money that was there when it was asked for may be gone when it is confirmed."""
    held = await held_by(world, Need.PERSON)
    done = Done(raises=CoreError("not_enough_money"))
    with pytest.raises(CoreError, match="not_enough_money"):
        await confirm(world, done, held, actor=OTHER)
    assert said(world)[-1].operation.problem == "not_enough_money"
    with pytest.raises(CoreError, match="operation_failed"):
        await confirm(world, Done(), held, actor=OTHER)


async def test_what_was_confirmed_when_the_disk_was_full_is_done_later(world: World) -> None:
    """The other person has gone home: the refund they agreed to must not need them again."""
    wallet = await world.wallet()
    await world.pay(wallet, "50")
    told = await large_refund(world, wallet)
    held, broken = told.placeholders["operation"], Done(raises=StoreError("disk_full"))
    with pytest.raises(StoreError):
        await confirm_operation(
            world.site,
            {"refund": broken},
            operation=held,
            actor=MANAGER,
            code=code_of(world),
        )
    assert wallet.posted_minor == 5000
    await world.restart()
    await world.tick(SECOND)
    assert world.site.wallet(wallet.wallet.id).posted_minor == 3000
    assert said(world)[-1].event is OperationEvent.DONE


async def test_done_and_killed_before_it_was_noted_it_is_not_done_again(world: World) -> None:
    """The power goes between the payment and the note of it: one payment."""
    wallet = await world.wallet()
    await world.pay(wallet, "20")
    told = await large_refund(world, wallet)
    held = told.placeholders["operation"]

    async def done_and_killed(site: Site, one: HeldOperation) -> Receipt | None:
        await KINDS["refund"](site, one)
        raise StoreError("closed")

    with pytest.raises(StoreError):
        await confirm_operation(
            world.site,
            {"refund": done_and_killed},
            operation=held,
            actor=MANAGER,
            code=code_of(world),
        )
    await world.restart()
    await world.tick(SECOND)
    assert world.site.wallet(wallet.wallet.id).posted_minor == 0
    (stored,) = await world.books.load(HeldOperation, id=held)
    assert (stored.state, stored.problem) == (HeldState.DONE, "")


async def test_what_a_rule_has_shut_two_persons_open(world: World) -> None:
    """One person who was talked into a refund must not lift the freeze that would stop it."""
    wallet = await world.wallet()
    await world.pay(wallet, "50")
    told = await large_refund(world, wallet)
    for _ in range(3):
        with pytest.raises(CoreError):
            await confirm_operation(
                world.site,
                KINDS,
                operation=told.placeholders["operation"],
                actor=MANAGER,
                code=wrong(code_of(world)),
            )
    name = wallet.wallet.id
    with pytest.raises(CoreError, match="frozen_by_rule"):
        await unfreeze(world.site, wallet=name, reason="is fine", actor=MANAGER)
    with pytest.raises(CoreError, match="frozen_by_rule"):
        await freeze(
            world.site,
            wallet=name,
            reason="shorter",
            actor=MANAGER,
            until=world.clock() + timedelta(seconds=1),
        )
    held = await hold_operation(
        world.site,
        kind="unfreeze",
        actor=MANAGER,
        data={"reason": "is fine"},
        needs=(Need.PERSON,),
        wallet=name,
    )
    await confirm_operation(world.site, KINDS, operation=held.id, actor=OTHER)
    assert frozen_now(wallet.wallet, world.clock()) is None


async def test_a_freeze_ends_at_its_time_and_says_so(world: World) -> None:
    """The tenant who was told "until Friday" reads on Friday that it is over."""
    wallet = await world.wallet()
    until = world.clock() + 30 * MINUTE
    await freeze(
        world.site, wallet=wallet.wallet.id, reason="asked for", actor=MANAGER, until=until
    )
    await world.tick(29 * MINUTE)
    assert "unfrozen" not in world.events(wallet)
    await world.tick(2 * MINUTE)
    assert world.events(wallet).count("unfrozen") == 1  # type: ignore[arg-type]
    assert wallet.wallet.frozen_at is None
    await world.tick(2 * MINUTE)
    assert world.events(wallet).count("unfrozen") == 1  # type: ignore[arg-type]
