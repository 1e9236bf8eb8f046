"""The provider's keys, by their serial: those that were given, and certificates that it renews.

A message may name a key that nobody knows yet. It is asked for, but not by everybody who sends us
nonsense: at most once in ten minutes, and once however many messages wait for it. A key that was
given has a name of its own (`PUB_KEY_ID_…`) and is never fetched; while a merchant changes over from
certificates, both kinds sign.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import re
from time import monotonic
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...core.pay_channel import ChannelError

REFRESH_S: Final = 600.0
_CERTIFICATE: Final = re.compile("[0-9A-Fa-f]{8,40}")
"""The number of a certificate; anything else is not worth a question."""

type Fetch = Callable[[], Awaitable[Mapping[str, RSAPublicKey]]]


class Keys:
    """Public keys of the provider that may have signed a message."""

    def __init__(self, known: Mapping[str, RSAPublicKey], fetch: Fetch) -> None:
        """Begin with what is `known`; certificates are brought by `fetch` when one is named."""
        self._known = dict(known)
        self._fetch = fetch
        self._asked: float | None = None
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, serial: str) -> RSAPublicKey | None:
        """Return the key of a serial, None where the provider has none of that name.

        Who gives up waiting stops nothing: the next one would wait for ten minutes.
        """
        if serial not in self._known and _CERTIFICATE.fullmatch(serial):
            serial = serial.upper().lstrip("0")
            if serial not in self._known and self._due():
                self._asked = monotonic()
                self._refreshing = asyncio.create_task(self._refresh())
            if serial not in self._known and self._refreshing is not None:
                await asyncio.shield(self._refreshing)
        return self._known.get(serial)

    def _due(self) -> bool:
        return self._asked is None or monotonic() - self._asked >= REFRESH_S

    async def _refresh(self) -> None:
        """Take over what the provider has now; old keys stay, for messages that are on their way."""
        try:
            self._known |= await self._fetch()
        except ChannelError:
            return
