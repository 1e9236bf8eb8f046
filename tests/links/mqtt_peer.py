"""The other end of the wire in the tests of the MQTT line."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import ssl

import aiomqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from custom_components.prepaid_parking.links.message import Message
from custom_components.prepaid_parking.links.mqtt import MqttLine
from custom_components.prepaid_parking.links.mqtt_client import MqttSettings, socket_options
from custom_components.prepaid_parking.links.topics import Listener
from tests.brokers import Mosquitto

IDENTIFIER = "prepaid-test-line1"


def settings(broker: Mosquitto, **changes: object) -> MqttSettings:
    """Our login at a broker."""
    known = {
        "host": broker.host,
        "port": broker.port,
        "identifier": IDENTIFIER,
        "username": broker.username,
        "password": broker.password,
    }
    return MqttSettings(**{**known, **changes})  # type: ignore[arg-type]  # a test names fields


@asynccontextmanager
async def running(line: MqttLine) -> AsyncIterator[MqttLine]:
    """A line that has settled, until it is stopped."""
    await line.start()
    try:
        await line.in_step()
        yield line
    finally:
        await line.stop()


@asynccontextmanager
async def peer(
    broker: Mosquitto, identifier: str = "peer", tls: ssl.SSLContext | None = None
) -> AsyncIterator[aiomqtt.Client]:
    """A plain client: a device, a camera, a stranger."""
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=identifier,
        username=broker.username,
        password=broker.password,
        tls_context=tls,
        socket_options=socket_options(),
    ) as client:
        client.pending_calls_threshold = 10_000
        yield client


@dataclass
class Inbox:
    """Keeps what was received and lets a test wait for it."""

    messages: list[Message] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, message: Message) -> None:
        self.messages.append(message)
        self._news.set()

    def listener(self, *topics: str, qos: int = 1, commands: tuple[str, ...] = ()) -> Listener:
        return Listener(
            topics=dict.fromkeys(topics, qos), receive=self.receive, commands=frozenset(commands)
        )

    async def until(
        self, enough: Callable[[list[Message]], bool], timeout: float = 5
    ) -> list[Message]:
        async with asyncio.timeout(timeout):
            while not enough(self.messages):
                self._news.clear()
                await self._news.wait()
        return self.messages

    async def count(self, number: int) -> list[Message]:
        return await self.until(lambda found: len(found) >= number)

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]


async def until(met: Callable[[], object], timeout: float = 5) -> None:
    """Wait for something that announces itself to nobody."""
    async with asyncio.timeout(timeout):
        while not met():
            await asyncio.sleep(0.005)


def certificate(folder: Path) -> tuple[list[str], ssl.SSLContext]:
    """Make a certificate that vouches for itself: broker settings, and a client that trusts only it."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    lines = [f"cafile {chain}", f"certfile {chain}", f"keyfile {secret}"]
    return lines, ssl.create_default_context(cafile=str(chain))
