"""Providers over real sockets, and what a merchant types of them into the dialogue."""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from homeassistant.config_entries import ConfigSubentry

from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_stripe import FakeStripe
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from tests.hub.flow_steps import Walk
from tests.journeys.conftest import Hub
from tests.links.pay import alipay_peer, stripe_peer, wechat_peer

type Form = dict[str, Any]


def private_pem(key: RSAPrivateKey) -> str:
    """Return a key as a file has it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: RSAPublicKey) -> str:
    """Return a public key as a console shows it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def wechat_form(fake: FakeWeChat, **more: Any) -> Form:
    """Return what the merchant of a pretended WeChat Pay types."""
    form: Form = {
        "merchant": fake.account.merchant,
        "app": fake.account.app,
        "serial": fake.account.serial,
        "key": fake.account.key_pem,
        "api_key": fake.account.api_key,
        "other_address": {"address": fake.base_url},
    }
    if not fake.signer.certificate:
        form |= {"key_id": fake.signer.serial, "provider_key": fake.signer.public_pem}
    return form | more


def alipay_form(fake: FakeAlipay, **more: Any) -> Form:
    """Return what the merchant of a pretended Alipay types."""
    return {
        "merchant": alipay_peer.SELLER,
        "app": alipay_peer.APP,
        "key": private_pem(alipay_peer.key("merchant")),
        "provider_key": public_pem(fake.key.public_key()),
        "other_address": {"address": fake.base_url},
    } | more


def stripe_form(fake: FakeStripe, **more: Any) -> Form:
    """Return what the owner of an account at a pretended Stripe types."""
    return {
        "merchant": fake.merchant,
        "key": fake.key,
        "secret": fake.secrets[0],
        "other_address": {"address": fake.base_url},
    } | more


def fake_wechat(**more: Any) -> FakeWeChat:
    """Return a WeChat Pay that repeats its notices quickly."""
    return FakeWeChat(wechat_peer.account(), retries_s=wechat_peer.RETRIES_S, **more)


def fake_stripe(**more: Any) -> FakeStripe:
    """Return a Stripe that takes yuan, as the site does."""
    return stripe_peer.fake(currency="CNY", **more)


async def open_form(hub: Hub, kind: str) -> Walk:
    """Go to the form of a provider."""
    walk = Walk(hub.hass, hub.entry, "channel")
    await walk.begin()
    walk.at("user")
    await walk.answer(kind)
    walk.at(kind)
    return walk


async def add_channel(hub: Hub, kind: str, form: Mapping[str, Any]) -> ConfigSubentry:
    """Add a channel as a person does."""
    walk = await open_form(hub, kind)
    await walk.answer(form)
    walk.at("proven_trial")
    await walk.answer({"name": f"Our {kind}"})
    made = walk.saved()
    await hub.hass.async_block_till_done()
    return made
