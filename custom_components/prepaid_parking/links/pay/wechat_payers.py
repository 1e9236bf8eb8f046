"""Who pays inside WeChat: the way through the platform's own page and back, and the payer's number.

An order that is paid inside the app names its payer by the number that WeChat has given them for one
app id (`openid`). Their browser is sent through a page of WeChat, which shows nothing and asks
nothing (`snsapi_base`), and comes back with a code that is exchanged once for that number.
Source: developers.weixin.qq.com/doc/service, "web page authorisation".
"""

import re
import secrets
from typing import Final
from urllib.parse import urlencode

from aiohttp import ClientSession

from ...core.pay_channel import ChannelError, ChannelFault
from .exchange import exchange, origin
from .told import Told

GATE: Final = "https://open.weixin.qq.com"
"""Where payers are sent."""
HOST: Final = "https://api.weixin.qq.com"
"""Where codes are exchanged."""
WRONG_SECRET: Final = frozenset({"40001", "40125", "41004"})
WRONG_CODE: Final = frozenset({"40029", "40163"})
"""Not one of its codes; used before."""
BUSY: Final = -1
_CODE: Final = re.compile(r"[!-~]{1,512}", re.ASCII)
_PAYER: Final = re.compile(r"[0-9A-Za-z_\-]{6,128}", re.ASCII)


class WeChatPayers:
    """Finds who pays at one app id."""

    def __init__(
        self, session: ClientSession, app: str, secret: str, gate: str = GATE, base_url: str = HOST
    ) -> None:
        """Send payers and the app's secret to WeChat; elsewhere only where it is named."""
        self._session = session
        self._app = app
        self._secret = secret
        self._gate = origin(gate)
        self._base = origin(base_url)

    def address(self, back_url: str, state: str) -> str:
        """Return where a payer is sent, who then comes back with a code and the same `state`."""
        asked = {
            "appid": self._app,
            "redirect_uri": back_url,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        return f"{self._gate}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    async def payer(self, code: str) -> str:
        """Return the number of the payer whose code it is.

        The question has the app's secret in its address: whatever goes wrong, no part of it is told.
        """
        if not _CODE.fullmatch(code):
            raise ChannelError(ChannelFault.REFUSED, "code")
        asked = {
            "appid": self._app,
            "secret": self._secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        url = f"{self._base}/sns/oauth2/access_token?{urlencode(asked)}"
        try:
            answer = await exchange(self._session, "GET", url)
        except ChannelError as err:
            raise ChannelError(err.fault, err.code) from None
        if answer.status != 200:
            raise ChannelError(ChannelFault.UNKNOWN, str(answer.status))
        told = Told.read(answer.body)
        if told.parts.get("errcode"):
            number = told.whole("errcode")
            fault = ChannelFault.UNKNOWN if number == BUSY else ChannelFault.REFUSED
            raise ChannelError(fault, str(number))
        found = told.text("openid")
        if not _PAYER.fullmatch(found):
            raise told.odd("openid")
        return found

    async def prove(self) -> None:
        """Find out whether the secret is right: a code that is none is refused as a code."""
        try:
            await self.payer(f"PROOF{secrets.token_hex(10).upper()}")
        except ChannelError as err:
            if err.fault is ChannelFault.REFUSED and err.code in WRONG_CODE:
                return
            raise
        raise ChannelError(ChannelFault.UNKNOWN, "not_understood", "openid")
