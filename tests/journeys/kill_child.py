"""A site without a hub whose meters count and whose tenants pay, until it is killed."""

from datetime import datetime
from typing import override

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from custom_components.prepaid_parking.core.identity import SYSTEM  # noqa: E402
from custom_components.prepaid_parking.operations.cashier import top_up  # noqa: E402
from tests.journeys.kill_life import Life, fork_for_each_line  # noqa: E402
from tests.journeys.kill_world import METERS, meter_id, sample, time_of  # noqa: E402


class Child(Life):
    """One life of the site; the first line says when it begins."""

    @override
    def now(self) -> datetime:
        return time_of(self.step)

    @override
    async def begin(self, words: list[str]) -> None:
        self.step = int(words[1])

    @override
    async def opened(self) -> None:
        """Nothing follows: meters count and tenants pay as they are told to."""

    @override
    async def ended(self) -> None:
        """Nothing was opened but the books."""

    @override
    def do(self, words: list[str]) -> None:
        match words:
            case ["step", number]:
                self.step = int(number)
                for meter in range(METERS):
                    self.keeper.offer(meter_id(meter), sample(meter, self.step))
            case ["sell", reference]:
                self.spawn(self.sell(reference))

    async def sell(self, reference: str) -> None:
        """Take money, and say so when it is in the books."""
        wallet = f"w{int(reference) % METERS + 1}"
        await top_up(self.site, wallet=wallet, amount_minor=1234, reference=reference, actor=SYSTEM)
        self.say(f"sold {reference}")


if __name__ == "__main__":
    fork_for_each_line(Child)
