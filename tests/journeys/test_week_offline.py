"""A week without internet on a running hub: a meter on its wire, a barrier, a provider that is gone."""

from datetime import timedelta
from urllib.parse import urlsplit

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.hub.pay_forms import add_channel, alipay_form
from tests.links.pay import alipay_peer

from .clock import Clock
from .conftest import Hub
from .steps import attend
from .test_supply import ready, shows

PLATE = "京A12345"


async def test_a_week_without_internet_stops_nothing_and_doubles_nothing(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A cable was dug up: the light comes back by a slip, cars pass, and what a phone paid counts once."""
    board = WaveshareRelay(unit=5)
    modbus_line.add(board)
    await ready(hub, modbus_line, modbus_device)
    await a_lane(hub, board)
    made = await hub.call("make_vouchers", count=2, amount="50.00")
    await hub.call("sell_vouchers", batch=made["batch"])
    slips = (await hub.call("print_vouchers", batch=made["batch"], numbers=True))["numbers"]

    provider = alipay_peer.fake()
    await provider.start()
    try:
        channel = await add_channel(hub, "alipay", alipay_form(provider))
        key = channel.data["channel"]
        order = await hub.call("create_order", wallet="w1", channel=key, amount="20.00")
        (out_no,) = [one for one in provider.books.orders if not one.startswith("PROOF")]
        provider.faults.notice_lost = True  # No provider reaches a house behind a router.
        provider.scan(out_no)
        await provider.stop()  # From here on nobody is reached.
        provider.books.pay(out_no, provider.now())

        clock = Clock(hub, hub.data.site.clock())
        for day in range(7):
            await clock.pass_(timedelta(days=1))
            # Meters go on, and what they say is charged.
            modbus_device.add(kwh=2)
            await attend(hub)
            opened = await hub.call(
                "plate_read", lane="l1", plate=PLATE, at=clock.now().isoformat()
            )
            assert opened["kind"] == "admitted"
            await hub.call("top_up", wallet="w1", amount="0.10", reference=f"desk {day}")
        await shows(hub, "off")
        assert not modbus_device.contacts.closed
        assert (await hub.wallet("w1"))["state"] == "cut_off"
        await hub.call("redeem_voucher", number=slips[0]["number"], wallet="w1")
        await shows(hub, "on")
        assert modbus_device.contacts.closed
        known = await hub.call("get_order", order=order["order"], look=True)
        assert known["state"] in ("pending", "created")
        before = (await hub.wallet("w1"))["balance"]

        await provider.start(urlsplit(provider.base_url).port or 0)
        await clock.pass_(timedelta(hours=2))

        async def credited() -> bool:
            told = await hub.call("get_order", order=order["order"], look=True)
            return bool(told["state"] == "credited")

        await hub.until(credited, within=20)
        await hub.restart()
        await attend(hub)
        after = (await hub.wallet("w1"))["balance"]
        assert round(float(after) - float(before), 2) == 20.0
        entries = (await hub.call("get_statement", wallet="w1"))["lines"]
        assert [one["amount"] for one in entries if one["amount"] in ("20.00", "50.00")] == [
            "50.00",
            "20.00",
        ]
        assert (await hub.call("list_vouchers"))["owed"] == "50.00"
        assert (await hub.call("verify_ledger"))["ok"]
    finally:
        await provider.stop()


async def a_lane(hub: Hub, board: WaveshareRelay) -> None:
    """A lane with a camera's webhook and a barrier, and a card on a wallet for parking."""
    await hub.call("open_wallet", unit="Space 7", purpose="parking")
    await hub.call("issue_card", wallet="w2", plates=[PLATE])
    (line,) = hub.entry.get_subentries_of_type("line")
    barrier = {"family": "waveshare_relay", "unit_id": board.unit, "coil": 0, "pulse": 0.2}
    data = {
        "line_id": line.subentry_id,
        "barrier": barrier,
        "reader": {"family": "none"},
        "direction": "entry",
        "fee": "0.00",
    }
    await hub.add("lane", "North gate", "lane:north-gate", data)

    async def there() -> bool:
        return bool(hub.data.site.lanes)

    await hub.until(there)
