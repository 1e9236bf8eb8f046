"""Bills in a life: rents and fees recur and change, bills are written, paid, taken back and given up."""

from collections.abc import Awaitable, Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, Final, override

from custom_components.prepaid_parking.core.bill import INCOME, BillingRules, BillLine, DunningStep
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, wallet_account
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.levies import Levy, LevyKind
from custom_components.prepaid_parking.core.money import MICRO
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.recurring import Fixed
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.bills import (
    create_bill,
    set_billing,
    void_bill,
    write_off_bill,
)
from custom_components.prepaid_parking.operations.setting_recurring import set_recurring
from custom_components.prepaid_parking.operations.site import Site
from tests.operations.world import DAY, MANAGER
from tests.simulation.accounts import same
from tests.simulation.days import nearest
from tests.simulation.desk import DeskLife, number_of
from tests.simulation.papers import DUE_DAYS, DUNNING, Fee, Terms

VAT: Final = {"name": "VAT", "kind": "tax", "percent": "6"}


class BilledLife(DeskLife):
    """People who pay for their flats by the month, and the laundry a rent."""

    @override
    async def furnish(self) -> None:
        await super().furnish()
        steps = tuple(DunningStep(days=days, fee_minor=fee) for days, fee in DUNNING)
        for category in (Category.UTILITY, Category.RENT):
            rules = BillingRules(
                category=category,
                due_days=DUE_DAYS,
                automatic=self.rng.random() < 0.8,
                part=self.rng.random() < 0.5,
                dunning=steps,
            )
            await self._set_rules(rules)
        for wallet in (self.people[0], self.laundry):
            await self._agree(wallet)

    @override
    async def check(self) -> None:
        await super().check()
        for wallet in (*self.people, self.laundry):
            number = number_of(wallet)
            billed = self.audit.balances[wallet_account(number, Bucket.BILLED)]
            same(f"what {wallet} has open", self.audit.papers.open_of(number), -billed)

    @override
    async def last_check(self) -> None:
        for category in (Category.UTILITY, Category.RENT):
            rules = BillingRules(category=category, due_days=DUE_DAYS, dunning=())
            await self.act(partial(self._set_rules, rules))
        await super().last_check()
        self.audit.papers.check_end(self.now.astimezone(self.zone).date())

    async def agree(self) -> None:
        """Something recurs from today on, or a price changes, or it ends."""
        papers = self.audit.papers
        if len(papers.fees) < 4 and self.rng.random() < 0.4:
            await self._agree(self.rng.choice((*self.people, self.laundry)))
            return
        name = self.rng.choice(sorted(papers.fees))
        fee = papers.fees[name]
        await self._agree(f"w{fee.wallet}", name, by_days=fee.terms.by_days)

    async def write_bill(self) -> None:
        """Somebody has broken a window."""
        wallet, amount = self.rng.choice((*self.people, self.laundry)), self.rng.randrange(1, 9_000)
        line = BillLine(
            text="a window",
            amount_minor=amount,
            tax_minor=amount // 7,
            income=INCOME[self._category(wallet)],
            trace={"rule": "by hand"},
        )
        await self.order(
            _first(create_bill),
            {wallet: -amount},
            wallet=wallet,
            category=self._category(wallet),
            lines=(line,),
        )

    async def end_bill(self) -> None:
        """A bill is paid by order, in part or whole, taken back, or given up."""
        bills = self.audit.papers.bills
        if not bills:
            return
        name, drawn = self.rng.choice(sorted(bills)), self.rng.random()
        if drawn < 0.6:
            part = self.rng.choice((None, self.rng.randrange(1, 4_000)))
            await self.order(_first(pay_bill), {}, bill=name, amount_minor=part)
        elif drawn < 0.85:
            await self.order(_first(void_bill), {}, bill=name, reason="was not owed")
        else:
            await self.order(_first(write_off_bill), {}, bill=name, reason="never mind")

    async def _set_rules(self, rules: BillingRules) -> None:
        await set_billing(self.world.site, rules=rules, actor=MANAGER)

    def _category(self, wallet: str) -> Category:
        return Category.RENT if wallet == self.laundry else Category.UTILITY

    async def _agree(self, wallet: str, name: str = "", *, by_days: bool | None = None) -> None:
        """Let something recur: the model is told what is asked for, and takes it once it is booked."""
        today = self.now.astimezone(self.zone).date()
        every = self.rng.choice(("day", "day", "week", "month", "quarter"))
        terms = Terms(
            price=f"{self.rng.randrange(500, 9_000) / 100:.2f}",
            every=every,
            day=self.rng.randrange(1, 8 if every == "week" else 32),
            by_days=self.rng.random() < 0.7 if by_days is None else by_days,
            levies=[VAT] if self.rng.random() < 0.5 else [],
            last=today + self.rng.randrange(9) * DAY if self.rng.random() < 0.2 else None,
        )
        changes: dict[str, Any] = {
            "fixed": Fixed(
                price_micro=nearest(Fraction(terms.price) * MICRO),
                every=Every(every),
                day=terms.day,
                prorate_first=terms.by_days,
                prorate_last=terms.by_days,
            ),
            "levies": tuple(_levy(one) for one in terms.levies),
            "last": terms.last,
        }
        if not name:
            changes |= {"name": "a fee", "wallet": wallet, "first": today}
            changes |= {"category": self._category(wallet)}
        self.audit.papers.announced = Fee(number_of(wallet), terms, today)
        await self.order(_first(set_recurring), {}, recurring=name, changes=changes)
        await self.read_books()


def _first(
    work: Callable[..., Awaitable[tuple[Receipt, object]]],
) -> Callable[..., Awaitable[Receipt]]:
    """Let something answer with its receipt alone."""

    async def asked(site: Site, **fields: object) -> Receipt:
        receipt, _ = await work(site, **fields)
        return receipt

    return asked


def _levy(written: Mapping[str, str]) -> Levy:
    share = Fraction(written["percent"]) / 100 * MICRO
    return Levy(name=written["name"], kind=LevyKind(written["kind"]), share_micro=int(share))
