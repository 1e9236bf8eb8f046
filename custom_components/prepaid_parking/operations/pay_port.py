"""What a provider that takes payers' money can do, the same for all, and what it means when it does not.

Whatever is asked is asked under a number of our own, which was stored before. So everything may be
asked twice, and nothing is ever asked under a second number because the first one got no answer.

Each method may raise `ChannelError`, and nothing else. Its fault says what the caller may do:

- `UNREACHABLE`: nothing was sent. The same may be asked again, now or later.
- `UNKNOWN`: it was sent, and nobody knows what became of it; or the answer was not understood. The
  caller looks (`query`, `query_refund`) until it knows. It never tries another channel or another
  number meanwhile, for the payer would pay, or get back, twice.
- `UNTRUSTED`: the answer was not signed by the provider, or not about what was asked. As `UNKNOWN`;
  where it lasts, keys are wrong and somebody must be told.
- `REFUSED`: the provider has said no in its own words (`code`), and nothing happened. Asking again
  gives the same answer, but for `FREQUENCY…` and the like, which are asked again later.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from ..core.pay_channel import Asked, Notice, Offered, RefundAsked, RefundSeen, Seen, SettlementRow


class Payers(Protocol):
    """Finds out who pays inside a provider's app, where the provider wants an order to say so."""

    def address(self, back_url: str, state: str) -> str:
        """Return where a payer is sent, who then comes back with a code and the same `state`."""

    async def payer(self, code: str) -> str:
        """Return the provider's name of the payer whose code it is; a code is good for once.

        On any `ChannelError` there is nobody, and the payer is shown another way. What is returned is
        a person's: it goes into the order that is asked for next, and nowhere else.
        """

    async def prove(self) -> None:
        """Raise a `ChannelError` where codes cannot be exchanged with the key that was given."""


class PayChannel(Protocol):
    """A merchant's account at a provider."""

    @property
    def merchant(self) -> str:
        """Return the name under which the provider knows who is paid: each payment must name it."""

    @property
    def currency(self) -> str:
        """Return the currency in which everything is asked and told."""

    async def create(self, asked: Asked) -> Offered:
        """Ask for a payment and return what the payer is shown.

        Under a number that is known there it is the same order. After `UNKNOWN` or `UNTRUSTED` it
        may be asked again with the very same content, for there is nothing to show the payer yet;
        `query` then says what the provider has. `REFUSED` may also mean that the order is paid or
        closed already: one more `query`, before it is given up.
        """

    async def query(self, out_no: str) -> Seen:
        """Ask what became of an order.

        `MISSING` is an answer: the provider has no such order now. It is final only once the order's
        end has passed, for a request that got lost may still arrive. On any fault nothing is known,
        and the next look comes by the order's ladder.
        """

    async def close(self, out_no: str) -> None:
        """Take an order back, so that nobody can pay it any more; closed twice is closed.

        `REFUSED` means that it is paid, or never was there: `query` tells which. Also after success
        it is looked at once more: a payment that was on its way may come through, and counts.
        """

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Give money back; under a number that is known there it is the same refund.

        What is held for it is let go after `REFUSED` and after the outcome `FAILED`, never after
        another fault: the same is asked again under the same number, or `query_refund` tells.
        `PENDING` is the usual answer; its end comes by notice or by looking.
        """

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Ask what became of a refund. `MISSING`: it was never taken up, and may be asked again."""

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice from its headers (of any case) and the bytes of its body, or raise.

        What is raised here means: book nothing, answer no success, so that it comes again. A notice
        is the provider's, but it may be old, doubled, of another merchant or amount: the caller
        judges that. It asks nothing of the provider, but for keys it does not know: once in ten
        minutes, however many notices name them. The caller has limited the size of the body.
        """

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Return all that the provider has booked on a day of its own time zone; whole or not at all.

        An empty day is empty. On any fault, `REFUSED` too (the file is not made yet), it is asked
        for again later; nothing is ever matched against a part of a file.
        """
