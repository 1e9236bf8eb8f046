"""The way to WeChat Pay and back: requests signed by the merchant, answers signed by the platform.

An answer is believed if its signature is right. A refusal has none that counts: it is believed for
the connection's sake, and only in the platform's own form, for a hurdle on the way (a proxy, a
firewall) says no as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import json
import re
import secrets
from time import time
from typing import Final

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from ...core.errors import CoreError
from ...core.pay_channel import ChannelError, ChannelFault
from .exchange import LARGEST, Answer, exchange, origin
from .keys import public_key
from .told import Told
from .wechat_keys import Keys
from .wechat_sign import Sealed, authorization, opened

HOST: Final = "https://api.mch.weixin.qq.com"
UNCLEAR: Final = frozenset({"SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR", "USERPAYING"})
"""Words that say nothing of what happened, whatever the status: it is looked up."""
LONGEST_WORDS: Final = 200
_STAMP: Final = re.compile(r"\d{1,11}", re.ASCII)
_ADDRESS: Final = re.compile(r"[!-~]{1,2048}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatMerchant:
    """Who asks: numbers and keys of the merchant's console.

    `serial` is that of the merchant's own certificate. `provider_keys` are the provider's public
    keys by their id (`PUB_KEY_ID_…`), of which the first is the one in use; a merchant without any
    has certificates, which are fetched.
    """

    merchant: str
    app: str
    serial: str
    key: RSAPrivateKey
    api_key: bytes
    notify_url: str
    provider_keys: Mapping[str, RSAPublicKey]


class WeChatLine:
    """Speaks as one merchant."""

    def __init__(self, session: ClientSession, merchant: WeChatMerchant, base_url: str) -> None:
        """Send to one host only, and nothing to any other that an answer may name."""
        self._session = session
        self._own = merchant
        self._base = origin(base_url)
        self._keys = Keys(merchant.provider_keys, self._certificates)

    async def ask(self, method: str, path: str, form: Mapping[str, object] | None = None) -> Told:
        """Ask and return what was answered, if the platform has signed it."""
        answer = await self._send(method, path, form)
        if answer.status not in {200, 204}:
            raise _refused(answer)
        await self.check(answer.headers, answer.body)
        return Told.read(answer.body) if answer.body else Told({})

    async def fetch(self, url: str, largest: int) -> bytes:
        """Fetch a file from where an answer says it lies: on the host that was asked."""
        if not url.startswith(f"{self._base}/") or not _ADDRESS.fullmatch(url):
            raise ChannelError(ChannelFault.UNTRUSTED, "download_url")
        answer = await self._send("GET", url.removeprefix(self._base), largest=largest)
        if answer.status != 200:
            raise _refused(answer)
        return answer.body

    async def check(self, headers: Mapping[str, str], body: bytes) -> datetime:
        """Return when the platform has signed a message, or raise where it has not.

        What cannot be a signature is refused before any key is looked for.
        """
        sealed = Sealed.of(headers)
        if sealed is not None and _STAMP.fullmatch(sealed.timestamp):
            key = await self._keys.find(sealed.serial)
            if key is not None and sealed.is_of(key, body):
                return datetime.fromtimestamp(int(sealed.timestamp), UTC)
        raise ChannelError(ChannelFault.UNTRUSTED, "signature")

    def is_page(self, url: str) -> bool:
        """Tell whether a payer can be sent to an address."""
        return url.startswith(("https://", f"{self._base}/")) and bool(_ADDRESS.fullmatch(url))

    async def _certificates(self) -> Mapping[str, RSAPublicKey]:
        """Fetch the platform's certificates: only who has the merchant's key can have made them.

        Each is kept by the number that it has itself; the one beside it is not protected.
        """
        answer = await self._send("GET", "/v3/certificates")
        if answer.status != 200:
            raise _refused(answer)
        keys: dict[str, RSAPublicKey] = {}
        for one in Told.read(answer.body).rows("data"):
            pem = opened(self._own.api_key, one.part("encrypt_certificate").parts)
            if pem is None:
                raise ChannelError(ChannelFault.UNTRUSTED, "certificate")
            try:
                serial = f"{load_pem_x509_certificate(pem).serial_number:X}"
                keys[serial] = public_key(pem.decode())
            except (ValueError, CoreError) as err:
                raise ChannelError(ChannelFault.UNTRUSTED, "certificate") from err
        return keys

    async def _send(
        self,
        method: str,
        path: str,
        form: Mapping[str, object] | None = None,
        largest: int = LARGEST,
    ) -> Answer:
        body = b"" if form is None else json.dumps(form).encode()
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": authorization(
                self._own.key,
                merchant=self._own.merchant,
                serial=self._own.serial,
                timestamp=str(int(time())),
                nonce=secrets.token_hex(16).upper(),
                method=method,
                path=path,
                body=body,
            ),
        }
        if self._own.provider_keys:
            headers["Wechatpay-Serial"] = next(iter(self._own.provider_keys))
        return await exchange(
            self._session,
            method,
            f"{self._base}{path}",
            headers=headers,
            body=body or None,
            largest=largest,
        )


def _refused(answer: Answer) -> ChannelError:
    """Return what an answer means that is no success.

    Only the platform's own no is one. After 5xx, a redirect, or words of somebody else nobody knows
    what happened.
    """
    code, words = str(answer.status), ""
    fault = ChannelFault.UNKNOWN
    try:
        told = Told.read(answer.body)
        code, words = told.text("code"), told.text_or("message")
    except ChannelError:
        return ChannelError(fault, code)
    if 400 <= answer.status < 500 and code not in UNCLEAR:
        fault = ChannelFault.REFUSED
    return ChannelError(fault, code[:LONGEST_WORDS], words[:LONGEST_WORDS])
