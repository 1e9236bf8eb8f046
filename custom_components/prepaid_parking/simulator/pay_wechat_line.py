"""How a pretended WeChat Pay is asked and answers: each request signed by the merchant, each answer by it."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
import json
import re
from typing import Any, Final

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from .pay_books import RefusedError
from .pay_wechat_keys import PlatformKey, WeChatAccount, packed

_CLOCK_S: Final = 300
_SCHEME: Final = "WECHATPAY2-SHA256-RSA2048 "
_WORDS: Final = {
    "missing": (404, "ORDER_NOT_EXIST"),
    "missing_refund": (404, "RESOURCE_NOT_EXISTS"),
    "paid": (400, "ORDERPAID"),
    "closed": (400, "ORDER_CLOSED"),
    "other_order": (403, "OUT_TRADE_NO_USED"),
    "not_paid": (400, "INVALID_REQUEST"),
    "too_much": (400, "INVALID_REQUEST"),
    "no_statement": (400, "NO_STATEMENT_EXIST"),
    "sign": (401, "SIGN_ERROR"),
    "form": (400, "PARAM_ERROR"),
    "merchant": (400, "APPID_MCHID_NOT_MATCH"),
}

type Form = Mapping[str, Any]
type Told = Mapping[str, object] | None
type Act = Callable[[web.Request, Form], Awaitable[Told]]


class WeChatLine:
    """Knows a merchant's signature, and which of its requests it has had."""

    def __init__(
        self,
        account: WeChatAccount,
        signer: Callable[[], PlatformKey],
        now: Callable[[], datetime],
    ) -> None:
        """Answer by the key that signs at the time."""
        self._account = account
        self._signer = signer
        self._now = now
        self._nonces: set[str] = set()

    def signed(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Make an act an answer: the request's signature is checked, the answer's is made."""

        async def answer(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                self.check(request, body)
                told = await act(request, _form(body))
                status = 204 if told is None else 200
            except RefusedError as err:
                status, code = _WORDS[err.code]
                told = {"code": code, "message": f"{err.code} 操作失败", "detail": {}}
            content = b"" if told is None else packed(told)
            headers = self._signer().headers(content, self._now())
            return web.Response(status=status, body=content, headers=headers)

        return answer

    def check(self, request: web.Request, body: bytes) -> None:
        """Refuse a request that the merchant has not signed just now, or has sent before."""
        head = request.headers.get("Authorization", "")
        found = dict(re.findall(r'(\w+)="([^"]*)"', head.removeprefix(_SCHEME)))
        try:
            stamp, nonce = found["timestamp"], found["nonce_str"]
            text = f"{request.method}\n{request.raw_path}\n{stamp}\n{nonce}\n".encode()
            self._account.key.public_key().verify(
                base64.b64decode(found["signature"], validate=True),
                text + body + b"\n",
                PKCS1v15(),
                SHA256(),
            )
            known = (found["mchid"], found["serial_no"])
            late_s = abs(self._now().timestamp() - int(stamp))
        except (KeyError, InvalidSignature, binascii.Error, ValueError) as err:
            raise RefusedError("sign") from err
        own = (self._account.merchant, self._account.serial)
        strange = not head.startswith(_SCHEME) or known != own or nonce in self._nonces
        if strange or late_s > _CLOCK_S or not request.headers.get("User-Agent"):
            raise RefusedError("sign")
        self._nonces.add(nonce)


def _form(body: bytes) -> Form:
    try:
        found = json.loads(body) if body else {}
    except ValueError as err:
        raise RefusedError("form") from err
    if not isinstance(found, dict):
        raise RefusedError("form")
    return found
