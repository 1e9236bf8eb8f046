"""The least that can answer a message: a bare aiomqtt client in a process of its own."""

import asyncio
import socket
import sys
from typing import Final

import aiomqtt

ASKED: Final = "echo/asked"
ANSWERED: Final = "echo/answered"
NO_DELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


async def main(port: int) -> None:
    """Send back whatever comes."""
    async with aiomqtt.Client("127.0.0.1", port, socket_options=NO_DELAY) as client:
        await client.subscribe(ASKED, qos=1)
        print("ready", flush=True)
        async for message in client.messages:
            await client.publish(ANSWERED, message.payload)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
