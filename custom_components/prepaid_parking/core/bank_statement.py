"""A bank's statement as a table: credits with the bank's own reference, and whom their text names.

Every bank writes it otherwise; the columns are known by their usual names, or named by whoever brings
the file. What a payer wrote may name a person: it is read, and kept nowhere.
"""

from collections.abc import Mapping
import csv
from dataclasses import dataclass
from datetime import date
import re
from typing import Final

from .errors import CoreError
from .money import Currency

MOST_LINES: Final = 20_000
DELIMITERS: Final = ",;\t"
PARTS: Final = ("date", "amount", "reference", "text")
"""What a line needs; `text` may be several columns."""
USUAL: Final[Mapping[str, str]] = {
    "date": "date",
    "booking date": "date",
    "booked": "date",
    "交易日期": "date",
    "记账日期": "date",
    "日期": "date",
    "amount": "amount",
    "credit": "amount",
    "金额": "amount",
    "贷方金额": "amount",
    "收入金额": "amount",
    "贷方发生额": "amount",
    "reference": "reference",
    "transaction id": "reference",
    "bank reference": "reference",
    "流水号": "reference",
    "交易流水号": "reference",
    "text": "text",
    "purpose": "text",
    "description": "text",
    "name": "text",
    "摘要": "text",
    "附言": "text",
    "用途": "text",
    "备注": "text",
    "对方户名": "text",
}
_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])(w|po)([0-9]{1,12})(?![0-9A-Za-z])", re.IGNORECASE)
_DATES: Final = (
    (re.compile(r"(\d{4})[-/.年]?(\d{2})[-/.月]?(\d{2})日?(?:[ T].*)?", re.ASCII), (0, 1, 2)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII), (2, 1, 0)),
)
_AMOUNT: Final = re.compile(r"[+-]?\d[\d.,' ]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement; below zero it went out. `reference` is the bank's own, the same in each file."""

    line: int
    reference: str
    day: date
    amount_minor: int
    text: str

    @property
    def named(self) -> frozenset[str]:
        """The wallets and orders that its text names."""
        return frozenset(f"{kind.lower()}{int(no)}" for kind, no in _NUMBER.findall(self.text))


def read_statement(
    text: str, currency: Currency, columns: Mapping[str, str] | None = None
) -> list[StatementLine]:
    """Read a statement; `columns` name those of this bank (`{"date": "Buchungstag", …}`).

    One that is not understood whole is refused: a line that is left out is somebody's money.
    """
    lines = text.removeprefix("\ufeff").strip().splitlines(keepends=True)
    if len(lines) < 2:
        raise CoreError("list_is_empty")
    delimiter = max(DELIMITERS, key=lines[0].count)
    head, *table = csv.reader(lines, delimiter=delimiter)
    places = _places([name.strip().casefold() for name in head], columns or {})
    if len(table) > MOST_LINES:
        raise CoreError("batch_too_long", rows=len(table), most=MOST_LINES)
    found = [
        _line(number, row, places, currency)
        for number, row in enumerate(table, 2)
        if any(cell.strip() for cell in row)
    ]
    seen: set[str] = set()
    for one in found:
        if one.reference in seen:
            raise CoreError("statement_reference_twice", line=one.line, reference=one.reference)
        seen.add(one.reference)
    return found


def _places(head: list[str], columns: Mapping[str, str]) -> dict[str, list[int]]:
    """Return in which columns each part of a line stands."""
    given = {name.strip().casefold(): part for part, name in columns.items()}
    known = given or USUAL
    places: dict[str, list[int]] = {part: [] for part in PARTS}
    for place, name in enumerate(head):
        part = known.get(name)
        if part in places:
            places[part].append(place)
    missing = [part for part in PARTS if not places[part]]
    if missing:
        raise CoreError("statement_columns", columns=", ".join(missing))
    return places


def _line(
    number: int, row: list[str], places: Mapping[str, list[int]], currency: Currency
) -> StatementLine:
    try:
        day, amount, reference = (
            next((row[place].strip() for place in places[part] if row[place].strip()), "")
            for part in ("date", "amount", "reference")
        )
        said = " ".join(row[place].strip() for place in places["text"])
        minor = currency.parse(_plain(amount, currency)) if amount else 0
        when = _day(day)
    except (IndexError, ValueError, CoreError) as err:
        raise CoreError("statement_line", line=number) from err
    if not reference:
        raise CoreError("statement_line", line=number)
    return StatementLine(line=number, reference=reference, day=when, amount_minor=minor, text=said)


def _plain(text: str, currency: Currency) -> str:
    """Return an amount as a plain decimal, whichever signs it is written with.

    The last of two signs is the point, and so is a single one before the currency's digits.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    text = text.replace("'", "").replace(" ", "")
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return text
    digits, sign = len(text) - last - 1, text[last]
    is_point = text.count(sign) == 1 and (
        ("," in text and "." in text) or digits == currency.digits or sign == "."
    )
    whole = text if not is_point else text[:last]
    part = text[last + 1 :] if is_point else ""
    whole = whole.replace(".", "").replace(",", "")
    return f"{whole}.{part}" if part else whole


def _day(text: str) -> date:
    for pattern, order in _DATES:
        if (found := pattern.fullmatch(text)) is not None:
            return date(*(int(found.groups()[place]) for place in order))
    raise ValueError(text)
