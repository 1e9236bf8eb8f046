"""Every provider does what the site asks of one: a call that is named otherwise fails at the first payer."""

import inspect

import pytest

from custom_components.prepaid_parking.links.pay.alipay import Alipay
from custom_components.prepaid_parking.links.pay.stripe import StripePay
from custom_components.prepaid_parking.links.pay.wechat import WeChatPay
from custom_components.prepaid_parking.operations.pay_port import PayChannel


def taken(channel: Alipay | StripePay | WeChatPay) -> PayChannel:
    """Say to the type checker that each of them is one."""
    return channel


ASKED = sorted(
    name
    for name, part in vars(PayChannel).items()
    if inspect.iscoroutinefunction(part) and not name.startswith("_")
)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("kind", [Alipay, StripePay, WeChatPay])
def test_a_provider_is_asked_in_the_words_of_the_port(
    kind: type[Alipay | StripePay | WeChatPay], name: str
) -> None:
    """The site knows the port only; what a provider calls otherwise is never called."""
    asked = list(inspect.signature(getattr(PayChannel, name)).parameters)
    told = inspect.signature(getattr(kind, name)).parameters
    assert list(told)[: len(asked)] == asked
    assert all(told[more].default == "" for more in list(told)[len(asked) :])
    assert inspect.iscoroutinefunction(getattr(kind, name))
