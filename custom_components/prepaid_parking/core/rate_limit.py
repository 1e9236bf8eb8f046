"""How often somebody may ask: so many in a while, and then one for each that has become free again.

For each asker one instant is kept: when everything asked so far would be free again (the generic cell
rate algorithm of ITU-T I.371). As many askers are remembered as was said, and who asked longest ago is
forgotten first: whoever comes from a million addresses fills no memory.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

NETWORK_4: Final = 24
NETWORK_6: Final = 56
"""What one household or office has: whoever gets one address gets the others with it."""
NOWHERE: Final = "?"
"""The network of an asker whose address nobody knows: all of them together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """So many in a while."""

    most: int
    every: timedelta

    @property
    def pause(self) -> timedelta:
        """After what time one more is free."""
        return self.every / self.most


class RateLimit:
    """Counts askers against one allowance."""

    def __init__(self, allowance: Allowance, *, askers: int = 4096) -> None:
        """Begin with nobody having asked."""
        self.allowance = allowance
        self._askers = askers
        self._free_at: dict[str, datetime] = {}

    def __len__(self) -> int:
        """Return how many askers are remembered."""
        return len(self._free_at)

    def take(self, asker: str, now: datetime) -> bool:
        """Count one more of an asker; False where it has had its share, which counts nothing."""
        free_at = self._until(asker, now) + self.allowance.pause
        if free_at - now > self.allowance.every:
            return False
        self._free_at[asker] = free_at
        if len(self._free_at) > self._askers:
            del self._free_at[next(iter(self._free_at))]
        return True

    def give_back(self, asker: str) -> None:
        """Undo the last count of an asker, for what in the end is not counted."""
        if asker in self._free_at:
            self._free_at[asker] -= self.allowance.pause

    def _until(self, asker: str, now: datetime) -> datetime:
        """Return from when all that was counted is free again; the asker is now the latest that asked.

        A clock that was set back must not shut anybody out for as long as it was wrong.
        """
        known = self._free_at.pop(asker, now)
        kept = min(max(known, now), now + self.allowance.every)
        self._free_at[asker] = kept
        return kept


def is_askers(address: str) -> bool:
    """Tell whether an address can be an asker's own, and not this machine's.

    By a machine's own address come all whom a way into it brings along: a tunnel, a proxy that says
    nobody's address.
    """
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    return not known.is_loopback


def network_of(address: str | None) -> str:
    """Return the network that an address counts for."""
    try:
        known = ip_address((address or "").partition("%")[0])
    except ValueError:
        return NOWHERE
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    length = NETWORK_4 if isinstance(known, IPv4Address) else NETWORK_6
    return str(ip_network((known, length), strict=False))
