"""Repairs of payments: each is shown when a person is needed, and gone when it is seen to."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
import socket

from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.prepaid_parking import pay_repairs, standing_repairs
from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.simulator.pay_wechat_told import BEIJING
from tests.hub.flow_steps import Walk
from tests.hub.pay_forms import alipay_form
from tests.hub.test_notices import Counter, counter_of
from tests.hub.test_pay_listener import set_options
from tests.hub.test_repairs import asked, gone
from tests.journeys.conftest import Hub


@pytest.fixture(autouse=True)
async def _repairs(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's page for repairs, and a site that looks often."""
    assert await async_setup_component(hub.hass, "repairs", {})
    monkeypatch.setattr(standing_repairs, "LOOK_EVERY", timedelta(milliseconds=100))
    await hub.restart()


@pytest.fixture
async def alipay(hub: Hub, server: str) -> AsyncIterator[Counter]:
    """A provider whose notices come to a hub."""
    async with counter_of(hub, server, "alipay") as counter:
        yield counter


async def change_keys(counter: Counter) -> None:
    """Type in what the provider's console shows now."""
    (channel,) = counter.hub.entry.get_subentries_of_type("channel")
    walk = Walk(counter.hub.hass, counter.hub.entry, "channel")
    await walk.begin(changing=channel)
    form = alipay_form(counter.fake)  # type: ignore[arg-type]
    del form["merchant"]
    await walk.answer(form)
    walk.at("proven_trial")
    await walk.answer({"name": "Anew"})
    walk.changed()


async def test_money_without_a_place_is_asked_about_until_it_has_one(alipay: Counter) -> None:
    """A payer who paid another amount than was asked has paid: somebody has to say for what."""
    hub = alipay.hub
    alipay.fake.faults.wrong_amount = 100
    await alipay.pay(await alipay.order())
    issue = await asked(hub, "payments_without_place")
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["amount"] == "13.50"

    async def shown(amount: float) -> bool:
        state = hub.hass.states.get("sensor.demo_house_payments_without_a_place")
        return state is not None and float(state.state) == amount

    await hub.until(lambda: shown(13.5))
    (held,) = (await hub.call("list_orders"))["unmatched"]
    await hub.call("settle_payment", payment=held["payment"], wallet="w1", reason="paid 1.00 more")
    await gone(hub, "payments_without_place")
    await hub.until(lambda: shown(0))
    assert await alipay.balance() == "13.50"


async def test_a_provider_that_takes_no_real_money_is_said_as_long_as_it_is_there(
    alipay: Counter,
) -> None:
    """A trial that was forgotten lets everybody out for nothing."""
    hub = alipay.hub
    await asked(hub, "channel_trial")
    (channel,) = hub.entry.get_subentries_of_type("channel")
    hub.hass.config_entries.async_remove_subentry(hub.entry, channel.subentry_id)
    await gone(hub, "channel_trial")


async def test_a_refund_that_does_not_reach_the_payer_is_said(hub: Hub, server: str) -> None:
    """The account there is closed: the money is neither with the payer nor with the site."""
    async with counter_of(hub, server, "wechat") as wechat:
        wechat.fake.faults.refund_stuck = True
        out_no = await wechat.order()
        await wechat.pay(out_no)
        (order,) = (await hub.call("list_orders", state="credited"))["orders"]
        await hub.call("refund_order", order=order["order"], amount="2.50", reason="too much")
        issue = await asked(hub, "refunds_stuck")
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["amount"] == "2.50"
        (refund,) = wechat.fake.books.refunds
        wechat.fake.faults.refund_stuck = False
        await wechat.fake.complete(refund)
        await gone(hub, "refunds_stuck")


async def test_what_differs_from_a_providers_file_is_said_until_it_is_settled(
    hub: Hub, server: str
) -> None:
    """Money that nobody here asked for lies at the provider: it is somebody's."""
    async with counter_of(hub, server, "wechat") as wechat:
        wechat.fake.faults.row_without_order = 1
        day = (datetime.now(BEIJING) - timedelta(days=1)).date().isoformat()
        await hub.call("reconcile_payments", **{"from": day, "to": day})
        issue = await asked(hub, "payments_differ")
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["amount"] == "9.90"
        (found,) = (await hub.call("list_differences"))["differences"]
        await hub.call(
            "settle_difference",
            difference=found["difference"],
            resolution="wallet",
            wallet="w1",
            reason="paid at the window",
        )
        await gone(hub, "payments_differ")
        assert await wechat.balance() == "9.90"


async def test_keys_that_do_not_fit_any_more_are_said(alipay: Counter) -> None:
    """A provider that renewed its key looks like one where nobody pays."""
    hub = alipay.hub
    out_no = await alipay.order()
    await alipay.scan(out_no)
    alipay.fake.rotate_key()
    (order,) = (await hub.call("list_orders"))["orders"]
    await hub.call("get_order", order=order["order"], look=True)
    issue = await asked(hub, "channel_untrusted")
    assert issue.translation_placeholders == {"name": "Our alipay"}
    await change_keys(alipay)
    await gone(hub, "channel_untrusted")


async def test_keys_that_are_not_there_are_asked_for(alipay: Counter) -> None:
    """After an older ledger came back its sealed keys are older too, or missing."""
    hub = alipay.hub
    (channel,) = hub.entry.get_subentries_of_type("channel")
    await hub.data.privacy.forget_subject(channel.data["subject"])
    await hub.restart()
    await asked(hub, "channel_keys_missing")
    await change_keys(alipay)
    await gone(hub, "channel_keys_missing")
    await alipay.pay(await alipay.order())
    assert await alipay.balance() == "12.50"


async def test_a_provider_that_is_silent_for_long_is_said(
    alipay: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is down for a moment is nobody's business, one that stays down is somebody's."""
    hub = alipay.hub
    out_no = await alipay.order()
    await alipay.scan(out_no)
    (order,) = (await hub.call("list_orders"))["orders"]
    alipay.fake.faults.fail_before_booking = 1
    await hub.call("get_order", order=order["order"], look=True)
    registry = ir.async_get(hub.hass)
    ids = [issue for domain, issue in registry.issues if domain == DOMAIN]
    assert not [one for one in ids if "silent" in one]
    monkeypatch.setattr(pay_repairs, "SILENT", timedelta(0))
    await asked(hub, "channel_silent")
    await hub.until(lambda: _looked(hub, order["order"]), every=1.1)
    await gone(hub, "channel_silent")


async def _looked(hub: Hub, order: str) -> bool:
    await hub.call("get_order", order=order, look=True)
    return all(run.trouble == "" for run in hub.data.site.paying.channels.values())


async def test_pages_without_encryption_are_said(hub: Hub) -> None:
    """On the way somebody could put a code of their own in place of the site's."""
    await async_process_ha_core_config(hub.hass, {"external_url": "http://park.example.com:8123"})
    await set_options(hub, pay_page=True)
    await asked(hub, "pay_page_insecure")
    await set_options(hub, pay_url="https://pay.example.com")
    await gone(hub, "pay_page_insecure")
    await set_options(hub, pay_url="")
    await asked(hub, "pay_page_insecure")
    await set_options(hub, pay_page=False)
    await gone(hub, "pay_page_insecure")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8123", "http://localhost:8123"])
async def test_pages_that_only_this_machine_opens_are_not_overheard(hub: Hub, url: str) -> None:
    """Whoever tries it out would be told to get a certificate for an address that has none."""
    await async_process_ha_core_config(hub.hass, {"external_url": "http://park.example.com:8123"})
    await set_options(hub, pay_page=True)
    await asked(hub, "pay_page_insecure")
    await set_options(hub, pay_url=url)
    await gone(hub, "pay_page_insecure")


async def test_a_port_that_somebody_has_is_said(hub: Hub) -> None:
    """Payers stand before a page that does not open; the manager must not learn it from them."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        await set_options(hub, pay_port=port, pay_bind="127.0.0.1")
        issue = await asked(hub, "pay_port_closed")
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["port"] == str(port)
    await set_options(hub, pay_port=0)
    await gone(hub, "pay_port_closed")
