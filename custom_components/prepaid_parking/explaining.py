"""How an amount came about, in a sentence: the trace of an entry put into words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .core.entry_kind import EntryKind
from .core.ledger import Entry
from .core.metering import UNIT, Quantity
from .core.money import Currency, price_text, quantity_said
from .core.priced import PriceRule
from .operations.fee_legs import fee_in, returned_in
from .operations.statement import Line, Part
from .operations.traces import Trace, rules_of
from .wording import Words

POWERS: Final = frozenset({PriceRule.DEMAND, PriceRule.EXCESS})
"""Rules whose quantity is power."""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains in one language and one currency."""

    words: Words
    currency: Currency

    def line(self, line: Line) -> str:
        """Explain a movement of a wallet; empty where it needs no explanation."""
        detail = line.entry.detail
        said = (
            *self._moved(line.entry),
            self.parts(line.parts),
            self.rules(rules_of(detail)),
            self.levies(detail),
            self.fee(detail),
        )
        return self.words("trace.then").join(filter(None, said))

    def way(self, detail: Mapping[str, object]) -> str:
        """Say by which way money came or went; empty where it took none that has a name."""
        name = f"channel.{detail.get('channel', '')}"
        return self.words(name) if name in self.words.texts else ""

    def _moved(self, entry: Entry) -> Iterable[str]:
        """Say what an entry took back, else how its money came or went, and what it bought."""
        detail = entry.detail
        if entry.reverses is not None:
            yield self.words("trace.takes_back", entry=entry.reverses)
            return
        yield self.way(detail)
        if "receipt" in detail:
            yield self.words("trace.receipt", receipt=detail["receipt"])
        if entry.kind is EntryKind.BILL_PAID:
            amount = self.currency.text(_whole(detail, "amount"))
            yield self.words("trace.bill", number=detail["number"], amount=amount)
        if entry.kind is EntryKind.TOKEN_MADE:
            yield self.words("trace.token", units=detail["units"], unit=detail["sold_in"])
        if entry.kind is EntryKind.DIFFERENCE_SETTLED and "what" in detail:
            what = self.words(f"difference.{detail['what']}")
            yield self.words("trace.difference", difference=detail["difference"], what=what)

    def parts(self, parts: Sequence[Part]) -> str:
        """Say how metered use was priced: "12 t: 10 t at 2.00 + 2 t at 3.00".

        A rate is named where one is not the flat one.
        """
        if not parts:
            return ""
        named = any(part.rate != "flat" for part in parts)
        said = self.words("trace.join").join(
            self.words(
                "trace.named" if named else "trace.part",
                quantity=quantity_said(part.quantity, part.measure),
                unit=UNIT[part.measure],
                price=price_text(part.price_micro),
                rate=part.rate,
            )
            for part in parts
        )
        if len(parts) == 1:
            return said
        measure = parts[0].measure
        whole = quantity_said(sum(part.quantity for part in parts), measure)
        return self.words("trace.sum", quantity=whole, unit=UNIT[measure], parts=said)

    def rules(self, lines: Iterable[Trace]) -> str:
        """Say which rules made a price: "the first 1 h: 5.00; 30 min at 4.00 per 1 h: 2.00"."""
        return self.words("trace.then").join(self._rule(line) for line in lines)

    def levies(self, detail: Mapping[str, object]) -> str:
        """Say which taxes and fees are in an amount or came on top of it."""
        levies = detail.get("levies", ())
        assert isinstance(levies, list | tuple)
        return self.words("trace.then").join(
            self.words(
                "trace.tax_included" if levy["included"] else "trace.on_top",
                name=levy["name"],
                percent=_percent(levy["share"]),
                amount=self.currency.text(levy["amount"]),
            )
            for levy in levies
        )

    def fee(self, detail: Mapping[str, object]) -> str:
        """Say what a top-up's fee came to, line by line with its tax, or how much of fees came back.

        "service fee 10 % of 100.00: 10.00; VAT 6 %: 0.60; paid beside it".
        """
        said = list[str]()
        if (fee := fee_in(detail)) is not None:
            named = fee["name"] or self.words("trace.fee")
            said += [self._fee_line(line, named) for line in fee["lines"]]
            said.append(self.levies(fee))
            said += [self.words("trace.fee_on_top")] * fee["on_top"]
        if back := sum(one.whole_minor for one in returned_in(detail)):
            said.append(self.words("trace.fee_back", amount=self.currency.text(back)))
        return self.words("trace.then").join(filter(None, said))

    def _fee_line(self, line: Trace, name: str) -> str:
        money = self.currency.text
        return self.words(
            f"rule.{line['rule']}",
            name=name,
            percent=_percent(_whole(line, "share")),
            of=money(_whole(line, "of")),
            bound=money(_whole(line, "bound")),
            amount=money(_whole(line, "amount")),
        )

    def _rule(self, line: Trace) -> str:
        return self.words(
            f"rule.{line['rule']}",
            name=line.get("name", ""),
            quantity=self._amount(line, "quantity"),
            per=self._amount(line, "per"),
            price=price_text(_whole(line, "price")),
            first=line.get("first", ""),
            last=line.get("last", ""),
            amount=self.currency.text(_whole(line, "amount")),
        )

    def _amount(self, line: Trace, name: str) -> str:
        """Write a quantity in its display unit; time as people say it."""
        base, measure = _whole(line, name), line.get("measure")
        if line["rule"] in POWERS:
            return quantity_said(base, Quantity.ENERGY)  # mW are to kW what mWh are to kWh.
        if measure is None:
            return str(base)
        if measure == Quantity.DURATION:
            return self.time(base // 1000)
        quantity = Quantity(str(measure))
        return f"{quantity_said(base, quantity)} {UNIT[quantity]}"

    def time(self, seconds: int) -> str:
        """Write a length of time as people say it."""
        hours, rest = divmod(seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        parts = ((hours, "time.h"), (minutes, "time.min"), (seconds, "time.s"))
        return " ".join(f"{part} {self.words(unit)}" for part, unit in parts if part) or "0"


def _percent(share_micro: int) -> str:
    """Write a share in millionths as a percentage without needless zeros."""
    return price_text(share_micro * 100).removesuffix(".00")


def _whole(line: Trace, name: str) -> int:
    value = line.get(name, 0)
    assert isinstance(value, int)
    return value
