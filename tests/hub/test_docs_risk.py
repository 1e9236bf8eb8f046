"""The examples of risk rules and of operations that wait, on a running hub: they work as printed."""

from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.operations.facts import Fact
from custom_components.prepaid_parking.operations.risk_facts import OperationFact
from tests.hub.test_docs import AGREEMENTS, RISK, differences, examples
from tests.journeys.conftest import Hub
from tests.operations.provider import connect
from tests.operations.test_agreements import Fetching

pytestmark = pytest.mark.usefixtures("noon")


async def a_large_refund(hub: Hub) -> str:
    """Ask for a refund that a rule holds; return the code that was sent."""
    codes: list[str] = []

    def heard(fact: Fact) -> None:
        if isinstance(fact, OperationFact) and fact.code:
            codes.append(fact.code)

    stop = hub.data.coordinator.listen(heard)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="800.00", channel="transfer")
    with pytest.raises(ServiceValidationError, match="cf1"):
        await hub.call(
            "refund", wallet="w1", amount="600.00", channel="transfer", reason="Moved out"
        )
    stop()
    (code,) = codes
    return code


async def another_large_refund(hub: Hub) -> None:
    """Ask for one more, which is held under its own name."""
    await hub.call("top_up", wallet="w1", amount="700.00", channel="transfer")
    with pytest.raises(ServiceValidationError, match="cf2"):
        await hub.call(
            "refund", wallet="w1", amount="700.00", channel="transfer", reason="Moved out"
        )


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, code = examples(), ""
    for name in RISK.split():
        call, answer = printed[name]
        if name == "list_risk_events":
            code = await a_large_refund(hub)
        if name == "decline_operation":
            await another_large_refund(hub)
        sent: dict[str, Any] = {**call, "code": code} if "code" in call else call
        told = await hub.call(name, **sent)
        assert not differences(told, answer), name


async def test_every_example_of_auto_charge_works_and_answers_what_is_printed(hub: Hub) -> None:
    """An agreement about somebody's card must do what the page says, and no more."""
    printed, port = examples(), Fetching()
    connect(hub.data.site, port)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="50.00")
    for name in AGREEMENTS.split():
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
    assert port.fetched == []
