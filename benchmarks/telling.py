"""A provider that tells of payments at a pace of its own, whatever becomes of it at the other end."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Final

from aiohttp import ClientError, ClientSession

from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_provider import Letter

from .hubs import spent

PER_SECOND: Final = 200
REPEATED: Final = (False, False, True, False, False, True, False, False, True, False)
"""Which of ten notices say again what an earlier one said."""
LATELY: Final = 40
"""A repeated notice is about one of so many payments before it."""
AGAIN_S: Final = 2.0
MOST_TRIES: Final = 10
SUCCESS: Final = "200 success"


@dataclass(slots=True)
class Told:
    """What was answered, how long each answer took, and the CPU of who answered."""

    answers: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    sent: int = 0
    cpu_s: float = 0.0

    @property
    def load(self) -> float:
        """How much of a core it took, at the pace that was asked for."""
        return self.cpu_s * PER_SECOND / self.sent

    @property
    def cpu_ms(self) -> float:
        """The CPU for a notice, with all its tries."""
        return self.cpu_s * 1e3 / self.sent


def fresh_of(count: int) -> int:
    """Return how many payments so many notices are about."""
    return sum(not REPEATED[number % len(REPEATED)] for number in range(count))


def letters(fake: FakeAlipay, orders: Iterable[str], count: int) -> Iterator[Letter]:
    """Pay each order as its notice is due, and say some of them again."""
    chance, unpaid, sent = Random(7), iter(orders), list[Letter]()
    for number in range(count):
        if REPEATED[number % len(REPEATED)]:
            yield chance.choice(sent[-LATELY:])
            continue
        out_no = next(unpaid)
        fake.scan(out_no)
        fake.books.pay(out_no, fake.now())
        sent.append(fake.payment_letter(fake.books.find(out_no)))
        yield sent[-1]


async def tell(web: ClientSession, url: str, pid: int, notices: Iterable[Letter]) -> Told:
    """Send at the pace that is asked for, until each is heard; count what it cost a process."""
    told, before, began = Told(), spent(pid)[0], monotonic()
    async with asyncio.TaskGroup() as group:
        for letter in notices:
            await asyncio.sleep(began + told.sent / PER_SECOND - monotonic())
            told.sent += 1
            group.create_task(_post(web, url, letter, told))
    told.cpu_s = spent(pid)[0] - before
    return told


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
        if said == SUCCESS:
            return
        await asyncio.sleep(AGAIN_S)
