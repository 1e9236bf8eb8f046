"""Rules against misuse, as data: what is counted, how much of it is too much, and what then happens.

Each kind has one rule with versions. A rule in shadow only says what it would have done. Nothing here
touches what has arrived, a supply, or a car: rules judge what is asked for, before it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import RiskEventId

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LONGEST: Final = 366 * DAY
MOST_COUNTED: Final = 10_000
"""More is not counted one by one: the memory of a count is bounded by its limit."""
BY_RULE: Final = "risk: "
"""How the reason begins where a rule has frozen a wallet; the rule's name follows."""
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RiskKind(StrEnum):
    """What a rule looks at; the values are translation keys and the rules' names."""

    FAILED_PAYMENTS = "failed_payments"
    FORGED_NOTICES = "forged_notices"
    ORDERS_OF_VISIT = "orders_of_visit"
    ORDERS_OF_NETWORK = "orders_of_network"
    ORDERS_OF_SITE = "orders_of_site"
    TOP_UP_SINGLE = "top_up_single"
    TOP_UP_DAY = "top_up_day"
    TOP_UP_MONTH = "top_up_month"
    NEW_CHANNEL = "new_channel"
    FIRST_PAYER = "first_payer"
    REFUND_LARGE = "refund_large"
    REFUND_AFTER_TOP_UP = "refund_after_top_up"
    CASH_SHIFT = "cash_shift"
    CASH_SINGLE = "cash_single"
    CHANGED_PHONE = "changed_phone"
    CHARGEBACK = "chargeback"
    WRITE_OFF_LARGE = "write_off_large"
    WRONG_VOUCHERS = "wrong_vouchers"

    @property
    def counts(self) -> bool:
        """Whether its limit is a number of times; else it is an amount."""
        return self in COUNTED


class RiskAction(StrEnum):
    """What a rule does; the values are translation keys. Later ones weigh more."""

    LOG = "log"
    CHALLENGE = "challenge"
    """A code has to be said."""
    REVIEW = "review"
    """Another person has to agree."""
    COOL_DOWN = "cool_down"
    """Nothing more is asked for until some time has passed."""
    REFUSE = "refuse"
    FREEZE_IN = "freeze_in"
    FREEZE_OUT = "freeze_out"

    @property
    def weight(self) -> int:
        """How much it does: of several the heaviest counts."""
        return list(RiskAction).index(self)


COUNTED: Final = frozenset(
    {
        RiskKind.FAILED_PAYMENTS,
        RiskKind.FORGED_NOTICES,
        RiskKind.ORDERS_OF_VISIT,
        RiskKind.ORDERS_OF_NETWORK,
        RiskKind.ORDERS_OF_SITE,
        RiskKind.CHANGED_PHONE,
        RiskKind.WRONG_VOUCHERS,
    }
)
_ALL: Final = frozenset(RiskAction) - {RiskAction.COOL_DOWN}
_ASKED: Final = frozenset({RiskAction.LOG, RiskAction.REFUSE})
_BY_ITSELF: Final = frozenset({RiskAction.LOG, RiskAction.FREEZE_IN, RiskAction.FREEZE_OUT})
FITTING: Final[Mapping[RiskKind, frozenset[RiskAction]]] = {
    **dict.fromkeys(RiskKind, _ALL),
    RiskKind.FAILED_PAYMENTS: frozenset({*_BY_ITSELF, RiskAction.COOL_DOWN}),
    RiskKind.FORGED_NOTICES: frozenset({RiskAction.LOG, RiskAction.COOL_DOWN}),
    RiskKind.ORDERS_OF_VISIT: _ASKED,
    RiskKind.ORDERS_OF_NETWORK: _ASKED,
    RiskKind.ORDERS_OF_SITE: _ASKED,
    RiskKind.CHARGEBACK: _BY_ITSELF,
    RiskKind.WRITE_OFF_LARGE: frozenset({*_ASKED, RiskAction.CHALLENGE, RiskAction.REVIEW}),
    RiskKind.WRONG_VOUCHERS: frozenset({RiskAction.LOG}),
}
"""What a rule of a kind can do: nobody is there to be asked for a code by what happens by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRule:
    """One version of a rule. `most` is still allowed: a number of times, or minor units.

    `window_s` is how far back it counts, `hold_s` how long a cool-down or a freeze lasts (0: until it
    is lifted).
    """

    id: RiskKind
    version: int
    valid_from: datetime
    most: int
    window_s: int = 0
    action: RiskAction = RiskAction.LOG
    hold_s: int = 0
    shadow: bool = True
    on: bool = True

    @property
    def window(self) -> timedelta:
        """How far back it counts."""
        return timedelta(seconds=self.window_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEvent:
    """A rule that struck, or would have. `network` is a keyed digest: nobody's address is kept."""

    id: RiskEventId
    no: int
    rule: RiskKind
    version: int
    action: RiskAction
    shadow: bool
    at: datetime
    count: int = 0
    amount_minor: int | None = None
    wallet: str = ""
    channel: str = ""
    network: str = ""
    about: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskHold:
    """A wallet that a rule holds: for a while, or by a freeze that two persons have to lift."""

    id: str
    rule: RiskKind
    wallet: str
    action: RiskAction
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it is in force."""
        return self.until is None or at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A rule and what it was struck by: how often, or how much."""

    rule: RiskRule
    measured: int


def standard_rules(major: int) -> dict[RiskKind, RiskRule]:
    """Return the rules that a site begins with; `major` is a major unit in minor ones.

    What guards the doors that are open to everybody works at once. What stops a customer or the desk
    begins in shadow: a site sees what it would have done before it does it.
    """
    kind, action = RiskKind, RiskAction
    rules = (
        (kind.FAILED_PAYMENTS, 4, 10 * MINUTE, action.COOL_DOWN, 30 * MINUTE, True),
        (kind.FORGED_NOTICES, 4, MINUTE, action.COOL_DOWN, 10 * MINUTE, False),
        (kind.ORDERS_OF_VISIT, 10, HOUR, action.REFUSE, 0, False),
        (kind.ORDERS_OF_NETWORK, 30, HOUR, action.REFUSE, 0, False),
        (kind.ORDERS_OF_SITE, 600, HOUR, action.REFUSE, 0, False),
        (kind.TOP_UP_SINGLE, 2_000 * major, 0, action.CHALLENGE, 0, True),
        (kind.TOP_UP_DAY, 5_000 * major, DAY, action.CHALLENGE, 0, True),
        (kind.TOP_UP_MONTH, 20_000 * major, 30 * DAY, action.REVIEW, 0, True),
        (kind.NEW_CHANNEL, 500 * major, 0, action.CHALLENGE, 0, True),
        (kind.FIRST_PAYER, 500 * major, 7 * DAY, action.REVIEW, 0, True),
        (kind.REFUND_LARGE, 1_000 * major, 0, action.CHALLENGE, 0, True),
        (kind.REFUND_AFTER_TOP_UP, 0, DAY, action.REVIEW, 0, True),
        (kind.CASH_SHIFT, 5_000 * major, 0, action.REVIEW, 0, True),
        (kind.CASH_SINGLE, 1_000 * major, 0, action.REVIEW, 0, True),
        (kind.CHANGED_PHONE, 0, 7 * DAY, action.FREEZE_OUT, 0, True),
        (kind.CHARGEBACK, 0, 0, action.FREEZE_OUT, 0, False),
        (kind.WRITE_OFF_LARGE, 1_000 * major, 0, action.REVIEW, 0, True),
        (kind.WRONG_VOUCHERS, 4, 10 * MINUTE, action.LOG, 0, False),
    )
    return {
        of: RiskRule(
            id=of,
            version=0,
            valid_from=BEGINNING,
            most=most,
            window_s=window,
            action=does,
            hold_s=hold,
            shadow=shadow,
        )
        for of, most, window, does, hold, shadow in rules
    }


def struck(rules: Mapping[RiskKind, RiskRule], measured: Mapping[RiskKind, int]) -> list[Struck]:
    """Return the rules that what was measured goes beyond, the heaviest first, those in shadow last."""
    hit = [
        Struck(rule=rule, measured=number)
        for kind, number in measured.items()
        if (rule := rules[kind]).on and number > rule.most
    ]
    return sorted(hit, key=lambda one: (one.rule.shadow, -one.rule.action.weight, one.rule.id))


def check_risk_rule(rule: RiskRule) -> None:
    """Refuse a rule that cannot do what it says."""
    if min(rule.most, rule.window_s, rule.hold_s) < 0 or max(rule.window_s, rule.hold_s) > LONGEST:
        raise CoreError("risk_rule_bounds", rule=rule.id)
    if rule.id.counts and (rule.window_s < 1 or rule.most > MOST_COUNTED):
        raise CoreError("risk_rule_window", rule=rule.id, most=MOST_COUNTED)
    if rule.action not in FITTING[rule.id]:
        raise CoreError("risk_rule_action", rule=rule.id, action=rule.action)
    if rule.action is RiskAction.COOL_DOWN and not rule.hold_s:
        raise CoreError("risk_rule_hold", rule=rule.id)


def shut_by_rule(reason: str) -> bool:
    """Tell whether the reason of a freeze is a rule, which two persons have to lift."""
    return reason.startswith(BY_RULE)
