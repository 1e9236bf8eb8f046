"""The books prove themselves each day, once, and say so when they cannot."""

from dataclasses import replace

from custom_components.prepaid_parking.core.chart import Bucket
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.core.proof import Unproven
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.agents import pay_in_float, set_agent
from custom_components.prepaid_parking.operations.cashier import refund
from custom_components.prepaid_parking.operations.facts import Proved
from custom_components.prepaid_parking.operations.proving import (
    problem_of,
    proof_view,
    prove_account,
)
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.vouchers import (
    Wanted,
    make_vouchers,
    sell_vouchers,
)
from tests.operations.money import promise
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, paid_order, refund_row
from tests.operations.test_pay_refunds import back
from tests.operations.test_settlement import TODAY, stranger
from tests.operations.world import DAY, HOUR, MANAGER, World


async def proofs(world: World) -> list[str]:
    """What proofs are in the books."""
    return [one.event for one in await world.books.entries(kinds=[EntryKind.PROOF])]


async def test_each_local_day_is_proven_once_over_restarts(world: World) -> None:
    """An auditor leafs through one line a day."""
    await promise(world)
    wallet = await world.wallet("500")
    await world.wallet("20", purpose=Purpose.PARKING)
    await world.tick()
    assert await proofs(world) == []
    for _ in range(3):
        await world.tick(13 * HOUR)
    await world.restart()
    for _ in range(2):
        await world.tick(HOUR)
    assert await proofs(world) == ["proof/2026-07-02", "proof/2026-07-03"]
    assert world.site.proof is not None
    view = proof_view(world.site, world.site.proof)
    assert (view["liabilities"], view["received"], view["problem"]) == ("520.00", "520.00", None)
    assert view["purposes"] == {
        "utility": {
            "wallets": 1,
            "cash": "500.00",
            "bonus": "100.00",
            "held": "0.00",
            "arrears": "0.00",
            "debts": "0.00",
        },
        "property": dict.fromkeys(("cash", "bonus", "held", "arrears", "debts"), "0.00")
        | {"wallets": 0},
        "parking": dict.fromkeys(("bonus", "held", "arrears", "debts"), "0.00")
        | {"wallets": 1, "cash": "20.00"},
    }
    assert view["beside"] == dict.fromkeys(("vouchers", "agents", "refunds", "suspense"), "0.00")
    assert len(world.heard(Proved)) == 2
    assert wallet.others.get(Bucket.HELD, 0) == 0


async def test_an_account_that_is_short_is_a_problem_until_the_bank_says_otherwise(
    world: World,
) -> None:
    """Somebody took the tenants' money from the account: said today, and still said tomorrow."""
    wallet = await world.wallet("500")

    async def bank(minor: int, reference: str = "") -> int | None:
        _, proof = await prove_account(
            world.site, statement_minor=minor, actor=MANAGER, reference=reference
        )
        return proof.difference_minor

    assert await bank(49_999, "s1") == -1
    assert problem_of(world.site) is Unproven.SHORT
    await world.tick(DAY)
    await world.restart()
    assert problem_of(world.site) is Unproven.SHORT
    await refund(world.site, wallet=wallet.wallet.id, amount_minor=1, reason="left", actor=MANAGER)
    assert await bank(49_999, "s1") == -1
    assert await bank(49_999, "s2") == 0
    assert problem_of(world.site) is None


async def test_memory_that_differs_from_the_books_is_found(world: World) -> None:
    """The number on the wall must be the number in the file."""
    wallet = await world.wallet("500")
    wallet.posted_minor += 1
    await world.tick(DAY)
    assert problem_of(world.site) is Unproven.DIFFERS
    wallet.posted_minor -= 1
    await world.tick(DAY)
    assert problem_of(world.site) is None


async def test_slips_floats_refunds_and_found_money_are_not_the_sites(world: World) -> None:
    """Whoever sold slips for a thousand and spent it cannot say that the account is as it should be."""
    wallet, provider = await world.wallet("500"), RefundingProvider()
    connect(world.site, provider)
    wanted = Wanted(count=20, amount_minor=5_000)
    _, batch = await make_vouchers(world.site, wanted, actor=MANAGER)
    await sell_vouchers(world.site, batch=batch.id, count=3, actor=MANAGER)
    _, agent = await set_agent(world.site, actor=MANAGER, name="Corner shop")
    await pay_in_float(world.site, agent=agent.id, amount_minor=70_00, actor=MANAGER)
    order = await paid_order(world, provider, wallet, 100_00)
    await back(world, order.id, 40_00)
    found = replace(stranger(3_00), fee_minor=0)
    gone = refund_row(provider.end(next(iter(provider.refunds)), RefundOutcome.PENDING))
    lost = replace(gone, refund_no="not ours", provider_ref="lost", amount_minor=1_00)
    provider.files = {TODAY: [found, lost]}
    await reconcile_payments(world.site, first=TODAY, last=TODAY)
    _, proof = await prove_account(world.site, statement_minor=822_99, actor=MANAGER)
    beside = {"vouchers": 150_00, "agents": 70_00, "refunds": 40_00, "suspense": 3_00}
    assert (proof.beside, proof.liability_minor) == (beside, 823_00)
    assert (proof.difference_minor, proof.problem) == (-1, Unproven.SHORT)
    # The hundred left the provider but for what somebody gave back at its own desk.
    assert proof.received_minor == 823_00 - 1_00
    await world.restart()
    assert world.site.audited == proof
