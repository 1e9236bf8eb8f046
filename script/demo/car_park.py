"""The car park of the simulated house: what its property office types in, step by step.

Spaces, fee items, packages, cards and billing, in the order of the property method. All people and
plates are invented.
"""

from dataclasses import dataclass
from typing import Final

from .client import Data

ZONES: Final = {"Yard": "open_air", "Garage": "underground", "Deck": "building"}
"""Three places, each a zone of its own; visitors stand in the yard and on the deck."""
VISITORS: Final = "visitors"
TARIFF: Final[Data] = {
    "tariff": VISITORS,
    "name": "Parking for visitors",
    "kind": "duration",
    "duration": {
        "price": "1.50",
        "free": "2",
        "first": [{"length": "60", "price": "2.00"}],
        "caps": {"day": "12.00"},
        "leave": "10",
    },
}
"""Two minutes are free: cars of a demo do not stay for long, and something is to be seen."""
RULES: Final[Data] = {
    "temporaries": True,
    "tariffs": [{"tariff": VISITORS}],
    "owned": "admit",
    "rented": "ask",
    "fuzzy": True,
    "lost_ticket": "20.00",
}
FEE_ITEMS: Final[list[Data]] = [
    {
        "item": "management",
        "name": "Space management",
        "category": "parking",
        "price": "9.00",
        "tenures": ["owned"],
    },
    {
        "item": "garage_cleaning",
        "name": "Cleaning of the garage",
        "category": "parking",
        "price": "1.50",
        "locations": ["underground"],
    },
    {
        "item": "rent_garage",
        "name": "Rent of a garage space",
        "category": "parking",
        "price": "65.00",
        "locations": ["underground"],
        "tenures": ["rented"],
    },
    {
        "item": "rent_deck",
        "name": "Rent of a space on the deck",
        "category": "parking",
        "price": "45.00",
        "locations": ["building"],
        "tenures": ["rented"],
    },
]
PACKAGES: Final[list[Data]] = [
    {"package": "month", "name": "Month", "price": "35.00", "months": 1},
    {
        "package": "nights",
        "name": "Nights and weekends",
        "price": "18.00",
        "months": 1,
        "windows": [
            {"days": ["workday"], "from": "17:00", "to": "09:00"},
            {"days": ["sat", "sun", "holiday"], "from": "00:00", "to": "00:00"},
        ],
        "overtime": VISITORS,
    },
    {"package": "ten_visits", "name": "Ten visits", "price": "12.00", "months": 3, "visits": 10},
    {"package": "two_cars", "name": "One of two cars", "price": "40.00", "months": 1, "at_once": 1},
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A parking card: whose cars, which space, and what is sold to it."""

    wallet: str
    plates: tuple[str, ...]
    space: str = ""
    package: str = ""
    rented: bool = False
    """Its space is let to it for a month."""
    blocked: str = ""
    """Why it opens no more."""

    @property
    def reference(self) -> str:
        """Return what makes it one card, however often the demo is started."""
        return f"demo-card-{self.plates[0]}"


CARDS: Final = (
    Card(wallet="parking_3_201", plates=("BKL4821", "WAW58E2"), space="G-01"),
    Card(wallet="parking_0_01", plates=("沪AD48213", "GE417XB"), package="two_cars"),
    Card(wallet="parking_3_101", plates=("POZ7K21",), space="G-02"),
    Card(wallet="parking_3_102", plates=("BHV204",), space="D-01", rented=True),
    Card(wallet="parking_3_202", plates=("KRA90X4",), package="nights"),
    Card(wallet="parking_3_301", plates=("DW4L118",), package="ten_visits"),
    Card(wallet="parking_0_02", plates=("HHBO552",), space="G-11", rented=True),
    Card(wallet="parking_0_03", plates=("WGM3307",), package="month"),
    Card(wallet="parking_0_03", plates=("WGM3318",), package="month"),
    Card(wallet="parking_0_01", plates=("BXC771",)),
    Card(wallet="parking_3_101", plates=("KR5JT20",)),
    Card(wallet="parking_3_301", plates=("LU88PLK",), blocked="reported as stolen"),
)
"""A tandem pair, two cars with the right of one, an unpaid rental, cards that pay each stay."""
INVITED: Final = "HHJS908"
EXPECTED: Final = "MS4X100"
CARETAKER: Final = "CARE1"
MERCHANT: Final[Data] = {
    "merchant": "bakery",
    "name": "Bäckerei Ohlsen",
    "budget": "80.00",
    "most_minutes": 60,
}
MERCHANT_WALLET: Final = "parking_0_02"


def spaces(owners: dict[str, str]) -> str:
    """Return the list of forty spaces as a table; `owners` are wallets by space."""
    rows = ["name;location;tenure;grade;zone;owner;every"]
    rows += [_row("G", number, "Garage", owners) for number in range(1, 17)]
    rows += [_row("D", number, "Deck", owners) for number in range(1, 13)]
    rows += [_row("Y", number, "Yard", owners) for number in range(1, 13)]
    return "\n".join(rows) + "\n"


def owners_of(wallets: dict[str, str]) -> dict[str, str]:
    """Return by space whose it is: the cards with a space that is not rented."""
    return {one.space: wallets[one.wallet] for one in CARDS if one.space and not one.rented}


def _row(letter: str, number: int, zone: str, owners: dict[str, str]) -> str:
    name = f"{letter}-{number:02}"
    tenure = {"G": "owned" if number <= 10 else "rented", "D": "rented", "Y": "temporary"}[letter]
    if letter == "D" and number > 6:
        tenure = "temporary"
    grade = {"G-01": "tandem", "G-10": "triple"}.get(name, "ordinary")
    return f"{name};{ZONES[zone]};{tenure};{grade};{zone};{owners.get(name, '')};quarter"
