"""The meter's half of a profile file: registers, what they count, what the relay obeys."""

from fractions import Fraction
from typing import Final

from ..core.metering import BASE_PER_UNIT, Commodity, Quantity
from .blocks import MOST_REGISTERS, Block, Plan
from .fields import Fields
from .profile import (
    About,
    Billed,
    Bits,
    Counted,
    MeterProfile,
    Ratio,
    RatioFactor,
    Relay,
    RelayWrite,
    TypeCode,
    Value,
    WriteFunction,
)
from .registers import WORDS, Kind, Order, Register, Space, half_down, plain
from .units import BILLED_UNITS, VALUE_CONVERSIONS, VALUE_UNITS

_LAST_ADDRESS: Final = 0xFFFF
_MOST_MODULUS: Final = 10**18
"""Base units a register may hold at most: well inside a signed 64-bit column."""
_CLOCK_REGISTERS: Final = 4
_MOST_TEXT_REGISTERS: Final = 16


class MeterFile:
    """Reads the meter's fields of one profile."""

    def __init__(self, about: About, top: Fields) -> None:
        """Begin with what all registers of the file have in common."""
        self._about = about
        self._top = top
        self._quantity = top.choice("quantity", Quantity)
        self._space = top.choice("space", Space, Space.HOLDING)
        self._word_order = top.choice("word_order", Order, Order.BIG)
        self._byte_order = top.choice("byte_order", Order, Order.BIG)
        self._factor_names: list[str] = []
        self._stretches = tuple(self._stretch(one) for one in top.children("stretches"))

    def profile(self) -> MeterProfile:
        """Return the checked profile."""
        top = self._top
        return MeterProfile(
            about=self._about,
            commodity=top.choice("commodity", Commodity),
            quantity=self._quantity,
            max_power=top.exact("max_power"),
            stretches=self._stretches,
            most_registers=top.whole("most_registers", 4, MOST_REGISTERS, MOST_REGISTERS),
            billed=self._billed(),
            ratio=self._ratio(),
            serial_number=self._serial_number(),
            type_code=self._type_code(),
            relay=self._relay(),
            values=dict(self._value(name, one) for name, one in top.named("values")),
            rates=tuple(self._rate(one) for one in top.children("rates")),
            clock=self._clock(),
        )

    def _register(self, fields: Fields, default: Kind | None = None) -> Register:
        """Take what says where a number lies and how it stands there."""
        space = fields.choice("space", Space, self._space)
        kind = Kind.BIT if space.is_bits else fields.choice("type", Kind, default)
        if kind is Kind.BIT and not space.is_bits:
            raise fields.error("type", "a bit lies in the space coil or discrete")
        count = WORDS.get(kind) or fields.whole("count", 1, _MOST_TEXT_REGISTERS)
        return Register(
            space=space,
            address=fields.whole("address", 0, _LAST_ADDRESS + 1 - count),
            kind=kind,
            count=count,
            word_order=fields.choice("word_order", Order, self._word_order),
            byte_order=fields.choice("byte_order", Order, self._byte_order),
        )

    def _number(self, fields: Fields, default: Kind | None = None) -> Register:
        register = self._register(fields, default)
        if register.kind is Kind.TEXT:
            raise fields.error("type", "must be a number")
        return register

    def _counted(self, fields: Fields) -> Counted:
        """Take a register and what one digit of it is worth, without finishing the mapping."""
        register = self._number(fields)
        unit = fields.text("unit")
        if unit not in BILLED_UNITS:
            raise fields.error("unit", f"must be one of: {', '.join(BILLED_UNITS)}")
        quantity, base = BILLED_UNITS[unit]
        if quantity is not self._quantity:
            raise fields.error("unit", f"{unit} does not measure {self._quantity}")
        return Counted(register=register, factor=plain(base * fields.exact("scale", "1")))

    def _rate(self, fields: Fields) -> Counted:
        counted = self._counted(fields)
        fields.done()
        return counted

    def _billed(self) -> Billed:
        fields = self._top.child("register")
        per_unit = BASE_PER_UNIT[self._quantity]
        modulus = fields.exact("modulus") * per_unit if fields.has("modulus") else None
        jitter = fields.exact("jitter", "0") * per_unit
        parts = (self._counted(fields), *(self._rate(one) for one in fields.children("plus")))
        if modulus is not None and modulus > _MOST_MODULUS:
            raise fields.error("modulus", "is larger than any meter counts")
        if any(part.register.space.is_bits for part in parts):
            raise fields.error("space", "a billed register is not a bit")
        self._fetched_at_once(fields, parts)
        fields.done()
        return Billed(
            parts=parts,
            modulus=None if modulus is None else half_down(modulus),
            jitter=half_down(jitter),
        )

    def _fetched_at_once(self, fields: Fields, parts: tuple[Counted, ...]) -> None:
        """Refuse parts that two requests would fetch: the carry between them would be lost."""
        plan = Plan.of((part.register for part in parts), stretches=self._stretches)
        if len(plan.blocks) > 1:
            raise fields.error("plus", "all parts must lie in one readable stretch")

    def _ratio(self) -> Ratio | None:
        if not self._top.has("ratio"):
            return None
        fields = self._top.child("ratio")
        ratio = Ratio(
            multiply=fields.flag("multiply"),
            factors=tuple(self._factor(one) for one in fields.children("factors")),
        )
        if not ratio.factors:
            raise fields.error("factors", "must not be empty")
        fields.done()
        return ratio

    def _factor(self, fields: Fields) -> RatioFactor:
        self._factor_names.append(fields.text("name"))
        factor = RatioFactor(
            name=self._factor_names[-1],
            register=self._number(fields, Kind.U16),
            scale=plain(fields.exact("scale", "1")),
        )
        fields.done()
        return factor

    def _serial_number(self) -> Register | None:
        if not self._top.has("serial_number"):
            return None
        fields = self._top.child("serial_number")
        register = self._register(fields)
        fields.done()
        return register

    def _type_code(self) -> TypeCode | None:
        if not self._top.has("type_code"):
            return None
        fields = self._top.child("type_code")
        code = TypeCode(
            register=self._number(fields, Kind.U16),
            expected=fields.whole("expected", 0, 2**32 - 1),
        )
        fields.done()
        return code

    def _clock(self) -> Register | None:
        """Take the clock: YY MM DD weekday hh mm ss, a byte each, as Acrel writes it."""
        if not self._top.has("clock"):
            return None
        fields = self._top.child("clock")
        if fields.text("format") != "yymmddwwhhmmss":
            raise fields.error("format", "must be yymmddwwhhmmss")
        register = Register(
            space=fields.choice("space", Space, self._space),
            address=fields.whole("address", 0, _LAST_ADDRESS),
            count=_CLOCK_REGISTERS,
        )
        fields.done()
        return register

    def _value(self, name: str, fields: Fields) -> tuple[str, Value]:
        if name not in VALUE_UNITS:
            raise fields.error("", f"must be one of: {', '.join(VALUE_UNITS)}")
        register = self._number(fields)
        ours, theirs = VALUE_UNITS[name], fields.text("unit", "")
        factor = Fraction(1) if theirs == ours else VALUE_CONVERSIONS.get((theirs, ours))
        if factor is None:
            raise fields.error("unit", f"cannot be turned into {ours or 'a plain number'}")
        times = fields.texts("times")
        for factor_name in times:
            if factor_name not in self._factor_names:
                raise fields.error("times", f"{factor_name} is not a ratio of this meter")
        value = Value(register=register, factor=factor * fields.exact("scale", "1"), times=times)
        fields.done()
        return name, value

    def _stretch(self, fields: Fields) -> Block:
        stretch = Block(
            space=fields.choice("space", Space, self._space),
            address=fields.whole("address", 0, _LAST_ADDRESS),
            count=fields.whole("count", 1, _LAST_ADDRESS),
        )
        fields.done()
        return stretch

    def _relay(self) -> Relay | None:
        if not self._top.has("relay"):
            return None
        fields = self._top.child("relay")
        relay = Relay(
            write=self._write(fields.child("write")),
            state=self._bits(fields.child("state"), "supplied", "cut"),
            own_prepaid=(
                self._bits(fields.child("own_prepaid"), "active", "inactive")
                if fields.has("own_prepaid")
                else None
            ),
            overrules=fields.text("overrules", ""),
            latency_seconds=fields.whole("latency_seconds", 0, 86_400, 3),
            latency_polls=fields.whole("latency_polls", 1, 100, 1),
            operations_a_day=fields.whole("operations_a_day", 1, 1_000, 20),
        )
        fields.done()
        return relay

    def _write(self, fields: Fields) -> RelayWrite:
        function = fields.choice("function", WriteFunction)
        most = 1 if function in (WriteFunction.COIL, WriteFunction.COILS) else 0xFFFF
        write = RelayWrite(
            function=function,
            address=fields.whole("address", 0, _LAST_ADDRESS),
            cut=fields.wholes("cut", 0, most),
            restore=fields.wholes("restore", 0, most),
        )
        if len(write.cut) != len(write.restore) or write.cut == write.restore:
            raise fields.error("restore", "must differ from cut and be as long")
        if function.writes_one and len(write.cut) != 1:
            raise fields.error("cut", f"function {function.value} writes one value")
        fields.done()
        return write

    def _bits(self, fields: Fields, yes: str, no: str) -> Bits:
        """Take a state in bits. The words for it are not on and off: YAML reads those as booleans."""
        register = self._number(fields, Kind.U16)
        if register.count != 1:
            raise fields.error("type", "a state lies in one register")
        most = 1 if register.space.is_bits else 0xFFFF
        mask = fields.whole("mask", 1, most, most)
        bits = Bits(
            register=register,
            mask=mask,
            yes=fields.whole(yes, 0, most),
            no=fields.whole(no, 0, most),
        )
        if bits.yes == bits.no or (bits.yes | bits.no) & ~mask:
            raise fields.error(yes, f"must differ from {no}, and both lie inside the mask")
        fields.done()
        return bits
