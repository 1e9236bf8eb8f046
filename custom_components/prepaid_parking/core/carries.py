"""What stays with a meter between two charges besides its cursor."""

from dataclasses import dataclass

from .identity import InstallationId


@dataclass(frozen=True, slots=True, kw_only=True)
class LevyCarry:
    """What of a fee or tax is below the minor unit after a binding's last charge (`levies.levy`)."""

    binding: str
    name: str
    carry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCursor:
    """How much of each of a meter's rate registers is charged, in the order of the registers.

    It stands where the installation's cursor stands. What was charged by our clock is counted in as
    if the registers had said so: the next time they are read, they put it right.
    """

    installation: InstallationId
    registers: tuple[int, ...]
