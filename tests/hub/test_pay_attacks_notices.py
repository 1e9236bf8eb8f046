"""Somebody between the provider and the hub: what is signed says one thing only, and costs one question."""

from datetime import timedelta
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode

from custom_components.prepaid_parking.core.pay_channel import Asked
from custom_components.prepaid_parking.operations.pay_book import MOST_HINTS
from custom_components.prepaid_parking.operations.pay_finding import new_out_no
from tests.hub.test_notices import FAILED, Counter, alipay

__all__ = ["alipay"]


async def test_a_signed_notice_has_one_reading(alipay: Counter) -> None:
    """The provider signs `a=1&b=2` as text: whoever hides one field in another still has its signature.

    A notice of a refund without its amount reads as a payment.
    """
    out_no = await alipay.order()
    await alipay.scan(out_no)
    alipay.fake.faults.notice_lost = True
    await alipay.fake.pay(out_no)
    letter = alipay.letter(out_no)
    fields = dict(parse_qsl(letter.body.decode(), keep_blank_values=True))
    unsigned = {name: fields.pop(name) for name in ("sign", "sign_type")}
    names = sorted(fields)
    for first, hidden in pairwise(names):
        told = dict(fields)
        told[first] = f"{told[first]}&{hidden}={told.pop(hidden)}"
        status, text, _ = await alipay.post(letter.headers, urlencode(told | unsigned).encode())
        assert (status, text) == (400, FAILED), hidden
        told = dict(fields)
        value = f"={told.pop(first)}&{hidden}={told.pop(hidden)}"
        told[first + value.rpartition("=")[0]] = value.rpartition("=")[2]
        status, text, _ = await alipay.post(letter.headers, urlencode(told | unsigned).encode())
        assert (status, text) == (400, FAILED), hidden
    assert await alipay.balance() == "0.00"


async def test_a_notice_that_is_sent_again_and_again_asks_the_provider_once(
    alipay: Counter,
) -> None:
    """Who has kept one old notice must not have the hub knock at the provider for ever.

    The order is one that a restore has lost: nothing in the books says that it was looked at.
    """
    site = alipay.hub.data.site
    out_no = new_out_no(site)
    await site.paying.channels[alipay.key].port.create(
        Asked(
            out_no=out_no,
            amount_minor=1250,
            subject="lost",
            expires_at=site.clock() + timedelta(minutes=15),
        )
    )
    await alipay.scan(out_no)
    alipay.fake.faults.notice_lost = True
    await alipay.fake.pay(out_no)
    alipay.fake.faults.clock_skew = timedelta(minutes=-10)
    letter = alipay.letter(out_no)
    before = len(alipay.fake.requests)
    for _ in range(100):
        assert (await alipay.post(letter.headers, letter.body))[0] == 200
    await alipay.hub.hass.async_block_till_done()
    assert 1 <= len(alipay.fake.requests) - before <= MOST_HINTS
    (held,) = site.paying.unmatched.values()
    assert (held.amount_minor, held.why) == (1250, "no_order")
