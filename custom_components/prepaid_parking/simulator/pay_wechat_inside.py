"""The inside of a pretended WeChat: who its users are to a page, and what it does when a page calls it.

Refused as by the real one: a page of a domain that the merchant did not enter, another app id or
secret, a code that is none, is used or is somebody's of another app, a call that the merchant has not
signed, and somebody else's order. Source: developers.weixin.qq.com/doc/service ("web page
authorisation"), pay.weixin.qq.com/doc/v3/merchant (JSAPI, "calling the payment").
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
import re
import secrets
from typing import Final, Protocol
from urllib.parse import urlencode

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from yarl import URL

from .pay_books import Order, PayBooks, RefusedError
from .pay_wechat_keys import WeChatAccount, packed

OK: Final = "get_brand_wcpay_request:ok"
FAIL: Final = "get_brand_wcpay_request:fail"
IN_APP: Final = "MicroMessenger"
"""Part of its browser's name."""
_STATE: Final = re.compile(r"[0-9A-Za-z]{0,128}", re.ASCII)


class Till(Protocol):
    """What the app needs of the platform."""

    account: WeChatAccount
    books: PayBooks

    async def pay(self, out_no: str) -> Order:
        """Do what a payer does."""


class WeChatInside:
    """The app on the phone of its user."""

    def __init__(self, till: Till) -> None:
        """Begin with one user, whom no page knows yet."""
        self.domains = {"127.0.0.1", "localhost"}
        """To which pages users are sent back ("web page authorisation domain")."""
        self.openid = f"o{secrets.token_urlsafe(20)}"
        """What the user is called at the merchant's app id."""
        self.refuses_codes = False
        self._till = till
        self._codes: dict[str, bool] = {}
        self._known: set[str] = set()

    def routes(self) -> Iterable[web.RouteDef]:
        """Return its pages and its interface."""
        return [
            web.get("/connect/oauth2/authorize", self._authorize),
            web.get("/sns/oauth2/access_token", self._exchange),
        ]

    def knows(self, openid: object) -> bool:
        """Tell whether the merchant's app id has a user of that name."""
        return openid in self._known

    async def call(self, told: Mapping[str, str]) -> Mapping[str, str]:
        """Do what the app does when a page hands it an order, and its user agrees."""
        account = self._till.account
        package = told.get("package", "")
        text = "".join(
            f"{one}\n"
            for one in (account.app, told.get("timeStamp"), told.get("nonceStr"), package)
        )
        try:
            signature = base64.b64decode(told["paySign"], validate=True)
            account.key.public_key().verify(signature, text.encode(), PKCS1v15(), SHA256())
        except KeyError, InvalidSignature, binascii.Error:
            return {"err_msg": FAIL, "err_desc": "支付验证签名失败"}
        if (told.get("appId"), told.get("signType")) != (account.app, "RSA"):
            return {"err_msg": FAIL, "err_desc": "调用支付JSAPI缺少参数"}
        for order in self._till.books.orders.values():
            mine = order.told.get("openid") == self.openid
            if mine and package == f"prepay_id={order.told['prepay']}":
                try:
                    await self._till.pay(order.out_no)
                except RefusedError as err:
                    return {"err_msg": FAIL, "err_desc": err.code}
                return {"err_msg": OK}
        return {"err_msg": FAIL, "err_desc": "下单账号与支付账号不一致"}

    async def _authorize(self, request: web.Request) -> web.Response:
        """Send the user back with a code, without asking them anything."""
        asked = request.query
        wanted = (asked.get("appid"), asked.get("response_type"), asked.get("scope"))
        if wanted != (self._till.account.app, "code", "snsapi_base"):
            return web.Response(status=400, text="Scope 参数错误或没有 Scope 权限")
        if IN_APP not in request.headers.get("User-Agent", ""):
            return web.Response(status=400, text="请在微信客户端打开链接")
        back = URL(asked.get("redirect_uri", ""))
        if back.host not in self.domains or not _STATE.fullmatch(asked.get("state", "")):
            return web.Response(status=400, text="redirect_uri域名与后台配置不一致，错误码:10003")
        code = secrets.token_hex(16)
        self._codes[code] = False
        told = urlencode({"code": code, "state": asked.get("state", "")})
        joined = "&" if back.query_string else "?"
        raise web.HTTPFound(f"{back}{joined}{told}")

    async def _exchange(self, request: web.Request) -> web.Response:
        """Say whose code it is, once."""
        account, asked = self._till.account, request.query
        if asked.get("appid") != account.app:
            return _told({"errcode": 40013, "errmsg": "invalid appid"})
        if asked.get("secret") != account.app_secret:
            return _told({"errcode": 40125, "errmsg": "invalid appsecret"})
        code = asked.get("code", "")
        fits = asked.get("grant_type") == "authorization_code" and not self.refuses_codes
        if code not in self._codes or not fits:
            return _told({"errcode": 40029, "errmsg": "invalid code"})
        if self._codes[code]:
            return _told({"errcode": 40163, "errmsg": "code been used"})
        self._codes[code] = True
        self._known.add(self.openid)
        return _told(
            {
                "access_token": secrets.token_urlsafe(48),
                "expires_in": 7200,
                "refresh_token": secrets.token_urlsafe(48),
                "openid": self.openid,
                "scope": "snsapi_base",
            }
        )


def _told(content: Mapping[str, object]) -> web.Response:
    """Answer as it does: JSON that is said to be plain text."""
    return web.Response(body=packed(content), content_type="text/plain")
