"""Alipay as a channel: an application of the open platform in key mode, and how its keys are proven."""

from datetime import UTC, datetime, timedelta
import re
import secrets
from typing import ClassVar, Final, override

from yarl import URL

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
from .links.pay.alipay import FILES, Alipay
from .links.pay.alipay_line import HOST, AlipayMerchant
from .links.pay.keys import private_key, public_key
from .operations.pay_port import PayChannel

SHORT: Final = timedelta(minutes=5)
GATEWAY: Final = "/gateway.do"
_PATTERNS: Final = {
    MERCHANT: re.compile(r"2088\d{12}", re.ASCII),
    "app": re.compile(r"\d{8,32}", re.ASCII),
}
_OUR_KEY: Final = frozenset({"isv.invalid-signature", "isv.missing-signature-key"})
_OUR_APP: Final = frozenset({"isv.invalid-app-id", "isv.app-not-exist"})
_NO_PRODUCT: Final = ("isv.insufficient-isv-permissions", "ACCESS_FORBIDDEN", "insufficient")


class AlipayKind(ChannelKind):
    """What all applications of Alipay have in common."""

    kind: ClassVar = Channel.ALIPAY
    currency: ClassVar = "CNY"
    home: ClassVar = HOST
    hosts: ClassVar = frozenset({"openapi.alipay.com", "openapi-sandbox.dl.alipaydev.com"})
    names: ClassVar = (MERCHANT, "app")
    secrets: ClassVar = ("key", "provider_key")
    optional: ClassVar = frozenset[str]()
    lines: ClassVar = frozenset({"key", "provider_key"})
    patterns: ClassVar = _PATTERNS

    @override
    def make(self, typed: Typed, around: Surroundings) -> Alipay:
        self.check(typed)
        with in_field("key"):
            key = private_key(typed["key"])
        with in_field("provider_key"):
            provider_key = public_key(typed["provider_key"])
        if provider_key.public_numbers() == key.public_key().public_numbers():
            # The console shows both beside each other.
            raise WrongFieldError("provider_key", "provider_key_is_ours")
        merchant = AlipayMerchant(
            app=typed["app"],
            seller=typed[MERCHANT],
            key=key,
            provider_keys=(provider_key,),
            notify_url=around.notify_url,
        )
        address = self.address(typed["address"])
        files = str(URL(address).origin()) if is_pretended(address) else FILES
        return Alipay(around.session, merchant, address, files)

    @override
    def address(self, typed: str) -> str:
        address = super().address(typed)
        return address if URL(address).path not in {"", "/"} else f"{address}{GATEWAY}"

    @override
    async def prove(self, port: PayChannel, typed: Typed) -> None:
        """Ask for an order that is not there, then for a code that nobody is shown.

        Both answers are signed; behind a code there is no order before somebody scans it. Who is
        paid stands in no answer: a wrong account shows with the first notice.
        """
        number = f"PROOF{secrets.token_hex(10).upper()}"
        await port.query(number)
        end = datetime.now(UTC).replace(microsecond=0) + SHORT
        await port.create(Asked(out_no=number, amount_minor=1, subject="Test", expires_at=end))

    @override
    def blame(self, err: ChannelError, typed: Typed) -> WrongFieldError | None:
        said = err.detail if err.fault is ChannelFault.UNTRUSTED else err.code
        if said in _OUR_KEY:
            return WrongFieldError("key", "alipay_key_refused", said)
        if said in _OUR_APP:
            return WrongFieldError("app", "app_unknown", said)
        if err.fault is ChannelFault.REFUSED and said.endswith(_NO_PRODUCT):
            return WrongFieldError(BASE, "product_missing", said)
        if err.fault is ChannelFault.UNTRUSTED:
            return WrongFieldError("provider_key", "provider_key_differs", said)
        return None
