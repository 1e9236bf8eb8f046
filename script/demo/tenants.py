"""Who lives and works in the simulated building, and what its prices and rules are.

The devices are described beside the simulator; this is what a manager types in beside them. All
people are invented.
"""

from dataclasses import dataclass
from typing import Final

from custom_components.prepaid_parking.simulator.demo import DemoWallet

from .client import Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """The person or company behind a wallet."""

    name: str
    phone: str
    kind: str = "individual"
    exempt_quota: str | None = None
    """What a special wallet may use below nothing before anything is cut."""


TENANTS: Final = {
    "flat_3_101": Tenant(name="Marta Kowalczyk", phone="+48 600 555 011"),
    "flat_3_102": Tenant(name="Jonas Brandt", phone="+49 1512 5550 112"),
    "flat_3_201": Tenant(name="Elif Demir", phone="+90 532 555 01 13"),
    "flat_3_202": Tenant(name="Tomasz Zieliński", phone="+48 600 555 014"),
    "flat_3_301": Tenant(
        name="Chen Yulan 陈玉兰", phone="+86 139 5550 0115", kind="special", exempt_quota="15.00"
    ),
    "cafe_0_01": Tenant(name="Café Linde GmbH", phone="+49 30 5550 121", kind="enterprise"),
    "bakery_0_02": Tenant(name="Bäckerei Ohlsen", phone="+49 30 5550 122", kind="enterprise"),
    "laundry_0_03": Tenant(name="Weiße Welle Laundry", phone="+49 30 5550 123", kind="enterprise"),
    "parking_3_201": Tenant(name="Elif Demir", phone="+90 532 555 01 13"),
    "parking_0_01": Tenant(name="Café Linde GmbH", phone="+49 30 5550 121", kind="enterprise"),
    "parking_3_101": Tenant(name="Marta Kowalczyk", phone="+48 600 555 011"),
    "parking_3_102": Tenant(name="Jonas Brandt", phone="+49 1512 5550 112"),
    "parking_3_202": Tenant(name="Tomasz Zieliński", phone="+48 600 555 014"),
    "parking_3_301": Tenant(name="Chen Yulan 陈玉兰", phone="+86 139 5550 0115"),
    "parking_0_02": Tenant(name="Bäckerei Ohlsen", phone="+49 30 5550 122", kind="enterprise"),
    "parking_0_03": Tenant(name="Weiße Welle Laundry", phone="+49 30 5550 123", kind="enterprise"),
    "property_3_101": Tenant(name="Marta Kowalczyk", phone="+48 600 555 011"),
}
UNITS: Final[list[Data]] = [
    {"name": "Flat 3-101", "floor": "1", "use": "flat", "area": "64.5", "persons": "2"},
    {"name": "Flat 3-102", "floor": "1", "use": "flat", "area": "48", "persons": "1"},
    {"name": "Flat 3-201", "floor": "2", "use": "flat", "area": "82", "persons": "4"},
    {"name": "Flat 3-202", "floor": "2", "use": "flat", "area": "48", "persons": "1"},
    {"name": "Flat 3-301", "floor": "3", "use": "flat", "area": "71.25", "persons": "2"},
    {"name": "Café 0-01", "floor": "0", "use": "shop", "area": "120", "capacity": "17"},
    {"name": "Bakery 0-02", "floor": "0", "use": "shop", "area": "95", "capacity": "22"},
    {"name": "Laundry 0-03", "floor": "0", "use": "shop", "area": "150", "capacity": "43"},
]
"""The register of the house: shares and standing charges go by it."""
WASHES: Final = "wash_card"
HOUSE_FEE: Final = "house_fee"
ENTERPRISE: Final = "laundry_0_03"
"""The wallet that pays for three meters of three prices."""
CONTRACTS: Final = "property_3_101"
"""The wallet that washes by a card and pays the house's fee."""
_WORKDAYS: Final = ["mon", "tue", "wed", "thu", "fri"]


def unit_of(wallet: DemoWallet) -> str:
    """Return the unit a wallet belongs to; what it is for is said by its purpose."""
    return wallet.name.rpartition(", ")[2]


def tariffs(prices: dict[str, str]) -> list[Data]:
    """Return the tariffs: one of each kind that a house needs."""
    flat, per_kg = prices["electricity"], prices["steam"]
    return [
        {
            "tariff": "home_power",
            "name": "Home electricity, day and night, with tiers on top",
            "quantity": "energy",
            "rates": {"day": flat, "night": "0.48"},
            "bands": [{"rate": "night", "from": "22:00", "to": "06:00"}],
            "otherwise": "day",
            "ladder": [
                {"up_to": "150", "price": "0"},
                {"up_to": "300", "price": "0.08"},
                {"price": "0.25"},
            ],
            "levies": [{"name": "VAT", "kind": "tax", "percent": "19", "included": True}],
        },
        {
            "tariff": "shop_power",
            "name": "Shop electricity, flat",
            "quantity": "energy",
            "price": flat,
        },
        {
            "tariff": "business_power",
            "name": "Business electricity, by time of use",
            "quantity": "energy",
            "rates": {"peak": "1.10", "day": flat, "night": "0.46"},
            "bands": [
                {"rate": "peak", "days": _WORKDAYS, "from": "10:00", "to": "12:00"},
                {"rate": "peak", "days": _WORKDAYS, "from": "17:00", "to": "20:00"},
                {"rate": "night", "from": "22:00", "to": "06:00"},
            ],
            "otherwise": "day",
        },
        {
            "tariff": "water",
            "name": "Water",
            "quantity": "volume",
            "price": prices["water"],
        },
        {
            "tariff": "steam",
            "name": "Steam",
            "quantity": "mass",
            # The building counts kilograms, steam is sold by the tonne.
            "price": f"{float(per_kg) * 1000:.2f}",
        },
        {
            "tariff": WASHES,
            "name": "Ten washes",
            "kind": "counted",
            "counted": {
                "uses": 10,
                "price": "25.00",
                "valid_months": 12,
                "after": "money",
                "use_price": "3.00",
            },
        },
        {
            "tariff": HOUSE_FEE,
            "name": "House fee",
            "kind": "fixed",
            "fixed": {"price": "1.20", "by": "area", "every": "month", "day": 3, "remind": [3]},
        },
    ]


def tariff_of(commodity: str, wallet: str) -> str:
    """Return which tariff a meter is billed by."""
    if commodity != "electricity":
        return commodity
    if wallet.startswith("flat"):
        return "home_power"
    return "shop_power" if wallet.startswith("bakery") else "business_power"


STANDARD: Final = "standard"
FAST: Final = "demo_fast"
NO_ALERT: Final = "0.00"
"""A wallet is low as long as it is empty, and every wallet is opened empty."""
NO_LONGER_LOW: Final = "2.00"
"""So much above nothing a warning by that policy is over: by a margin, so that none hovers."""
POLICIES: Final[list[Data]] = [
    {
        "policy": STANDARD,
        "name": "Standard",
        "alert": "20.00",
        "alert2": "5.00",
        "grace_hours": 24,
    },
    {
        # Grace lasts hours. In a demo it ends by what is owed instead: 0.15 is drawn in a minute.
        "policy": FAST,
        "name": "Demo: everything within minutes",
        "alert": "0.20",
        "alert2": "0.00",
        "grace_hours": 1,
        "overdraft_limit": "0.15",
    },
]
