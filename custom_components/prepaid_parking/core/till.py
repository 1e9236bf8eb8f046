"""Adding up a stay part by part, and stopping where a cap is reached."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from .duration import Counting, Duration, FreeKind, StayBand
from .money import Currency
from .priced import Priced, PricedLine, PriceRule, micro_per_minor, priced

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
MINUTE: Final = 60_000
"""Milliseconds in a minute: the base unit of time that is priced."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that something may cost: a day, a window of 24 hours, one night, the whole."""

    rule: PriceRule
    most_micro: int
    name: str = ""
    day: date | None = None
    window: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a stay in which no rule changes: ms since the epoch, or counted units.

    `since` is the day on which its band began. `caps` are those that hold, the narrowest first.
    """

    begin: int
    end: int
    caps: tuple[Cap, ...] = ()
    day: date | None = None
    band: StayBand | None = None
    since: date | None = None


@dataclass(slots=True, kw_only=True)
class Till:
    """What a stay costs so far. `timed` says that its units are instants."""

    terms: Duration
    timed: bool
    lines: list[PricedLine] = field(default_factory=list)
    firsts: int = 0
    flats: set[tuple[str, date | None]] = field(default_factory=set)
    spent: dict[Cap, int] = field(default_factory=dict)
    taken_off: dict[Cap, int] = field(default_factory=dict)

    def begin(self, at: int, end: int, overtime: date | None) -> None:
        """Begin a part of what is paid for; on a day of `overtime` a line of its own says so."""
        self.firsts = 0
        if overtime is not None:
            used = Piece(begin=at, end=end, day=overtime)
            self.lines.append(self._line(PriceRule.OVERTIME, used))

    def free(self, begin: int, end: int) -> int:
        """Note what is free and return where the paid time begins (the end, if there is none)."""
        free = min(self.terms.free, end - begin)
        if self.terms.free_kind is FreeKind.WITHIN and end - begin > free:
            free = 0
        if free:
            self._note(self._line(PriceRule.FREE, Piece(begin=begin, end=begin + free)))
        return begin + free

    def flat(self, piece: Piece, band: StayBand) -> None:
        """Charge a flat band, once for each time it comes; further pieces of it cost nothing."""
        line = self._line(PriceRule.FLAT, piece, price_micro=band.price_micro)
        if (band.name, piece.since) not in self.flats:
            self.flats.add((band.name, piece.since))
            self._charge(line, piece)
        elif self.lines[-1].to_at == line.from_at and self.lines[-1].name == band.name:
            self._join(replace(line, numerator=0))

    def units(self, piece: Piece, at: int) -> int:
        """Charge the units that begin in a piece, from `at` on; return where the last one ends."""
        terms = self.terms
        while at < piece.end and self.firsts < len(terms.first):
            first = terms.first[self.firsts]
            self.firsts += 1
            until = at + first.length
            used = replace(piece, begin=at, end=until)
            self._charge(self._line(PriceRule.FIRST, used, price_micro=first.price_micro), piece)
            at = until
        if at >= piece.end:
            return at
        length = piece.end - at
        if terms.counting is Counting.STARTED:
            length = -(-length // terms.step) * terms.step
        used = replace(piece, begin=at, end=at + length)
        price = terms.price_micro if piece.band is None else piece.band.price_micro
        self._charge(self._line(PriceRule.UNITS, used, price_micro=price, per=terms.per), piece)
        return used.end

    def priced(self, currency: Currency) -> Priced:
        """Round the sum once; what the caps take off comes last."""
        off = (
            PricedLine(
                rule=cap.rule,
                name=cap.name,
                numerator=-numerator,
                price_micro=cap.most_micro,
                first=cap.day,
                last=cap.day,
            )
            for cap, numerator in self.taken_off.items()
        )
        denominator = self.terms.per * micro_per_minor(currency)
        return priced((*self.lines, *off), denominator, self.terms.rounding)

    def _charge(self, line: PricedLine, piece: Piece) -> None:
        """Add a line, and take off what goes beyond the cap that has the least room left."""
        self._note(line)
        if not piece.caps:
            return
        rooms = {cap: self._room(cap) for cap in piece.caps}
        tightest = min(rooms, key=rooms.__getitem__)
        paid = min(line.numerator, rooms[tightest])
        for cap in piece.caps:
            self.spent[cap] = self.spent.get(cap, 0) + paid
        if paid < line.numerator:
            self.taken_off[tightest] = self.taken_off.get(tightest, 0) + line.numerator - paid

    def _room(self, cap: Cap) -> int:
        return cap.most_micro * self.terms.per - self.spent.get(cap, 0)

    def _line(
        self, rule: PriceRule, used: Piece, *, price_micro: int = 0, per: int = 0
    ) -> PricedLine:
        length = used.end - used.begin
        return PricedLine(
            rule=rule,
            name="" if used.band is None else used.band.name,
            quantity=length,
            price_micro=price_micro,
            per=per,
            numerator=price_micro * (length if per else self.terms.per),
            from_at=instant(used.begin) if self.timed else None,
            to_at=instant(used.end) if self.timed else None,
            first=used.day,
            last=used.day,
        )

    def _note(self, line: PricedLine) -> None:
        """Write a line down, joined to the one before where that is of the same kind and day."""
        before = self.lines[-1] if self.lines else None
        if before and line.per and _kind(before) == _kind(line):
            self._join(line)
        else:
            self.lines.append(line)

    def _join(self, line: PricedLine) -> None:
        before = self.lines[-1]
        self.lines[-1] = replace(
            before,
            quantity=before.quantity + line.quantity,
            numerator=before.numerator + line.numerator,
            to_at=line.to_at,
        )


def _kind(line: PricedLine) -> tuple[object, ...]:
    return line.rule, line.name, line.price_micro, line.first


def millis(at: datetime) -> int:
    """Return whole milliseconds of UTC: the base unit of time that is priced."""
    return (at - EPOCH) // MILLISECOND


def instant(millis: int) -> datetime:
    """Return the instant of `millis`, in UTC."""
    return EPOCH + millis * MILLISECOND
