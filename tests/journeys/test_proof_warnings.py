"""Row N7 and frozen wallets: warned by days, cut when it was said, and never cut by a freeze."""

from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.operations.facts import WalletFact
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .clock import Clock
from .conftest import Hub
from .selling import state
from .steps import attend, meter_shows, nothing_is_sent, post, shows
from .test_supply_rules import TRIP, events, frame, in_berlin, local, ready

HOUR: Final = timedelta(hours=1)
DAYS_LEFT: Final = "sensor.flat_3_201_wallet_days_left"
BY_DAYS: Final[dict[str, Any]] = {
    "alert": "0",
    "alert2": "0",
    "alert_days": 3,
    "cut_hours": ["09:00-16:00"],
}


class Flat:
    """A flat that uses one kilowatt-hour in every hour, read once in each."""

    def __init__(self, hub: Hub, device: AcrelDdsy1352, time: Clock, at: datetime) -> None:
        """Begin at a half hour, so that what a reading counts belongs to its hour, however it is timed."""
        self._hub, self._device, self._time, self.at = hub, device, time, at

    async def lives(self, until: datetime) -> None:
        """Let the hours pass."""
        while self.at < until:
            self.at += HOUR
            self._time.set(self.at)
            self._device.add(kwh=1)
            await attend(self._hub)

    async def known(self) -> dict[str, Any]:
        """Wait until its days are learned; return what the hub says of its wallet."""
        site = self._hub.data.site

        async def learned() -> bool:
            await self._hub.data.keeper.tick()  # A year of days is learned a few at a time.
            return not site.outlook.waiting and bool((await self._hub.wallet("w1"))["days_left"])

        await self._hub.until(learned, 20)
        return await self._hub.wallet("w1")


async def test_a_tenant_is_warned_by_days_once_and_cut_when_it_was_said(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row N7: 19.20 a day of 100: warned when three days are left, cut at the office hour foretold."""
    time = await in_berlin(hub, "2031-05-12 00:30")
    await ready(hub, modbus_line, modbus_device, "100", **BY_DAYS)
    flat = Flat(hub, modbus_device, time, local("2031-05-12 00:30"))
    await flat.lives(local("2031-05-14 01:30"))
    told = await flat.known()
    assert float(told["days_left"]) == pytest.approx(60.8 / 19.2, abs=0.15)
    assert "low_days" not in events(hub)
    await flat.lives(local("2031-05-14 12:30"))
    told = await flat.known()
    assert (told["state"], events(hub).count("low_days"), events(hub).count("low")) == ("low", 1, 0)
    said = [one.days_left for one in hub.facts if isinstance(one, WalletFact) and one.days_left]
    assert [2.5 <= days <= 3 for days in said] == [True]

    async def shown() -> bool:
        return 2.5 <= float(state(hub, DAYS_LEFT)) <= 3

    await hub.until(shown)
    empty = datetime.fromisoformat(told["empty_at"])
    expected = datetime.fromisoformat(told["cut_expected_at"])
    assert abs(empty - local("2031-05-17 05:30")) < 2 * HOUR
    assert expected == local("2031-05-19 09:00")  # the Monday after
    await flat.lives(local("2031-05-19 08:30"))
    assert events(hub).count("low_days") == 1
    await nothing_is_sent(hub, modbus_line)
    await flat.lives(local("2031-05-19 09:30"))
    await frame(modbus_line, TRIP)
    await meter_shows(hub, lambda one: one["supply"] == "off")


async def test_who_pays_is_warned_again_when_it_runs_out_again(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A payment arms the warning anew; the hours after a warning do not repeat it."""
    time = await in_berlin(hub, "2031-05-12 00:30")
    await ready(hub, modbus_line, modbus_device, "98", **BY_DAYS)
    flat = Flat(hub, modbus_device, time, local("2031-05-12 00:30"))
    await flat.lives(local("2031-05-14 01:30"))
    await flat.known()
    await flat.lives(local("2031-05-14 06:30"))
    assert events(hub).count("low_days") == 1
    await hub.call("top_up", wallet="w1", amount="24", channel="cash")
    await flat.lives(local("2031-05-14 08:30"))
    assert (await hub.wallet("w1"))["state"] == "ok"
    await flat.lives(local("2031-05-15 12:30"))
    assert events(hub).count("low_days") == 2


@pytest.mark.parametrize("way", ["out", "in", "both"])
async def test_a_frozen_wallet_takes_what_arrives_and_keeps_its_light(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, way: str
) -> None:
    """Row 19: each way is shut to orders; money that has come is booked, use is charged, nobody is cut."""
    await ready(hub, modbus_line, modbus_device, "50", alert="0", alert2="0")
    await hub.call("unbind_meter", meter="m1")
    await hub.call("open_wallet", unit="Flat 1", person={"name": "Anna"})
    await hub.call("open_wallet", unit="Flat 1, second", customer="w2")
    await hub.call("bind_meter", meter="m1", wallet="w2", tariff="home")
    for wallet in ("w2", "w3"):
        await hub.call("top_up", wallet=wallet, amount="50")
    frozen = await hub.call("freeze", wallet="w2", reason="bank asks back", way=way)
    assert (frozen["frozen"], frozen["frozen_way"]) == (True, way)
    out, into = way in ("out", "both"), way in ("in", "both")
    left = 50
    for shut, action, asked, moves in (
        (out, "refund", {"wallet": "w2", "amount": "1", "reason": "asked"}, -1),
        (out, "deduct", {"wallet": "w2", "amount": "1", "reason": "key"}, -1),
        (out, "transfer", {"wallet": "w2", "to": "w3", "amount": "1", "reason": "asked"}, -1),
        (into, "transfer", {"wallet": "w3", "to": "w2", "amount": "1", "reason": "asked"}, 1),
    ):
        if shut:
            with pytest.raises(ServiceValidationError) as refused:
                await hub.call(action, **asked)
            assert str(refused.value.translation_key).startswith("wallet_frozen")
        else:
            await hub.call(action, **asked)
            left += moves
    paid = await hub.call(
        "top_up", wallet="w2", amount="10", channel="transfer", reference="slip 1"
    )
    assert paid["balance"] == f"{left + 10}.00"
    modbus_device.add(kwh=10)
    await shows(hub, f"{left + 2}.00", wallet="w2")
    await nothing_is_sent(hub, modbus_line)
    assert (await hub.meter("m1"))["supply"] == "on"
    await hub.restart()
    await nothing_is_sent(hub, modbus_line)
    assert (await hub.wallet("w2"))["frozen_way"] == way
    await hub.call("unfreeze", wallet="w2", reason="bank has answered")
    await hub.call("refund", wallet="w2", amount="1", reason="asked")
    await hub.call("transfer", wallet="w3", to="w2", amount="1", reason="asked")
    assert await post(hub, "w2") == f"{left + 2}.00"
    await is_sound(hub.data.books)


@pytest.mark.parametrize("way", ["out", "in", "both"])
async def test_a_frozen_wallet_that_is_paid_up_is_switched_on_again(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, way: str
) -> None:
    """Cut because it was empty, frozen while it is dark: what it is paid brings the light back."""
    await ready(hub, modbus_line, modbus_device, "8", alert="0", alert2="0")
    modbus_device.add(kwh=12)
    await frame(modbus_line, TRIP)
    await meter_shows(hub, lambda one: one["supply"] == "off")
    await hub.call("freeze", wallet="w1", reason="court", way=way)
    await hub.call("top_up", wallet="w1", amount="20", channel="transfer")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    assert (await hub.wallet("w1"))["available"] == "18.40"
