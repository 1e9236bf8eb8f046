"""Files of terminals that top up cards without a connection: taken in as a whole, each payment once.

Nothing moves before every line is proven: a bad one refuses the whole file. A payment is known by its
card and the card's own counter, so that it is credited once, in however many files it comes. A file that
broke off half way is simply given again.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from ..core.card_file import (
    MAC_KEY_BYTES,
    CardFile,
    CardRecord,
    CardTerminal,
    FileRead,
    check_mac,
    moment_of,
    read_card_file,
    read_hex,
)
from ..core.chart import Channel
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, CardTerminalId, WalletId
from ..core.ledger import Act, Receipt, Reference
from ..core.wallet import CredentialKind
from .booking import book, closed, referenced
from .credentials import card_of
from .gently import gently
from .offline_loading import on_what_is_written
from .repeats import answered_before
from .site import Site
from .topping_up import Payment, take_in
from .turn import in_turn

SCOPE: Final = "card_file"
ROW: Final = "topup/card_file"
MAC_KEY: Final = "mac_key"
MOST_MISSING: Final = 100
"""Numbers of missing files that are told; a terminal with more has begun somewhere else."""

type Signed = Callable[[bytes, bytes, bytes], bool]
"""Tells whether a signature is right: of a public key, a signature and what was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A payment of a file as it will be booked, or was (`again`); `refusal` is why it cannot be."""

    record: CardRecord
    wallet: WalletId | None = None
    amount_minor: int = 0
    again: bool = False
    refusal: CoreError | None = None


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of a file: its lines, how many were booked now or before, and what was missed."""

    terminal: CardTerminal
    number: int
    dry_run: bool
    lines: list[Line] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    booked: int = 0
    repeated: int = 0
    known: bool = False

    @property
    def bad(self) -> list[Line]:
        """Lines that cannot be booked."""
        return [one for one in self.lines if one.refusal is not None]

    @property
    def total_minor(self) -> int:
        """What all good lines come to."""
        return sum(one.amount_minor for one in self.lines)


@in_turn
@on_what_is_written
async def set_card_terminal(
    site: Site,
    *,
    terminal: str,
    public_key: bytes,
    mac_key: str,
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, CardTerminal]:
    """Take files of a terminal, or change its keys; the key of its records is sealed and never told."""
    secret = read_hex(mac_key, MAC_KEY_BYTES, "card_terminal_key_malformed").hex()
    known = site.offline.terminals.get(CardTerminalId(terminal))
    subject, records = site.privacy.sealed({MAC_KEY: secret})
    after = CardTerminal(
        id=CardTerminalId(terminal),
        public_key=public_key,
        subject=subject,
        set_at=site.clock(),
        last_number=known.last_number if known is not None else 0,
    )
    content = {
        "terminal": terminal,
        "key": public_key.hex(),
        "mac": site.privacy.blind("card_terminal", secret).hex(),
    }
    receipt = await book(
        site,
        Act(
            kind=EntryKind.CARD_TERMINAL_SET,
            event=f"card_terminal/{terminal}/set",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=referenced("set_card_terminal", reference, content),
            detail={"terminal": terminal},
            puts=(after, *records),
        ),
    )
    if not receipt.repeated:
        site.offline.terminals[after.id] = after
        if known is not None:
            await site.privacy.forget_subject(known.subject)
    return receipt, known_terminal(site, terminal)


async def import_terminal_file(
    site: Site, *, text: str, signed: Signed, actor: Actor, dry_run: bool = False
) -> Taken:
    """Take in a file; with `dry_run` only say what it holds. The same file again moves nothing."""
    read = read_card_file(text)
    terminal = known_terminal(site, read.terminal)
    if not signed(terminal.public_key, read.signature, read.signed):
        raise CoreError("card_file_not_signed")
    taken = Taken(terminal=terminal, number=read.number, dry_run=dry_run)
    files = {one.number: one for one in await site.books.load(CardFile, terminal=terminal.id)}
    before = files.get(read.number)
    if before is not None and before.digest != read.digest:
        raise CoreError("card_file_number_taken", terminal=terminal.id, number=read.number)
    taken.missing = _missing(files.keys() | {read.number})
    taken.lines = await _checked(site, read, terminal)
    if before is not None:
        taken.known, taken.repeated = True, before.records
    elif not dry_run and not taken.bad:
        await _take(site, read, taken, actor)
    return taken


def known_terminal(site: Site, terminal: str) -> CardTerminal:
    """Return a terminal by the name it has in its files, or refuse in words."""
    known = site.offline.terminals.get(CardTerminalId(terminal))
    if known is None:
        raise CoreError("unknown_card_terminal", terminal=terminal)
    return known


async def missing_files(site: Site, terminal: CardTerminal) -> list[int]:
    """Return the numbers of a terminal's files that never came, though a later one did."""
    files = await site.books.load(CardFile, terminal=terminal.id)
    return _missing({one.number for one in files})


async def _take(site: Site, read: FileRead, taken: Taken, actor: Actor) -> None:
    """Book a file's payments, then the file itself: one that broke off is not known as taken in."""
    for line in taken.lines:
        receipt = await _book(site, read, line, actor)
        taken.booked += not receipt.repeated
        taken.repeated += receipt.repeated
    taken.terminal = await _done(site, read, taken.total_minor, actor)


@in_turn
@on_what_is_written
async def _book(site: Site, read: FileRead, line: Line, actor: Actor) -> Receipt:
    """Book one payment; each takes a turn of its own, so that no reading waits for a whole file."""
    run = site.wallet(line.wallet or "")
    return await take_in(
        site,
        run,
        Payment(
            amount_minor=line.amount_minor,
            channel=Channel.OTHER,
            actor=actor,
            reason=f"{read.terminal} {read.number}",
            key=_key(site, line.record, line.amount_minor),
        ),
    )


@in_turn
@on_what_is_written
async def _done(site: Site, read: FileRead, total_minor: int, actor: Actor) -> CardTerminal:
    """Write down that a file was taken in."""
    terminal = known_terminal(site, read.terminal)
    after = replace(terminal, last_number=max(terminal.last_number, read.number))
    file = CardFile(
        terminal=terminal.id,
        number=read.number,
        digest=read.digest,
        records=len(read.records),
        total_minor=total_minor,
        taken_at=site.clock(),
    )
    event = f"{SCOPE}/{terminal.id}/{read.number}"
    await book(
        site,
        Act(
            kind=EntryKind.CARD_FILE_TAKEN,
            event=event,
            occurred=site.clock(),
            actor=actor,
            reference=referenced(SCOPE, event, {"digest": read.digest.hex()}),
            detail={
                "terminal": terminal.id,
                "number": read.number,
                "records": len(read.records),
                "total": total_minor,
            },
            puts=(file, after),
        ),
    )
    site.offline.terminals[after.id] = after
    return after


async def _checked(site: Site, read: FileRead, terminal: CardTerminal) -> list[Line]:
    """Return the payments of a file as they would be booked, each bad one with what is wrong."""
    secret = bytes.fromhex((await site.privacy.get_subject(terminal.subject))[MAC_KEY])
    lines, seen = list[Line](), set[tuple[str, int]]()
    async for record in gently(read.records):
        try:
            check_mac(secret, record)
            _new(seen, (record.card.strip(), record.counter))
            lines.append(await _line(site, record))
        except CoreError as err:
            lines.append(Line(record=record, refusal=err))
    return lines


def _new(seen: set[tuple[str, int]], payment: tuple[str, int]) -> None:
    if payment in seen:
        raise CoreError("card_record_twice")
    seen.add(payment)


async def _line(site: Site, record: CardRecord) -> Line:
    moment_of(record)
    amount = site.currency.parse(record.amount)
    if amount <= 0:
        raise CoreError("amount_not_positive", amount=record.amount)
    run = site.wallet(card_of(site, CredentialKind.TAG, record.card).wallet)
    asked = Act(
        kind=EntryKind.TOP_UP,
        event=ROW,
        occurred=site.clock(),
        actor=SYSTEM,
        reference=_key(site, record, amount),
    )
    again = await answered_before(site, asked) is not None  # Refused where its content is another.
    if not again and (refusal := closed(run)) is not None:
        raise refusal
    return Line(record=record, wallet=run.wallet.id, amount_minor=amount, again=again)


def _key(site: Site, record: CardRecord, amount_minor: int) -> Reference:
    """Return what stands for a payment, whoever's card it is by now and whatever file brings it."""
    card = site.privacy.blind(CredentialKind.TAG, record.card.strip()).hex()
    content = {"amount": amount_minor, "at": record.at}
    return Reference(scope=ROW, key=f"{card}/{record.counter}", content=content)


def _missing(numbers: Collection[int]) -> list[int]:
    """Return what is missing of numbers that have no gap; the first few of many."""
    gaps = (one for one in range(1, max(numbers, default=0)) if one not in numbers)
    return list(islice(gaps, MOST_MISSING))
