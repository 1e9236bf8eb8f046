"""The page of a batch of vouchers to print, cut, cover and sell."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
import segno

from .const import DOMAIN
from .core.voucher import VoucherBatch, grouped, place_of
from .operations.agents import find_agent
from .operations.site import Site
from .operations.vouchers import known_batch, numbers_of
from .page_view import Page, PageView
from .printing import filled
from .wording import Words

URL: Final = f"/api/{DOMAIN}/vouchers/{{entry}}/{{batch}}"
COLUMNS: Final = 2
ROWS: Final = 5
"""Slips of 95 by 55 mm: a purse takes them, and the code is 24 mm wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One voucher as it is printed."""

    serial: int
    number: str

    @property
    def digits(self) -> str:
        """The number as people read it."""
        return grouped(self.number)

    @property
    def drawn(self) -> str:
        """The number as a code; a quarter of it may be scratched away and it is still read."""
        return segno.make_qr(self.number, error="q").svg_inline(border=2, omitsize=True)


def vouchers_path(entry: str, batch: str, language: str) -> str:
    """Return where the page of a batch is, unsigned."""
    return f"{URL.format(entry=entry, batch=batch)}?{urlencode({'language': language})}"


class VouchersView(PageView):
    """Serves a batch as a page to print: the vouchers of it that can be redeemed or sold."""

    url = URL
    name = f"api:{DOMAIN}:vouchers"

    async def get(self, request: web.Request, entry: str, batch: str) -> web.Response:
        """Answer with the page."""

        async def make(site: Site) -> Page:
            known = known_batch(site, batch)
            slips = [
                Slip(serial=serial, number=number)
                for serial, number in await numbers_of(site, known)
            ]
            return partial(vouchers_page, site, known, slips)

        return await self.serve(request, entry, make)


def vouchers_page(site: Site, batch: VoucherBatch, slips: Sequence[Slip], words: Words) -> str:
    """Write vouchers as pages of paper."""
    each = COLUMNS * ROWS
    return filled(
        "vouchers.html",
        site,
        words,
        batch=batch,
        agent=find_agent(site, batch.agent).name if batch.agent else "",
        pages=[slips[first : first + each] for first in range(0, len(slips), each)],
        count=len(slips),
        unsold=sum(place_of(slip.serial)[1] >= batch.sold for slip in slips),
        columns=COLUMNS,
        rows=ROWS,
    )
