"""Actions about terminals that top up cards without a connection, and the files they bring."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.card_file import PUBLIC_KEY_BYTES, CardTerminal, read_hex
from ..errors import in_words
from ..file_signature import is_signed
from ..operations import card_files
from ..operations.card_files import Line
from .call import MAYBE_REASON, REFERENCE, SLUG, Action, Call, Response
from .given_file import PATH, given_text


async def set_card_terminal(call: Call) -> Response:
    """Take files of a terminal, or change its keys."""
    reference = call.reference()
    receipt, terminal = await card_files.set_card_terminal(
        call.site,
        terminal=call.text("terminal"),
        public_key=read_hex(
            call.text("public_key"), PUBLIC_KEY_BYTES, "card_terminal_key_malformed"
        ),
        mac_key=call.text("mac_key"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | await _terminal(call, terminal)


async def import_terminal_file(call: Call) -> Response:
    """Take in a terminal's file, or only say what it holds."""
    taken = await card_files.import_terminal_file(
        call.site,
        text=await given_text(call, "file"),
        signed=is_signed,
        dry_run=call.data["dry_run"],
        actor=call.actor,
    )
    return {
        "terminal": taken.terminal.id,
        "number": taken.number,
        "dry_run": taken.dry_run,
        "taken_before": taken.known,
        "records": len(taken.lines),
        "credited": taken.booked,
        "repeated": taken.repeated,
        "total": call.site.currency.text(taken.total_minor),
        "missing_files": taken.missing,
        "bad": [_bad(one) for one in taken.bad],
        "lines": [_line(call, one) for one in taken.lines if one.refusal is None],
    }


async def list_card_terminals(call: Call) -> Response:
    """List the terminals whose files are taken in, and which of these are missing."""
    found = sorted(call.site.offline.terminals.values(), key=lambda one: one.id)
    return {"terminals": [await _terminal(call, one) for one in found]}


async def _terminal(call: Call, terminal: CardTerminal) -> Response:
    return {
        "terminal": terminal.id,
        "public_key": terminal.public_key.hex(),
        "last_number": terminal.last_number,
        "missing_files": await card_files.missing_files(call.site, terminal),
    }


def _line(call: Call, line: Line) -> Response:
    return {
        "line": line.record.line,
        "wallet": line.wallet,
        "amount": call.site.currency.text(line.amount_minor),
        "at": line.record.at,
        "card_counter": line.record.counter,
        "repeated": line.again,
    }


def _bad(line: Line) -> Response:
    assert line.refusal is not None
    return {
        "line": line.record.line,
        "problem": line.refusal.key,
        "message": in_words(line.refusal),
    }


ACTIONS: Final = (
    Action(
        "set_card_terminal",
        set_card_terminal,
        {
            vol.Required("terminal"): SLUG,
            vol.Required("public_key"): cv.string,
            vol.Required("mac_key"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "import_terminal_file",
        import_terminal_file,
        {
            vol.Optional("file"): cv.string,
            **PATH,
            vol.Optional("dry_run", default=False): cv.boolean,
        },
    ),
    Action("list_card_terminals", list_card_terminals, {}),
)
