"""Prices that were wrong, in a life: they are corrected from a time that is past."""

from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.operations.price_corrections import rerate
from tests.operations.world import MANAGER, MINUTE, SECOND
from tests.simulation.bills import BilledLife
from tests.simulation.documents import draw
from tests.simulation.life import LONG_AGO


class CorrectedLife(BilledLife):
    """A manager who makes mistakes."""

    async def correct_price(self) -> None:
        """What was charged since is priced again, whoever dies on the way."""
        name = f"tariff{self.rng.randrange(1, 4)}"
        since = self.now - self.rng.randrange(1, 400_000) * SECOND
        written = self.audit.prices.written[name]
        document, count = draw(self.rng, name, written[0][1]), len(written)
        document.pop("standing", None)  # Days that were charged are not charged again.
        if since < LONG_AGO:
            return
        self.audit.corrects = document, since

        async def work() -> None:
            site = self.world.site
            if max(one.version for one in site.tariffs[TariffId(name)].versions) == count:
                version = read_tariff(document, version=count + 1, valid_from=since)
                await rerate(
                    site, tariff=name, since=since, version=version, actor=MANAGER, reason="typing"
                )

        await self.act(work)
        while self.world.site.pricing.corrections:
            self.world.clock.now += MINUTE
            await self.act(self.keeper_ticks)
            await self.act(self.world.work)
        await self.read_books()
        if len(written) > count:
            self.audit.check_prices(name, since)
