"""Actions that tell what happened to money: statements to read, to reckon with, and to print."""

from enum import StrEnum
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..explaining import Explainer
from ..operations.reports import statement_view
from ..operations.statement import make_statement
from ..page_view import signed
from ..statement_forms import statement_csv
from ..statement_view import page_path
from ..wording import async_words
from .call import WALLET, Action, Call, Response


class Form(StrEnum):
    """What a statement is wanted for."""

    DATA = "data"
    CSV = "csv"
    PAGE = "page"


async def get_statement(call: Call) -> Response:
    """Tell what came in and went out of a wallet, as data, as a table, or as a page to print."""
    run, data = call.wallet(), call.data
    since, until = call.moment("since"), call.moment("until")
    made = await make_statement(call.site, wallet=run.wallet.id, since=since, until=until)
    words = await async_words(call.hass, call.text("language"))
    answer = statement_view(call.site, made, Explainer(words, call.site.currency).line)
    if data["form"] is Form.CSV:
        answer["csv"] = await call.hass.async_add_executor_job(
            statement_csv, call.site, made, words
        )
    elif data["form"] is Form.PAGE:
        path = page_path(call.entry_id, run.wallet.id, since, until, words.language)
        answer |= signed(call.hass, path, call.site)
    return answer


ACTIONS: Final = (
    Action(
        "get_statement",
        get_statement,
        {
            **WALLET,
            vol.Optional("since"): cv.datetime,
            vol.Optional("until"): cv.datetime,
            vol.Optional("form", default="data"): vol.Coerce(Form),
            vol.Optional("language"): cv.string,
        },
    ),
)
