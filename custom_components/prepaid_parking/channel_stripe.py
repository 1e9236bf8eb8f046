"""Stripe as a channel: an account, its key and the secret of its webhook, and how they are proven."""

import re
import secrets
from typing import ClassVar, Final, override

from .channel_kind import MERCHANT, ChannelKind, Surroundings, Typed, WrongFieldError
from .core.chart import Channel
from .core.pay_channel import ChannelError, ChannelFault
from .links.pay.stripe import StripeMerchant, StripePay
from .links.pay.stripe_line import HOST
from .operations.pay_port import PayChannel

ANYWHERE: Final = "https://stripe.com/"
"""A page must name where a phone goes afterwards, also of a hub that it cannot reach."""
_PATTERNS: Final = {
    MERCHANT: re.compile(r"acct_[0-9a-zA-Z]{4,64}", re.ASCII),
    "key": re.compile(r"(sk|rk)_(live|test)_[0-9a-zA-Z_]{4,250}", re.ASCII),
    "secret": re.compile(r"(whsec_[!-~]{8,250})?", re.ASCII),
}


class StripeKind(ChannelKind):
    """What all accounts at Stripe have in common."""

    kind: ClassVar = Channel.STRIPE
    currency: ClassVar = ""
    home: ClassVar = HOST
    hosts: ClassVar = frozenset({"api.stripe.com"})
    names: ClassVar = (MERCHANT,)
    secrets: ClassVar = ("key", "secret")
    optional: ClassVar = frozenset({"secret"})
    lines: ClassVar = frozenset[str]()
    patterns: ClassVar = _PATTERNS

    @override
    def make(self, typed: Typed, around: Surroundings) -> StripePay:
        self.check(typed)
        merchant = StripeMerchant(
            account=typed[MERCHANT],
            currency=around.currency,
            key=typed["key"],
            secrets=tuple(one for one in (typed["secret"],) if one),
            return_url=around.back_url or ANYWHERE,
        )
        return StripePay(around.session, merchant, self.address(typed["address"]))

    @override
    async def prove(self, port: PayChannel, typed: Typed) -> None:
        """Ask whose key it is, and for an order that is not there."""
        assert isinstance(port, StripePay)
        account = await port.account()
        if account != port.merchant:
            raise WrongFieldError(MERCHANT, "account_differs", account)
        await port.query(f"PROOF{secrets.token_hex(10).upper()}")

    @override
    def blame(self, err: ChannelError, typed: Typed) -> WrongFieldError | None:
        if err.fault is ChannelFault.REFUSED:
            return WrongFieldError("key", "stripe_key_refused", f"{err.code} {err.detail}".strip())
        return None
