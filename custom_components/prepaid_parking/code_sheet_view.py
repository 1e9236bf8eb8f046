"""The page of codes to print, cut and stick on: with what each is for and what to look at before paying."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant
import segno

from .const import DOMAIN
from .core.errors import CoreError
from .core.pay_code import PayCode, PayFor
from .operations.pay_codes import codes_in_force
from .operations.pay_tokens import name_of
from .operations.site import Site
from .page_view import Page, PageView, asked_of
from .pay_links import code_link, payers_address
from .printing import filled
from .wording import Words

URL: Final = f"/api/{DOMAIN}/code_sheet/{{entry}}"
COLUMNS: Final = 2
ROWS: Final = 4
"""Stickers of 95 by 69 mm: the code is 45 mm wide, which a phone reads from half a metre."""
MOST: Final = 500
"""As many as are made at once; more in one page is no help at a printer."""
TOPS_UP: Final = frozenset({PayFor.WALLET, PayFor.METER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sticker:
    """One code as it is printed."""

    code: PayCode
    name: str
    url: str

    @property
    def drawn(self) -> str:
        """The code as a drawing, with the white edge that readers need; a scratch does not spoil it."""
        return segno.make_qr(self.url, error="m").svg_inline(border=4, omitsize=True)

    @property
    def tops_up(self) -> bool:
        """Whether it fills something up rather than pays what is due."""
        return self.code.kind in TOPS_UP


def sheet_path(entry: str, codes: Sequence[str], language: str) -> str:
    """Return where the page of these codes is, unsigned."""
    asked = {"codes": ",".join(codes[:MOST]), "language": language}
    return f"{URL.format(entry=entry)}?{urlencode(asked)}"


class CodeSheetView(PageView):
    """Serves codes as a page to print: those that are named, those of a kind, or all in force."""

    url = URL
    name = f"api:{DOMAIN}:code_sheet"

    async def get(self, request: web.Request, entry: str) -> web.Response:
        """Answer with the page."""
        found = asked_of(request, entry)
        hass: HomeAssistant = request.app[KEY_HASS]
        asked, named = request.query.get("kind", ""), request.query.get("codes", "")

        async def make(site: Site) -> Page:
            base = payers_address(hass, found)
            codes = codes_in_force(site, _kind(asked))
            wanted = frozenset(named.split(",")) if named else None
            shown = [
                Sticker(
                    code=code,
                    name=name_of(site, code.kind, code.target),
                    url=code_link(hass, found, code),
                )
                for code in codes
                if wanted is None or code.id in wanted
            ]
            return partial(sheet_page, site, shown[:MOST], urlsplit(base).netloc)

        return await self.serve(request, entry, make)


def sheet_page(site: Site, stickers: Sequence[Sticker], address: str, words: Words) -> str:
    """Write stickers as pages of paper."""
    each = COLUMNS * ROWS
    pages = [stickers[first : first + each] for first in range(0, len(stickers), each)]
    return filled(
        "code_sheet.html",
        site,
        words,
        pages=pages,
        count=len(stickers),
        address=address,
        columns=COLUMNS,
        rows=ROWS,
    )


def _kind(asked: str) -> PayFor | None:
    if not asked:
        return None
    if asked not in frozenset(PayFor):
        raise CoreError("pay_code_wrong_kind", kind=asked)
    return PayFor(asked)
