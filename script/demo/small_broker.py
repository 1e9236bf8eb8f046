"""A broker for machines without one: amqtt, in a process of its own, on the port it is given."""

import asyncio
import signal
import sys
from typing import override

from amqtt.broker import Broker
from amqtt.session import Session

from .places import HOST


class SmallBroker(Broker):  # type: ignore[misc]  # amqtt is not there where types are checked
    """amqtt, except that it sends nobody what somebody else has subscribed to.

    As it is (0.12.1) it greets each new client with the kept messages of all subscriptions.
    """

    @override
    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        subscribers = self._subscriptions.get(subscription[0], [])
        if any(own.client_id == session.client_id for own, _ in subscribers):
            await super()._publish_retained_messages_for_subscription(subscription, session)


async def serve(port: int) -> None:
    """Serve until SIGTERM."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    broker = SmallBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
        }
    )
    await broker.start()
    await stopped.wait()
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
