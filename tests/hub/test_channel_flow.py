"""A merchant's account is added in a dialogue: what a person sees who types in keys, right and wrong."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.prepaid_parking.channel_secrets import async_secrets
from custom_components.prepaid_parking.diagnostics import async_get_config_entry_diagnostics
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_stripe import FakeStripe
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from tests.hub.flow_steps import Walk
from tests.hub.pay_forms import (
    add_channel,
    alipay_form,
    fake_stripe,
    fake_wechat,
    open_form,
    private_pem,
    public_pem,
    stripe_form,
    wechat_form,
)
from tests.journeys.conftest import Hub
from tests.links.pay import alipay_peer, wechat_peer

OTHER_KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    """A WeChat Pay whose signatures are known by a public key."""
    async with fake_wechat(key=wechat_peer.platform_key()) as fake:
        yield fake


@pytest.fixture
async def wechat_with_certificates() -> AsyncIterator[FakeWeChat]:
    """A WeChat Pay that hands out certificates."""
    async with fake_wechat() as fake:
        yield fake


@pytest.fixture
async def alipay() -> AsyncIterator[FakeAlipay]:
    """An Alipay."""
    async with alipay_peer.fake() as fake:
        yield fake


@pytest.fixture
async def stripe() -> AsyncIterator[FakeStripe]:
    """A Stripe."""
    async with fake_stripe() as fake:
        yield fake


def stored(hub: Hub) -> str:
    """Return all that the hub's own storage would have of the site, as text."""
    return json.dumps(hub.entry.as_dict(), default=str) + json.dumps(
        [one.as_dict() for one in hub.entry.subentries.values()], default=str
    )


def _files_with(folder: Path, text: bytes) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]


async def test_keys_are_proven_and_lie_sealed_beside_the_books(
    hub: Hub, wechat: FakeWeChat, tmp_path: Path
) -> None:
    """Whoever reads the hub's configuration, or a diagnostics file, must not be able to pay out."""
    form = wechat_form(wechat, app_secret=wechat.account.app_secret)
    made = await add_channel(hub, "wechat", form)
    assert made.title == "Our wechat"
    kept = await async_secrets(hub.data.privacy, made.data["subject"])
    assert kept == {
        "key": wechat.account.key_pem.strip(),
        "api_key": wechat.account.api_key,
        "provider_key": wechat.signer.public_pem.strip(),
        "app_secret": wechat.account.app_secret,
    }
    told = await async_get_config_entry_diagnostics(hub.hass, hub.entry)
    assert told["payments"]["channels"] == [
        {"channel": made.data["channel"], "kind": "wechat", "trouble": ""}
    ]
    assert wechat.account.merchant not in json.dumps(told, default=str)
    for text in (stored(hub), json.dumps(told, default=str)):
        assert wechat.account.api_key not in text
        assert wechat.account.app_secret not in text
        assert "PRIVATE KEY" not in text
    for hidden in (wechat.account.api_key.encode(), wechat.account.app_secret.encode()):
        assert not await hub.hass.async_add_executor_job(_files_with, tmp_path, hidden)
    # The order that proved it is closed: nobody can pay it.
    assert {order.state.value for order in wechat.books.orders.values()} == {"closed"}


@pytest.mark.parametrize(("language", "name"), [("en", "WeChat Pay"), ("zh-Hans", "微信支付")])
async def test_a_way_to_pay_is_called_as_its_payers_call_it(
    hub: Hub, wechat: FakeWeChat, language: str, name: str
) -> None:
    """The name is on the payer's button: nobody in Chengdu looks for an English one."""
    hub.hass.config.language = language
    walk = await open_form(hub, "wechat")
    await walk.answer(wechat_form(wechat))
    assert walk.result["data_schema"]({}) == {"name": name}
    await walk.answer({"name": " "})
    (made,) = (one for one in hub.entry.subentries.values() if one.subentry_type == "channel")
    assert made.title == name


async def test_certificates_are_opened_with_the_api_key(
    hub: Hub, wechat_with_certificates: FakeWeChat
) -> None:
    """An older merchant has no public key to type in; a wrong APIv3 key is found all the same."""
    walk = await open_form(hub, "wechat")
    await walk.answer(wechat_form(wechat_with_certificates, api_key=OTHER_KEY))
    walk.at("wechat", error="api_key_differs")
    await walk.answer(wechat_form(wechat_with_certificates))
    walk.at("proven_trial")


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"merchant": "19000001o9"}, "merchant", "wechat_merchant_malformed"),
        ({"app": "1234"}, "app", "wechat_app_malformed"),
        ({"app": "wx0000000000000000"}, "app", "app_of_another"),
        ({"serial": "-----BEGIN CERTIFICATE-----"}, "serial", "wechat_serial_malformed"),
        ({"serial": "0" * 40}, "key", "wechat_key_refused"),
        ({"key_id": "1234"}, "key_id", "wechat_key_id_malformed"),
        ({"api_key": "short"}, "api_key", "api_key_length"),
        ({"key": "-----BEGIN CERTIFICATE-----"}, "key", "private_key_invalid"),
        ({"provider_key": "abc"}, "provider_key", "public_key_invalid"),
        ({"app_secret": "short"}, "app_secret", "wechat_app_secret_malformed"),
        ({"app_secret": "0" * 32}, "app_secret", "wechat_app_secret_refused"),
        (
            {"provider_key": public_pem(alipay_peer.key("provider").public_key())},
            "provider_key",
            "provider_key_differs",
        ),
        ({"other_address": {"address": "http://127.0.0.1:1"}}, "base", "provider_unreachable"),
        ({"other_address": {"address": "https://api.example.com"}}, "base", "address_not_own"),
        (
            {"other_address": {"address": "https://api.mch.weixin.qq.com.evil.example"}},
            "base",
            "address_not_own",
        ),
        (
            {"other_address": {"address": "https://api.mch.weixin.qq.com@evil.example/"}},
            "base",
            "address_not_own",
        ),
        (
            {"other_address": {"address": "http://api.mch.weixin.qq.com"}},
            "base",
            "address_not_own",
        ),
        ({"other_address": {"address": "https://[::1"}}, "base", "address_not_own"),
    ],
)
async def test_each_wrong_field_of_wechat_is_named(
    hub: Hub, wechat: FakeWeChat, wrong: dict[str, Any], field: str, error: str
) -> None:
    """A merchant who has copied one number wrongly must not have to type everything again."""
    walk = await open_form(hub, "wechat")
    await walk.answer(wechat_form(wechat, **wrong))
    assert walk.at("wechat", error=error)["errors"] == {field: error}
    again = wechat_form(wechat, app_secret=wechat.account.app_secret)
    for secret in ("key", "api_key", "provider_key", "app_secret"):
        if secret not in wrong:
            del again[secret]
    await walk.answer(again)
    walk.at("proven_trial")


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"merchant": "1088102146225135"}, "merchant", "alipay_merchant_malformed"),
        ({"app": "app"}, "app", "alipay_app_malformed"),
        ({"key": private_pem(alipay_peer.key("somebody"))}, "key", "alipay_key_refused"),
        ({"key": "nonsense"}, "key", "private_key_invalid"),
        ({"provider_key": "nonsense"}, "provider_key", "public_key_invalid"),
        (
            {"provider_key": public_pem(alipay_peer.key("merchant").public_key())},
            "provider_key",
            "provider_key_is_ours",
        ),
        (
            {"provider_key": public_pem(alipay_peer.key("somebody").public_key())},
            "provider_key",
            "provider_key_differs",
        ),
    ],
)
async def test_each_wrong_field_of_alipay_is_named(
    hub: Hub, alipay: FakeAlipay, wrong: dict[str, Any], field: str, error: str
) -> None:
    """The console shows three keys: whoever mixes them up has to be told which is the wrong one."""
    walk = await open_form(hub, "alipay")
    await walk.answer(alipay_form(alipay, **wrong))
    assert walk.at("alipay", error=error)["errors"] == {field: error}
    await walk.answer(alipay_form(alipay))
    walk.at("proven_trial")


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"merchant": "1Garage"}, "merchant", "stripe_merchant_malformed"),
        ({"merchant": "acct_1Other"}, "merchant", "account_differs"),
        ({"key": "pk_test_garage"}, "key", "stripe_key_malformed"),
        ({"key": "sk_test_other"}, "key", "stripe_key_refused"),
        ({"secret": "sk_test_garage"}, "secret", "stripe_secret_malformed"),
    ],
)
async def test_each_wrong_field_of_stripe_is_named(
    hub: Hub, stripe: FakeStripe, wrong: dict[str, Any], field: str, error: str
) -> None:
    """A publishable key looks much like a secret one."""
    walk = await open_form(hub, "stripe")
    await walk.answer(stripe_form(stripe, **wrong))
    assert walk.at("stripe", error=error)["errors"] == {field: error}
    if error == "account_differs":
        assert walk.shown()["detail"] == stripe.merchant
    await walk.answer(stripe_form(stripe))
    walk.at("proven_trial")


async def test_a_provider_that_stumbles_is_no_wrong_key(hub: Hub, alipay: FakeAlipay) -> None:
    """Whoever is told to copy the keys again because of a busy server loses an afternoon."""
    walk = await open_form(hub, "alipay")
    alipay.faults.fail_before_booking = 1
    await walk.answer(alipay_form(alipay))
    assert walk.at("alipay", error="provider_unclear")["errors"] == {"base": "provider_unclear"}
    await walk.answer(alipay_form(alipay))
    walk.at("proven_trial")


async def test_a_change_asks_for_no_secret_again(hub: Hub, alipay: FakeAlipay) -> None:
    """Whoever changes a name must not have to find the keys; whoever changes a key, only that one."""
    made = await add_channel(hub, "alipay", alipay_form(alipay))
    before = await async_secrets(hub.data.privacy, made.data["subject"])
    walk = Walk(hub.hass, hub.entry, "channel")
    await walk.begin(changing=made)
    walk.at("alipay")
    assert walk.fields() == {"app", "key", "provider_key", "other_address"}
    for secret in ("key", "provider_key"):
        assert walk.suggested(secret) is None
    address = {"other_address": {"address": alipay.base_url}}
    await walk.answer({"app": alipay_peer.APP, **address})
    walk.at("proven_trial")
    await walk.answer({"name": "Alipay at the gate"})
    walk.changed()
    (now,) = hub.entry.get_subentries_of_type("channel")
    assert now.title == "Alipay at the gate"
    assert now.data["channel"] == made.data["channel"]
    assert await async_secrets(hub.data.privacy, now.data["subject"]) == before

    revision = now.data["revision"]
    alipay.rotate_key()
    await walk.begin(changing=now)
    await walk.answer({"app": alipay_peer.APP, **address})
    walk.at("alipay", error="provider_key_differs")
    renewed = public_pem(alipay.key.public_key())
    await walk.answer({"app": alipay_peer.APP, "provider_key": renewed, **address})
    await walk.answer({"name": "Alipay at the gate"})
    walk.changed()
    (last,) = hub.entry.get_subentries_of_type("channel")
    kept = await async_secrets(hub.data.privacy, last.data["subject"])
    assert kept == before | {"provider_key": renewed.strip()}
    # The keys are not in the configuration: that they changed is.
    assert last.data["revision"] > revision


async def test_the_same_merchant_is_added_once(hub: Hub, stripe: FakeStripe) -> None:
    """Two channels of one account would each look for the other's payments."""
    await add_channel(hub, "stripe", stripe_form(stripe))
    walk = await open_form(hub, "stripe")
    await walk.answer(stripe_form(stripe))
    walk.at("stripe", error="channel_known")


async def test_a_needed_key_is_asked_for(hub: Hub, stripe: FakeStripe) -> None:
    """An empty field means the stored key; where none is stored nobody is left to guess."""
    walk = await open_form(hub, "stripe")
    form = stripe_form(stripe)
    del form["key"], form["secret"]
    await walk.answer(form)
    assert walk.at("stripe", error="secret_missing")["errors"] == {"key": "secret_missing"}
    await walk.answer(form | {"key": stripe.key})
    walk.at("proven_trial")


async def test_the_address_of_notices_is_shown_where_there_is_one(
    hub: Hub, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook is made by hand at Stripe: its address has to be there to copy."""
    monkeypatch.setattr(
        "custom_components.prepaid_parking.flow_channel.is_pretended", lambda _: False
    )
    walk = await open_form(hub, "stripe")
    await walk.answer(stripe_form(stripe))
    walk.at("proven_quiet")
    await async_process_ha_core_config(hub.hass, {"external_url": "https://park.example.com"})
    walk = await open_form(hub, "stripe")
    await walk.answer(stripe_form(stripe))
    walk.at("proven")
    url = walk.shown()["url"]
    await walk.answer({"name": "Stripe"})
    key = walk.saved().data["channel"]
    assert url == f"https://park.example.com/api/prepaid_parking/notice/{key}"


async def test_a_site_that_does_not_run_takes_no_keys(hub: Hub) -> None:
    """There is nowhere to put them but the configuration, where they must not be."""
    await hub.stop()
    assert hub.entry.state is ConfigEntryState.NOT_LOADED
    walk = Walk(hub.hass, hub.entry, "channel")
    await walk.begin()
    assert walk.result["type"] is FlowResultType.ABORT
    assert walk.result["reason"] == "site_not_running"
    await hub.start()
