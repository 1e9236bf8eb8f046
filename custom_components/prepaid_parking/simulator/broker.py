"""Where the MQTT broker is."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The address of a broker and the login for it."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `mqtt://user:password@host:port`."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            message = f"not an mqtt:// address: {url}"
            raise ValueError(message)
        return cls(
            host=parts.hostname,
            port=parts.port or 1883,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )
