"""A customer's prepaid account for one purpose."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .identity import CardId, InstallationId, MeterId, PolicyId, TariffId, WalletId
from .metering import Commodity, Quantity


class Purpose(StrEnum):
    """What a wallet's money may pay; money never leaves its purpose."""

    UTILITY = "utility"
    PROPERTY = "property"
    PARKING = "parking"


class WalletKind(StrEnum):
    """Who holds it."""

    INDIVIDUAL = "individual"
    ENTERPRISE = "enterprise"
    SPECIAL = "special"
    SHARED = "shared"


class Frozen(StrEnum):
    """Which way a frozen wallet is shut; usage goes on, and money that has arrived is booked."""

    OUT = "out"
    IN = "in"
    BOTH = "both"


class Spending(StrEnum):
    """Which of a wallet's moneys pays first."""

    BONUS_FIRST = "bonus_first"
    CASH_FIRST = "cash_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A prepaid account, named by its unit ("Flat 3-201") and never by a person.

    `subject` points into the encrypted personal data, as does `buyer`: to whom its bills are made out
    from now on ("": to nobody by name). The three overrides (minor units) outrank the
    policy's values for this wallet. Frozen is a flag beside the state, one way or both: money that
    has arrived is booked and usage goes on, but nothing goes out by choice, or in by order. `unit_id` is the unit it pays for ("" where none is
    registered); wallets with one `subject` are one customer's. What a shared wallet is charged, its
    members pay.
    """

    id: WalletId
    no: int
    unit: str
    purpose: Purpose
    kind: WalletKind
    policy: PolicyId
    opened_at: datetime
    closed_at: datetime | None = None
    exposed: bool = True
    subject: str = ""
    alert_minor: int | None = None
    credit_limit_minor: int | None = None
    exempt_quota_minor: int | None = None
    frozen_at: datetime | None = None
    frozen_until: datetime | None = None
    frozen_reason: str = ""
    unit_id: str = ""
    spending: Spending = Spending.BONUS_FIRST
    frozen_way: Frozen = Frozen.OUT
    buyer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter as the books know it; its link and address live in the configuration.

    Its id is the ledger's own and survives a removed and re-added configuration. `max_rate` is the
    most it can count in an hour, in base units: the leap limit. `unit` is where it is installed
    (tiers are counted there), `main` the meter it lies behind, `reactive` the meter that counts the
    reactive energy of the same supply; "" where there is none.
    """

    id: MeterId
    no: int
    profile: str
    serial: str
    name: str
    commodity: Commodity
    quantity: Quantity
    installation: InstallationId | None = None
    max_rate: int = 0
    modulus: int | None = None
    jitter: int = 0
    unit: str = ""
    main: str = ""
    reactive: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which wallet pays for a meter, by which tariff, from which register on.

    One open binding per meter; the binding carries the tariff. `carry` of a closed binding is what
    was left below the minor unit.
    """

    id: str
    meter: MeterId
    wallet: WalletId
    tariff: TariffId
    from_register: int
    from_at: datetime
    to_register: int | None = None
    to_at: datetime | None = None
    carry: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCount:
    """How much a pool (a unit, or a meter without one) has used in a period of a tiered tariff."""

    pool: str
    tariff: TariffId
    period: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How far a wallet is on its way to a cut; durable, so that a restart neither ends nor restarts it.

    `grace_spent_s` counts only time in which a way to pay and the hub were up and a warning was out.
    `low_level` is the lowest threshold passed so far (0 none, 1 alert, 2 second alert), `days_since`
    since when the money lasts no longer than the threshold in days. `due_at` is when nothing forbade
    the first cut any more; the supplies that come later in the order are counted from there.
    """

    wallet: WalletId
    low_level: int = 0
    low_since: datetime | None = None
    low_reminded_at: datetime | None = None
    crossed_at: datetime | None = None
    warned_at: datetime | None = None
    grace_spent_s: int = 0
    grace_ended_at: datetime | None = None
    days_since: datetime | None = None
    due_at: datetime | None = None


class CardState(StrEnum):
    """Whether a parking card opens."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"


class CredentialKind(StrEnum):
    """What a card is recognised by."""

    PLATE = "plate"
    TAG = "tag"
    CODE = "code"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A parking card: the wallet that pays, when it is valid, and on which lanes (empty: all).

    `space` is the space it is for. Of its plates `at_once` may be inside together (None: as many as
    its space holds, or one); one more is a temporary. `replaced_by` is the card that took its place.
    """

    id: CardId
    no: int
    wallet: WalletId
    state: CardState
    issued_at: datetime
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    lanes: tuple[str, ...] = ()
    subject: str = ""
    reason: str = ""
    space: str = ""
    at_once: int | None = None
    replaced_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One thing a card is recognised by, as a blind index: the plate itself is encrypted elsewhere.

    `masked` is what people may see (`B-**-1234`).
    """

    digest: bytes
    kind: CredentialKind
    card: CardId
    masked: str = ""
