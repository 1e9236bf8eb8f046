"""The way to Alipay: signed requests to its gateway, answers that are signed as they are written.

Source: opendocs.alipay.com ("public parameters", "public error codes"). Times are Beijing's, wherever
the hub is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
import json
from typing import Final
from urllib.parse import urlencode

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ...core.pay_channel import ChannelError, ChannelFault
from .alipay_sign import SIGN_TYPE, fields_text, is_signed, raw_parts, signed
from .alipay_told import BEIJING
from .exchange import exchange, origin
from .told import LARGEST_TOLD, Told

HOST: Final = "https://openapi.alipay.com/gateway.do"
DONE: Final = "10000"
REFUSALS: Final = frozenset({"40001", "40002", "40003", "40004", "40005", "40006"})
"""Codes by which it says that it has done nothing; after others nobody knows."""
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayMerchant:
    """Who asks: the application, the account that is paid (`2088…`), and keys.

    `provider_keys` are the provider's public keys as its console shows them; while one replaces
    another there are two.
    """

    app: str
    seller: str
    key: RSAPrivateKey
    provider_keys: Sequence[RSAPublicKey]
    notify_url: str


class AlipayLine:
    """Requests of one application."""

    def __init__(
        self, session: ClientSession, merchant: AlipayMerchant, base_url: str = HOST
    ) -> None:
        """Talk to the provider by a session of the hub."""
        self._session = session
        self._own = merchant
        self._base = origin(base_url)

    def address(self, method: str, form: Mapping[str, str], own: Mapping[str, str]) -> str:
        """Return a request as an address that a phone can open."""
        return f"{self._base}?{urlencode(self.fields(method, form, own))}"

    async def ask(
        self, method: str, form: Mapping[str, str], own: Mapping[str, str] | None = None
    ) -> Told:
        """Ask for something; `own` is what stands beside the content, as the address of notices."""
        fields = self.fields(method, form, own or {})
        answer = await exchange(
            self._session,
            "POST",
            f"{self._base}?charset=utf-8",
            headers=_FORM,
            body=urlencode(fields).encode(),
        )
        if not answer.fine:
            raise ChannelError(ChannelFault.UNKNOWN, str(answer.status))
        told = self._believed(answer.body, f"{method.replace('.', '_')}_response")
        code = told.text("code")
        if code == DONE:
            return told
        detail = told.text_or("sub_code", code)
        unclear = code not in REFUSALS or "SYSTEM_ERROR" in detail
        fault = ChannelFault.UNKNOWN if unclear else ChannelFault.REFUSED
        raise ChannelError(fault, detail, told.text_or("sub_msg"))

    def fields(
        self, method: str, form: Mapping[str, str], own: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return a signed request; what is empty is not sent, for it is not signed either."""
        said = {name: value for name, value in form.items() if value}
        fields = {
            "app_id": self._own.app,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": SIGN_TYPE,
            "timestamp": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "biz_content": json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        }
        fields |= {name: value for name, value in own.items() if value}
        return fields | {"sign": signed(self._own.key, fields_text(fields))}

    def _believed(self, body: bytes, name: str) -> Told:
        """Return the node of an answer that is signed as it is written.

        A refusal for want of a right signature of ours has none itself: its code is told, to whoever
        sets the channel up, and it is believed no more than any other.
        """
        try:
            parts = raw_parts(body.decode()) if len(body) <= LARGEST_TOLD else {}
        except (ValueError, RecursionError) as err:
            raise ChannelError(ChannelFault.UNTRUSTED, "not_json") from err
        node = parts.get(name) or parts.get("error_response", "")
        told = Told.read(node, ChannelFault.UNTRUSTED)
        sign = Told.read(f'{{"sign":{parts.get("sign", '""')}}}').text_or("sign")
        if not is_signed(self._own.provider_keys, node, sign):
            code = told.parts.get("sub_code") or told.parts.get("code", "")
            raise ChannelError(ChannelFault.UNTRUSTED, "signature", str(code)[:64])
        return Told(told.parts)
