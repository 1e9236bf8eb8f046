"""A provider after a concert: 200 notices a second, three of ten of them repeated, beside 500 meters.

`python -m benchmarks.notices [--seconds 60 | --notices 100000]`: a real hub, a provider that signs for
real, a hundred wallets and as many orders as are paid. Each payment is made in the provider's books and
told by a signed notice; what is repeated is told again with the same signature. Counted exactly: every
notice is answered with success, and what the wallets hold is what was paid. Timed: from the notice to
its answer, which comes after the commit. Then the same notices go, at the same pace, to a bare handler
with one durable commit for each (`bare_notices.py`). With `--notices` they come in rounds, for an order can
be paid for some minutes only, and what memory the hub has is told after each: their number must not show
in it.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import batched, chain, cycle, islice
from pathlib import Path
from statistics import quantiles
import sys
from typing import Final
from uuid import uuid4

from aiohttp import ClientSession, TCPConnector
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
from script.demo.client import Data, Hub
from script.demo.flows import SUBENTRY, Steps, fill_in

from . import ROOT
from .bare_notices import NOTICE
from .hubs import free_port, listening, new_hub, running_hub, spent, throw_away
from .poll import Building, set_up, site
from .telling import PER_SECOND, Told, fresh_of, letters, tell

APP: Final = "2021000000000001"
SELLER: Final = "2088102146225135"
WALLETS: Final = 100
AMOUNT_MINOR: Final = 101
METERS: Final = 500
BUDGET_S: Final = 0.5
MOST_ORDERS: Final = 10_000
"""A limit of orders is no higher: so many in a minute."""
ROUND: Final = 2_000
"""So many of many notices come in one go, and so many of them go to the bare handler."""


@dataclass(slots=True)
class Measured:
    """What was told of how many payments, to the hub and to the bare handler, and the hub's memory.

    `memory_mb` is the hub's before the first notice and after each round.
    """

    rounds: list[Told] = field(default_factory=list)
    bare: Told = field(default_factory=Told)
    paid: int = 0
    held_minor: int = 0
    memory_mb: list[float] = field(default_factory=list)


def _pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: RSAPrivateKey) -> str:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


async def measured(count: int, meters: int, at_once: int) -> Measured:
    """Run a hub, have as many orders made as will be paid, and let all pay."""
    async with AsyncExitStack() as stack:
        folder, uuid = stack.enter_context(throw_away()), uuid4().hex
        own, theirs = (generate_private_key(65537, 2048) for _ in range(2))
        fake = FakeAlipay(app=APP, merchant=SELLER, merchant_key=own.public_key(), key=theirs)
        await stack.enter_async_context(fake)
        web = await stack.enter_async_context(ClientSession(connector=TCPConnector(limit=0)))
        seen = Measured()
        building = await stack.enter_async_context(Building.of(meters)) if meters else None
        ports = list(building.ports) if building is not None else []
        port = new_hub(folder, site(ports, meters, uuid=uuid))
        async with running_hub(folder, port) as (pid, hub):
            if meters:
                await set_up(hub, meters)
            await _add_channel(hub, fake, own)
            channel = channel_key(uuid, Channel.ALIPAY, SELLER)
            wallets = [await _wallet(hub, number) for number in range(WALLETS)]
            # A site that asks for thousands of orders at once has set its limit so.
            limit = str(min(fresh_of(count), MOST_ORDERS))
            await hub.act("set_risk_rule", rule="orders_of_site", limit=limit, window_minutes=1)
            url = f"{hub.url}/api/prepaid_parking/notice/{channel}"
            seen.memory_mb.append(spent(pid)[1])
            for part in batched(range(count), at_once, strict=False):
                fresh = fresh_of(len(part))
                orders = await _orders(hub.url, wallets, channel, fresh)
                told = letters(fake, orders, len(part))
                seen.rounds.append(await tell(web, url, pid, told))
                seen.memory_mb.append(spent(pid)[1])
                seen.paid += fresh
            seen.held_minor = await _held(hub.url, wallets)
        async with bare_handler(folder, _public(fake.key)) as (pid, url):
            again = letters(fake, orders, len(part))
            seen.bare = await tell(web, url, pid, again)
        return seen


@asynccontextmanager
async def bare_handler(folder: Path, key: str) -> AsyncIterator[tuple[int, str]]:
    """Run the bare handler; yields its process id and its address."""
    pem, port = folder / "provider.pem", free_port()
    pem.write_text(key)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare_notices", str(port), str(pem), str(folder), cwd=ROOT
    )
    try:
        await listening(port)
        yield process.pid, f"http://127.0.0.1:{port}{NOTICE}"
    finally:
        process.terminate()
        await process.wait()


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


async def _orders(url: str, wallets: Sequence[str], channel: str, count: int) -> list[str]:
    """Have orders made. Logged in anew: the hub hangs up on who says nothing for a minute."""
    amount, found = f"{AMOUNT_MINOR // 100}.{AMOUNT_MINOR % 100:02}", list[str]()
    async with Hub.logged_in(url) as hub:
        for wallet in islice(cycle(wallets), count):
            made = await hub.act("create_order", wallet=wallet, channel=channel, amount=amount)
            found.append(str(made["out_no"]))
    return found


async def _held(url: str, wallets: Sequence[str]) -> int:
    """Return what all wallets hold."""
    async with Hub.logged_in(url) as hub:
        told = [await hub.act("get_wallet", wallet=wallet) for wallet in wallets]
    return sum(int(str(one["balance"]).replace(".", "")) for one in told)


def show(seen: Measured, meters: int) -> None:
    """Print what was counted and what was measured."""
    sent, cpu_s = sum(one.sent for one in seen.rounds), sum(one.cpu_s for one in seen.rounds)
    hub = Told(sent=sent, cpu_s=cpu_s, waits=list(chain(*(one.waits for one in seen.rounds))))
    print(f"{sent:,} notices beside {meters} meters, 200 in a second, hub {hub.load:.0%} CPU")
    for said, number in sum((one.answers for one in seen.rounds), Counter[str]()).items():
        print(f"answered {said}: {number:,}")
    paid = seen.paid * AMOUNT_MINOR
    print(
        f"paid {paid:,}, in the wallets {seen.held_minor:,}: "
        f"lost or doubled {seen.held_minor - paid}"
    )
    print(f"memory of the hub, MB: {', '.join(f'{one:.0f}' for one in seen.memory_mb)}")
    print("\n| | CPU ms for each | p50 ms | p99 ms | slowest ms | budget |")
    print("|---|---|---|---|---|---|")
    met = "met" if _slowest(hub) < BUDGET_S else "missed"
    _row("the hub", hub, f"p99 under {BUDGET_S * 1e3:.0f} ms: {met}")
    _row("a bare handler", seen.bare, "")
    print(f"\nCPU for each, to the bare handler's: {hub.cpu_ms / seen.bare.cpu_ms:.1f}")


def _slowest(told: Told) -> float:
    return quantiles(told.waits, n=100)[98]


def _row(name: str, told: Told, budget: str) -> None:
    times = (quantiles(told.waits, n=100)[49], _slowest(told), max(told.waits))
    written = " | ".join(f"{one * 1e3:.0f}" for one in times)
    print(f"| {name} | {told.cpu_ms:.2f} | {written} | {budget} |")


async def main() -> None:
    """Measure, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--seconds", type=float, default=60)
    many.add_argument("--notices", type=int)
    parser.add_argument("--meters", type=int, default=METERS)
    asked = parser.parse_args()
    count = asked.notices or int(asked.seconds * PER_SECOND)
    show(await measured(count, asked.meters, ROUND if asked.notices else count), asked.meters)


if __name__ == "__main__":
    asyncio.run(main())
