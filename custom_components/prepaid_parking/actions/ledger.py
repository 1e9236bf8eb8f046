"""Actions about the books themselves."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from .call import Action, Call, Response


async def verify_ledger(call: Call) -> Response:
    """Check the whole ledger: every entry's place, content and sum."""
    verdict = await call.site.books.verify(full=call.data["full"])
    return {
        "ok": verdict.first_bad is None and not verdict.problem,
        "entries": verdict.entries,
        "head": verdict.head.hex(),
        "first_bad": verdict.first_bad,
        "problem": verdict.problem or None,
        "writable": call.site.books.writable,
    }


ACTIONS: Final = (
    Action("verify_ledger", verify_ledger, {vol.Optional("full", default=True): cv.boolean}),
)
