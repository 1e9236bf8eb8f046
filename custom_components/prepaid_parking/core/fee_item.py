"""Fee items: what is charged for the spaces they hit: management fee, rent, cleaning, charging."""

from dataclasses import dataclass
from datetime import date

from .category import Category
from .extent import By
from .identity import FeeItemId
from .levies import Levy
from .periods import Every
from .space import EVERY_SPACE, SpaceFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeItem:
    """A version of a fee item: from `valid_from` on, `price_micro` for every period and space.

    `by` area multiplies by the space's square metres. It hits the spaces its filter matches, and
    those only. Whoever pays has a wallet of the category's purpose. `ended` says that from
    `valid_from` on nothing is charged any more.
    """

    id: FeeItemId
    version: int
    valid_from: date
    name: str
    category: Category
    price_micro: int
    every: Every
    by: By = By.EACH
    filter: SpaceFilter = EVERY_SPACE
    levies: tuple[Levy, ...] = ()
    ended: bool = False
