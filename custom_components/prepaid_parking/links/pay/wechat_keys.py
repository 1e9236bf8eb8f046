"""The provider's keys, by their serial: one that was given, or certificates that it changes every year.

A message may name a key that nobody knows yet. It is asked for, but not by everybody who sends us
nonsense: at most once in ten minutes, and once however many messages wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...core.pay_channel import ChannelError

REFRESH_S: Final = 600.0

type Fetch = Callable[[], Awaitable[Mapping[str, RSAPublicKey]]]


class Keys:
    """Public keys of the provider that may have signed a message."""

    def __init__(self, known: Mapping[str, RSAPublicKey], fetch: Fetch | None = None) -> None:
        """Begin with what is `known`; without `fetch` there are no others."""
        self._known = dict(known)
        self._fetch = fetch
        self._asked: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, serial: str) -> RSAPublicKey | None:
        """Return the key of a serial, None where the provider has none of that name."""
        if serial not in self._known and self._fetch is not None:
            async with self._lock:
                if serial not in self._known and self._due():
                    await self._refresh(self._fetch)
        return self._known.get(serial)

    def _due(self) -> bool:
        return self._asked is None or monotonic() - self._asked >= REFRESH_S

    async def _refresh(self, fetch: Fetch) -> None:
        """Take over what the provider has now; old keys stay, for messages that are on their way."""
        self._asked = monotonic()
        try:
            self._known |= await fetch()
        except ChannelError:
            return
