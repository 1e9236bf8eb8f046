"""What a lane answers, and why: the words that decisions, lists and traces share."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a lane does; `ask` stays closed and calls an attendant."""

    ADMIT = "admit"
    ASK = "ask"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why a lane answers as it does; the values are translation keys."""

    # It opens.
    CARD = "card"
    OWNER = "owner"
    RENTER = "renter"
    PACKAGE = "package"
    INVITED = "invited"
    FREE = "free"
    EMERGENCY_VEHICLE = "emergency_vehicle"
    EMERGENCY = "emergency"
    TEMPORARY = "temporary"
    OVERFLOW = "overflow"
    NOTHING_DUE = "nothing_due"
    PAID = "paid"
    # It stays closed.
    UNKNOWN = "unknown"
    LOW_SCORE = "low_score"
    TOO_OLD = "too_old"
    FROM_FUTURE = "from_future"
    REPLAYED = "replayed"
    NO_CAR = "no_car"
    BLOCKED = "blocked"
    CARD_BLOCKED = "card_blocked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_LANE = "other_lane"
    WALLET_CLOSED = "wallet_closed"
    WALLET_FROZEN = "wallet_frozen"
    NOT_ENOUGH_MONEY = "not_enough_money"
    LEDGER_CLOSED = "ledger_closed"
    BILL_UNPAID = "bill_unpaid"
    OUTSIDE_TIME = "outside_time"
    FULL = "full"
    STILL_INSIDE = "still_inside"
    OWES = "owes"
    NO_ENTRY = "no_entry"
    TO_PAY = "to_pay"
    NEAR_MATCH = "near_match"
