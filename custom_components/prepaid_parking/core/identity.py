"""Names of things: ids derive from what happened, so that trying again is always safe."""

from dataclasses import dataclass
from enum import StrEnum
from string import ascii_lowercase
from typing import NewType

WalletId = NewType("WalletId", str)
"""`w<no>`; the number is the wallet's place in the accounts and is never used again."""
MeterId = NewType("MeterId", str)
"""`m<no>`; the ledger's own id, which survives a deleted and re-added subentry."""
InstallationId = NewType("InstallationId", str)
"""`<meter>.<n>`; a swap, a reset or a rollover begins the next n."""
CardId = NewType("CardId", str)
"""`c<no>`."""
DoubtId = NewType("DoubtId", str)
"""`d<no>`."""
TariffId = NewType("TariffId", str)
PolicyId = NewType("PolicyId", str)
LaneId = NewType("LaneId", str)
"""`l<no>`."""
UnitId = NewType("UnitId", str)
"""`u<no>`."""
BillId = NewType("BillId", str)
"""`b<no>`; the number on the paper is given at issuing and has no gaps, this one may have."""
InvoiceId = NewType("InvoiceId", str)
"""`iv<16 hexadecimal digits>`; the number on the paper is given at issuing."""
RecurringId = NewType("RecurringId", str)
"""`r<no>`."""
DepositId = NewType("DepositId", str)
"""`h<no>`."""
PackageId = NewType("PackageId", str)
"""`k<no>`."""
PointId = NewType("PointId", str)
"""`p<no>`."""
UseId = NewType("UseId", str)
"""`s<no>`."""
SpaceId = NewType("SpaceId", str)
"""`sp<no>`."""
FeeItemId = NewType("FeeItemId", str)
ParkingPackageId = NewType("ParkingPackageId", str)
PermitId = NewType("PermitId", str)
"""`pm<no>`."""
StayId = NewType("StayId", str)
"""`st<no>`."""
ReviewId = NewType("ReviewId", str)
"""`rv<no>`."""
VehicleRuleId = NewType("VehicleRuleId", str)
"""`vr<no>`."""
InvitationId = NewType("InvitationId", str)
"""`iv<no>`."""
ReservationId = NewType("ReservationId", str)
"""`rs<no>`."""
MerchantId = NewType("MerchantId", str)
OrderId = NewType("OrderId", str)
"""`po<no>`."""
UnmatchedId = NewType("UnmatchedId", str)
"""`pu<no>`."""
PayCodeId = NewType("PayCodeId", str)
"""`pc<no>`."""
RiskEventId = NewType("RiskEventId", str)
"""`re<no>`."""
HeldId = NewType("HeldId", str)
"""`cf<no>`."""
AgreementId = NewType("AgreementId", str)
"""`am<no>`."""
TillId = NewType("TillId", str)
"""`ti<no>`."""
ShiftId = NewType("ShiftId", str)
"""`sh<no>`."""
TerminalId = NewType("TerminalId", str)
"""`tm<no>`."""
AgentId = NewType("AgentId", str)
"""`ag<no>`."""
RefundId = NewType("RefundId", str)
"""`rf<no>`."""
DifferenceId = NewType("DifferenceId", str)
"""`df<no>`."""
PromotionId = NewType("PromotionId", str)
FeeId = NewType("FeeId", str)
VoucherBatchId = NewType("VoucherBatchId", str)
"""`vb<no>`."""
TokenMeterId = NewType("TokenMeterId", str)
"""`tk<no>`."""
CardTerminalId = NewType("CardTerminalId", str)
"""What a terminal calls itself in its files."""
EntryId = NewType("EntryId", int)
"""The place in the site's chain, from 1 without a gap: a missing entry is visible."""


class ActorKind(StrEnum):
    """Who asked."""

    USER = "user"
    AUTOMATION = "automation"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The user, automation or part of the system that acted; recorded with every act.

    The id is the hub's own (opaque); no person's name is written into the books.
    """

    kind: ActorKind
    id: str = ""

    def __str__(self) -> str:
        """Return the form kept in the books: `user:<id>`, `automation`, `system:<part>`."""
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


SYSTEM = Actor(kind=ActorKind.SYSTEM)


def is_user(written: str) -> bool:
    """Tell whether an actor in the form kept in the books is a person."""
    return written.partition(":")[0] == ActorKind.USER


def installation_id(meter: MeterId, number: int) -> InstallationId:
    """Name the meter's nth installation."""
    return InstallationId(f"{meter}.{number}")


def number_of(thing: str) -> int:
    """Return the number in a `<letters><no>` id; 0 where there is none, which no thing has."""
    number = thing.lstrip(ascii_lowercase)
    return int(number) if number.isdecimal() and number != thing else 0


def energy_event(installation: InstallationId, from_register: int, to_register: int) -> str:
    """Name a usage entry by the stretch of the register it charges."""
    return f"energy/{installation}/{from_register}-{to_register}"
