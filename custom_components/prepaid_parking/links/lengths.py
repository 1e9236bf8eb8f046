"""The three lengths of a reading, planned once for all meters of a profile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .blocks import Block, Plan
from .profile import MeterProfile
from .registers import Register

_CHEAP_REGISTERS: Final = 4
"""What may lengthen every short reading to check the identity each time: 8 ms on 9600 baud."""
_KEPT: Final = 256
"""Profiles of files, and of meters described by hand as long as there are not too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """The requests of a short reading, of one with the identity, and of a full one.

    `billed` are the blocks that hold what is charged, `must` those that a reading is worth nothing
    without.
    """

    short: Plan
    identity: Plan
    full: Plan
    billed: frozenset[Block]
    must: frozenset[Block]


@lru_cache(_KEPT)
def lengths_of(profile: MeterProfile) -> Lengths:
    """Plan the readings of a profile: five thousand meters of one kind share them."""
    billed, identity = _billed(profile), _identity(profile)
    plans = (
        _with_cheap(profile, billed, identity),
        plan_of(profile, [*billed, *identity]),
        plan_of(profile, [*billed, *identity, *_rest(profile)]),
    )
    blocks = {block for plan in plans for block in plan.blocks}
    counting = [part.register for part in profile.billed.parts]
    return Lengths(
        short=plans[0],
        identity=plans[1],
        full=plans[2],
        billed=frozenset(one for one in blocks if any(map(one.holds, counting))),
        must=frozenset(one for one in blocks if any(map(one.holds, _must(profile)))),
    )


def plan_of(profile: MeterProfile, registers: Iterable[Register]) -> Plan:
    """Plan the requests that fetch some registers of a profile."""
    return Plan.of(registers, stretches=profile.stretches, most=profile.most_registers)


def _with_cheap(
    profile: MeterProfile, billed: Sequence[Register], identity: Iterable[Register]
) -> Plan:
    """Plan the short reading; what of the identity lies next to it comes along."""
    taken, plan = list(billed), plan_of(profile, billed)
    for register in identity:
        longer = plan_of(profile, [*taken, register])
        if len(longer.blocks) == len(plan.blocks) and longer.size <= plan.size + _CHEAP_REGISTERS:
            taken, plan = [*taken, register], longer
    return plan


def _billed(profile: MeterProfile) -> list[Register]:
    """Return what every reading needs: what is charged, and whether the supply is on."""
    registers = [part.register for part in profile.billed.parts]
    if profile.relay is not None:
        registers.append(profile.relay.state.register)
    return registers


def _identity(profile: MeterProfile) -> list[Register]:
    """Return what tells this meter from another, and what its register means."""
    registers = [factor.register for factor in profile.ratio.factors] if profile.ratio else []
    if profile.type_code is not None:
        registers.append(profile.type_code.register)
    if profile.serial_number is not None:
        registers.append(profile.serial_number)
    return registers


def _rest(profile: MeterProfile) -> list[Register]:
    """Return what is for people and for checks."""
    registers = [value.register for value in profile.values.values()]
    registers += [rate.register for rate in profile.rates]
    if profile.clock is not None:
        registers.append(profile.clock)
    return registers


def _must(profile: MeterProfile) -> list[Register]:
    """Return what a reading is worth nothing without."""
    registers = _billed(profile)
    if profile.type_code is not None:
        registers.append(profile.type_code.register)
    if profile.ratio is not None and profile.ratio.multiply:
        registers += [factor.register for factor in profile.ratio.factors]
    return registers
