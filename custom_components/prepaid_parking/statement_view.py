"""The page of a wallet's statement."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.errors import CoreError
from .operations.site import Site
from .operations.statement import make_statement
from .page_view import Page, PageView
from .statement_forms import statement_page

URL: Final = f"/api/{DOMAIN}/statement/{{entry}}/{{wallet}}"


def page_path(
    entry: str, wallet: str, since: datetime | None, until: datetime | None, language: str
) -> str:
    """Return where a statement's page is, unsigned."""
    asked = {"language": language}
    asked |= {
        name: at.isoformat() for name, at in (("since", since), ("until", until)) if at is not None
    }
    return f"{URL.format(entry=entry, wallet=wallet)}?{urlencode(asked)}"


class StatementView(PageView):
    """Serves a statement as a page."""

    url = URL
    name = f"api:{DOMAIN}:statement"

    async def get(self, request: web.Request, entry: str, wallet: str) -> web.Response:
        """Answer with the page."""
        asked = request.query

        async def make(site: Site) -> Page:
            made = await make_statement(
                site, wallet=wallet, since=_moment(asked, "since"), until=_moment(asked, "until")
            )
            return partial(statement_page, site, made)

        return await self.serve(request, entry, make)


def _moment(asked: Mapping[str, str], name: str) -> datetime | None:
    if (text := asked.get(name)) is None:
        return None
    if (at := dt_util.parse_datetime(text)) is None or at.tzinfo is None:
        raise CoreError("time_is_malformed", at=text)
    return at
