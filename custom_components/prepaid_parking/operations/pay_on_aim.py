"""Money that has come is booked on what it is for: a wallet, a stay or a bill."""

from ..core.identity import BillId, StayId, WalletId
from ..core.pay_order import Aim, AimKind
from .arrived import Arrived
from .bill_paying import bill_money_came
from .pay_together import take_in_together
from .site import Site
from .stay_paying import stay_money_came


async def book_on(site: Site, aim: Aim, money: Arrived) -> None:
    """Book money on what it is for, or refuse in words; nobody who calls may hold the site's turn."""
    match aim.kind:
        case AimKind.WALLET:
            await take_in_together(site, site.wallet(WalletId(aim.id)), money)
        case AimKind.BILL:
            async with site.turn:
                await bill_money_came(site, BillId(aim.id), money)
        case AimKind.STAY:
            await stay_money_came(site, StayId(aim.id), money)
