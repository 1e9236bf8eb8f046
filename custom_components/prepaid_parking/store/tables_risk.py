"""Tables of risk: its rules and what they said, operations that wait, and agreements on auto-charge."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.agreement import Agreement, AgreementCharge
from ..core.held_operation import HeldOperation
from ..core.risk import RiskEvent, RiskHold, RiskRule
from .columns import blob, key, number_key, table, text, whole

risk_rule: Final = table(
    "risk_rule",
    key("id"),
    number_key("version"),
    whole("valid_from"),
    whole("most"),
    whole("window_s"),
    text("action"),
    whole("hold_s"),
    whole("shadow"),
    whole("on"),
)

risk_event: Final = table(
    "risk_event",
    key("id"),
    whole("no"),
    text("rule"),
    whole("version"),
    text("action"),
    whole("shadow"),
    whole("at"),
    whole("count"),
    whole("amount_minor", optional=True),
    text("wallet"),
    text("channel"),
    text("network"),
    text("about"),
    text("actor"),
)
Index("risk_event_no", risk_event.c.no)

risk_hold: Final = table(
    "risk_hold",
    key("id"),
    text("rule"),
    text("wallet"),
    text("action"),
    whole("since"),
    whole("until", optional=True),
)

held_operation: Final = table(
    "held_operation",
    key("id"),
    whole("no"),
    text("kind"),
    text("needs"),
    text("asked_by"),
    whole("asked_at"),
    whole("expires_at"),
    text("reference"),
    text("data"),
    text("why"),
    text("wallet"),
    whole("amount_minor", optional=True),
    text("state"),
    blob("code"),
    whole("tries"),
    text("confirmed_by"),
    whole("ended_at", optional=True),
    whole("entry", optional=True),
    text("problem"),
)
Index("held_operation_state", held_operation.c.state)
Index("held_operation_no", held_operation.c.no)
Index("held_operation_ended_at", held_operation.c.ended_at, held_operation.c.no)

agreement: Final = table(
    "agreement",
    key("id"),
    whole("no"),
    text("wallet"),
    text("channel"),
    text("subject"),
    whole("below_minor"),
    whole("amount_minor"),
    whole("most_minor"),
    whole("day_minor"),
    whole("made_at"),
    text("made_by"),
    whole("fall"),
    whole("fallen"),
    whole("seen_fall"),
    whole("ended_at", optional=True),
    text("ended_by"),
    text("trouble"),
)
Index("agreement_no", agreement.c.no)
Index("agreement_wallet", agreement.c.wallet)

agreement_charge: Final = table(
    "agreement_charge",
    key("id"),
    text("agreement"),
    whole("fall"),
    whole("amount_minor"),
    whole("at"),
    text("order", optional=True),
    text("failed"),
)
Index("agreement_charge_agreement", agreement_charge.c.agreement)

TABLES: Final[dict[type, Table]] = {
    Agreement: agreement,
    AgreementCharge: agreement_charge,
    HeldOperation: held_operation,
    RiskEvent: risk_event,
    RiskHold: risk_hold,
    RiskRule: risk_rule,
}
