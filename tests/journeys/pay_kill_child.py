"""A site without a hub that takes money over a real line to a provider, until it is killed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import socket
from typing import Final, override

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from aiohttp import ClientSession, web  # noqa: E402

from custom_components.prepaid_parking.core.chart import Channel  # noqa: E402
from custom_components.prepaid_parking.core.errors import CoreError, StoreError  # noqa: E402
from custom_components.prepaid_parking.core.identity import SYSTEM  # noqa: E402
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind  # noqa: E402
from custom_components.prepaid_parking.links.pay.alipay import Alipay  # noqa: E402
from custom_components.prepaid_parking.operations.pay_book import ChannelRun  # noqa: E402
from custom_components.prepaid_parking.operations.pay_finding import find_order  # noqa: E402
from custom_components.prepaid_parking.operations.pay_notices import hear  # noqa: E402
from custom_components.prepaid_parking.operations.pay_orders import create_order, look  # noqa: E402
from custom_components.prepaid_parking.operations.pay_refunds import refund_order  # noqa: E402
from custom_components.prepaid_parking.operations.redeeming_vouchers import (  # noqa: E402
    redeem_voucher,
)
from tests.journeys.kill_life import Life, fork_for_each_line  # noqa: E402
from tests.journeys.pay_kill_world import CHANNEL, keys_in  # noqa: E402
from tests.links.pay.alipay_peer import merchant  # noqa: E402

type Asked = Callable[..., Awaitable[str]]

EAR: Final = socket.create_server(("127.0.0.1", 0))
"""Where notices arrive, in every life: a notice that comes while there is none waits for the next."""


class Child(Life):
    """One life of the site; the first line says how far ahead its clock is, and where the provider is."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @override
    async def begin(self, words: list[str]) -> None:
        self.ahead, self.provider = timedelta(seconds=int(words[0])), words[1]

    @override
    async def opened(self) -> None:
        self.session = ClientSession()
        host, port = EAR.getsockname()
        key, provider_key = keys_in(self.folder)
        own = merchant(f"http://{host}:{port}/notice", key=key, provider_keys=(provider_key,))
        self.site.paying.channels[CHANNEL] = ChannelRun(
            key=CHANNEL,
            name="Alipay",
            kind=Channel.ALIPAY,
            port=Alipay(self.session, own, f"{self.provider}/gateway.do", self.provider),
        )
        ear = web.Application()
        ear.router.add_post("/notice", self._hear)
        self.runner = web.AppRunner(ear)
        await self.runner.setup()
        await web.SockSite(self.runner, EAR).start()

    @override
    async def ended(self) -> None:
        await self.runner.cleanup()
        await self.session.close()

    @override
    def do(self, words: list[str]) -> None:
        what, *said = words
        asked: dict[str, Asked] = {
            "order": self._order,
            "look": self._look,
            "refund": self._refund,
            "redeem": self._redeem,
        }
        self.spawn(self._answered(asked[what], *said))

    async def _answered(self, asked: Asked, ask: str, *said: str) -> None:
        """Do what is asked, and say what came of it; a surprise is said as well."""
        answer = "broke surprised"
        try:
            answer = await asked(ask, *said)
        except CoreError as err:
            answer = f"refused {err.key}"
        finally:
            self.say(f"{ask} {answer}")

    async def _order(self, ask: str, wallet: str, minor: str) -> str:
        aim = Aim(kind=AimKind.WALLET, id=wallet)
        order = await create_order(
            self.site, aim=aim, channel=CHANNEL, amount_minor=int(minor), actor=SYSTEM, reference=ask
        )  # fmt: skip
        return f"{order.state} {order.out_no}"

    async def _look(self, ask: str, out_no: str) -> str:
        order = await look(self.site, (await find_order(self.site, out_no)).id)
        return f"{order.state} {out_no}"

    async def _refund(self, ask: str, out_no: str, minor: str) -> str:
        refund = await refund_order(
            self.site, order=out_no, amount_minor=int(minor), actor=SYSTEM, reference=ask
        )
        return f"{refund.state} {refund.refund_no}"

    async def _redeem(self, ask: str, wallet: str, number: str) -> str:
        _, voucher = await redeem_voucher(
            self.site, number=number, wallet=wallet, actor=SYSTEM, reference=ask
        )
        return f"redeemed {voucher.serial}"

    async def _hear(self, request: web.Request) -> web.Response:
        """Answer a notice as the hub does: with success once it is in the books."""
        try:
            await hear(self.site, CHANNEL, request.headers, await request.read())
        except StoreError:
            return web.Response(status=503)
        except CoreError as err:
            return web.Response(status=400, text=err.key)
        return web.Response(text="success")


if __name__ == "__main__":
    fork_for_each_line(Child)
