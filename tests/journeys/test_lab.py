"""Journey: a manager tries a tariff out, on the hub, before anybody pays by it."""

from datetime import timedelta

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.core.hours import MeterDay, pack
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter
from .selling import state
from .steps import paid_meter

DAY = timedelta(days=1)
KWH = 1_000_000
DEARER = {"tariff": "home", "quantity": "energy", "price": "1.00"}


async def lived(hub: Hub, days: int) -> None:
    """Let days pass in which one kilowatt-hour an hour was counted."""
    site, clock = hub.data.site, hub.data.site.clock
    today = clock().astimezone(site.zone).date()
    for number in range(1, days):
        day = today + number * DAY
        row = MeterDay(meter=MeterId("m1"), day=day, hours=pack([KWH] * 24))
        await hub.data.books.record(row)
    site.clock = lambda: clock() + days * DAY


async def test_a_draft_is_tried_out_and_nothing_is_published(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The table is for the meeting; the tenants go on paying what they paid."""
    await bound_meter(hub, modbus_line, modbus_device)
    await lived(hub, 8)
    told = await hub.call("preview_tariff", draft=DEARER, months=1)
    assert (told["old"], told["new"], told["percent"]) == ("134.40", "168.00", "25.0")
    assert (told["dearer"], told["cheaper"], told["missing_days"]) == (1, 0, 1)
    by_wallet = await hub.call("preview_tariff", draft=DEARER, wallets=["Flat 3-201"])
    assert by_wallet["wallets"] == told["wallets"]
    (tariff,) = (await hub.call("list_tariffs"))["tariffs"]
    assert [one["price"] for one in tariff["versions"]] == ["0.80"]

    async def over() -> bool:
        return state(hub, "sensor.demo_house_tariff_trial") == "unknown"

    await hub.until(over)


async def test_a_mistake_in_a_draft_is_named_by_its_place(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A long tariff is written by hand; "invalid" would send the manager through all of it."""
    await bound_meter(hub, modbus_line, modbus_device)
    wrong = {"tariff": "t", "quantity": "energy", "rates": {"day": "one", "night": "0.30"}}
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("preview_tariff", draft=wrong)
    assert "rates.day" in str(refused.value.translation_placeholders)
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("preview_tariff", draft=DEARER | {"tariff": "other"})
    assert refused.value.translation_key == "lab_nothing_selected"
    rent = {"tariff": "rent", "kind": "fixed", "fixed": {"price": "900.00"}}
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("preview_tariff", draft=rent)
    assert refused.value.translation_key == "lab_wrong_kind"


async def test_the_days_left_come_with_the_hour_they_end(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A tenant who sees "5 days" tops up before the weekend, not after."""
    await paid_meter(hub, modbus_line, modbus_device, "96")
    assert (await hub.wallet("w1"))["days_left"] is None
    await lived(hub, 8)

    async def known() -> bool:
        await hub.data.keeper.tick()  # A year of days is learned a few at a time.
        return bool((await hub.wallet("w1"))["days_left"])

    await hub.until(known, 20)
    told = await hub.wallet("w1")
    assert told["days_left"] in {"5.0", "4.9"}
    assert told["empty_at"] < told["cut_expected_at"]
