"""Which requests fetch which registers: one per contiguous block, because a request is what costs.

On 9600 baud a request takes about 30 ms before its first register and 2 ms for each one more, so
two registers a few addresses apart belong into one request. But only where the profile says that
what lies between can be read: many devices refuse a whole request for one unknown address.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from .registers import Register, Space

MOST_REGISTERS: Final = 125
"""The most a reply has room for."""
MOST_BITS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of addresses that one request reads."""

    space: Space
    address: int
    count: int

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + self.count

    def holds(self, other: Block | Register) -> bool:
        """Whether all of another run lies in this one."""
        return self.space is other.space and self.address <= other.address and other.end <= self.end

    def reaching(self, other: Block | Register) -> Block:
        """Return this block, long enough for another run as well."""
        first = min(self.address, other.address)
        return Block(space=self.space, address=first, count=max(self.end, other.end) - first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The requests that fetch a set of registers, in the order of their first use."""

    blocks: tuple[Block, ...]

    @classmethod
    def of(
        cls,
        registers: Iterable[Register],
        *,
        stretches: Sequence[Block] = (),
        most: int = MOST_REGISTERS,
    ) -> Self:
        """Plan the fewest requests: join what touches, and what lies in one readable stretch."""
        blocks: list[Block] = []
        for register in sorted(registers, key=lambda one: (one.space, one.address)):
            run = Block(space=register.space, address=register.address, count=register.count)
            if blocks and (joined := _join(blocks[-1], run, stretches, most)):
                blocks[-1] = joined
            else:
                blocks.append(run)
        return cls(blocks=tuple(blocks))

    @property
    def size(self) -> int:
        """Registers and bits fetched in all."""
        return sum(block.count for block in self.blocks)

    def place(self, register: Register) -> tuple[int, int] | None:
        """Return the number of the block a register is in and its offset there, None if in none."""
        for number, block in enumerate(self.blocks):
            if block.holds(register):
                return number, register.address - block.address
        return None


def _join(last: Block, run: Block, stretches: Sequence[Block], most: int) -> Block | None:
    """Return both runs as one block, None where one request cannot or should not fetch them."""
    if last.space is not run.space:
        return None
    joined = last.reaching(run)
    if joined.count > (MOST_BITS if run.space.is_bits else most):
        return None
    touching = run.address <= last.end
    return joined if touching or any(one.holds(joined) for one in stretches) else None
