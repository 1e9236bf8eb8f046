"""Who gets hold of what the hub keeps and says, all but the keys beside the ledger: nobody's secret is in it."""

from base64 import b64encode
from collections.abc import Iterator
import json
import logging
from pathlib import Path
import re
from typing import Any, Final

from homeassistant.const import EVENT_CALL_SERVICE, MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking.core.pay_order import OrderState, PayOrder
from custom_components.prepaid_parking.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.prepaid_parking.operations.risk_facts import OperationFact
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from tests.hub.pay_forms import alipay_form
from tests.hub.pay_page import Phone
from tests.hub.test_docs_stays import car_park, inside
from tests.hub.test_notices import Counter, alipay
from tests.hub.test_pay_stay import arrived
from tests.hub.test_pay_view import code, phone

__all__ = ["alipay", "phone"]

PHONE: Final = "13912345678"
PLATE: Final = "粤B77731"
HOLDER: Final = "Ouyang Mingyu"
ACCOUNT: Final = "6222020012345678"
METER_KEY: Final = "bc41ec9530f6dac86b1a29ab82edc5fb"
DIGITS: Final = re.compile(r"</small>((?:\d{4} ){4}\d{4})<")


@pytest.fixture
def events(hass: HomeAssistant) -> Iterator[list[Event[Any]]]:
    """Everything on the hub's bus but the calls themselves, which are the hub's own."""
    heard = list[Event[Any]]()

    def hear(event: Event[Any]) -> None:
        if event.event_type != EVENT_CALL_SERVICE:
            heard.append(event)

    stop = hass.bus.async_listen(MATCH_ALL, hear)
    yield heard
    stop()


async def lived_through(
    counter: Counter, phone: Phone, printed: ClientSessionGenerator
) -> dict[str, str]:
    """A day with all that is secret in it; returns what nobody may read, by its name."""
    hub, site = counter.hub, counter.hub.data.site
    hub.hass.config_entries.async_update_entry(
        hub.entry, options={**hub.entry.options, "pay_page": True}
    )
    person = {"name": HOLDER, "phone": PHONE}
    await hub.call("open_wallet", unit="Box 7", purpose="parking", person=person, exposed=True)
    await car_park(hub)
    await inside(hub, 1, PLATE, "粤****31", 150)
    sticker = await code(hub, "wallet", "w2")
    await phone.open(sticker)
    await phone.send("phone", digits=PHONE[-4:])
    assert phone.now is not None
    visit = phone.now.actions[0].rpartition("/")[2]
    letter = str((await hub.call("pay_link", stay="st1"))["url"]).rpartition("/")[2]
    await hub.call("add_space", name="N-1", location="underground", tenure="owned")
    await phone.open(await code(hub, "space", "sp1"))
    await phone.send("find", plate=PLATE, since=arrived(site))
    assert PLATE in phone.now.text
    await phone.send("pay", channel=counter.key)
    await counter.pay(await counter.order())
    (credited,) = await site.books.load(PayOrder, state=OrderState.CREDITED)
    await hub.call("make_vouchers", count=1, amount="50.00")
    await hub.call("sell_vouchers", batch="vb1")
    page = await (await printed()).get((await hub.call("print_vouchers", batch="vb1"))["url"])
    (voucher,) = DIGITS.findall(await page.text())
    await hub.call("redeem_voucher", number=voucher, wallet="w1")
    kiosk = await hub.call("set_terminal", name="Lobby")
    await hub.call(
        "set_token_meter", name="SL-1", key=METER_KEY, starting_code=1, sold_in="day", price="1.50"
    )
    await hub.call("buy_token", meter="SL-1", wallet="w1", units="5")
    await hub.call("set_risk_rule", rule="refund_large", limit="5", shadow=False)
    with pytest.raises(HomeAssistantError, match="cf1"):
        await hub.call("refund", wallet="w1", amount="20", reason="Moved out")
    (held,) = [one for one in hub.facts if isinstance(one, OperationFact)]
    asked = await hub.call(
        "refund_order",
        order=credited.id,
        holder=HOLDER,
        account=ACCOUNT,
        bank="ICBC",
        reason="late",
    )
    assert asked["state"] == "requested"
    assert isinstance(counter.fake, FakeAlipay)
    form = alipay_form(counter.fake)
    return {
        "phone": PHONE,
        "plate": PLATE,
        "plate's end": PLATE[1:],
        "holder": HOLDER,
        "account": ACCOUNT,
        "merchant's key": form["key"].splitlines()[5],
        "meter's key": METER_KEY,
        "meter's key, raw": b64encode(bytes.fromhex(METER_KEY)).decode(),
        "voucher": voucher.replace(" ", ""),
        "voucher's proof": voucher.replace(" ", "")[8:18],
        "kiosk's key": kiosk["key"],
        "visit": visit,
        "sticker": sticker,
        "letter": letter,
        "code": held.code,
    }


def files_in(folder: Path) -> dict[str, str]:
    """The ledger as it lies on the disk, by how its files' names end."""
    found = sorted(folder.rglob("*.db*"))
    return {one.suffix: one.read_bytes().decode(errors="replace") for one in found}


async def test_nothing_that_is_kept_or_said_has_a_secret(
    alipay: Counter,
    phone: Phone,
    events: list[Event[Any]],
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A stolen copy of the ledger, a log in a forum, a wall screen's history: none of them pays or tells."""
    hub = alipay.hub
    hass = hub.hass
    with caplog.at_level(logging.DEBUG):
        secrets = await lived_through(alipay, phone, hass_client_no_auth)
        await hass.async_block_till_done()
    entries = await hub.data.books.entries(limit=500)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), hub.entry.entry_id)
    asked = {
        action: await hub.call(action)
        for action in (
            *("list_risk_events", "list_operations", "list_terminals", "list_orders"),
            *("list_vouchers", "list_refunds", "list_receipts", "list_tokens", "list_wallets"),
        )
    }
    places = {
        "log": "\n".join(
            f"{one.getMessage()} {one.exc_text or ''}"
            for one in caplog.records
            if "prepaid_parking" in one.name
        ),
        "events": "\n".join(str(one.as_dict()) for one in events),
        "states": "\n".join(str(one.as_dict()) for one in hass.states.async_all()),
        "repairs": str(ir.async_get(hass).issues),
        "settings": json_bytes(hub.entry.as_dict()).decode(),
        "diagnostics": json_bytes(
            await async_get_config_entry_diagnostics(hass, hub.entry)
        ).decode(),
        "devices": "\n".join(
            [str(await async_get_device_diagnostics(hass, hub.entry, one)) for one in devices]
        ),
        "journal": "\n".join(map(str, entries)),
        "answers": json.dumps(asked, default=str, ensure_ascii=False),
    }
    places |= await hass.async_add_executor_job(
        files_in, Path(hass.config.path(".storage", "prepaid_parking"))
    )
    found = [
        (place, what)
        for place, text in places.items()
        for what, secret in secrets.items()
        if secret in text
    ]
    assert not found
    assert all(len(places[one]) > 500 for one in ("events", "states", "journal", "answers", ".db"))
