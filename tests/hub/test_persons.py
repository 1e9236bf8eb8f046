"""A person is put right on a running hub: the desk finds it, and nobody reads it anywhere."""

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.telling import wallet_story
from tests.journeys.conftest import Hub

OLD, NEW = "13900001111", "13900002222"


async def test_a_new_number_finds_the_wallet_is_told_nowhere_and_holds_the_money_back(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """The tenant has a right to be called at the right number, and to keep the money from who is not."""
    await hub.call("open_wallet", unit="Flat 3-201", person={"name": "Li Wei", "phone": OLD})
    await hub.call("top_up", wallet="w1", amount="50.00")
    await hub.call("set_risk_rule", rule="changed_phone", shadow=False)
    answer = await hub.call("set_person", wallet="w1", phone=NEW, reason="asked in writing")
    assert (answer["wallets"], answer["fields"]) == (["w1"], ["phone"])
    told = [one for one in hub.facts if isinstance(one, WalletFact)]
    (fact,) = (one for one in told if one.event is WalletEvent.PERSON_CHANGED)
    story = wallet_story(hub.data.site, fact)
    await hub.restart()
    found = [await hub.call("find_payer", phone=phone) for phone in (OLD, NEW)]
    assert [[one["wallet"] for one in each["wallets"]] for each in found] == [[], ["w1"]]
    refused = {"wallet": "w1", "amount": "10.00", "reason": "asked"}
    with pytest.raises(ServiceValidationError, match="changed_phone"):
        await hub.call("refund", **refused)

    async def is_shut() -> bool:
        return bool((await hub.wallet("w1"))["frozen"])

    await hub.until(is_shut)
    ours = [one.getMessage() for one in caplog.records if "prepaid_parking" in one.name]
    states = str([state.as_dict() for state in hub.hass.states.async_all()])
    for place in (str(answer), str(story), states, str(ours)):
        assert NEW not in place
        assert OLD not in place
