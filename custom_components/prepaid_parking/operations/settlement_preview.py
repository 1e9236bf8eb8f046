"""What a provider's file, or a bank's statement, would come to: read, found again, and nothing moved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.bank_statement import StatementLine
from ..core.chart import Channel
from ..core.pay_channel import SettlementRow
from ..core.settlement_rows import keyed
from .bank_lines import Fate, fate_of
from .gently import gently
from .pay_matching import taken_before
from .settlement_file import MOST_DAYS, File, check_days
from .settlement_sides import known_orders
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSeen:
    """A row of a provider's file; `known` was taken up before. `order` is ours, "" where there is none."""

    row: SettlementRow
    known: bool
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSeen:
    """A line of a statement, and what would become of it."""

    line: StatementLine
    fate: Fate
    wallet: str = ""


async def look_at_file(site: Site, file: File) -> list[RowSeen]:
    """Return what a file has, row by row, with the orders that its rows are about."""
    check_days(file.first, file.last, MOST_DAYS)
    before = await taken_before(site, file)
    orders = await known_orders(site, file.rows)
    found: list[RowSeen] = []
    async for key, row in gently(await asyncio.to_thread(keyed, file.rows)):
        order = orders.by_ref.get(row.provider_ref) or orders.by_no.get(row.out_no)
        name = order.id if order is not None else ""
        found.append(RowSeen(row=row, known=key in before, order=name))
    return found


async def look_at_statement(
    site: Site, *, bank: str, lines: Sequence[StatementLine], payouts: Mapping[Channel, str]
) -> list[LineSeen]:
    """Return what would become of each line of a statement."""
    found: list[LineSeen] = []
    for line in lines:
        fate, run, _ = await fate_of(site, f"bank/{bank}", line, payouts)
        wallet = run.wallet.id if run is not None else ""
        found.append(LineSeen(line=line, fate=fate, wallet=wallet))
    return found
