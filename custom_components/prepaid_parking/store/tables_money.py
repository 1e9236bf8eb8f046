"""Tables of what a wallet holds beside cash: promotions, the top-ups they came with, points, debts."""

from typing import Final

from sqlalchemy import Table

from ..core.layers import Layers
from ..core.points import Lots, PointsRule
from ..core.promotion import Granted, Promotion
from ..core.proof import ProofKept
from ..core.recovery import Recovery
from ..core.top_up_fee import TopUpFee
from .columns import key, number_key, table, text, whole

promotion: Final = table(
    "promotion",
    key("id"),
    number_key("version"),
    whole("valid_from"),
    text("name"),
    text("steps"),
    whole("from_at", optional=True),
    whole("until_at", optional=True),
    text("channels"),
    text("purposes"),
    text("kinds"),
    whole("wallet_cap_minor", optional=True),
    whole("total_cap_minor", optional=True),
    whole("once"),
    text("back"),
)

top_up_fee: Final = table(
    "top_up_fee",
    key("id"),
    number_key("version"),
    whole("valid_from"),
    text("name"),
    whole("share_bp"),
    whole("fixed_minor"),
    whole("least_minor"),
    whole("most_minor", optional=True),
    whole("on_top"),
    whole("tax_bp"),
    text("tax_name"),
    whole("tax_included"),
    text("back"),
    whole("from_at", optional=True),
    whole("until_at", optional=True),
    text("channels"),
    text("purposes"),
    text("kinds"),
)

granted: Final = table(
    "granted",
    key("promotion"),
    key("wallet"),
    whole("times"),
    whole("bonus_minor"),
    rowid=False,
)

layers: Final = table("layers", key("wallet"), text("layers"), rowid=False)

points_rule: Final = table(
    "points_rule",
    key("id"),
    number_key("version"),
    whole("valid_from"),
    whole("points"),
    whole("per_minor"),
    whole("expires_days", optional=True),
    whole("spend_points"),
    whole("worth_minor"),
    text("purposes"),
)

points: Final = table("points", key("wallet"), text("lots"), rowid=False)

recovery: Final = table(
    "recovery",
    key("wallet"),
    key("category"),
    whole("share_bp"),
    whole("day_cap_minor", optional=True),
    text("day", optional=True),
    whole("recovered_minor"),
    rowid=False,
)

proof_kept: Final = table("proof_kept", key("name"), text("proof"), rowid=False)

TABLES: Final[dict[type, Table]] = {
    Granted: granted,
    Layers: layers,
    Lots: points,
    PointsRule: points_rule,
    Promotion: promotion,
    ProofKept: proof_kept,
    Recovery: recovery,
    TopUpFee: top_up_fee,
}
