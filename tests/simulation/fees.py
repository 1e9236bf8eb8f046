"""Service fees in a life: they come, change and end, and whoever pays in afterwards pays them."""

from typing import Final, override

from custom_components.prepaid_parking.core.promotion import WHOLE_BP
from custom_components.prepaid_parking.core.top_up_fee import FeeBack
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import refund, top_up
from custom_components.prepaid_parking.operations.top_up_fees import set_top_up_fee
from tests.operations.world import MANAGER
from tests.simulation.corrections import CorrectedLife
from tests.simulation.top_up_fees import FeeTerms

PER_PERCENT: Final = WHOLE_BP // 100


class FeeLife(CorrectedLife):
    """A house whose payment provider wants to be paid."""

    async def set_fee(self) -> None:
        """One of two rules is said anew; who pays in is asked the lesser."""
        rng, name = self.rng, self.rng.choice(("card", "counter"))
        terms = FeeTerms(
            percent=f"{rng.choice((0, 0.6, 1.25, 3.33, 40)):.2f}",
            fixed=rng.choice((0, 0, 30, 150)),
            least=rng.choice((0, 0, 50)),
            most=rng.choice((None, None, 50, 999)),
            on_top=rng.random() < 0.4,
            tax=rng.choice(("0", "6", "19")),
            included=rng.random() < 0.5,
            back=rng.choice([one.value for one in FeeBack]),
            only=rng.choice(("", "", Purpose.UTILITY.value)),
        )
        changes: dict[str, object] = {
            "share_bp": _bp(terms.percent),
            "fixed_minor": terms.fixed,
            "least_minor": terms.least,
            "most_minor": terms.most,
            "on_top": terms.on_top,
            "tax_bp": _bp(terms.tax),
            "tax_name": "VAT",
            "tax_included": terms.included,
            "back": FeeBack(terms.back),
            "purposes": (Purpose(terms.only),) if terms.only else (),
        }
        await self.act(
            lambda: set_top_up_fee(self.world.site, fee=name, changes=changes, actor=MANAGER)
        )
        await self.read_books()
        self.audit.fees.rules[name] = terms
        if rng.random() < 0.6:
            await self._regret(rng.choice(self.people))

    async def _regret(self, wallet: str) -> None:
        """Somebody pays in and wants a part of it back, which is the newest of what was paid in."""
        await self._pay_in(wallet, self.rng.randrange(20_000, 60_000))
        for _ in range(self.rng.randrange(3)):
            amount = self.rng.randrange(1, 15_000)
            fields = {"wallet": wallet, "amount_minor": amount, "reason": "too much"}
            await self.order(refund, {wallet: -amount}, **fields)

    @override
    async def _pay_in(self, wallet: str, amount: int) -> None:
        purpose = Purpose.PROPERTY if wallet == self.laundry else Purpose.UTILITY
        fees = self.audit.fees
        fees.asked[f"r{self.references + 1}"] = amount, purpose.value
        credited = fees.credited(amount, purpose.value)
        await self.order(top_up, {wallet: credited}, wallet=wallet, amount_minor=amount)


def _bp(percent: str) -> int:
    return round(float(percent) * PER_PERCENT)
