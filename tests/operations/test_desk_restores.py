"""After a restore the desk gives nothing out that it may have given before."""

from collections.abc import Coroutine
from typing import Any, cast

import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.voucher import PaidBy
from custom_components.prepaid_parking.operations.agents import (
    agent_top_up,
    pay_in_float,
    set_agent,
    settle_agent,
)
from custom_components.prepaid_parking.operations.cancelling_vouchers import cancel_vouchers
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.money import is_sound
from tests.operations.restoring import accept, backup, restore
from tests.operations.test_vouchers import batch_of, owed
from tests.operations.world import MANAGER, World


async def test_nothing_is_given_out_at_the_desk_that_may_have_been_given_before(
    world: World,
) -> None:
    """A slip paid back, a float, a commission, a void: each of them may be in the time that is lost."""
    site, wallet = world.site, await world.wallet()
    batch = await batch_of(world, 2)
    _, agent = await set_agent(site, actor=MANAGER, name="Corner shop", rate_micro=20_000)
    await pay_in_float(site, agent=agent.id, amount_minor=10_000, actor=MANAGER)
    await agent_top_up(
        site, agent=agent.id, wallet=wallet.wallet.id, amount_minor=5_000, actor=MANAGER
    )
    paid = await world.pay(wallet, "7")
    receipt = cast("int", paid.detail["receipt"])
    await restore(world, await backup(world))
    site = world.site

    def outs() -> list[Coroutine[Any, Any, object]]:
        who = {"actor": MANAGER, "reason": "asks"}
        return [
            cancel_vouchers(site, batch=batch.id, back=PaidBy.CASH, **who),  # type: ignore[arg-type]
            pay_in_float(site, agent=agent.id, amount_minor=-100, **who),  # type: ignore[arg-type]
            settle_agent(site, agent=agent.id, channel=Channel.CASH, **who),  # type: ignore[arg-type]
            void_payment(site, receipt=receipt, **who),  # type: ignore[arg-type]
        ]

    before = await world.books.balances()
    for out in outs():
        with pytest.raises(CoreError, match="ledger_closed"):
            await out
    assert await world.books.balances() == before
    await pay_in_float(site, agent=agent.id, amount_minor=100, actor=MANAGER)
    await accept(world)
    for out in outs():
        await out
    assert await owed(world) == 0
    await is_sound(world)
