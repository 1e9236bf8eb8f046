"""WeChat Pay as a channel: the numbers and keys of a merchant's console, and how they are proven.

A console gives out one of two things to know the platform's signatures by: a public key with an id,
or (older merchants) nothing, and certificates are fetched and opened with the APIv3 key.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
import re
import secrets
from typing import ClassVar, Final, override

from .channel_kind import (
    BASE,
    MERCHANT,
    ChannelKind,
    Surroundings,
    Typed,
    WrongFieldError,
    in_field,
    is_pretended,
)
from .core.chart import Channel
from .core.pay_channel import Asked, ChannelError, ChannelFault
from .links.pay.keys import private_key, public_key
from .links.pay.wechat import HOST, WeChatMerchant, WeChatPay
from .links.pay.wechat_payers import WRONG_SECRET, WeChatPayers
from .operations.pay_port import PayChannel

NOWHERE: Final = "https://notice.invalid/"
"""An order must name an address for notices. A hub that cannot be reached names one that nobody has."""
SHORT: Final = timedelta(minutes=5)
"""The end of the order that is made and closed as a proof, should closing it get lost."""
API_KEY_BYTES: Final = 32
INSIDE: Final = "app_secret"
"""The field that only paying inside WeChat needs."""
_PATTERNS: Final = {
    MERCHANT: re.compile(r"\d{8,32}", re.ASCII),
    "app": re.compile(r"wx[0-9a-zA-Z]{4,30}", re.ASCII),
    "serial": re.compile(r"[0-9A-Fa-f]{8,64}", re.ASCII),
    "key_id": re.compile(r"(PUB_KEY_ID_\d{6,64})?", re.ASCII),
    INSIDE: re.compile(r"([0-9a-zA-Z]{32})?", re.ASCII),
}
_UNKNOWN_MERCHANT: Final = frozenset({"MCH_NOT_EXISTS", "MCHID_NOT_EXIST", "INVALID_MCHID"})
_OTHER_APP: Final = frozenset({"APPID_MCHID_NOT_MATCH", "APPID_NOT_EXIST", "INVALID_APPID"})


class WeChatKind(ChannelKind):
    """What all merchants of WeChat Pay have in common."""

    kind: ClassVar = Channel.WECHAT
    currency: ClassVar = "CNY"
    home: ClassVar = HOST
    hosts: ClassVar = frozenset({"api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"})
    names: ClassVar = (MERCHANT, "app", "serial", "key_id")
    secrets: ClassVar = ("key", "api_key", "provider_key", INSIDE)
    optional: ClassVar = frozenset({"key_id", "provider_key", INSIDE})
    lines: ClassVar = frozenset({"key", "provider_key"})
    patterns: ClassVar = _PATTERNS

    @override
    def make(self, typed: Typed, around: Surroundings) -> WeChatPay:
        self.check(typed)
        api_key = typed["api_key"].encode()
        if len(api_key) != API_KEY_BYTES:
            raise WrongFieldError("api_key", "api_key_length")
        with in_field("key"):
            key = private_key(typed["key"])
        known = {}
        if key_id := typed["key_id"]:
            with in_field("provider_key"):
                known[key_id] = public_key(typed["provider_key"])
        merchant = WeChatMerchant(
            merchant=typed[MERCHANT],
            app=typed["app"],
            serial=typed["serial"].upper(),
            key=key,
            api_key=api_key,
            notify_url=around.notify_url or NOWHERE,
            provider_keys=known,
        )
        return WeChatPay(around.session, merchant, self.address(typed["address"]))

    @override
    def payers(self, typed: Typed, around: Surroundings) -> WeChatPayers | None:
        """Find payers by the app's own secret; a pretended WeChat Pay pretends the rest of WeChat too."""
        if not (secret := typed[INSIDE]):
            return None
        app, address = typed["app"], self.address(typed["address"])
        if is_pretended(address):
            return WeChatPayers(around.session, app, secret, address, address)
        return WeChatPayers(around.session, app, secret)

    @override
    async def prove(self, port: PayChannel, typed: Typed) -> None:
        """Make an order of one fen that nobody is shown, and close it.

        A refusal is not signed by the platform: that it has no order of a number proves our keys and
        not theirs. An order proves both, the app, and that the merchant may take payments by code.
        """
        number = f"PROOF{secrets.token_hex(10).upper()}"
        await port.query(number)
        end = datetime.now(UTC).replace(microsecond=0) + SHORT
        await port.create(Asked(out_no=number, amount_minor=1, subject="Test", expires_at=end))
        with suppress(ChannelError):
            await port.close(number)

    @override
    def blame(self, err: ChannelError, typed: Typed) -> WrongFieldError | None:
        if err.fault is ChannelFault.UNTRUSTED:
            if typed["key_id"]:
                return WrongFieldError("provider_key", "provider_key_differs")
            return WrongFieldError("api_key", "api_key_differs")
        if err.fault is not ChannelFault.REFUSED:
            return None
        detail = f"{err.code} {err.detail}".strip()
        if err.code == "SIGN_ERROR":
            return WrongFieldError("key", "wechat_key_refused", detail)
        if err.code in _UNKNOWN_MERCHANT:
            return WrongFieldError(MERCHANT, "merchant_unknown", detail)
        if err.code in WRONG_SECRET:
            return WrongFieldError(INSIDE, "wechat_app_secret_refused", detail)
        if err.code in _OTHER_APP:
            return WrongFieldError("app", "app_of_another", detail)
        if err.code == "NO_AUTH":
            return WrongFieldError(BASE, "product_missing", detail)
        return None
