"""A car park with a past: spaces, a permit for each card, and cars that stand inside already."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    CardId,
    LaneId,
    ParkingPackageId,
    PermitId,
    SpaceId,
    StayId,
    TariffId,
    WalletId,
)
from custom_components.prepaid_parking.core.ledger import Act, Record
from custom_components.prepaid_parking.core.parking_rules import ParkingRules, StayTariff
from custom_components.prepaid_parking.core.permit import ParkingPackage, Permit, PermitKind
from custom_components.prepaid_parking.core.space import Grade, Location, Space, Tenure
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.wallet import CredentialKind
from custom_components.prepaid_parking.store.privacy import Privacy

HOURLY = TariffId("hourly")
MONTHLY = ParkingPackageId("monthly")
ZONES = ("North", "South", "East", "West")
SPARE = 10
"""Of so many spaces one is for temporaries."""
DOCUMENT = {
    "tariff": "hourly",
    "kind": "duration",
    "duration": {"price": "5.00", "leave": 15, "caps": {"day": "60.00"}},
}


def space_of(card: int, spaces: int) -> str:
    """Return the space of a card: cards share them, temporaries' spaces are nobody's."""
    number = card % spaces if spaces else 0
    return f"s{number + 1}" if spaces and _tenure(number) is not Tenure.TEMPORARY else ""


def park_numbers(cards: int, spaces: int, stays: int) -> tuple[tuple[str, int], ...]:
    """Return how many numbers of each series are used up."""
    permits = cards if spaces else 0
    return (("space", spaces), ("permit", permits), ("stay", stays), ("stay_change", stays))


def park(cards: int, spaces: int, wallets: int, at: datetime) -> Iterator[Act]:
    """Register the spaces, the rules and the tariff, and sell a permit to each card."""
    day = at.date()
    tariff = read_tariff(DOCUMENT, version=1, valid_from=at)
    yield _act(EntryKind.TARIFF_PUBLISHED, "tariff/hourly/1", at, tariff)
    rules = ParkingRules(
        version=1, valid_from=at, temporaries=True, tariffs=(StayTariff(tariff=HOURLY),)
    )
    package = ParkingPackage(
        id=MONTHLY, version=1, valid_from=day, name="Monthly", price_minor=30_000
    )
    yield _act(EntryKind.PARKING_RULES_SET, "parking_rules/1", at, rules, package)
    for number in range(spaces):
        tenure = _tenure(number)
        space = Space(
            id=SpaceId(f"s{number + 1}"),
            no=number + 1,
            name=f"P-{number + 1:04d}",
            location=list(Location)[number % len(Location)],
            tenure=tenure,
            grade=Grade.TANDEM,
            capacity=2,
            zone=ZONES[number % len(ZONES)],
            wallet=f"w{number % wallets + 1}" if tenure is Tenure.OWNED else "",
            billed_to=day + timedelta(days=365) if tenure is Tenure.OWNED else None,
        )
        yield _act(EntryKind.SPACE_SET, f"space/{space.id}/1", at, space)
    for number in range(cards):
        permit = Permit(
            id=PermitId(f"p{number + 1}"),
            no=number + 1,
            kind=PermitKind.PACKAGE,
            card=CardId(f"c{number + 1}"),
            wallet=WalletId(f"w{number % wallets + 1}"),
            first=day,
            last=day + timedelta(days=365),
            price_minor=30_000,
            sold_at=at,
            package=MONTHLY,
            version=1,
        )
        yield _act(EntryKind.PERMIT_SOLD, f"permit/{permit.id}/sold", at, permit)


def open_stays(
    count: int, wallets: int, privacy: Privacy, plate: Callable[[int], str]
) -> Iterator[Record]:
    """Let the cars of the first cards stand inside since an hour ago."""
    at = datetime.now(UTC) - timedelta(hours=1)
    for number in range(count):
        yield Stay(
            id=StayId(f"st{number + 1}"),
            no=number + 1,
            kind=StayKind.PACKAGE,
            state=StayState.INSIDE,
            entered_at=at,
            entry_lane=LaneId("l1"),
            plate=privacy.blind(CredentialKind.PLATE, plate(number)),
            masked=f"B****{plate(number)[-2:]}",
            card=CardId(f"c{number + 1}"),
            permit=PermitId(f"p{number + 1}"),
            wallet=WalletId(f"w{number % wallets + 1}"),
            zone=ZONES[number % len(ZONES)],
            tariff=HOURLY,
            version=1,
            granted_at=at,
            changed=number + 1,
        )


def _tenure(number: int) -> Tenure:
    if number % SPARE == 0:
        return Tenure.TEMPORARY
    return Tenure.OWNED if number % 2 else Tenure.RENTED


def _act(kind: EntryKind, event: str, at: datetime, *puts: Record) -> Act:
    return Act(kind=kind, event=event, occurred=at, actor=SYSTEM, puts=puts)
