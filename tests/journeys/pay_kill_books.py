"""What a provider holds and what the books say of it, in the same words, so that they can be compared."""

from collections.abc import Iterable
from typing import Final

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.identity import RefundId
from custom_components.prepaid_parking.core.ledger import AccountId, Entry
from custom_components.prepaid_parking.core.pay_refund import PayRefund
from custom_components.prepaid_parking.core.voucher import Voucher
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_books import RefundState
from custom_components.prepaid_parking.store.books import Books

from .accounts import all_entries
from .pay_kill_world import SLIP_MINOR

CLEARING: Final = site_account(SiteAccount.CLEARING_ALIPAY)
VOUCHERS: Final = site_account(SiteAccount.VOUCHERS)


def paid_there(provider: FakeAlipay) -> dict[str, int]:
    """What payers have paid, by the provider's number of the payment."""
    orders = provider.books.orders.values()
    return {one.reference: one.amount_minor for one in orders if one.paid_at is not None}


def returned_there(provider: FakeAlipay) -> dict[str, int]:
    """What the provider has given back, by our number of the refund."""
    return {
        one.refund_no: one.amount_minor
        for one in provider.books.refunds.values()
        if one.state is RefundState.DONE
    }


def kept_there(provider: FakeAlipay, out_nos: Iterable[str]) -> int:
    """What the provider still holds of these orders."""
    paid = [one for no in out_nos if (one := provider.books.orders.get(no)) and one.paid_at]
    return sum(one.amount_minor - provider.books.refunded(one.out_no) for one in paid)


async def payments(books: Books) -> dict[str, int]:
    """What was booked as paid, by the provider's number; each at most once."""
    return _once(
        (str(entry.detail.get("payment", entry.event)).rpartition("/")[2], out)
        for entry in await all_entries(books)
        if (out := _moved(entry, source=CLEARING))
    )


async def given_back(books: Books) -> dict[str, int]:
    """What was booked as given back, by our number of the refund; each at most once."""
    numbers = {one.id: one.refund_no for one in await books.load(PayRefund)}
    return _once(
        (numbers[RefundId(str(entry.detail["refund"]))], back)
        for entry in await all_entries(books)
        if (back := _moved(entry, target=CLEARING))
    )


async def redeemed(books: Books) -> dict[str, str]:
    """Which slips were redeemed for which wallet; each has one entry, of what is printed on it."""
    slips = {str(one.serial): str(one.wallet) for one in await books.load(Voucher)}
    booked = [out for entry in await all_entries(books) if (out := _moved(entry, source=VOUCHERS))]
    assert booked == [SLIP_MINOR] * len(slips)
    return slips


def _moved(
    entry: Entry, *, source: AccountId | None = None, target: AccountId | None = None
) -> int:
    """Return how much an entry takes from an account, or brings to one."""
    legs = [leg for leg in entry.postings if leg.source == source or leg.target == target]
    return sum(leg.amount_minor for leg in legs)


def _once(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return what was found by its name; no name is there twice."""
    pairs = list(found)
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)
