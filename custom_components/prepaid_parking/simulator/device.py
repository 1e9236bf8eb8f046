"""A Modbus device: what each function code may read and write, and what it refuses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from .faults import Faults
from .words import Words

type State = dict[str, int | bool | str]


class Fn(IntEnum):
    """The function codes the devices of a building speak."""

    READ_COILS = 1
    READ_DISCRETE = 2
    READ_HOLDING = 3
    READ_INPUT = 4
    WRITE_COIL = 5
    WRITE_REGISTER = 6
    WRITE_COILS = 15
    WRITE_REGISTERS = 16


class Refusal(IntEnum):
    """Modbus exception codes."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    DEVICE_BUSY = 6
    NO_ANSWER_BEHIND_GATEWAY = 11


class RefusedError(Exception):
    """The device answers with an exception instead of data."""

    def __init__(self, code: Refusal) -> None:
        """Carry the code that goes on the wire."""
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Span:
    """A contiguous run of readable addresses; the content is built when it is asked for."""

    function: Fn
    start: int
    length: int
    content: Callable[[], Sequence[int]]


class ModbusDevice:
    """One unit on a line. Outside its spans it answers "illegal address", as the real ones do."""

    profile: str = "generic_modbus"
    writes: frozenset[Fn] = frozenset()
    """Function codes it accepts for writing; others are an illegal function."""
    most_registers: int = 125
    """The longest read it answers."""

    def __init__(self, *, unit: int, serial: str = "", name: str = "") -> None:
        """Place the device on the bus."""
        self.unit = unit
        self.serial = serial
        self.name = name or f"{self.profile} {unit}"
        self.faults = Faults()
        self.spans: list[Span] = []

    def read(self, function: Fn, address: int, count: int) -> Words:
        """The registers or bits asked for."""
        spans = [span for span in self.spans if span.function is function]
        if not spans:
            raise RefusedError(Refusal.ILLEGAL_FUNCTION)
        words: Words = []
        while len(words) < count:
            at = address + len(words)
            span = next((s for s in spans if s.start <= at < s.start + s.length), None)
            if span is None:
                raise RefusedError(Refusal.ILLEGAL_ADDRESS)
            offset = at - span.start
            words += span.content()[offset : offset + count - len(words)]
        return words

    def write(self, function: Fn, address: int, values: Sequence[int]) -> None:
        """Obey a write, or refuse it with the reason a real device gives."""
        if function not in self.writes:
            raise RefusedError(Refusal.ILLEGAL_FUNCTION)
        if self.faults.refuses_writes:
            raise RefusedError(Refusal.DEVICE_FAILURE)
        self.obey(function, address, values)

    def obey(self, function: Fn, address: int, values: Sequence[int]) -> None:
        """Do what an accepted write asks; a device that says nothing of an address has none there."""
        raise RefusedError(Refusal.ILLEGAL_ADDRESS)

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def state(self) -> State:
        """What must survive a restart of the simulator."""
        return {}

    def restore(self, state: State) -> None:
        """Take up where an earlier run stopped."""
