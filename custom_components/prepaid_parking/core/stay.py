"""Stays: one vehicle from its arrival to its departure, and what it owes for that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .identity import (
    CardId,
    InvitationId,
    LaneId,
    MerchantId,
    PermitId,
    ReviewId,
    StayId,
    TariffId,
    WalletId,
)
from .vehicle import PlateColour, VehicleClass

UNSEEN: Final = timedelta(minutes=15)
"""Nobody waits longer before a barrier that did not answer: that car is in, or it has gone away."""


class StayState(StrEnum):
    """How far a stay has come; the values are translation keys."""

    ARRIVING = "arriving"
    """The barrier is to be opened; nobody has seen yet that it was, or that the car has passed."""
    INSIDE = "inside"
    LEAVING = "leaving"
    """The way out was opened and what is due is charged; the car has not passed yet."""
    LEFT = "left"
    UNPAID = "unpaid"
    """It left, and owes what it was to pay."""
    BACKED_OUT = "backed_out"
    """It never came in."""
    CLOSED = "closed"
    """A person ended it: it could not be right."""

    @property
    def inside(self) -> bool:
        """Whether the car takes up a place."""
        return self in (StayState.INSIDE, StayState.LEAVING)

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (StayState.LEFT, StayState.BACKED_OUT, StayState.CLOSED)


class StayKind(StrEnum):
    """By what right a car is inside; decided at its arrival."""

    OWNER = "owner"
    RENTER = "renter"
    PACKAGE = "package"
    CARD = "card"
    """A card without a permit: its wallet pays for the stay."""
    VISITOR = "visitor"
    """Invited for a time."""
    FREE = "free"
    EMERGENCY = "emergency"
    TEMPORARY = "temporary"

    @property
    def covered(self) -> bool:
        """Whether the stay itself costs nothing, outside its hours excepted."""
        return self not in (StayKind.CARD, StayKind.TEMPORARY)


class Worth(StrEnum):
    """What a merchant's validation takes off."""

    MINUTES = "minutes"
    AMOUNT = "amount"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A merchant pays for a part of a stay: `minutes` of it, an amount, or all.

    `promised_minor` is what it was counted with against the merchant's budget when it was given,
    `worth_minor` what it came to when the stay was last charged.
    """

    merchant: MerchantId
    kind: Worth
    at: datetime
    minutes: int = 0
    amount_minor: int = 0
    promised_minor: int = 0
    worth_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One vehicle from arrival to departure.

    `plate` (and `ticket`, for a vehicle without one) finds it, `masked` is what people may see,
    `subject` holds the plate encrypted. The tariff and its version are those of the arrival; `zone`
    is the entry lane's. `free_ms` lies before the paid time. `amount_minor` is what the whole stay
    costs as last charged, `paid_minor` what was paid of it, `validated_minor` what merchants bore,
    `owed_minor` what a car left behind that was let out unpaid and is still open; with a wallet it is
    that wallet's debt, and the stay is over. Of what was paid and not given back `wallet_minor` came
    out of the wallet, and `bonus_minor` of that was bonus. `over_minor` came in beyond the price: it is
    held for whoever paid it. `paid_at` is when nothing more was due.
    A stay without a tariff costs what a person set it to (`amount_minor`). `charges` counts its
    charges: each is one entry. `changed` grows with each change of any stay of the site and is what
    a list of changes goes by.
    """

    id: StayId
    no: int
    kind: StayKind
    state: StayState
    entered_at: datetime
    entry_lane: LaneId | None = None
    plate: bytes = b""
    masked: str = ""
    subject: str = ""
    colour: PlateColour = PlateColour.UNKNOWN
    region: str = ""
    vehicle: VehicleClass = VehicleClass.CAR
    ticket: bytes = b""
    card: CardId | None = None
    permit: PermitId | None = None
    wallet: WalletId | None = None
    invitation: InvitationId | None = None
    zone: str = ""
    tariff: TariffId | None = None
    version: int = 0
    free_ms: int = 0
    granted_at: datetime | None = None
    exit_lane: LaneId | None = None
    left_at: datetime | None = None
    validations: tuple[Validation, ...] = ()
    amount_minor: int = 0
    validated_minor: int = 0
    paid_minor: int = 0
    paid_at: datetime | None = None
    wallet_minor: int = 0
    bonus_minor: int = 0
    over_minor: int = 0
    owed_minor: int = 0
    written_off_minor: int = 0
    refunded_minor: int = 0
    charges: int = 0
    overstayed: bool = False
    review: ReviewId | None = None
    note: str = ""
    changed: int = 0

    @property
    def opened_at(self) -> LaneId | None:
        """The lane that was opened for it and that nobody has seen it pass yet."""
        if self.state is StayState.LEAVING:
            return self.exit_lane
        return self.entry_lane if self.state is StayState.ARRIVING else None

    def is_lost(self, at: datetime) -> bool:
        """Whether nobody saw this car come in, and it does not stand at the lane any more either.

        It takes up no place and no right of its card then; where it did come in, its way out is
        answered like that of any other.
        """
        if self.state is not StayState.ARRIVING or self.granted_at is None:
            return False
        return at - self.granted_at > UNSEEN

    @property
    def priced_whole(self) -> bool:
        """Whether all of it is paid for: a visitor whose host pays has the host's wallet."""
        return not self.kind.covered or (self.kind is StayKind.VISITOR and self.wallet is not None)
