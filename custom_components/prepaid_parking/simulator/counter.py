"""A register that counts: integers only, so that a test can name the exact sum."""

from dataclasses import dataclass
from decimal import Decimal

type Amount = Decimal | int | str

# Base units of the display units people read: mWh, mL, g, ms.
PER_KWH = 1_000_000
PER_M3 = 1_000_000
PER_KG = 1_000

_MICROSECONDS_PER_HOUR = 3_600_000_000


@dataclass(slots=True, kw_only=True)
class Counter:
    """What a meter has counted, in whole base units, with the unfinished rest carried.

    The count is what the device shows: a meter behind current transformers counts the secondary
    side, so `ratio` (CT x PT) divides what flows in the mains.
    """

    total: int = 0
    rate: int = 0
    """Base units per hour that flow while the supply is on: 1 W is 1000 mWh per hour."""
    ratio: int = 1
    carry: int = 0
    """Base units times microseconds that do not make a whole base unit yet."""
    _dip: int = 0
    _dip_reads: int = 0

    def advance(self, seconds: float) -> None:
        """Let time pass at the present rate."""
        self._grow(self.rate * round(seconds * 1_000_000))

    def add(self, base_units: int) -> None:
        """Count an exact amount at once, as if it had flowed."""
        self._grow(base_units * _MICROSECONDS_PER_HOUR)

    def jump(self, base_units: int) -> None:
        """Move the register itself, in either direction: a fault, not consumption."""
        self.total = max(0, self.total + base_units)

    def reset(self) -> None:
        """Start again at zero, as after a new board or an erase command."""
        self.total = self.carry = 0

    def dip(self, base_units: int, *, reads: int) -> None:
        """Show less for some reads, then the true count again: a brown-out on wake-up."""
        self._dip, self._dip_reads = base_units, reads

    def shown(self) -> int:
        """The count as the next reader sees it; each call uses up one read of a dip."""
        if not self._dip_reads:
            return self.total
        self._dip_reads -= 1
        return max(0, self.total - self._dip)

    def _grow(self, amount: int) -> None:
        per_unit = _MICROSECONDS_PER_HOUR * self.ratio
        whole, self.carry = divmod(self.carry + amount, per_unit)
        self.total += whole


def base_units(amount: Amount, per_unit: int) -> int:
    """An amount in a display unit as whole base units; refuses what would need rounding."""
    exact = Decimal(amount) * per_unit
    if exact != exact.to_integral_value():
        message = f"{amount} is finer than the counter counts"
        raise ValueError(message)
    return int(exact)
