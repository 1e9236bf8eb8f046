"""A provider after a concert: 200 notices a second, three of ten of them repeated, beside 500 meters.

`python -m benchmarks.notices [--seconds 60]`: a real hub, a provider that signs for real, a hundred
wallets and as many orders as are paid. Each payment is made in the provider's books and told by a
signed notice; what is repeated is told again with the same signature. Counted exactly: every notice is
answered with success, and what the wallets hold is what was paid. Timed: from the notice to its answer,
which comes after the commit.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from statistics import quantiles
from time import monotonic
from typing import Final
from uuid import uuid4

from aiohttp import ClientError, ClientSession, TCPConnector
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from custom_components.prepaid_parking.channel_kind import channel_key
from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_provider import Letter
from script.demo.client import Data, Hub
from script.demo.flows import SUBENTRY, Steps, fill_in

from .hubs import new_hub, running_hub, spent, throw_away
from .poll import Building, set_up, site

APP: Final = "2021000000000001"
SELLER: Final = "2088102146225135"
WALLETS: Final = 100
PER_SECOND: Final = 200
REPEATED: Final = (False, False, True, False, False, True, False, False, True, False)
"""Which of ten notices say again what an earlier one said."""
LATELY: Final = 40
"""A repeated notice is about one of so many payments before it."""
AMOUNT_MINOR: Final = 101
METERS: Final = 500
BUDGET_S: Final = 0.5
AGAIN_S: Final = 2.0
MOST_TRIES: Final = 10


@dataclass(slots=True)
class Told:
    """What was sent, what was answered and how long it took."""

    paid: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    cpu: float = 0.0
    held_minor: int = 0


def _pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: RSAPrivateKey) -> str:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


async def measured(seconds: float, meters: int) -> Told:
    """Run a hub, have as many orders made as will be paid, and let all pay."""
    async with AsyncExitStack() as stack:
        folder, uuid = stack.enter_context(throw_away()), uuid4().hex
        own, theirs = (generate_private_key(65537, 2048) for _ in range(2))
        fake = FakeAlipay(app=APP, merchant=SELLER, merchant_key=own.public_key(), key=theirs)
        await stack.enter_async_context(fake)
        building = await stack.enter_async_context(Building.of(meters)) if meters else None
        ports = list(building.ports) if building is not None else []
        port = new_hub(folder, site(ports, meters, uuid=uuid))
        pid, hub = await stack.enter_async_context(running_hub(folder, port))
        if meters:
            await set_up(hub, meters)
        await _add_channel(hub, fake, own)
        channel = channel_key(uuid, Channel.ALIPAY, SELLER)
        wallets = [await _wallet(hub, number) for number in range(WALLETS)]
        count = int(seconds * PER_SECOND)
        fresh = sum(not REPEATED[number % len(REPEATED)] for number in range(count))
        # A site that asks for thousands of orders at once has set its limit so.
        await hub.act("set_risk_rule", rule="orders_of_site", limit=str(fresh))
        orders = [await _order(hub, wallets[one % WALLETS], channel) for one in range(fresh)]
        told, url = Told(), f"{hub.url}/api/prepaid_parking/notice/{channel}"
        web = await stack.enter_async_context(ClientSession(connector=TCPConnector(limit=0)))
        before = spent(pid)[0]
        await _tell(fake, web, url, orders, count, told)
        told.cpu = (spent(pid)[0] - before) / seconds
        for wallet in wallets:
            balance = (await hub.act("get_wallet", wallet=wallet))["balance"]
            told.held_minor += int(str(balance).replace(".", ""))
        return told


async def _add_channel(hub: Hub, fake: FakeAlipay, own: RSAPrivateKey) -> None:
    answers: Data = {
        "user": "alipay",
        "alipay": {
            "merchant": SELLER,
            "app": APP,
            "key": _pem(own),
            "provider_key": _public(fake.key),
            "other_address": {"address": fake.base_url},
        },
        "proven_trial": {"name": "Alipay"},
    }
    (entry,) = await hub.ask("config_entries/get", domain="prepaid_parking")
    steps = Steps(title="Alipay", answers=answers)
    await fill_in(hub, SUBENTRY, [entry["entry_id"], "channel"], steps)


async def _wallet(hub: Hub, number: int) -> str:
    opened = await hub.act("open_wallet", unit=f"Payer {number}", purpose="property")
    return str(opened["wallet"])


async def _order(hub: Hub, wallet: str, channel: str) -> str:
    amount = f"{AMOUNT_MINOR // 100}.{AMOUNT_MINOR % 100:02}"
    made = await hub.act("create_order", wallet=wallet, channel=channel, amount=amount)
    return str(made["out_no"])


async def _tell(
    fake: FakeAlipay, web: ClientSession, url: str, orders: list[str], count: int, told: Told
) -> None:
    """Send at the pace that is asked for, whatever the hub makes of it."""
    chance, sent = Random(7), list[Letter]()
    began = monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(began + number / PER_SECOND - monotonic())
            if REPEATED[number % len(REPEATED)]:
                letter = chance.choice(sent[-LATELY:])
            else:
                out_no = orders[told.paid]
                fake.scan(out_no)
                fake.books.pay(out_no, fake.now())
                letter = fake.payment_letter(fake.books.find(out_no))
                sent.append(letter)
                told.paid += 1
            group.create_task(_post(web, url, letter, told))


async def _post(web: ClientSession, url: str, letter: Letter, told: Told) -> None:
    """Send until it is heard, as the provider does; the time is that of each answer."""
    for _ in range(MOST_TRIES):
        began = monotonic()
        try:
            async with web.post(url, data=letter.body, headers=letter.headers) as answer:
                said = f"{answer.status} {await answer.text()}"
        except (ClientError, TimeoutError) as err:
            said = type(err).__name__
        told.answers[said] += 1
        told.waits.append(monotonic() - began)
        if said == "200 success":
            return
        await asyncio.sleep(AGAIN_S)


def show(told: Told, seconds: float, meters: int) -> None:
    """Print what was counted and what was measured."""
    print(
        f"{len(told.waits):,} notices in {seconds:g} s beside {meters} meters, hub {told.cpu:.0%} CPU"
    )
    for said, count in told.answers.items():
        print(f"answered {said}: {count:,}")
    paid = told.paid * AMOUNT_MINOR
    print(
        f"paid {paid:,}, in the wallets {told.held_minor:,}: lost or doubled {told.held_minor - paid}"
    )
    cut = quantiles(told.waits, n=100)
    print("\n| p50 ms | p99 ms | slowest ms | budget |")
    print("|---|---|---|---|")
    met = "met" if cut[98] < BUDGET_S else "missed"
    times = " | ".join(f"{one * 1e3:.0f}" for one in (cut[49], cut[98], max(told.waits)))
    print(f"| {times} | p99 under {BUDGET_S * 1e3:.0f} ms: {met} |")


async def main() -> None:
    """Measure, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--meters", type=int, default=METERS)
    asked = parser.parse_args()
    show(await measured(asked.seconds, asked.meters), asked.seconds, asked.meters)


if __name__ == "__main__":
    asyncio.run(main())
