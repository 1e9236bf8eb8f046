"""Journey: a package of 100 for 50 uses is sold, used up, refused at the 51st, and outlives a restart."""

from homeassistant.exceptions import ServiceValidationError
import pytest

from .conftest import Hub
from .selling import WASHES, customer, publish, state


async def test_100_buys_50_uses_and_the_51st_is_refused(hub: Hub) -> None:
    """The customer sees at every moment what is left, and is not charged for a repeated call."""
    await publish(hub, WASHES)
    wallet = await customer(hub, "100")
    sold = await hub.call("sell_package", wallet=wallet, tariff="washes", reference="sale")
    assert (sold["package"], sold["left"], sold["available"]) == ("k1", 50, "0.00")
    for _ in range(2):
        taken = await hub.call("use_package", wallet=wallet, reference="lesson 1")
        assert taken["uses_left"] == 49
    await hub.restart()
    await hub.hass.async_block_till_done()
    taken = await hub.call("use_package", wallet=wallet, uses=48)
    (left,) = (await hub.call("list_packages", wallet=wallet))["packages"]
    assert (left["uses"], left["left"]) == (50, 1)

    async def shown() -> bool:
        return state(hub, "sensor.flat_3_201_property_wallet_uses_left") == "1"

    await hub.until(shown)
    back = await hub.call("give_back_use", entry=taken["entry"], reason="no water")
    assert back["uses_left"] == 49
    await hub.call("use_package", wallet=wallet, uses=49)
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("use_package", wallet=wallet)
    assert refused.value.translation_key == "no_uses_left"
    assert (await hub.call("list_packages"))["count"] == 0
    assert (await hub.call("list_packages", ended=True))["count"] == 1
    assert (await hub.wallet(wallet))["available"] == "0.00"
    verdict = await hub.call("verify_ledger")
    assert verdict["problem"] in (None, "")
