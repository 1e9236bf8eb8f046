"""A site in yuan beside the demo's, paid by a pretended WeChat: a program in the demo's environment.

Says in a line of JSON where a tenant's page, a slip and WeChat are; it stays until its input ends.
"""

import asyncio
from collections.abc import Iterable
import json
import sys
from typing import Final, override

from aiohttp import web
from yarl import URL

from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from custom_components.prepaid_parking.simulator.pay_wechat_keys import WeChatAccount
from custom_components.prepaid_parking.simulator.pay_wechat_line import Form, Told
from script.demo.client import Data, Hub
from script.demo.flows import CONFIG, OPTIONS, SUBENTRY, Steps, fill_in, give_up

NAME: Final = "锦江花园"
UNIT: Final = "2-301"
DOMAIN: Final = "prepaid_parking"


class WeChatOnPhones(FakeWeChat):
    """A WeChat as phones have it: its app takes calls, its page for browsers asks where one comes from."""

    domain = ""
    """The merchant's ("H5 payment domain"): host and port."""

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        return [
            *super().routes(),
            web.post("/app", self._app),
            web.get("/checkmweb/{out_no}", self._check_browser),
        ]

    @override
    async def _h5(self, request: web.Request, form: Form) -> Told:
        await super()._h5(request, form)
        return {"h5_url": f"{self.base_url}/checkmweb/{form['out_trade_no']}?package=1"}

    async def _check_browser(self, request: web.Request) -> web.Response:
        """Open the payment to who comes from the merchant's address, and to nobody else."""
        if URL(request.headers.get("Referer", "")).authority != self.domain:
            return web.Response(status=400, text="商家参数格式有误，请联系商家解决")
        raise web.HTTPFound(f"/window/{request.match_info['out_no']}?{request.query_string}")

    async def _app(self, request: web.Request) -> web.Response:
        """Do what the app does when a page calls it and its user agrees."""
        return web.json_response(await self.inside.call(await request.json()))


async def set_up(hub: Hub, fake: WeChatOnPhones) -> Data:
    """Add the site, its channel and a tenant, as a manager does; returns where a phone goes."""
    steps = Steps(title=NAME, answers={"user": {"name": NAME, "currency": "CNY"}})
    made = (await fill_in(hub, CONFIG, DOMAIN, steps))[-1]
    if following := made.get("next_flow"):
        await give_up(hub, SUBENTRY, following[1])
    entry = made["result"]["entry_id"]
    menu = await hub.rest("POST", OPTIONS, {"handler": entry})
    path = f"{OPTIONS}/{menu['flow_id']}"
    await hub.rest("POST", path, {"next_step_id": "payments"})
    await hub.rest("POST", path, {"pay_page": True, "pay_url": hub.url})
    account, key = fake.account, fake.signer
    typed: Data = {
        "merchant": account.merchant,
        "app": account.app,
        "serial": account.serial,
        "key": account.key_pem,
        "api_key": account.api_key,
        "key_id": key.serial,
        "provider_key": key.public_pem,
        "app_secret": account.app_secret,
        "other_address": {"address": fake.base_url},
    }
    answers: Data = {"user": "wechat", "wechat": typed, "proven_trial": {"name": "微信支付"}}
    await fill_in(hub, SUBENTRY, [entry, "channel"], Steps(title="WeChat", answers=answers))
    at = {"config_entry_id": entry}
    opened = await hub.act("open_wallet", unit=UNIT, purpose="utility", **at)
    link = await hub.act("pay_link", wallet=opened["wallet"], **at)
    await hub.act("make_vouchers", count=1, amount="30.00", **at)
    await hub.act("sell_vouchers", batch="vb1", count=1, channel="transfer", **at)
    slips = await hub.act("print_vouchers", batch="vb1", numbers=True, **at)
    return {"entry": entry, "page": link["url"], "slip": slips["numbers"][0]["number"]}


async def main(hub_url: str) -> None:
    """Set everything up, say where it is, and stay."""
    async with WeChatOnPhones(WeChatAccount.new(), public_key=True) as fake:
        fake.domain = URL(hub_url).authority
        async with Hub.logged_in(hub_url) as hub:
            told = await set_up(hub, fake)
        sys.stdout.write(json.dumps(told | {"wechat": fake.base_url}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
