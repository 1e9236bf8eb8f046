"""Journey: the hotel holds 300, claims 80 for a lamp and gives 220 back, over a restart."""

from homeassistant.exceptions import ServiceValidationError
import pytest

from .conftest import Hub


async def test_300_held_80_claimed_220_released(hub: Hub) -> None:
    """The guest sees at every moment what is theirs, and gets all of it that nobody claimed."""
    await hub.call("open_wallet", unit="Room 12", purpose="property")
    await hub.call("top_up", wallet="w1", amount="500", channel="cash", reference="r1")
    held = await hub.call(
        "hold_deposit", wallet="Room 12", amount="300", reason="room 12", reference="h"
    )
    assert (held["deposit"], held["held"], held["available"]) == ("h1", "300.00", "200.00")
    with pytest.raises(ServiceValidationError):
        await hub.call("deduct", wallet="w1", amount="200.01", reason="minibar")
    await hub.restart()
    listed = await hub.call("list_deposits", wallet="w1")
    assert [(one["deposit"], one["held"]) for one in listed["deposits"]] == [("h1", "300.00")]
    claimed = await hub.call(
        "claim_deposit", deposit="h1", amount="80", reason="broken lamp", photo="media/lamp.jpg"
    )
    assert (claimed["held"], claimed["claimed"], claimed["available"]) == (
        "220.00",
        "80.00",
        "200.00",
    )
    for _ in range(2):
        released = await hub.call("release_deposit", deposit="h1", reference="checkout")
        assert (released["state"], released["released"]) == ("ended", "220.00")
        assert released["available"] == "420.00"
    assert (await hub.call("list_deposits"))["count"] == 0
    assert (await hub.call("list_deposits", ended=True))["count"] == 1
    assert (await hub.wallet("w1"))["balance"] == "420.00"
    verdict = await hub.call("verify_ledger")
    assert verdict["problem"] in (None, "")
